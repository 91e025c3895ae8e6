"""The plugin as its users meet it: pytest in a process of its own, in a folder with suites."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from junitparser import Failure, JUnitXml, Skipped

pytest_plugins = ["pytester"]

FUNCTIONS = """
import os
import signal
import time

import numpy as np


def right(x):
    return np.sum(x * x)


def right_gradient(x):
    return 2 * x


def wrong_gradient(x):
    return -2 * x


def raises(x):
    raise ValueError("no such luck")


def crashes(x):
    os.kill(os.getpid(), signal.SIGSEGV)


def hangs(x):
    time.sleep(600)


def flat(x):
    return np.sum(0 * x)


def flat_gradient(x):
    return 0 * x
"""


def case(
    name: str,
    function: str = "right",
    gradient: str = "right_gradient",
    more: str = "",
    size: str = "3",
) -> str:
    return (
        f"- {{name: {name}, function: {{native: functions.py:{function}}}, "
        f"gradient: functions.py:{gradient}, inputs: {{x: normal({size})}}, "
        f"backends: [manual]{more}}}\n"
    )


XFAIL = ", xfail: {backend: manual, reason: known}"
CASES = {
    "right": case("right", more=", tags: [good, skip]"),
    "wrong": case("wrong", gradient="wrong_gradient"),
    "raises": case("raises", "raises"),
    "crashes": case("crashes", "crashes"),
    "hangs": case("hangs", "hangs"),
    "flat": case("flat", "flat", "flat_gradient"),
    "xfail": case("xfail", gradient="wrong_gradient", more=XFAIL),
    "xpass": case("xpass", more=XFAIL),
    "grid": case("grid", more=", matrix: {n: [1, 2]}", size="n"),
}


def suite(*names: str) -> str:
    return "version: 1\ncases:\n" + "".join(CASES[name] for name in names)


Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Write the files, and run pytest with the plugin alone beside pytest's own."""
    (pytester.path / "functions.py").write_text(FUNCTIONS)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER_COUNT", "CI"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, ini: str = "", **files: str) -> pytest.RunResult:
        for name, text in files.items():
            (pytester.path / f"{name}.yaml").write_text(text)
        head = (
            '[tool.pytest.ini_options]\nfilterwarnings = ["error"]\naddopts = "--strict-markers"\n'
        )
        (pytester.path / "pyproject.toml").write_text(head + ini)
        return pytester.runpytest_subprocess("-p", "adbench.pytest_plugin", *arguments)

    return run


@pytest.mark.slow
def test_each_outcome_is_what_pytest_calls_it(run: Run, pytester: pytest.Pytester) -> None:
    names = ("right", "wrong", "crashes", "raises", "flat", "xfail", "xpass", "grid")
    done = run("s.yaml", "-ra", "--junitxml", "run.xml", s=suite(*names))
    done.assert_outcomes(passed=3, failed=4, skipped=1, xfailed=1)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    said = done.stdout.str()
    assert "looks like: sign flipped" in said
    assert "repeat: adbench check s.yaml -k wrong --backend manual:eager --seed 0" in said
    assert "the worker was killed by SIGSEGV" in said
    assert "at functions.py:22 in raises: raise ValueError" in said
    assert "pytest_plugin" not in said  # nobody is shown a traceback through the plugin
    done.stdout.fnmatch_lines_random(
        [
            "SKIPPED * s.yaml:7: inconclusive: *",
            "XFAIL s.yaml::xfail?manual:eager? - known",
            "FAILED s.yaml::wrong?manual:eager? - the gradient of *",
            "FAILED s.yaml::raises?manual:eager? - ValueError: no such luck",
            "FAILED s.yaml::xpass?manual:eager? - ?XPASS(strict)? known",
        ]
    )
    cases = {c.name: c for s in JUnitXml.fromfile(str(pytester.path / "run.xml")) for c in s}
    assert {name: [type(r) for r in c.result] for name, c in cases.items()} == {
        "right[manual:eager]": [],
        "wrong[manual:eager]": [Failure],
        "crashes[manual:eager]": [Failure],
        "raises[manual:eager]": [Failure],
        "flat[manual:eager]": [Skipped],
        "xfail[manual:eager]": [Skipped],
        "xpass[manual:eager]": [Failure],
        "grid[n=1-manual:eager]": [],
        "grid[n=2-manual:eager]": [],
    }
    assert "sign flipped" in cases["wrong[manual:eager]"].result[0].text


