"""Charts as inline SVG, made here and styled by the page: data in, markup out, no script."""

from adbench.report.charts.bars import Bar, bar_chart
from adbench.report.charts.calls import CallCost, calls_chart
from adbench.report.charts.forest import ForestScale, forest_axis, forest_row
from adbench.report.charts.scaling import Curve, scaling_chart
from adbench.report.charts.spark import spark_chart
from adbench.report.charts.vcurve import Distance, v_curve_chart

__all__ = [
    "Bar",
    "CallCost",
    "Curve",
    "Distance",
    "ForestScale",
    "bar_chart",
    "calls_chart",
    "forest_axis",
    "forest_row",
    "scaling_chart",
    "spark_chart",
    "v_curve_chart",
]
