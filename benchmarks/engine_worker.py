"""One library in one process: answers requests on standard input with JSON on standard output.

{"do": "time", "workload": name, "seconds": s}  -> {"seconds": [...]} of single gradients
{"do": "check", "workload": name}               -> {"norms": [...]} of the gradients
{"do": "compile", "operations": n}              -> {"seconds": s} until a gradient is compiled
{"do": "memory", "workload": name}              -> {"bytes": n} at the peak of a gradient
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from engine_workloads import WORKLOADS, Workload, chain, classic

Gradient = Callable[..., Any]


def numpy_primal(work: Workload) -> Gradient:
    """The function itself on NumPy arrays: what a gradient is compared with."""
    return lambda *inputs: [work.function(np, *inputs)]


def native(mode: str) -> Callable[[Workload], Gradient]:
    """adbench's engine, eager or compiled."""
    import adbench

    def make(work: Workload) -> Gradient:
        def f(*inputs: Any) -> Any:
            return work.function(np, *inputs)

        return adbench.grad(f, tuple(range(work.active)), mode=mode)

    return make


def autograd(work: Workload) -> Gradient:
    """HIPS autograd, by its own NumPy namespace."""
    import autograd.numpy as anp
    from autograd import grad
    from autograd.numpy.numpy_boxes import ArrayBox

    class Namespace:
        """What the classic suite asks of an array namespace, in autograd's terms."""

        linalg = type("linalg", (), {"cross": staticmethod(lambda a, b: _cross(anp, a, b))})

        def __getattr__(self, name: str) -> Any:
            return getattr(anp, name)

        def concat(self, arrays: Any, axis: int = 0) -> Any:
            return anp.concatenate(arrays, axis)

        def take(self, x: Any, index: Any, axis: int = 0) -> Any:
            return x[(slice(None),) * axis + (index,)]

        def unstack(self, x: Any) -> Any:
            return [x[i] for i in range(x.shape[0])]

        def vecdot(self, a: Any, b: Any) -> Any:
            return anp.sum(a * b, -1)

        def asarray(self, x: Any, dtype: Any = None, device: Any = None) -> Any:
            return anp.array(x, dtype=dtype)

        def eye(self, n: int, dtype: Any = None, device: Any = None) -> Any:
            return anp.eye(n, dtype=dtype)

    ArrayBox.mT = property(lambda self: anp.swapaxes(self, -1, -2))
    for file in work.needs:
        module = classic(file)
        module.array_namespace = lambda *arrays: Namespace()
        if hasattr(module, "device"):
            module.device = lambda array: None

    def f(*inputs: Any) -> Any:
        return work.function(anp, *inputs)

    return grad(f, tuple(range(work.active)))


def _cross(xp: Any, a: Any, b: Any) -> Any:
    rows = [(1, 2), (2, 0), (0, 1)]
    return xp.stack([a[..., i] * b[..., j] - a[..., j] * b[..., i] for i, j in rows], -1)


def torch(work: Workload) -> Gradient:
    """PyTorch, eager."""
    import torch as library

    library.set_num_threads(1)

    class Namespace:
        """torch by the names that the workloads use."""

        def __getattr__(self, name: str) -> Any:
            return getattr(library, name)

        def max(self, x: Any, axis: int | None = None) -> Any:
            return library.amax(x) if axis is None else library.amax(x, axis)

    xp = Namespace()

    def gradient(*inputs: Any) -> Any:
        tensors = [library.from_numpy(a) for a in inputs]
        active = [t.detach().requires_grad_() for t in tensors[: work.active]]
        value = work.function(xp, *active, *tensors[work.active :])
        return [g.numpy() for g in library.autograd.grad(value, active)]

    return gradient


def jax(work: Workload) -> Gradient:
    """JAX, compiled by XLA."""
    import jax as library

    library.config.update("jax_enable_x64", True)

    def f(*inputs: Any) -> Any:
        return work.function(library.numpy, *inputs)

    compiled = library.jit(library.grad(f, tuple(range(work.active))))

    def gradient(*inputs: Any) -> Any:
        return library.block_until_ready(compiled(*inputs))

    return gradient


LIBRARIES: dict[str, Callable[[], Callable[[Workload], Gradient]]] = {
    "NumPy primal": lambda: numpy_primal,
    "native:eager": lambda: native("eager"),
    "native:compiled": lambda: native("compiled"),
    "autograd": lambda: autograd,
    "torch eager": lambda: torch,
    "jax jit": lambda: jax,
}
WARM = 4
"""Calls before the first that is timed; adbench's compiled mode records two."""


def warm(make: Callable[[Workload], Gradient], work: Workload) -> Gradient:
    """A gradient that was called a few times."""
    gradient = make(work)
    for _ in range(WARM):
        gradient(*work.inputs)
    return gradient


def once(gradient: Gradient, work: Workload) -> float:
    """Seconds of one call."""
    begin = time.perf_counter()
    gradient(*work.inputs)
    return time.perf_counter() - begin


def memory(make: Callable[[Workload], Gradient], work: Workload) -> int:
    """Bytes at the peak of a warm call, with what the gradient keeps between calls."""
    make(work)(*work.inputs)  # what the library itself loads and keeps
    tracemalloc.start()
    gradient = warm(make, work)
    gc.collect()  # which empties the interpreter's lists of free objects, too
    tracemalloc.reset_peak()
    gradient(*work.inputs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    """Answer until the input ends."""
    make = LIBRARIES[sys.argv[1]]()
    ready: dict[str, Gradient] = {}
    for line in sys.stdin:
        request = json.loads(line)
        work = WORKLOADS.get(request.get("workload"), None)
        answer: dict[str, Any]
        if request["do"] == "compile":
            answer = {"seconds": compile_time(make, request["operations"])}
        elif request["do"] == "memory":
            answer = {"bytes": memory(make, work)}
        else:
            name = request["workload"]
            if name not in ready:
                ready[name] = warm(make, work)
            if request["do"] == "check":
                gradients = ready[name](*work.inputs)
                answer = {"norms": [float(np.linalg.norm(np.asarray(g))) for g in gradients]}
            else:
                times: list[float] = []
                while sum(times) < request["seconds"] or len(times) < 3:
                    times.append(once(ready[name], work))
                answer = {"seconds": times}
        print(json.dumps(answer), flush=True)


def compile_time(make: Callable[[Workload], Gradient], operations: int) -> float:
    """Seconds of the calls until a gradient is replayed: jit's first, adbench's first two.

    The best of three, each with a function of its own.
    """
    found = []
    for _ in range(3):
        work = chain(operations)
        gradient = make(work)
        times = [once(gradient, work) for _ in range(4)]
        found.append(sum(times[:2]) - 2 * min(times[2:]))
    return min(found)


if __name__ == "__main__":
    main()
