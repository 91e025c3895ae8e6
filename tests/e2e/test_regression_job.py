"""The gradient-regression job in somebody's repository: one commit each, its exit code, its words.

A real git repository and a process for each job, as in CI; the repository's own settings keep the
command short: `adbench check`. They also save the jobs their worker processes, but for one test.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adbench.cli.main import app
from adbench.record import SideBySide, read_record
from adbench.suite import functions

MODEL = '''\
"""Somebody's model: a weighted least-squares loss with a gradient by hand, and an energy."""
import numpy as np


def loss(w, x):
    residual = x @ w - 1
    return np.sum(residual**2) / 2


def loss_gradient(w, x):
    residual = x @ w - 1
    return {"w": x.T @ residual, "x": np.outer(residual, w)}


def energy(w):
    terms = np.exp(-(w**2))
    return np.sum(terms)


def penalty(w):
    return np.sum(w**4) / 4
'''
SUITE = """\
version: 1
cases:
  - name: loss
    function: ../model.py:loss
    gradient: ../model.py:loss_gradient
    inputs: {w: normal(5), x: "normal(20, 5)"}
    backends: [native, manual]
  - name: energy
    function: ../model.py:energy
    inputs: {w: normal(200)}
    backends: [native]
  - name: penalty
    function: ../model.py:penalty
    inputs: {w: normal(5)}
    backends: [native]
"""
WORK = """\
import numpy as np


def work(w):
    total = 0.0
    for _ in range(30):
        total = total + np.sum(np.sin(w) ** 2)
    return total
"""
WORK_SUITE = """\
version: 1
cases:
  - {name: work, function: work.py:work, inputs: {w: normal(2000)}, backends: ['native:eager']}
"""
PYPROJECT = """\
[project]
name = "somebodys-model"

[tool.adbench]
targets = ["suites"]
baseline = "suites/adbench-baselines"
in-process = true
"""
BASELINE = Path("suites", "adbench-baselines", "model.json")

Commit = Callable[..., None]


def adbench(line: str = "check", **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in the current folder, as a CI job runs it."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("ADBENCH_")}
    return subprocess.run(
        [sys.executable, "-m", "adbench", *shlex.split(line)],
        env=plain | {"CI": "true", "NO_COLOR": "1"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )


def words(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join(done.stdout.split())


def git(*arguments: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def blessed_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a model, a suite and the baseline that its first job has blessed."""
    folder = tmp_path_factory.mktemp("somebody") / "model"
    (folder / "suites").mkdir(parents=True)
    (folder / "model.py").write_text(MODEL)
    (folder / "suites" / "model.yaml").write_text(SUITE)
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "benchmarks").mkdir()
    (folder / "benchmarks" / "work.py").write_text(WORK)
    (folder / "benchmarks" / "work.yaml").write_text(WORK_SUITE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        git("init", "-q", "-b", "main")
        assert adbench().returncode == 1  # nobody has blessed anything yet
        done = adbench("baseline update")
        assert done.returncode == 0, done.stderr
        assert "4 added, 0 changed, 0 unchanged" in done.stdout
        git("add", ".")
        git("commit", "-q", "-m", "A model and its baseline")
    return folder


@pytest.fixture
def commit(blessed_repository: Path, monkeypatch: pytest.MonkeyPatch):
    """Commit an edit on a branch of its own; the repository is as before afterwards."""
    monkeypatch.chdir(blessed_repository)

    def edit(name: str, old: str, new: str) -> None:
        text = Path(name).read_text()
        assert old in text
        Path(name).write_text(text.replace(old, new))
        git("commit", "-q", "-a", "-m", "An edit")

    git("checkout", "-q", "-b", "edited")
    yield edit
    git("checkout", "-q", "main")
    git("branch", "-q", "-D", "edited")


pytestmark = pytest.mark.slow


def test_unchanged_the_job_is_green_twenty_times_of_twenty(
    blessed_repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(blessed_repository)
    outcomes = []
    for _ in range(20):
        monkeypatch.setattr(functions, "_loaded", {})
        done = CliRunner().invoke(app, ["check", "--frozen"])
        outcomes.append((done.exit_code, "4 same" in done.output))
    assert outcomes == [(0, True)] * 20
    assert git("status", "--short") == ""


def test_in_worker_processes_it_is_green_as_well(commit: Commit) -> None:
    done = adbench("check --frozen", ADBENCH_IN_PROCESS="false")
    assert done.returncode == 0
    assert "4 same" in done.stdout


def test_a_broken_gradient(commit: Commit) -> None:
    commit("model.py", '"w": x.T @ residual', '"w": -x.T @ residual')
    done = adbench()
    assert done.returncode == 1
    assert "✗ wrong model/loss@manual:eager" in words(done)
    assert "the gradient changed with the same objective" in words(done)
    assert "sign flipped" in words(done)
    assert "1 wrong · 3 same" in words(done)


def test_another_objective_with_a_right_gradient(commit: Commit) -> None:
    commit("model.py", "terms = np.exp(-(w**2))", "terms = np.exp(-(w**2)) + 0.01 * w**2")
    done = adbench()
    assert done.returncode == 0
    assert "~ changed, and right model/energy@native:eager" in words(done)
    assert "the objective changed, and the gradient with it" in words(done)
    frozen = adbench("check --frozen")
    assert frozen.returncode == 1
    assert "✗ changed, and frozen model/energy@native:eager" in words(frozen)
    assert "1 changed, 3 unchanged" in adbench("baseline update").stdout
    assert adbench("check --frozen").returncode == 0
    assert git("diff", "--stat").count("model.json") == 1
    git("checkout", "-q", "--", ".")


def test_a_sum_in_another_order_is_only_rounding(commit: Commit) -> None:
    commit("model.py", "return np.sum(terms)", "return terms[::-1].cumsum()[-1]")
    done = adbench("check --frozen")
    assert done.returncode == 0
    assert "≈ only rounding model/energy@native:eager" in words(done)
    assert "ULP" in words(done)
    assert "1 only rounding · 3 same" in words(done)


def test_float32_instead_of_float64_inside_the_function(commit: Commit) -> None:
    commit("model.py", "w**4", "w.astype(np.float32) ** 4")
    done = adbench()
    assert done.returncode == 0
    assert "~ changed, and right model/penalty@native:eager" in words(done)
    assert "its values are float32 now" in words(done)
    assert "out was float64 and is float32" in words(done)
    assert "a pass is worth less" in words(done)
    assert adbench("check --frozen").returncode == 1


def test_float32_instead_of_float64_in_the_suite(commit: Commit) -> None:
    commit("suites/model.yaml", "normal(5)}\n", "normal(5)}\n    dtype: float32\n")
    before = BASELINE.read_bytes()
    done = adbench()
    assert done.returncode == 2
    assert "! other inputs model/penalty@native:eager" in words(done)
    assert "w was float64[5] and is float32[5]" in words(done)
    assert "adbench baseline update suites/model.yaml -k penalty" in words(done)
    assert BASELINE.read_bytes() == before


def test_a_removed_case(commit: Commit) -> None:
    text = Path("suites/model.yaml").read_text()
    start, end = text.index("  - name: energy"), text.index("  - name: penalty")
    commit("suites/model.yaml", text[start:end], "")
    done = adbench()
    assert done.returncode == 2
    assert "! removed model/energy@native:eager" in words(done)
    assert "adbench baseline prune suites/model.yaml" in words(done)
    assert adbench("baseline prune").returncode == 0
    assert adbench("check --frozen").returncode == 0
    git("checkout", "-q", "--", ".")


def test_a_pull_request_runs_what_it_may_affect(commit: Commit) -> None:
    Path("other.py").write_text("import model\n\n\ndef twice(w):\n    return 2 * model.energy(w)\n")
    git("add", ".")
    commit("suites/model.yaml", "../model.py:energy", "../other.py:twice")
    commit("model.py", "np.exp(-(w**2))", "np.exp(-(w**2) / 2)")
    done = adbench("check --changed-since main")
    assert "4 of 4 checks may be affected by 3 changed files" in done.stderr
    git("checkout", "-q", "main", "--", "suites", "model.py")
    git("commit", "-q", "-a", "-m", "Back")
    done = adbench("check --changed-since main")
    assert done.returncode == 0
    assert "0 of 4 checks may be affected by 1 changed file" in done.stderr


def test_four_parts_merged_are_the_whole(commit: Commit, tmp_path: Path) -> None:
    parts = [tmp_path / f"{i}.json" for i in range(1, 5)]
    for i, path in enumerate(parts, 1):
        assert adbench(f"check --shard {i}/4 --output-format json={path}").returncode == 0
    done = adbench(f"merge {' '.join(map(str, parts))} --output-format json={tmp_path}/merged.json")
    assert done.returncode == 0
    assert "4 same" in done.stdout
    assert adbench(f"check --output-format json={tmp_path}/whole.json").returncode == 0
    merged, whole = (read_record(tmp_path / f"{name}.json") for name in ("merged", "whole"))
    assert [r.task for r in merged.results] == [r.task for r in whole.results]
    for one, other in zip(merged.results, whole.results, strict=True):
        assert one.check.gradient == other.check.gradient
        assert one.check.outputs == other.check.outputs
        assert one.check.findings == other.check.findings
        assert (one.verdict, one.reason) == (other.verdict, other.reason)
    assert merged.comparison.tasks == whole.comparison.tasks


BENCH = "bench benchmarks/work.yaml --against main --budget 30 --output-format json=run.json"


def side_by_side() -> SideBySide:
    (found,) = read_record("run.json").bench.side_by_side
    Path("run.json").unlink()
    return found


def test_a_function_that_is_a_third_slower(commit: Commit) -> None:
    commit("benchmarks/work.py", "range(30)", "range(40)")
    done = adbench(BENCH)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "regression work/work@native:eager" in words(done)
    found = side_by_side()
    assert found.verdict == "regression"
    assert found.ratio.low > 1 + found.margin  # the whole interval lies beyond


def test_a_function_as_fast_as_before_is_no_regression(commit: Commit) -> None:
    commit("model.py", "Somebody's model", "Somebody's fine model")
    done = adbench(BENCH)
    assert done.returncode == 0, done.stdout + done.stderr
    assert side_by_side().verdict in ("same", "inconclusive")


def test_a_dirty_tree_and_an_unknown_revision_are_no_sides_to_compare(commit: Commit) -> None:
    assert adbench(BENCH.replace("main", "nope")).returncode == 2
    Path("model.py").write_text(MODEL + "# not committed\n")
    done = adbench(BENCH)
    git("checkout", "-q", "--", ".")
    assert done.returncode == 2
    assert "commit them first" in done.stderr
