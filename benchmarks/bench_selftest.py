"""How often `adbench bench --against` is right: two equal functions, and planted slowdowns.

    python benchmarks/bench_selftest.py [--trials 20] [--seconds 20]

Each trial is a whole comparison of two revisions of a small repository, as its user would run it:
the same function on both sides, or one that does 5 or 10 % more of the same work. Printed are the
rates, with the least that issue and documentation promise; the exit code is 1 if one is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from adbench.runner.bench import BenchOptions, bench
from adbench.suite import resolve_targets

FUNCTION = """
import numpy as np


def loss(x):
    total = 0.0
    for _ in range({steps}):
        total = total + np.sum(np.tanh(x @ x))
    return total
"""
STEPS = 40
PLANTED = {"equal": 40, "5 % slower": 42, "10 % slower": 44}
PROMISED = {"5 % slower": 12, "10 % slower": 17}
"""Of 20, found; and of 20 equal ones, at most one called different."""


def git(folder: Path, *arguments: str) -> None:
    """Run git in the folder, as nobody in particular."""
    who = ("-c", "user.name=selftest", "-c", "user.email=selftest@localhost")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def plant(folder: Path, steps: int) -> Path:
    """A repository whose last revision does `steps` of work, and the one before STEPS."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    file = folder / "work.py"
    for number in (STEPS, steps):
        file.write_text(FUNCTION.format(steps=number), encoding="utf-8")
        git(folder, "add", "work.py")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", f"{number} steps")
    return file


def trial(file: Path, seconds: float) -> tuple[str, str]:
    """The verdict of one comparison with the revision before, and its ratio in words."""
    suites = resolve_targets([f"{file}:loss"], args=["x=normal(20, 20)"])
    options = BenchOptions(backends=["native:eager"], against="HEAD~1", budget=seconds)
    record = bench(suites, options).record
    assert record.bench is not None
    if not record.bench.side_by_side:
        return "not measured", "; ".join(m.reason for m in record.bench.measurements)
    (side,) = record.bench.side_by_side
    ratio = side.ratio
    return side.verdict, f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"


def main() -> int:
    """Run all trials, in turns, and print the rates."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0, help="the budget of one comparison")
    given = parser.parse_args()
    found: dict[str, Counter[str]] = {name: Counter() for name in PLANTED}
    with tempfile.TemporaryDirectory() as temporary:
        files = {
            name: plant(Path(temporary) / name[:2].strip(), steps)
            for name, steps in PLANTED.items()
        }
        for number in range(given.trials):
            for name, file in files.items():
                verdict, ratio = trial(file, given.seconds)
                found[name][verdict] += 1
                print(f"{number + 1:3}  {name:12} {verdict:13} {ratio}", flush=True)
    print()
    good = True
    for name, verdicts in found.items():
        if name == "equal":
            count = verdicts["regression"] + verdicts["improvement"]
            allowed = given.trials // 20
            kept = count <= allowed
            promise = f"at most {allowed} of {given.trials} called different"
        else:
            count = verdicts["regression"]
            least = -(-PROMISED[name] * given.trials // 20)
            kept = count >= least
            promise = f"at least {least} of {given.trials} found"
        good = good and kept
        print(f"{name:12} {count:2} of {given.trials}  ({promise}: {'kept' if kept else 'MISSED'})")
        print("             " + ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items()))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