@pytest.mark.parametrize(
    ("arguments", "items"),
    [
        (["s.yaml"], ["right[manual:eager]", "grid[n=1-manual:eager]", "grid[n=2-manual:eager]"]),
        (["s.yaml::grid"], ["grid[n=1-manual:eager]", "grid[n=2-manual:eager]"]),
        (["s.yaml::grid[n=2-manual:eager]"], ["grid[n=2-manual:eager]"]),
        (["s.yaml", "-k", "not grid and manual"], ["right[manual:eager]"]),
        (["s.yaml", "-m", "good"], ["right[manual:eager]"]),
        (["s.yaml", "-m", "not good"], ["grid[n=1-manual:eager]", "grid[n=2-manual:eager]"]),
    ],
)
def test_items_are_selected_as_any_others(run: Run, arguments: list[str], items: list[str]) -> None:
    done = run("--collect-only", "-q", *arguments, s=suite("right", "grid"))
    assert [line for line in done.outlines if "::" in line] == [f"s.yaml::{name}" for name in items]


def test_no_suite_is_collected_unasked(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    done = run("-q", ".", s=suite("wrong"), workflow="on: push\njobs: {}\n")
    done.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "places", ['["sub"]', '"sub"', '["sub/s*.yaml"]', '["sub/s.yaml", "sub/small.yaml"]']
)
def test_configured_suites_are_collected_from_folders(
    run: Run, pytester: pytest.Pytester, places: str
) -> None:
    sub = pytester.mkdir("sub")
    (sub / "functions.py").write_text(FUNCTIONS)
    (sub / "s.yaml").write_text(suite("right"))
    (sub / "small.yaml").write_text("version: 1\ninclude: [part.yml]\n")
    (sub / "part.yml").write_text(suite("grid"))
    done = run("--co", "-q", ini=f"adbench_suites = {places}\n", elsewhere=suite("wrong"))
    assert [line.partition("::")[0] for line in done.outlines if "::" in line] == [
        "sub/s.yaml",
        "sub/small.yaml",
        "sub/small.yaml",
    ]


def test_yaml_files_of_other_plugins_are_left_to_them(run: Run) -> None:
    done = run("other.yaml", other="test_name: mine\nstages: []\n")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in done.stdout.str() + done.stderr.str()


def test_a_mistake_in_a_suite_is_a_collection_error_in_words(run: Run) -> None:
    done = run("s.yaml", s=suite("right").replace("inputs", "input"))
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(["*s.yaml:3:*unknown key 'input'*"])
    assert "Traceback" not in done.stdout.str()


@pytest.mark.parametrize(
    ("ini", "said"),
    [
        ('adbench_inconclusive = "pass"', "adbench_inconclusive is 'pass': write skip or fail"),
        ('adbench_timeout = "soon"', "adbench_timeout is 'soon': write seconds, above 0"),
        ('adbench_backends = ["trch"]', "adbench_backends: "),
    ],
)
def test_a_mistake_in_the_configuration_is_told(run: Run, ini: str, said: str) -> None:
    done = run("s.yaml", ini=ini, s=suite("right"))
    assert done.ret != 0
    assert said in done.stdout.str() + done.stderr.str()
    assert "Traceback" not in done.stdout.str() + done.stderr.str()


def test_inconclusive_may_be_a_failure(run: Run) -> None:
    done = run("s.yaml", "-o", "adbench_inconclusive=fail", s=suite("flat"))
    done.assert_outcomes(failed=1)
    assert "every derivative is zero here" in done.stdout.str()


@pytest.mark.slow
def test_a_task_that_takes_too_long_fails_and_the_next_is_run(run: Run) -> None:
    done = run("s.yaml", "-o", "adbench_timeout=1", s=suite("hangs", "right"))
    done.assert_outcomes(failed=1, passed=1)
    assert "not finished within 1 s" in done.stdout.str()


