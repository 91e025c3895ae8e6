"""Which chart a case gets, of which of its numbers, and what is said below each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from adbench.record.bench import Growth, Interval, Measurement
from adbench.record.model import CaseResult, VCurve
from adbench.report.charts import (
    Bar,
    CallCost,
    Curve,
    Distance,
    bar_chart,
    calls_chart,
    scaling_chart,
    v_curve_chart,
)
from adbench.report.charts.scales import plain, seconds_of_a_tick
from adbench.report.charts.vcurve import scale_of
from adbench.report.view.anchors import mode_of
from adbench.report.view.cases import CaseView, Group, exponent
from adbench.report.view.numbers import count, short, size
from adbench.report.view.signs import sign_of

_IN_TABLE = "The table below has the numbers."
Quantity = Literal["time", "memory"]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and what is to be seen in it."""

    picture: Markup
    heading: str
    caption: str


def case_charts(case: CaseView, costs: bool) -> list[Chart]:
    """The V curves, then with `costs` memory and calls, as far as there are numbers for them."""
    candidates: list[Chart | None] = [*_v_curves(case)]
    if costs:
        main = [several[0] for several in case.measurements.values()]
        candidates += [_memory(main), _calls(main)]
    return [chart for chart in candidates if chart and chart.picture]


def group_charts(group: Group) -> list[Chart]:
    """How time and memory grow over the group's grid points."""
    candidates = [_growth(group, "time"), _growth(group, "memory")]
    return [chart for chart in candidates if chart and chart.picture]


def _v_curves(case: CaseView) -> Iterable[Chart]:
    """One for each derivative, of the mode that is worst off."""
    gravest = sorted(case.results.values(), key=_gravity)
    names = dict.fromkeys(
        d.derivative for r in gravest if r.check for d in r.check.derivatives if d.v_curve
    )
    for name in names:
        of_mode = {mode_of(r): c for r in gravest if (c := _curve(r, name)) is not None}
        mode, curve = next(iter(of_mode.items()))
        distances = [
            Distance(other, _distance(c))
            for other in case.modes
            if (c := of_mode.get(other)) and (c.input, c.index) == (curve.input, curve.index)
        ]
        place = curve.input
        if curve.index:
            place += f"[{', '.join(map(str, curve.index))}]"
        title = f"{name} of {case.key.case} in {place}: error against step"
        yield Chart(
            v_curve_chart(curve, distances, title, _curve_words(curve, distances)),
            f"{name.upper()}, error against step in {place}",
            _curve_caption(curve, mode),
        )


def _gravity(result: CaseResult) -> int:
    return ("bad", "warn", "note", "good", "quiet").index(sign_of(result).tone)


def _curve(result: CaseResult, derivative: str) -> VCurve | None:
    found = result.check.derivatives if result.check else ()
    return next((d.v_curve for d in found if d.derivative == derivative and d.v_curve), None)


def _distance(curve: VCurve) -> float:
    return abs(curve.ad - curve.numeric) / scale_of(curve)


def _curve_words(curve: VCurve, distances: Sequence[Distance]) -> str:
    """The chart for those who do not see it."""
    said = [f"{len(curve.points)} steps"]
    if curve.chosen_step is not None:
        said.append(f"step chosen {short(curve.chosen_step)}")
    said.append(f"bound {short(curve.bound / scale_of(curve))} relative")
    limit = curve.bound / scale_of(curve)
    said += [f"{d.mode} differs by {short(d.value)}" for d in distances if not d.value <= limit]
    within = sum(d.value <= limit for d in distances)
    said += [f"{within} of {len(distances)} backends within it"]
    return "; ".join(said)


def _curve_caption(curve: VCurve, mode: str) -> str:
    chosen = short(curve.chosen_step) if curve.chosen_step is not None else "none"
    bound = short(curve.bound / scale_of(curve))
    return f"Differences on {mode}. Step chosen {chosen}; extrapolated, within {bound}: the band."


