"""Compares an AD derivative with a numeric one: verdict, findings, resolution.

Importing this package is cheap: NumPy and the backends are imported by the first call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from adbench.backends.protocol import Backend, BoundFunction
    from adbench.check.found import FoundInputs
    from adbench.record.model import CheckOptions, CheckResult, SourceLocation

__all__ = ["check", "examine"]


def check(
    f: Callable[..., Any],
    *inputs: Any,
    backend: str = "native",
    gradient: Callable[..., Any] | None = None,
    derivatives: tuple[Literal["vjp", "jvp", "hvp"], ...] = ("vjp",),
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
    device: str = "cpu",
    params: Mapping[str, Any] | None = None,
    search: float = 0.0,
    power: bool = False,
    thorough: bool = False,
) -> CheckResult:
    """Check the derivatives of `f` at `inputs` against numeric ones with bounded error.

    Args:
        f: The function, written for the backend (plain NumPy for `native`, tensors for `torch`,
            jax arrays for `jax`, or any of them through the array API). It returns an array, or a
            tree of arrays, of a floating or complex dtype and of any shape.
        inputs: Arrays, or dicts, lists and tuples of arrays, of any shape and dtype: NumPy's, or
            the backend's own. Floating and complex ones are differentiated, others are data.
        backend: `native`, `torch` or `jax`, or one of their modes, such as `torch:compile`.
        gradient: A hand-written gradient to check instead of a backend's; called like `f`, with
            a keyword `cotangent` when `f` does not return one scalar.
        derivatives: Which of `vjp`, `jvp` and `hvp`. The VJP is always among them: the others
            stand on it.
        rtol: Relative tolerance for one element; without it, √ε/32 of the element's dtype.
        atol: Absolute tolerance for one element; without it, 0.
        seed: For the random cotangents and directions; the same seed repeats the same check.
        device: Where the backend computes: `cpu` or `cuda`.
        params: Further keyword arguments of `f` that are no arrays.
        search: Seconds to look for other inputs where the VJP is wrong, which are shrunk to the
            simplest; needs hypothesis. What is found is kept in `.adbench/found` in the current
            folder, and looked at first by the next search.
        power: Plant faults in the gradient and report in `.power` which ones the check catches.
        thorough: More directions, output weightings and points.

    Returns:
        A `CheckResult`: `.verdict`, `.ok`, `.findings`, `.resolution`, and `str()` in words.

    Raises:
        BackendUnavailableError: The backend is not installed, or the device is absent.
        OutputError: `f` returns something that has no derivative.
        ArgumentError: The inputs do not fit `f`, or hold nothing to differentiate.
        SearchUnavailableError: (an ImportError) A search without hypothesis.
        Exception: Whatever `f` itself raises at the point.
    """
    from adbench.check import api

    return api.check(
        f,
        inputs,
        backend=backend,
        gradient=gradient,
        derivatives=derivatives,
        rtol=rtol,
        atol=atol,
        seed=seed,
        device=device,
        params=params,
        search=search,
        power=power,
        thorough=thorough,
    )


def examine(
    backend: Backend,
    bound: BoundFunction,
    options: CheckOptions,
    *,
    name: str = "",
    where: SourceLocation | None = None,
    found: FoundInputs | None = None,
) -> CheckResult:
    """Check the derivatives of one bound function; see `adbench.check.examination`."""
    from adbench.check import examination

    return examination.examine(backend, bound, options, name=name, where=where, found=found)
