"""A function bound and ready to be called, as a bench worker has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adbench.backends import get_backend
from adbench.bench.subject import Subject


def make_subject(
    function: Callable[..., Any],
    *arrays: Any,
    backend: str = "native",
    mode: str = "eager",
    what: str = "vjp",
    data: tuple[str, ...] = (),
    threads: int = 1,
) -> Subject:
    """The function of x, or of x, y, …; those named in `data` are not differentiated."""
    arguments = dict(zip("xyz", arrays, strict=False))
    differentiable = {name: name not in data for name in arguments}
    bound = get_backend(backend, mode).bind(function, arguments, differentiable, {})
    cotangents = [np.ones(out.shape, out.dtype) for out in bound.outputs]
    tangents = [np.ones(leaf.shape, leaf.dtype) for leaf in bound.inputs]
    return Subject(
        backend=backend,
        mode=mode,
        device="cpu",
        what=what,  # type: ignore[arg-type]
        bound=bound,
        timed=bound.timed(what, cotangents, tangents),
        untracked=bound.timed("primal", cotangents, tangents),
        numpy=None,
        threads=threads,
    )


@pytest.fixture
def subject() -> Callable[..., Subject]:
    return make_subject
