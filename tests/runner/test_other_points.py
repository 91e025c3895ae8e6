"""A function that does not survive the points which nobody asked about is still checked."""

from __future__ import annotations

import pytest

from adbench.record.model import Verdict
from adbench.runner import RunOptions, run
from adbench.suite import resolve_targets

CRASHES = """
import ctypes
import numpy as np

def f(x):
    if np.asarray(x > 0).all():
        return x * x
    ctypes.string_at(0)
"""

LOOPS = """
import numpy as np

def f(x):
    while not np.asarray(x > 0).all():
        pass
    return x * x
"""

HANGS = """
import signal
import time
import numpy as np

def f(x):
    if not np.asarray(x > 0).all():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})  # as compiled code would
        time.sleep(600)
    return x * x
"""


def verdict(folder, source, **options):
    (folder / "model.py").write_text(source)
    suites = resolve_targets([str(folder / "model.py:f")], args=["x=[1.5, 2.5]"])
    (result,) = run(suites, RunOptions(backends=("native",), jobs=1, **options)).results
    return result


@pytest.mark.slow
def test_a_crash_away_from_the_point_leaves_the_verdict_at_the_point(tmp_path):
    result = verdict(tmp_path, CRASHES)
    assert result.verdict is Verdict.PASS
    assert [f.kind for f in result.check.findings] == ["other-points"]


@pytest.mark.slow
def test_a_hang_away_from_the_point_too(tmp_path):
    result = verdict(tmp_path, HANGS, timeout=5.0)
    assert result.verdict is Verdict.PASS
    assert [f.kind for f in result.check.findings] == ["other-points"]


@pytest.mark.slow
def test_a_python_loop_there_is_interrupted_within_the_check(tmp_path):
    result = verdict(tmp_path, LOOPS, timeout=60.0)
    assert result.verdict is Verdict.PASS
    assert result.check.findings == ()
