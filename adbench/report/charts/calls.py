"""Total time against the number of calls: where the lines cross, compiling has paid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from adbench.report.charts.frame import Area, chart, end_labels
from adbench.report.charts.markers import markers, series_class
from adbench.report.charts.scales import logarithmic, power_of_ten, seconds_of_a_tick
from adbench.report.charts.svg import line, polyline

_BEND = (0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)
"""Where a line bends, in units of the calls that take as long as the first one did."""


@dataclass(frozen=True, slots=True)
class CallCost:
    """One backend mode: the first call's seconds, each later one's, and where it breaks even."""

    mode: str
    first: float
    steady: float
    pays_after: float | None = None

    def total(self, calls: float) -> float:
        """Seconds of so many calls."""
        return self.first + (calls - 1) * self.steady


def calls_chart(costs: Sequence[CallCost], title: str, description: str) -> Markup:
    """Both axes logarithmic, from one call to well beyond the last crossing."""
    shown = [c for c in costs if 0 < c.first < math.inf and 0 < c.steady < math.inf]
    if not shown:
        return Markup("")
    crossings = [c.pays_after for c in shown if c.pays_after and c.pays_after < 1e9]
    most = 10.0 ** math.ceil(math.log10(max([30.0, *crossings]) * 3))
    area = Area()
    x = logarithmic((1.0, most), *area.x)
    y = logarithmic((c.total(n) for c in shown for n in (1.0, most)), *area.y)
    assert x is not None
    assert y is not None
    layers: list[Markup] = []
    ends = []
    for cost in shown:
        points = [(x(n), y(cost.total(n))) for n in _bends(cost, most)]
        layers.append(polyline(points, f"curve {series_class(cost.mode)}"))
        ends.append((points[-1][1], cost.mode, f"label {series_class(cost.mode).split()[0]}"))
        if cost.pays_after and 1 <= cost.pays_after <= most:
            at = x(cost.pays_after), y(cost.total(cost.pays_after))
            layers += [line(at, (at[0], y.start), "chosen"), markers(cost.mode, [at])]
    layers += end_labels(ends, x.end + 6, y.end, y.start)
    shown_as = (power_of_ten, seconds_of_a_tick)
    return chart(title, description, (x, y), ("calls", "total time"), shown_as, *layers)


def _bends(cost: CallCost, most: float) -> list[float]:
    knee = cost.first / cost.steady
    return [1.0, *(b * knee for b in _BEND if 1 < b * knee < most), most]
