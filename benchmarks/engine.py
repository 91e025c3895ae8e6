"""The engine beside its peers: time, compile time and memory of gradients, as a Markdown table.

One process a library, one thread each. Within a round the libraries take turns, and the order
turns from round to round; a figure is the median over all calls, a ratio that of two medians of
the same run. Run it with `make bench-engine`; it writes docs/bench-engine.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine_workloads import CHAINS, WORKLOADS

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "bench-engine.md"
LIBRARIES = (
    "NumPy primal", "native:eager", "native:compiled", "autograd", "torch eager", "jax jit",
)  # fmt: skip
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
TRACED = ("native:eager", "native:compiled", "autograd")
"""Libraries whose arrays are NumPy's, so that tracemalloc sees them."""

GOALS: dict[str, list[tuple[str, str, float]]] = {
    "chain of 1,000 operations": [
        ("native:eager", "torch eager", 0.6), ("native:compiled", "torch eager", 0.12),
    ],
    "Rosenbrock, 1,000 inputs": [
        ("native:eager", "torch eager", 0.45), ("native:compiled", "torch eager", 0.08),
    ],
    "GMM n=1000 d=10 k=25": [
        ("native:compiled", "torch eager", 0.6), ("native:compiled", "NumPy primal", 1.7),
    ],
    "MLP 512×3, batch 256, float64": [
        ("native:compiled", "torch eager", 1.0), ("native:compiled", "NumPy primal", 2.9),
    ],
    "MLP 512×3, batch 256, float32": [
        ("native:compiled", "torch eager", 1.0), ("native:compiled", "NumPy primal", 2.9),
    ],
    "50 matmuls of 100×100": [("native:compiled", "torch eager", 0.8)],
    "50 matmuls, sum of squares": [],
    "BA n=10 m=100 p=400": [
        ("native:eager", "autograd", 1.0), ("native:compiled", "torch eager", 1.0),
    ],
    "HAND 544 vertices": [
        ("native:eager", "autograd", 1.0), ("native:compiled", "torch eager", 1.0),
    ],
    "LSTM 2 layers, 14 bits, 6 characters": [
        ("native:eager", "autograd", 1.0), ("native:compiled", "torch eager", 1.0),
    ],
}  # fmt: skip
"""(library, other, ratio to reach) for each workload."""
BOUNDS = """\
A plan is a walk along NumPy calls that write where they are told. What bounds it, by the profile:

- **The chain** is 2,621 calls on eight numbers, some 0.18 µs each: what a NumPy call takes. XLA
  makes one loop of them.
- **Rosenbrock's** gradient is 11 calls on 1,000 numbers, 0.35 µs each, and 0.8 µs to look at the
  arguments and at what the function captured. On the tape, of 28 µs, NumPy takes 9, and 5 go by
  before the first operation and after the last; the rest is the Python of eleven operations.
- **GMM**: half of the time is products of matrices, with an inner dimension of 10. The rest is
  arithmetic on 250,000 numbers, as fast as the cache is. To broadcast over rows of ten numbers took
  longer between rows than in them: the plan repeats the short operand, so that rows have 250.
- **MLP**: the gradient has 8 products of matrices where the primal has 3. A ratio of 2.6 is the
  BLAS library's, whatever stands around it.
- **50 matmuls**: all rows of a sum's cotangent are alike, and so are those of its products with
  matrices. The plan multiplies one row, and of 149 products 49 are left, those of the primal. With
  a sum of squares that is not so: 149 products and 49 additions of 1 µs are the whole plan, and its
  ratio to PyTorch is that of NumPy's BLAS to PyTorch's.

Tried, and not kept:

- *Blocks.* Five elementwise operations, one after the other on parts of 80 kB, which fit the second
  cache, took 1.19 times as long as on whole arrays of 2 MB, which fit the third. With arrays of
  20 MB it was 0.96 times, and 0.93 times where an intermediate value is never stored whole. NumPy's
  calls are too dear for small parts.
- *numba.* The chain's steps as a table, walked by one loop that numba compiled once for all
  programs: 44 µs, where the walk along NumPy calls took 517 µs in the same run. That is what fusing
  would bring. It costs 208 MB of packages, 1.0 s to import, and 3.5 s to compile on a new machine;
  adbench starts many processes that live for seconds, and each would pay the import. numba's sin
  and tanh differ from NumPy's in the last bit, and NumPy's floating-point warnings are lost.

In memory, a plan's own objects count: some 150 bytes for each step that is one NumPy call. Nothing
else is kept of the program. Its buffers are parts of pages, and are held between calls.
"""


