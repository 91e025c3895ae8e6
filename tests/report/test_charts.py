"""Charts: round ticks, honest scales, and nothing drawn where there is nothing to draw."""

from __future__ import annotations

import math
import random
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from specimen import v_curve

from adbench.record.bench import Interval
from adbench.record.model import VCurve
from adbench.report.charts import (
    Bar,
    CallCost,
    Curve,
    Distance,
    ForestScale,
    bar_chart,
    calls_chart,
    forest_axis,
    forest_row,
    scaling_chart,
    spark_chart,
    v_curve_chart,
)
from adbench.report.charts.frame import spread
from adbench.report.charts.scales import linear, logarithmic, power_of_ten
from adbench.report.charts.svg import outline, polyline, text
from adbench.report.vcurve_text import v_curve_lines

CURVE = v_curve(0.5, 0.5, random.Random(0))


def texts(picture: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(picture).iter("text")]


def end(picture: str, class_: str) -> tuple[int, int]:
    """The last point of the path with this class, its steps added up."""
    found = re.search(rf'<path class="{class_}" d="M(\d+) (\d+)([^"]*)"', picture)
    assert found, class_
    x, y = int(found[1]), int(found[2])
    for step, dx, dy in re.findall(r"([lhv])(-?\d+) ?(-?\d+)?", found[3]):
        x += 0 if step == "v" else int(dx)
        y += int(dx) if step == "v" else int(dy or 0)
    return x, y


def test_ticks_of_many_decades_are_powers_of_ten() -> None:
    scale = logarithmic([1e-16, 1.0], 0, 100)
    assert scale is not None
    ticks = scale.ticks(5)
    assert 3 <= len(ticks) <= 6
    steps = {round(math.log10(b / a)) for a, b in pairwise(ticks)}
    assert len(steps) == 1
    assert all(abs(math.log10(t) - round(math.log10(t))) < 1e-9 for t in ticks)


@pytest.mark.parametrize(("low", "high"), [(2e-3, 5e-3), (1.0, 1.3), (9.0, 80.0), (3e-7, 4e-7)])
def test_ticks_of_less_than_two_decades_are_round(low: float, high: float) -> None:
    scale = logarithmic([low, high], 0, 100)
    assert scale is not None
    ticks = scale.ticks(5)
    assert 2 <= len(ticks) <= 6
    assert all(len(f"{t:.6e}".rstrip("0").partition("e")[0].rstrip("0")) <= 3 for t in ticks)


def test_a_logarithmic_scale_puts_equal_ratios_apart_equally() -> None:
    scale = logarithmic([1.0, 1e4], 0, 100)
    assert scale is not None
    assert scale(100.0) - scale(10.0) == pytest.approx(scale(1000.0) - scale(100.0))
    assert scale(0.0) == scale(scale.low)


def test_memory_has_ticks_at_powers_of_two() -> None:
    scale = logarithmic([5e3, 9e8], 0, 100, binary=True)
    assert scale is not None
    assert all(math.log2(tick).is_integer() for tick in scale.ticks(5))


@pytest.mark.parametrize("values", [[], [0.0], [math.nan], [-1.0, math.inf]])
def test_there_is_no_scale_without_a_value(values: list[float]) -> None:
    assert logarithmic(values, 0, 100) is None
    assert linear(values, 0, 100) is None or max(values) > 0


def test_extreme_values_have_a_scale() -> None:
    scale = logarithmic([5e-324, 1.7e308], 0, 100)
    assert scale is not None
    assert all(math.isfinite(scale(value)) for value in (5e-324, 1.0, 1.7e308))


@pytest.mark.parametrize(
    ("value", "shown"), [(1e-6, "10⁻⁶"), (1.0, "1"), (0.1, "0.1"), (2e-6, "2·10⁻⁶"), (1e5, "10⁵")]
)
def test_powers_of_ten(value: float, shown: str) -> None:
    assert power_of_ten(value) == shown


def test_labels_are_moved_apart_and_stay_inside() -> None:
    places = spread([10, 10, 11, 100], 13, 0, 100)
    assert all(b - a >= 13 for a, b in pairwise(places))
    assert min(places) >= 0
    assert max(places) <= 100


def test_an_outline_is_its_points_in_steps() -> None:
    assert outline([(1, 2), (1, 7), (4, 7), (6, 4)]) == "M1 2v5h3l2-3"


def test_points_on_a_line_are_left_out_and_corners_kept() -> None:
    straight = polyline([(i, 2 * i) for i in range(50)], "a")
    assert straight.count("l") == 1 + straight.count("class")
    assert "l25 50l25-50" in polyline([(0, 0), (10, 20), (25, 50), (50, 0)], "b")


def test_words_are_escaped() -> None:
    assert "&lt;b&gt;" in text("<b>", 0, 0)
    assert "\x00" not in text("\x00", 0, 0)


def test_the_v_curve_marks_the_step_and_the_band() -> None:
    right, wrong = Distance("native:eager", 1e-14), Distance("torch:eager", 2.0)
    picture = v_curve_chart(CURVE, [right, wrong], "title", "words")
    for part in ("truncation", "roundoff", "chosen", "band", "dot"):
        assert f'class="{part}"' in picture
    assert "torch:eager" in texts(picture)
    assert "native:eager" in texts(picture)
    assert picture.count('class="ad ') == 1
    assert ElementTree.fromstring(picture)[0].text == "title"


