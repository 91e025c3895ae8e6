"""Unit tests and honest benchmarks for gradients.

    import adbench
    result = adbench.check(f, x)          # is this gradient right, and how sure is that?
    record = adbench.run("suites/")       # the same for suites, as `adbench check` does it
    df = adbench.grad(f)                  # the native engine: NumPy functions as they are

Everything but `check` is imported when it is first used, so that `import adbench` is at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# `adbench.check` is this function, although a package has the same name: that package is imported
# here, once, and the name bound after it, so no later import of a submodule binds it anew. For its
# submodules write `from adbench.check.x import y`, not `import adbench.check.x as z`.
from adbench.check import check

if TYPE_CHECKING:
    from adbench.engine import (
        DifferentiationError,
        checkpoint,
        custom_vjp,
        grad,
        hessian,
        hvp,
        jacobian,
        jvp,
        stop_gradient,
        value_and_grad,
        vjp,
    )
    from adbench.record import CheckResult, Finding, RunRecord, Verdict
    from adbench.runner import run_targets as run

    __version__: str

__all__ = [
    "CheckResult",
    "DifferentiationError",
    "Finding",
    "RunRecord",
    "Verdict",
    "__version__",
    "check",
    "checkpoint",
    "custom_vjp",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "run",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]

_ENGINE = (
    "DifferentiationError checkpoint custom_vjp grad hessian hvp jacobian jvp stop_gradient "
    "value_and_grad vjp"
)
_HOMES = {
    **{name: ("adbench.engine", name) for name in _ENGINE.split()},
    **{
        name: ("adbench.record", name)
        for name in ["CheckResult", "Finding", "RunRecord", "Verdict"]
    },
    "run": ("adbench.runner", "run_targets"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = _version()
    elif name in _HOMES:
        import importlib

        module, attribute = _HOMES[name]
        value = getattr(importlib.import_module(module), attribute)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    """The installed version; "unknown" when adbench runs without being installed."""
    from importlib import metadata

    try:
        return metadata.version("adbench-grad")
    except metadata.PackageNotFoundError:
        return "unknown"