@pytest.mark.slow
def test_backends_are_chosen_and_a_missing_one_is_skipped(
    run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = suite("right").replace("backends: [manual]", "backends: [manual, jax]")
    both = both.replace("{native: functions.py:right}", '"functions.py:right"')
    (pytester.path / "hide.py").write_text("import sys\nsys.modules['jax'] = None\n")
    done = run("-p", "hide", "s.yaml", "-rs", "-v", s=both)
    done.assert_outcomes(passed=1, skipped=1)
    done.stdout.fnmatch_lines(["SKIPPED * s.yaml:3: *pip install*"])
    done = run("-p", "hide", "s.yaml", ini="adbench_require = true\n", s=both)
    done.assert_outcomes(passed=1, failed=1)
    done = run("s.yaml", "--co", "-q", ini='adbench_backends = ["manual"]\n', s=both)
    assert done.outlines[0] == "s.yaml::right[manual:eager]"
    assert "::" not in done.outlines[1]


def test_one_failure_is_enough_for_x(run: Run) -> None:
    done = run("s.yaml", "-x", s=suite("wrong", "right"))
    done.assert_outcomes(failed=1)


@pytest.mark.slow
def test_items_run_under_xdist(run: Run) -> None:
    names = ("right", "wrong", "crashes", "flat", "xfail", "grid")
    done = run("-p", "xdist", "-n", "2", "s.yaml", s=suite(*names))
    done.assert_outcomes(passed=3, failed=2, skipped=1, xfailed=1)
    assert "sign flipped" in done.stdout.str()


def test_workers_stay_for_the_next_task_and_end_with_the_session(
    run: Run, pytester: pytest.Pytester
) -> None:
    """Each task writes the process it ran in; a crash costs one."""
    (pytester.path / "functions.py").write_text(
        FUNCTIONS + "\n\nopen('pids', 'a').write(f'{os.getpid()}\\n')\n"
    )
    done = run("s.yaml", s=suite("right", "wrong", "crashes", "grid"))
    done.assert_outcomes(passed=3, failed=2)
    pids = (pytester.path / "pids").read_text().split()
    assert len(pids) == 2  # the file is imported once by each worker
    assert not any(Path("/proc", pid).exists() for pid in pids)


def test_the_fixture_explains_and_records(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "test_mine.py").write_text(
        "import numpy as np\nimport functions as f\n\nX = np.ones(3)\n\n\n"
        "def test_right(assert_gradients):\n"
        "    assert assert_gradients(f.right, X, gradient=f.right_gradient).ok\n\n\n"
        "def test_wrong(assert_gradients):\n"
        "    assert_gradients(f.right, X, gradient=f.wrong_gradient)\n\n\n"
        "def test_undecided(assert_gradients):\n"
        "    assert_gradients(f.flat, X)\n\n\n"
        "def test_strictly_undecided(assert_gradients):\n"
        "    assert_gradients(f.flat, X, inconclusive='fail')\n"
    )
    done = run("--junitxml", "run.xml", "-o", "pythonpath=.")
    done.assert_outcomes(passed=1, failed=2, skipped=1)
    done.stdout.fnmatch_lines(
        [
            ">*assert_gradients(f.right, X, gradient=f.wrong_gradient)",
            "E*looks like: sign flipped*",
            "test_mine.py:12: AssertionError",
        ]
    )
    assert "adbench/testing.py" not in done.stdout.str()
    text = (pytester.path / "run.xml").read_text()
    assert 'property name="adbench_resolution"' in text


@pytest.mark.slow
def test_ctrl_c_ends_the_session_and_its_workers(run: Run, pytester: pytest.Pytester) -> None:
    run("--co", "-q", "s.yaml", s=suite("hangs"))
    (pytester.path / "functions.py").write_text(
        FUNCTIONS.replace(
            "time.sleep(600)", "open('pid', 'w').write(str(os.getpid()))\n    time.sleep(600)"
        )
    )
    command = [sys.executable, "-m", "pytest", "-p", "adbench.pytest_plugin", "s.yaml"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=pytester.path) as process:
        written = pytester.path / "pid"
        while process.poll() is None and not (written.exists() and written.read_text()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in said
    assert not Path("/proc", written.read_text()).exists()


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import adbench.pytest_plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    new = done.stdout.split()
    assert [name for name in new if not name.startswith("adbench")] == []
    assert set(new) == {"adbench", "adbench.check", "adbench.pytest_plugin"}


def test_the_plugin_is_installed_with_the_package() -> None:
    (point,) = entry_points(group="pytest11", name="adbench")
    assert point.value == "adbench.pytest_plugin"