class Library:
    """A worker process."""

    def __init__(self, name: str) -> None:
        self.name = name
        environment = {**os.environ, **{f"{t}_NUM_THREADS": "1" for t in THREADS}}
        environment["XLA_FLAGS"] = (
            "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        )
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "engine_worker.py"), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip

    def ask(self, **request: Any) -> dict[str, Any]:
        """One request, its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} died on {request}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def agree(libraries: dict[str, Library], workload: str) -> None:
    """Raise where two libraries' gradients differ: then times would compare nothing."""
    found = {
        name: library.ask(do="check", workload=workload)["norms"]
        for name, library in libraries.items()
        if name != "NumPy primal"
    }
    first, *others = found.values()
    rtol = 1e-3 if "float32" in workload else 1e-6
    for norms in others:
        if any(abs(a - b) > rtol * (1 + abs(a)) for a, b in zip(first, norms, strict=True)):
            raise RuntimeError(f"{workload}: the gradients differ: {found}")


def measure(
    libraries: dict[str, Library], workload: str, rounds: int, seconds: float
) -> dict[str, float]:
    """Median seconds of one gradient for each library."""
    agree(libraries, workload)
    times: dict[str, list[float]] = {name: [] for name in libraries}
    for turn in range(rounds):
        names = list(libraries)
        names = names[turn % len(names) :] + names[: turn % len(names)]
        for name in names:
            answer = libraries[name].ask(do="time", workload=workload, seconds=seconds)
            times[name] += answer["seconds"]
    return {name: statistics.median(values) for name, values in times.items()}


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    return [
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def shown(seconds: float) -> str:
    """Milliseconds with three digits."""
    return f"{seconds * 1e3:.3g} ms"


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1, help="of a library in a round")
    parser.add_argument("--only", default="", help="workloads whose names contain this")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    libraries = {name: Library(name) for name in LIBRARIES}
    lines = [
        "# The engine beside its peers",
        "",
        "<!-- Written by `make bench-engine`. -->",
        "",
        f"`make bench-engine`: {options.rounds} rounds of {options.seconds:g} s for each library "
        "and workload, one process and one thread a library, in turn. A figure is the median of "
        "one gradient; in brackets, its ratio to the NumPy primal of the same run. " + versions(),
        "",
    ]
    names = [name for name in WORKLOADS if options.only in name]
    rows, goals = [], []
    for workload in names:
        medians = measure(libraries, workload, options.rounds, options.seconds)
        primal = medians["NumPy primal"]
        rows.append(
            [workload, shown(primal)]
            + [f"{shown(medians[n])} [{medians[n] / primal:.2g}]" for n in LIBRARIES[1:]]
        )
        print("  ".join(rows[-1]))
        for name, other, goal in GOALS[workload]:
            ratio = medians[name] / medians[other]
            verdict = "reached" if ratio <= goal else "missed"
            goals.append([workload, f"{name} / {other}", f"{ratio:.3g}", f"≤ {goal:g}", verdict])
            print("  ".join(goals[-1]))
    lines += ["## Time of a gradient", "", *table(["workload", *LIBRARIES], rows), ""]
    lines += [
        "## Goals",
        "",
        BOUNDS,
        *table(["workload", "ratio", "measured", "goal", ""], goals),
        "",
    ]
    if not options.only:
        lines += compile_times(libraries) + peaks(libraries)
    for library in libraries.values():
        library.close()
    text = "\n".join(lines).rstrip() + "\n"
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


def compile_times(libraries: dict[str, Library]) -> list[str]:
    """How long it takes until a chain's gradient is compiled. JAX is not asked for the longest."""
    rows = []
    for n in CHAINS:
        ours = libraries["native:compiled"].ask(do="compile", operations=n)["seconds"]
        row = [f"{n:,}", shown(ours), "—", "—"]
        if n <= 1000:
            theirs = libraries["jax jit"].ask(do="compile", operations=n)["seconds"]
            row[2:] = [shown(theirs), f"{ours / theirs:.2g}"]
        rows.append(row)
    header = ["operations", "native:compiled", "jax jit", "ratio"]
    note = (
        "What the first two calls take beyond a later one, the best of three. It grows linearly "
        "but for Python's garbage collector, which looks through what was recorded: with it "
        "off, an operation takes 64 µs in a chain of 1,000 and 66 µs in one of 10,000."
    )
    return ["## Compile time of a chain", "", note, "", *table(header, rows), ""]


def peaks(libraries: dict[str, Library]) -> list[str]:
    """Peak memory of a gradient, where tracemalloc sees it."""
    rows = []
    for workload in WORKLOADS:
        found = [libraries[n].ask(do="memory", workload=workload)["bytes"] / 1e6 for n in TRACED]
        ratios = [f"{ours / found[-1]:.2g}" for ours in found[:-1]]
        rows.append([workload, *(f"{megabytes:.3g} MB" for megabytes in found), *ratios])
    note = (
        "The peak that tracemalloc sees during one gradient, with everything that a plan keeps "
        "between calls, without the inputs. The ratios are to autograd; the goal is at most 1."
    )
    header = ["workload", *TRACED, *(f"{name}, ratio" for name in TRACED[:-1])]
    return ["## Peak memory", "", note, "", *table(header, rows), ""]


def versions() -> str:
    """What was compared, and on which processor."""
    packages = ("numpy", "autograd", "torch", "jax")
    listed = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in packages)
    return f"Python {platform.python_version()}, {listed}; {processor()}."


def processor() -> str:
    """The processor's name."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