def test_backends_in_the_band_are_counted_and_not_named() -> None:
    distances = [Distance(f"{name}:eager", 1e-15) for name in ("native", "torch", "jax")]
    picture = v_curve_chart(CURVE, distances, "", "")
    assert "3 in the band" in texts(picture)
    assert 'class="ad ' not in picture


def test_truncation_falls_and_roundoff_rises_with_smaller_steps() -> None:
    picture = v_curve_chart(CURVE, [], "", "")
    for class_, sign in (("truncation", -1), ("roundoff", 1)):
        found = re.search(rf'class="{class_}" d="M\d+ (\d+)', picture)
        assert found
        assert (end(picture, class_)[1] - int(found[1])) * sign > 50


def test_a_curve_of_nothing_is_no_picture() -> None:
    empty = VCurve(
        input="x", index=None, ad=1.0, numeric=1.0, bound=0.0, chosen_step=None, points=()
    )
    assert v_curve_chart(empty, [], "", "") == ""
    assert v_curve_lines(empty, "native") == []


def test_steeper_growth_ends_higher() -> None:
    def curve(mode: str, power: float) -> Curve:
        values = [(n, n**power) for n in (10.0, 100.0, 1000.0)]
        points = tuple((n, Interval(value=v, low=v / 2, high=v * 2)) for n, v in values)
        return Curve(mode, points, mode)

    picture = scaling_chart(
        [curve("native:eager", 1), curve("torch:eager", 2)],
        "",
        "",
        ("n", "time"),
        (str, str),
    )
    assert end(picture, "curve s-torch")[1] < end(picture, "curve s-native")[1]
    assert picture.count('class="whisker') == 2
    assert {"10.0", "100.0", "1000.0"} <= set(texts(picture))


def test_lines_of_calls_cross_where_compiling_has_paid() -> None:
    eager = CallCost("torch:eager", first=1e-3, steady=1e-3)
    compiled = CallCost("torch:compile", first=1.0, steady=1e-4, pays_after=1110)
    assert eager.total(1) < compiled.total(1)
    assert eager.total(1111) == pytest.approx(compiled.total(1111), rel=1e-2)
    picture = calls_chart([eager, compiled], "", "")
    ends = [end(picture, "curve s-torch")[1], end(picture, "curve s-torch dashed")[1]]
    assert ends[1] > ends[0]
    assert 'class="chosen"' in picture


def test_bars_are_as_long_as_their_values() -> None:
    picture = bar_chart(
        [Bar("native:eager", 100.0, "100 B", 50.0), Bar("jax:jit", 50.0, "50 B")], "", ""
    )
    long, short = (
        int(found) for found in re.findall(r'class="bar [^"]*" d="M\d+ \d+h(\d+)"', picture)
    )
    assert long == pytest.approx(2 * short, abs=1)
    assert picture.count('class="second"') == 1
    assert "100 B" in texts(picture)
    assert bar_chart([Bar("jax:jit", 0.0, "0 B")], "", "") == ""


def test_a_forest_is_symmetric_about_one() -> None:
    twice = Interval(value=2.0, low=1.5, high=2.5)
    scale = ForestScale.of([twice], [0.05]).scale()
    assert scale(2.0) - scale(1.0) == pytest.approx(scale(1.0) - scale(0.5))
    assert texts(forest_axis(ForestScale.of([twice])))[0] == "1×"
    row = forest_row(ForestScale.of([twice]), twice, 0.05, "bad", "said")
    assert 'class="whisker bad"' in row
    assert ElementTree.fromstring(row)[0].text == "said"
    unknown = Interval(value=math.nan, low=0.0, high=math.inf)
    assert "whisker" not in forest_row(ForestScale.of([unknown]), unknown, 0.05, "quiet", "")


def test_a_spark_has_a_gap_where_a_run_has_nothing() -> None:
    whole = spark_chart([1.0, 2.0, 4.0], "")
    broken = spark_chart([1.0, 2.0, None, 4.0, 8.0], "")
    assert whole.count('class="curve') == 1
    assert broken.count('class="curve') == 2
    assert spark_chart([None, math.nan], "") == ""


def test_noise_does_not_look_like_news() -> None:
    picture = spark_chart([1.0, 1.001, 0.999, 1.0], "")
    assert len(set(re.findall(r" (\d+)", picture.split('d="M')[1].split('"')[0]))) <= 2


def test_the_v_curve_in_characters() -> None:
    lines = v_curve_lines(CURVE.model_copy(update={"ad": -0.5}), "torch:eager")
    assert lines[0] == "relative error against step; AD on torch:eager is off by 2"
    assert sum(line.count("•") for line in lines) >= 8
    assert any("────" in line for line in lines)
    assert any("│" in line for line in lines)
    assert max(map(len, lines)) <= 60
    assert v_curve_lines(CURVE, "jax")[0].endswith("off by 0") is False
