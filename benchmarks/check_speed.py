"""`adbench.check` beside `torch.autograd.gradcheck`: wall time at 10, 1,000 and 100,000 inputs.

Both check the same right function in the same process, one thread, in turns; the figures are the
medians' ratios. At 100,000 inputs gradcheck has only its fast mode. The first function takes
microseconds, so that at 10 inputs the checkers' own work is compared; the second one takes
milliseconds, and there the number of calls decides. Run by `make bench-speed`.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

import adbench


def function(x: torch.Tensor) -> torch.Tensor:
    """Σ sin x + x²."""
    return torch.sin(x).sum() + (x * x).sum()


def trajectory(x: torch.Tensor) -> torch.Tensor:
    """The end of 100 Runge–Kutta steps of x' = sin(roll(x)) − x / 10."""

    def slope(y: torch.Tensor) -> torch.Tensor:
        return torch.sin(torch.roll(y, 1)) - y / 10

    h = 0.05
    for _ in range(100):
        a = slope(x)
        b = slope(x + h / 2 * a)
        c = slope(x + h / 2 * b)
        x = x + h / 6 * (a + 2 * b + 2 * c + slope(x + h * c))
    return (x**2).sum()


def seconds(call: Callable[[], object]) -> float:
    """The wall time of one call."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def compare(
    name: str, function: Callable[[torch.Tensor], torch.Tensor], size: int, fast: bool, rounds: int
) -> str:
    """One row of the table."""
    x = np.random.default_rng(0).standard_normal(size)
    tensor = torch.tensor(x, requires_grad=True)
    ours, theirs = [], []
    result = adbench.check(function, x, backend="torch")
    assert result.ok, result
    torch.autograd.gradcheck(function, (tensor,), fast_mode=fast)
    for _ in range(rounds):
        ours.append(seconds(lambda: adbench.check(function, x, backend="torch")))
        theirs.append(
            seconds(lambda: torch.autograd.gradcheck(function, (tensor,), fast_mode=fast))
        )
    mine, other = statistics.median(ours), statistics.median(theirs)
    mode = "fast" if fast else "slow"
    return (
        f"| {name} | {size:,} | {1e3 * mine:.3g} ms | {1e3 * other:.3g} ms ({mode}) "
        f"| {mine / other:.2g} | {result.evaluations} | {result.batched_calls} |"
    )


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    print("| function | inputs | adbench | gradcheck | ratio | evaluations | batched calls |")
    print("|---|---|---|---|---|---|---|")
    for size, fast in ((10, False), (1_000, False), (100_000, True)):
        print(compare("Σ sin x + x²", function, size, fast, rounds))
    print(compare("100 Runge–Kutta steps", trajectory, 10, False, rounds))


if __name__ == "__main__":
    main()
