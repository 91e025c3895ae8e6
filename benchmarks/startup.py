"""How fast `adbench --help` is beside `pytest --version`: interleaved, medians, one ratio.

Exits with 1 when adbench is the slower. Run it with `make bench-startup`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import sysconfig
import time

RUNS = 30
SCRIPTS = sysconfig.get_path("scripts")
COMMANDS = {
    "adbench --help": [f"{SCRIPTS}/adbench", "--help"],
    "pytest --version": [f"{SCRIPTS}/pytest", "--version"],
}


def seconds(command: list[str]) -> float:
    """Wall-clock seconds of one run in a fresh process."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> int:
    """Time both commands in turn, order reversed each round (ABBA), and print the ratio."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for run in range(-2, RUNS):  # the first two warm the file cache
        names = list(COMMANDS) if run % 2 else list(COMMANDS)[::-1]
        for name in names:
            elapsed = seconds(COMMANDS[name])
            if run >= 0:
                times[name].append(elapsed)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:<18}{median * 1e3:6.1f} ms (median of {RUNS})")
    ratio = medians["adbench --help"] / medians["pytest --version"]
    print(f"ratio             {ratio:6.2f}")
    return 0 if ratio < 1 else 1


if __name__ == "__main__":
    sys.exit(main())