def _memory(measured: Sequence[Measurement]) -> Chart | None:
    known = [(m, m.memory) for m in measured if m.memory is not None and m.status == "measured"]
    if not known:
        return None
    bars = [
        Bar(
            mode_of(m),
            float(memory.peak),
            size(memory.peak),
            None if memory.cross_check is None else float(memory.cross_check),
        )
        for m, memory in known
    ]
    inputs = max(memory.inputs for _, memory in known)
    crossed = " Tick: the kernel's reading." if any(b.check for b in bars) else ""
    return Chart(
        bar_chart(bars, "Peak memory above the inputs", _IN_TABLE),
        "Peak memory",
        f"Above the inputs, which hold {size(inputs)}.{crossed}",
    )


def _calls(measured: Sequence[Measurement]) -> Chart | None:
    costs = [
        CallCost(
            mode_of(m),
            m.first_call,
            m.steady.value,
            m.break_even.calls if m.break_even else None,
        )
        for m in measured
        if m.first_call is not None and m.steady is not None
    ]
    if not costs:
        return None
    picture = calls_chart(costs, "Total time against calls", _IN_TABLE)
    return Chart(picture, "Cold to warm", _paid(measured))


def _paid(measured: Sequence[Measurement]) -> str:
    """After how many calls each compiled mode has paid for its compilation."""
    told = [f"{_calls_of(m)} on {mode_of(m)}" for m in measured if m.break_even]
    against = dict.fromkeys(m.break_even.against for m in measured if m.break_even)
    if not told:
        return "The first call includes whatever it has to get ready."
    return f"Compiling has paid after {', '.join(told)}; against {', '.join(against)}."


def _calls_of(measurement: Measurement) -> str:
    calls = measurement.break_even.calls if measurement.break_even else None
    if calls is None or not math.isfinite(calls):
        return "no number of calls"
    return count(math.ceil(calls), "call")


def _growth(group: Group, quantity: Quantity) -> Chart | None:
    several = [found for case in group.cases for found in case.measurements.values()]
    measured = [m for found in several for m in found]
    points: dict[str, dict[float, Interval]] = {}
    numeric: dict[float, Interval] = {}
    what = measured[0].what if measured else "vjp"
    for m in measured:
        found = _reading(m, quantity)
        if m.size is None or m.what != what or m.status != "measured":
            continue
        if found is not None:
            points.setdefault(mode_of(m), {})[m.size] = found
        if quantity == "time" and m.numeric is not None:
            fastest = numeric.get(m.size)
            if fastest is None or m.numeric.value < fastest.value:
                numeric[m.size] = m.numeric
    if max((len(found) for found in points.values()), default=0) < 2:
        return None
    fits = [g for g in group.growth if g.quantity == quantity]
    curves = [Curve(mode, tuple(sorted(found.items())), mode) for mode, found in points.items()]
    if len(numeric) > 1:
        curves.append(Curve("", tuple(sorted(numeric.items())), "differences", numeric=True))
    parameter = group.growth[0].parameter if group.growth else "size"
    timed = quantity == "time"
    noun = "time" if timed else "peak memory"
    show = seconds_of_a_tick if timed else plain(size)
    words = "; ".join(f"{g.backend}:{g.mode} grows as {exponent(g)}" for g in fits)
    title = f"{noun} of {group.base} against {parameter}"
    picture = scaling_chart(
        curves,
        title,
        words,
        (parameter, noun),
        (_plain_size, show),
        binary=not timed,
    )
    return Chart(
        picture,
        f"{noun.capitalize()} against {parameter}",
        _growth_caption(fits),
    )


def _plain_size(value: float) -> str:
    return f"{value:,.6g}"


def _reading(measurement: Measurement, quantity: Quantity) -> Interval | None:
    if quantity == "time":
        return measurement.steady
    peak = float(measurement.memory.peak) if measurement.memory else 0.0
    return Interval(value=peak, low=peak, high=peak) if peak else None


def _growth_caption(fits: Sequence[Growth]) -> str:
    """The exponents, those that are the same told once; then what is to be looked at."""
    if not fits:
        return "Both axes are logarithmic."
    told: dict[str, list[str]] = {}
    for fit in fits:
        told.setdefault(exponent(fit), []).append(f"{fit.backend}:{fit.mode}")
    said = [f"{words} on {', '.join(these)}" for words, these in told.items()]
    return f"Grows as {'; '.join([*said, *(fit.flagged for fit in fits if fit.flagged)])}."
