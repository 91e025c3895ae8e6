"""A worker's limit: what fits runs, what does not fails in its own process, in plain words."""

from __future__ import annotations

import subprocess
import sys

import pytest

from adbench.bench import limit
from adbench.bench.limit import is_out_of_memory, limit_memory

linux = pytest.mark.skipif(sys.platform != "linux", reason="memory can be limited on Linux only")

LIMITED = """
import sys
import numpy as np
from adbench.backends import get_backend
from adbench.bench.limit import is_out_of_memory, limit_memory
function, backend, mode = sys.argv[1:4]
made = get_backend(backend, mode)
bound = made.bind(eval(function), {"x": np.ones(4)}, {"x": True}, {})
limit_memory(256 << 20)
for size in (1 << 10, 1 << 26, 1 << 10):
    try:
        bound = made.bind(eval(function), {"x": np.ones(size)}, {"x": True}, {})
        bound.timed("vjp", [np.ones(())], [np.ones(size)])()
        print("fits")
    except Exception as error:
        print("too much" if is_out_of_memory(error) else repr(error))
"""


@linux
@pytest.mark.slow
@pytest.mark.parametrize(("backend", "mode"), [("native", "eager"), ("torch", "eager"),
                                               ("jax", "jit")])  # fmt: skip
def test_what_does_not_fit_fails_and_what_fits_goes_on(backend: str, mode: str) -> None:
    """PyTorch and JAX have taken more address space than the limit before it begins."""
    pytest.importorskip("numpy" if backend == "native" else backend)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "lambda x: (x * x).sum()", backend, mode],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split("\n")[:3] == ["fits", "too much", "fits"], done.stderr


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 72000000 bytes."), True),
        (RuntimeError("shapes do not match"), False),
        (ValueError("memory"), False),
    ],
)
def test_errors_that_say_that_memory_ran_out(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) == expected


def test_elsewhere_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit.sys, "platform", "darwin")
    with pytest.raises(OSError, match="on Linux only"):
        limit_memory(1 << 30)
