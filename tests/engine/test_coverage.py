"""The table of functions in the docs is the registry's, and what autograd covers is in it."""

import re
from pathlib import Path

import numpy as np
import pytest

from adbench.engine.array import HANDLERS
from adbench.engine.coverage import autograd_registers, entries

PAGE = Path(__file__).parents[2] / "docs" / "engine-coverage.md"


def test_the_page_lists_the_registry():
    rows = [line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    shown = {row[1].strip(" →").strip("`"): row[2].strip() for row in rows}
    assert shown == entries()


def test_the_counts_are_those_of_the_tables():
    text = PAGE.read_text()
    counts = re.findall(r"^\| ([\w.]+) \| (\d+) \|", text, re.MULTILINE)
    for place, count in counts:
        section = text.split(f"\n## {place}\n")[1].split("\n## ")[0]
        assert len(re.findall(r"\| (rule|composed) \|", section)) == int(count)
    assert sum(int(count) for _, count in counts) == sum(
        kind != "constant" for kind in entries().values()
    )


def test_all_that_autograd_registers_is_covered():
    registered = autograd_registers()
    assert len(registered) > 180
    assert registered - set(entries()) == set()


def test_scipys_python_functions_are_marked():
    marked = [line for line in PAGE.read_text().splitlines() if " → |" in line]
    assert any("scipy.linalg.expm" in line for line in marked)
    assert not any("scipy.special.gammaln" in line for line in marked)


# Of NumPy's main namespace, numpy.linalg and numpy.fft: functions on integers, bits, dates,
# files and sets of values have no derivative to give.
WITHOUT_DERIVATIVE = {
    "bitwise_and",
    "bitwise_count",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "busday_count",
    "busday_offset",
    "datetime_as_string",
    "einsum_path",
    "gcd",
    "histogram",
    "histogram2d",
    "histogram_bin_edges",
    "histogramdd",
    "intersect1d",
    "invert",
    "is_busday",
    "isnat",
    "ix_",
    "lcm",
    "left_shift",
    "packbits",
    "ravel_multi_index",
    "right_shift",
    "save",
    "savetxt",
    "savez",
    "savez_compressed",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unpackbits",
    "unravel_index",
}


@pytest.mark.parametrize("module", [np, np.linalg, np.fft], ids=lambda m: m.__name__)
def test_every_function_that_dispatches_is_covered_or_has_no_derivative(module):
    missing = []
    for name in dir(module):
        function = getattr(module, name)
        dispatches = isinstance(function, np.ufunc) or hasattr(function, "_implementation")
        if not name.startswith("_") and dispatches and function not in HANDLERS:
            missing.append(name)
    assert set(missing) <= WITHOUT_DERIVATIVE
