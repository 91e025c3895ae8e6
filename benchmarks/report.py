"""How long a page takes to render, and how large it is: `make bench-report`."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "report"))

from specimen import specimen

from adbench.report.html import render_html

ROUNDS = 5
RUNS = (
    ("50 cases × 6 modes, measured", {"cases": 50}),
    ("50 cases × 6 modes, measured, no grids", {"cases": 50, "sizes": False}),
    ("500 cases × 6 modes, checked", {"cases": 500, "bench": False}),
    ("500 cases × 6 modes, measured", {"cases": 500}),
)


def main() -> None:
    render_html(specimen(1))  # the templates are compiled once
    print(f"{'':40}{'seconds':>10}{'kB':>10}")
    for name, wanted in RUNS:
        record = specimen(**wanted)
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            page = render_html(record)
            times.append(time.perf_counter() - start)
        print(f"{name:40}{statistics.median(times):10.2f}{len(page.encode()) / 1e3:10,.0f}")


if __name__ == "__main__":
    main()
