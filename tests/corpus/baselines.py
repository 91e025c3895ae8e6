"""The checkers that the corpus compares: adbench and the field's own, each as it comes.

A checker takes an entry's function on one backend and answers `pass`, `fail`, `inconclusive`,
`error` (the check raised something that is no judgement) or `n/a` (it cannot be asked: too
large, or no such mode). Tolerances, steps and modes are each library's defaults; JAX's
`check_grads` is asked for reverse mode alone where a `custom_vjp` has no forward mode.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus.entry import Bug, Function, Hard, Inputs, differentiable

Answer = str
SLOW_LIMIT = 3000
"""More elements than a check that goes element by element can be asked for."""


@dataclass(frozen=True)
class Question:
    """One function to be checked: a bug, its twin, or a hard function."""

    entry: Bug | Hard
    backend: str
    function: Function
    inputs: Inputs
    seed: int

    @property
    def derivative(self) -> str:
        return self.entry.derivative if isinstance(self.entry, Bug) else "vjp"


@dataclass(frozen=True)
class Checker:
    """A named way to ask."""

    name: str
    backends: tuple[str, ...]
    ask: Callable[[Question], Answer]


def adbench_check(question: Question) -> Any:
    """adbench's `CheckResult` for a question."""
    import adbench

    derivatives = ("vjp",) if question.derivative == "vjp" else ("vjp", question.derivative)
    arrays = [value.copy() for value in question.inputs.values()]
    if question.backend == "manual":
        primal = question.entry.primal if isinstance(question.entry, Bug) else None
        return adbench.check(
            primal, *arrays, gradient=question.function, derivatives=derivatives, seed=question.seed
        )
    needs_eager = isinstance(question.entry, Hard) and question.entry.eager
    return adbench.check(
        question.function,
        *arrays,
        backend=f"{question.backend}:eager" if needs_eager else question.backend,
        derivatives=derivatives,
        seed=question.seed,
    )


def said_of(question: Question) -> list[str]:
    """What adbench says is wrong, a line a finding: its kind, and its diagnosis."""
    try:
        result = adbench_check(question)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    failing = [f for f in result.findings if f.level == "fail"]
    return list(dict.fromkeys(f"{f.kind}: {f.diagnosis or ''}" for f in failing))


def named_rightly(bug: Bug, said: list[str]) -> bool:
    """Whether one of the lines has what a person would want to read of this bug."""
    return any(re.search(bug.diagnosis, line) for line in said)


def _adbench(question: Question) -> Answer:
    try:
        result = adbench_check(question)
    except Exception:
        return "error"
    return {"kink": "pass"}.get(result.verdict.value, result.verdict.value)


def _size(question: Question) -> int:
    return sum(value.size for value in question.inputs.values())


def _torch(fast: bool, second: bool = False) -> Callable[[Question], Answer]:
    def ask(question: Question) -> Answer:
        import torch
        from torch.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck

        if not fast and _size(question) > SLOW_LIMIT:
            return "n/a"
        active = differentiable(question.entry, question.inputs)
        tensors = tuple(
            torch.tensor(value).requires_grad_(active[name])
            for name, value in question.inputs.items()
        )
        try:
            gradcheck(question.function, tensors, fast_mode=fast)
            if second:
                gradgradcheck(question.function, tensors, fast_mode=fast)
        except GradcheckError:
            return "fail"
        except Exception:
            return "error"
        return "pass"

    return ask


def _jax(order: int) -> Callable[[Question], Answer]:
    def ask(question: Question) -> Answer:
        import jax
        import jax.numpy as jnp
        from jax.test_util import check_grads

        with jax.enable_x64(True):
            arrays = tuple(jnp.asarray(value) for value in question.inputs.values())
            for modes in (("fwd", "rev"), ("rev",)):
                try:
                    check_grads(question.function, arrays, order, modes=modes)
                except AssertionError:
                    return "fail"
                except TypeError as error:
                    if "custom_vjp" in str(error) and len(modes) > 1:
                        continue
                    return "error"
                except Exception:
                    return "error"
                return "pass"
        return "error"

    return ask


class _AutogradNamespace:
    """autograd.numpy under the array API's names."""

    RENAMED = {  # noqa: RUF012
        "concat": "concatenate",
        "acos": "arccos",
        "asin": "arcsin",
        "atan": "arctan",
        "atan2": "arctan2",
        "cumulative_sum": "cumsum",
        "asarray": "array",
    }

    def __getattr__(self, name: str) -> Any:
        import autograd.numpy as anp

        return getattr(anp, self.RENAMED.get(name, name))

    def astype(self, x: Any, dtype: Any) -> Any:
        return x.astype(dtype)


def _autograd(order: int) -> Callable[[Question], Answer]:
    def ask(question: Question) -> Answer:
        from autograd.extend import defvjp, primitive
        from autograd.numpy.numpy_boxes import ArrayBox
        from autograd.test_util import check_grads

        ArrayBox.__array_namespace__ = lambda self, api_version=None: _AutogradNamespace()
        if _size(question) > SLOW_LIMIT and order > 1:
            return "n/a"
        function = question.function
        if isinstance(question.entry, Bug):
            primal, gradient, names = question.entry.primal, function, list(question.inputs)
            function = primitive(lambda *leaves: primal(*leaves))

            def pullback(place: int) -> Any:
                def vjp(answer: Any, *leaves: Any) -> Any:
                    def pull(g: Any) -> Any:
                        named = dict(zip(names, leaves, strict=True))
                        result = gradient(**named, cotangent=g)
                        if isinstance(result, dict):
                            return result[names[place]]
                        return result[place] if len(names) > 1 else result

                    return pull

                return vjp

            defvjp(function, *(pullback(place) for place in range(len(names))))
        np.random.seed(question.seed)
        arrays = [value.copy() for value in question.inputs.values()]
        try:
            check_grads(function, modes=["rev"], order=order)(*arrays)
        except AssertionError:
            return "fail"
        except Exception:
            return "error"
        return "pass"

    return ask


CHECKERS = (
    Checker("adbench", ("native", "torch", "jax", "manual"), _adbench),
    Checker("gradcheck slow", ("torch",), _torch(fast=False)),
    Checker("gradcheck fast", ("torch",), _torch(fast=True)),
    Checker("gradcheck + gradgradcheck", ("torch",), _torch(fast=False, second=True)),
    Checker("jax check_grads 1", ("jax",), _jax(1)),
    Checker("jax check_grads 2", ("jax",), _jax(2)),
    Checker("autograd check_grads 1", ("native", "manual"), _autograd(1)),
    Checker("autograd check_grads 2", ("native", "manual"), _autograd(2)),
)


def ask(checker: Checker, question: Question) -> Answer:
    """The checker's answer, with the warnings of broken functions kept quiet.

    autograd is asked about `native`'s hard functions and `manual`'s bugs: a rule of the native
    engine's `custom_vjp` cannot be handed to it, and on `manual` the same rules are.
    """
    if checker.name.startswith("autograd"):
        foreign = question.backend == "native" and isinstance(question.entry, Bug)
        if foreign:
            return "n/a"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return checker.ask(question)
