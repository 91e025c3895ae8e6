"""Baselines, comparisons and parts of runs as a person uses them, in one process for speed."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adbench.cli.main import app
from adbench.record import read_record
from adbench.suite import functions

MODEL = """\
import numpy as np


def loss(w, x):
    r = x @ w
    return np.sum(r**2) / 2


def loss_gradient(w, x):
    return {"w": x.T @ (x @ w), "x": np.outer(x @ w, w)}


def energy(w):
    return np.sum(np.exp(w))


def flat(w):
    return np.sum(0 * w)
"""
SUITE = """\
version: 1
cases:
  - name: loss
    function: model.py:loss
    gradient: model.py:loss_gradient
    inputs: {w: normal(3), x: "normal(4, 3)"}
    backends: [native, manual]
  - name: energy
    function: model.py:energy
    inputs: {w: normal(100)}
    backends: [native]
"""
FILE = Path("adbench-baselines", "model.json")

Adbench = Callable[..., Result]


@pytest.fixture
def adbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Adbench:
    """Run a command in a folder with a model and its suite; functions are loaded anew each time."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "model.yaml").write_text(SUITE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ADBENCH_IN_PROCESS", "1")

    def run(line: str) -> Result:
        monkeypatch.setattr(functions, "_loaded", {})
        return CliRunner().invoke(app, shlex.split(line), prog_name="adbench")

    return run


@pytest.fixture
def blessed(adbench: Adbench) -> Adbench:
    assert adbench("baseline update model.yaml").exit_code == 0
    return adbench


def edit(name: str, old: str, new: str) -> None:
    text = Path(name).read_text()
    assert old in text
    Path(name).write_text(text.replace(old, new))


def words(result: Result) -> str:
    """What was printed, on one line."""
    return " ".join(result.output.split())


CHECK = "check model.yaml --baseline adbench-baselines"


def test_a_missing_baseline_is_a_failure_that_says_how_to_make_it(adbench: Adbench) -> None:
    done = adbench(CHECK)
    assert done.exit_code == 1
    assert "no baseline model/loss@native:eager, model/loss@manual:eager" in words(done)
    command = "adbench baseline update model.yaml --baseline adbench-baselines"
    assert command in words(done)
    assert adbench(command.removeprefix("adbench ")).exit_code == 0
    assert adbench(CHECK).exit_code == 0


def test_one_case_that_nobody_has_blessed_is_a_failure(blessed: Adbench) -> None:
    edit(
        "model.yaml",
        "  - name: energy",
        "  - {name: new, function: model.py:energy,"
        " inputs: {w: normal(2)}, backends: [native]}\n  - name: energy",
    )
    done = blessed(CHECK)
    assert done.exit_code == 1
    assert "no baseline model/new@native:eager" in words(done)
    assert "baseline update model.yaml -k new --backend native:eager --seed 0" in words(done)
    assert "1 no baseline · 3 same" in words(done)


def test_the_default_place_is_beside_the_suite(adbench: Adbench) -> None:
    Path("suites").mkdir()
    for name in ("model.py", "model.yaml"):
        Path(name).rename(Path("suites", name))
    assert adbench("baseline update suites").exit_code == 0
    assert Path("suites", FILE).is_file()


def test_update_says_what_it_would_do_and_does_it_only_when_asked(adbench: Adbench) -> None:
    dry = adbench("baseline update model.yaml --dry-run")
    assert dry.exit_code == 0
    assert "+ model/energy@native:eager" in dry.output
    assert "3 would be added, 0 would be changed, 0 unchanged" in dry.output
    assert not FILE.exists()
    assert "3 added, 0 changed, 0 unchanged" in adbench("baseline update model.yaml").output
    before = FILE.read_bytes()
    assert "0 added, 0 changed, 3 unchanged" in adbench("baseline update model.yaml").output
    assert FILE.read_bytes() == before


def test_update_leaves_what_was_not_selected_as_it_was(blessed: Adbench) -> None:
    before = json.loads(FILE.read_text())["tasks"]
    edit("model.py", "np.exp(w)", "np.exp(2 * w)")
    edit("model.py", "r**2) / 2", "r**2) / 3")
    done = blessed("baseline update model.yaml -k energy")
    assert "~ model/energy@native:eager" in done.output
    assert "objective: out " in done.output
    after = json.loads(FILE.read_text())["tasks"]
    assert after.keys() == before.keys()
    assert [key for key in after if after[key] != before[key]] == ["energy@native:eager"]


def test_a_wrong_gradient_is_not_blessed_and_the_others_are(adbench: Adbench) -> None:
    edit("model.py", '"w": x.T', '"w": -x.T')
    done = adbench("baseline update model.yaml")
    assert done.exit_code == 1
    assert "not blessed: model/loss@manual:eager" in done.output
    assert "loss@manual:eager" not in FILE.read_text()
    assert "loss@native:eager" in FILE.read_text()


def test_a_gradient_that_became_wrong(blessed: Adbench) -> None:
    edit("model.py", '"w": x.T', '"w": -x.T')
    done = blessed(CHECK)
    assert done.exit_code == 1
    assert "✗ wrong model/loss@manual:eager" in words(done)
    assert "the gradient changed with the same objective" in words(done)
    assert "ULPs, 2 relative" in words(done)


def test_a_changed_gradient_that_is_right_fails_only_when_frozen(blessed: Adbench) -> None:
    edit("model.py", "np.exp(w)", "np.exp(w) + w**3")
    done = blessed(CHECK)
    assert done.exit_code == 0
    assert "~ changed, and right model/energy@native:eager" in words(done)
    frozen = blessed(f"{CHECK} --frozen")
    assert frozen.exit_code == 1
    assert "✗ changed, and frozen" in words(frozen)
    assert blessed("baseline diff model.yaml").exit_code == 0
    assert blessed("baseline diff model.yaml --frozen").exit_code == 1


def test_frozen_needs_a_baseline(adbench: Adbench) -> None:
    done = adbench("check model.yaml --frozen")
    assert done.exit_code == 2
    assert "--frozen needs --baseline" in done.output


def test_a_change_that_the_check_cannot_vouch_for_fails(blessed: Adbench) -> None:
    edit("model.yaml", "model.py:energy", "model.py:flat")
    done = blessed(CHECK)
    assert done.exit_code == 1
    assert "changed, not known to be right" in words(done)


def test_a_removed_case_is_told_until_it_is_pruned(blessed: Adbench) -> None:
    Path("model.yaml").write_text(SUITE[: SUITE.index("  - name: energy")])
    done = blessed(CHECK)
    assert done.exit_code == 2
    assert "! removed model/energy@native:eager" in words(done)
    assert "adbench baseline prune model.yaml --baseline adbench-baselines" in words(done)
    before = FILE.read_bytes()
    dry = blessed("baseline prune model.yaml --dry-run")
    assert "- model/energy@native:eager" in dry.output
    assert FILE.read_bytes() == before
    assert "1 entry removed" in blessed("baseline prune model.yaml").output
    assert blessed(CHECK).exit_code == 0


def test_what_is_not_selected_is_not_missing(blessed: Adbench) -> None:
    for narrow in ("-k loss", "-b native", "-b manual", "--shard 1/3"):
        assert blessed(f"{CHECK} {narrow}").exit_code == 0, narrow


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("w: normal(100)", "w: normal(50)", "w was float64[100] and is float64[50]"),
        ("w: normal(100)}", "w: normal(100)}\n    seed: 7", "the seed was 0 and is 7"),
        ("w: normal(100)}", "w: normal(100)}\n    dtype: float32", "float64[100] and is float32"),
        ("w: normal(100)", "w: uniform(100)", "the values of the inputs are others"),
    ],
)
def test_a_suite_whose_inputs_changed_since(blessed: Adbench, old, new, said) -> None:
    before = FILE.read_bytes()
    edit("model.yaml", old, new)
    done = blessed(CHECK)
    assert done.exit_code == 2
    assert "! other inputs model/energy@native:eager" in words(done)
    assert said in words(done)
    assert "baseline update model.yaml -k energy" in words(done)
    assert "2 same" in words(done)
    assert FILE.read_bytes() == before


def test_a_comment_in_the_suite_is_no_change(blessed: Adbench) -> None:
    edit("model.yaml", "version: 1", "# a comment\nversion: 1")
    assert blessed(f"{CHECK} --frozen").exit_code == 0


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "stops in the middle"),
        (lambda text: text.replace('"schema_version": 1', '"schema_version": 9'), "version 9"),
        (lambda text: text.replace('"seed": 0', '"seed": 1'), "edited by hand"),
        (lambda text: text.replace('"suite": "model"', '"suite": "other"'), "edited by hand"),
        (lambda text: "", "the file is empty"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [
        CHECK,
        *(f"baseline {verb} model.yaml" for verb in ("update", "prune", "show", "diff")),
        "compare adbench-baselines adbench-baselines",
    ],
)
def test_a_damaged_baseline_stops_everything_and_is_left_alone(
    blessed: Adbench, damage, said: str, command: str
) -> None:
    FILE.write_text(damage(FILE.read_text()))
    before = FILE.read_bytes()
    done = blessed(command)
    assert done.exit_code == 2
    assert said in words(done)
    assert str(FILE) in words(done)
    assert "Traceback" not in done.output
    assert FILE.read_bytes() == before


def test_a_baseline_for_another_suite(blessed: Adbench) -> None:
    Path("other.yaml").write_text(SUITE)
    before = FILE.read_bytes()
    for command in ("check other.yaml", "baseline update other.yaml"):
        done = blessed(f"{command} --baseline {FILE}")
        assert done.exit_code == 2
        assert "the baseline of the suite 'model', not of 'other'" in words(done)
    assert FILE.read_bytes() == before


def test_one_file_cannot_serve_two_suites(adbench: Adbench) -> None:
    Path("other.yaml").write_text(SUITE)
    done = adbench("baseline update model.yaml other.yaml --baseline all.json")
    assert done.exit_code == 2
    assert "one file cannot be the baseline of both" in words(done)


def test_a_file_of_another_kind_is_no_place_for_baselines(adbench: Adbench) -> None:
    done = adbench("check model.yaml --baseline model.py")
    assert done.exit_code == 2
    assert "model.py: this file is no baseline; name a folder" in words(done)


def test_show_tells_what_is_blessed(blessed: Adbench) -> None:
    done = blessed("baseline show model.yaml")
    assert "✓ pass energy@native:eager" in words(done)
    assert "gradient w float64[100]: norm " in words(done)
    assert "gradient w float64[3]: " in words(done)
    only = blessed("baseline show model.yaml -k loss -b manual")
    assert "energy" not in only.output
    assert "loss@native" not in only.output
    assert "loss@manual" in only.output


def test_show_without_a_baseline_says_how_to_make_one(adbench: Adbench) -> None:
    done = adbench("baseline show model.yaml")
    assert done.exit_code == 1
    assert "adbench baseline update" in done.output


def test_a_recorded_run_can_be_blessed(adbench: Adbench) -> None:
    assert adbench("check model.yaml --output-format json=run.json").exit_code == 0
    done = adbench("baseline update model.yaml --record run.json -k energy")
    assert "1 added, 0 changed, 0 unchanged" in done.output
    assert adbench(f"{CHECK} -k energy").exit_code == 0


def test_a_record_of_another_suite_or_of_an_earlier_one_is_not_blessed(adbench: Adbench) -> None:
    adbench("check model.yaml --output-format json=run.json")
    edit("model.yaml", "version: 1", "# changed\nversion: 1")
    done = adbench("baseline update model.yaml --record run.json")
    assert done.exit_code == 2
    assert "has changed since run.json was made" in words(done)
    Path("other.yaml").write_text(SUITE)
    done = adbench("baseline update other.yaml --record run.json")
    assert done.exit_code == 2
    assert "run.json is no run of the suite 'other'" in words(done)
    assert not FILE.exists()


def test_compare_tells_two_runs_apart(adbench: Adbench) -> None:
    adbench("check model.yaml --output-format json=one.json")
    edit("model.py", "np.exp(w)", "np.exp(w) + w**3")
    edit("model.py", '"w": x.T', '"w": -x.T')
    adbench("check model.yaml --output-format json=two.json")
    done = adbench("compare one.json two.json")
    assert done.exit_code == 1
    assert "✗ wrong model/loss@manual:eager" in words(done)
    assert "~ changed, and right model/energy@native:eager" in words(done)
    assert "1 wrong · 1 changed, and right · 1 same" in words(done)
    data = json.loads(adbench("compare one.json two.json --json").output)
    outcomes = {task["task"]: task["outcome"] for task in data["tasks"]}
    assert outcomes["model/energy@native:eager"] == "changed"
    assert adbench("compare one.json one.json").exit_code == 0


def test_compare_takes_a_baseline_on_either_side(blessed: Adbench) -> None:
    blessed("check model.yaml --output-format json=run.json")
    assert blessed("compare adbench-baselines run.json").exit_code == 0
    assert blessed(f"compare run.json {FILE}").exit_code == 0


def test_compare_misses_what_only_one_side_has(adbench: Adbench) -> None:
    adbench("check model.yaml --output-format json=all.json")
    adbench("check model.yaml -k loss --output-format json=part.json")
    done = adbench("compare all.json part.json")
    assert done.exit_code == 2
    assert "run the same checks on both sides" in words(done)
    assert adbench("compare part.json all.json").exit_code == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        ("", "the file is empty"),
        ('{"schema_version": 1, "results": [', "stops in the middle"),
        ('{"schema_version": 99, "results": []}', "reads schemas up to"),
        ("{}", "not an adbench run record"),
    ],
)
@pytest.mark.parametrize("command", ["compare bad.json one.json", "merge one.json bad.json",
                                     "compare one.json bad.json"])  # fmt: skip
def test_a_record_that_cannot_be_read_says_what_to_do(adbench, content, said, command) -> None:
    adbench("check model.yaml -k loss --output-format json=one.json")
    if content is not None:
        Path("bad.json").write_text(content)
    done = adbench(command)
    assert done.exit_code == 2
    assert "bad.json" in words(done)
    assert said in words(done)


def test_runs_of_different_suites_have_nothing_to_compare(adbench: Adbench) -> None:
    Path("other.yaml").write_text(SUITE)
    adbench("check model.yaml -k loss --output-format json=one.json")
    adbench("check other.yaml -k loss --output-format json=two.json")
    done = adbench("compare one.json two.json")
    assert done.exit_code == 2
    assert "no check in common" in words(done)


def numbers(record) -> list:
    """All of a record's results but the times."""
    stable = []
    for result in record.results:
        check = result.check.model_copy(update={"seconds": 0.0})
        stable.append(result.model_copy(update={"seconds": 0.0, "check": check}))
    return stable


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_parts_merged_are_the_whole_run(blessed: Adbench, count: int) -> None:
    names = [f"part{i}.json" for i in range(1, count + 1)]
    for i, name in enumerate(names, 1):
        done = blessed(f"{CHECK} --shard {i}/{count} --output-format json={name}")
        assert done.exit_code == 0
    done = blessed(f"merge {' '.join(reversed(names))} --output-format json=merged.json")
    assert done.exit_code == 0
    assert "3 checks: 3 pass" in done.output
    blessed("check model.yaml --output-format json=whole.json")
    assert numbers(read_record("merged.json")) == numbers(read_record("whole.json"))
    if count > 1:
        done = blessed(f"merge {names[0]} --output-format json=again.json")
        assert done.exit_code == 2
        assert "missing: 2/" in words(done)
        assert not Path("again.json").exists()


def test_merge_leaves_with_the_code_of_the_whole_run(adbench: Adbench) -> None:
    edit("model.py", '"w": x.T', '"w": -x.T')
    codes = {
        adbench(f"check model.yaml --shard {i}/2 --output-format json={i}.json").exit_code
        for i in (1, 2)
    }
    assert codes == {0, 1}
    done = adbench("merge 1.json 2.json")
    assert done.exit_code == 1
    assert "1 fail, 2 pass" in done.output


@pytest.mark.parametrize("text", ["5/4", "0/4", "x", "1/0"])
def test_a_part_that_does_not_exist(adbench: Adbench, text: str) -> None:
    done = adbench(f"check model.yaml --shard {text}")
    assert done.exit_code == 2
    assert "--shard" in done.output


def test_an_empty_part_is_no_failure(adbench: Adbench) -> None:
    done = adbench("check model.yaml --shard 4/4 --output-format json=4.json")
    assert done.exit_code == 0
    assert "0 of 3 checks" in done.output
    assert read_record("4.json").shard.positions == ()


def test_last_failed_runs_what_failed_until_it_passes(adbench: Adbench) -> None:
    edit("model.py", '"w": x.T', '"w": -x.T')
    assert adbench("check model.yaml").exit_code == 1
    done = adbench("check model.yaml --last-failed")
    assert done.exit_code == 1
    assert "--last-failed: 1 of 3 checks failed the last time" in done.output
    assert "1 check: 1 fail" in done.output
    edit("model.py", '"w": -x.T', '"w": x.T')
    assert "1 check: 1 pass" in adbench("check model.yaml --last-failed").output
    done = adbench("check model.yaml --last-failed")
    assert "none of these failed the last time, so all are run" in done.output
    assert "3 checks: 3 pass" in done.output


def git(*arguments: str) -> None:
    who = ["-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def test_changed_since_runs_what_may_be_affected(adbench: Adbench) -> None:
    Path("own.py").write_text(MODEL)
    edit("model.yaml", "model.py:energy", "own.py:energy")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    done = adbench("check model.yaml --changed-since HEAD")
    assert done.exit_code == 0
    assert "0 of 3 checks may be affected by 0 changed files" in done.output
    edit("own.py", "np.exp(w)", "np.exp(2 * w)")  # a dirty tree: what is not committed counts
    done = adbench("check model.yaml --changed-since HEAD")
    assert "1 of 3 checks may be affected by 1 changed file" in done.output
    assert "1 check: 1 pass" in done.output


def test_a_revision_that_does_not_exist(adbench: Adbench) -> None:
    done = adbench("check model.yaml --changed-since main")
    assert done.exit_code == 2
    assert "not in a git repository" in words(done)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    done = adbench("check model.yaml --changed-since nope")
    assert done.exit_code == 2
    assert "there is no revision 'nope'" in words(done)


def test_parts_of_a_dirty_tree_merge_only_where_it_was_the_same(adbench: Adbench) -> None:
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    edit("model.py", "r**2) / 2", "r**2) / 3")
    edit("model.py", "x.T @ (x @ w), ", "2 / 3 * x.T @ (x @ w), ")
    Path("notes.txt").write_bytes("Größe\n".encode("latin-1"))  # a diff need not be UTF-8
    git("add", "notes.txt")
    adbench("check model.yaml --shard 1/2 -b native --output-format json=1.json")
    adbench("check model.yaml --shard 2/2 -b native --output-format json=2.json")
    assert adbench("merge 1.json 2.json").exit_code == 0
    edit("model.py", "r**2) / 3", "r**2) / 5")
    adbench("check model.yaml --shard 2/2 -b native --output-format json=2.json")
    done = adbench("merge 1.json 2.json")
    assert done.exit_code == 2
    assert "different code" in words(done)
    assert "commit what is uncommitted" in words(done)


def test_functions_named_one_by_one_share_a_baseline(adbench: Adbench) -> None:
    for name in ("energy", "flat"):
        done = adbench(f"baseline update model.py:{name} --arg 'w=normal(3)' -b native")
        assert done.exit_code == 0, done.output
    done = adbench(
        "check model.py:energy --arg 'w=normal(3)' -b native --baseline adbench-baselines"
    )
    assert done.exit_code == 0
    assert "1 same" in done.output


def test_two_updates_at_once_lose_nothing_of_each_other(adbench: Adbench) -> None:
    adbench("baseline update model.yaml -k energy")
    FILE.rename("energy.json")
    edit(
        "model.py",
        "    r = x @ w\n",
        f"    import shutil; shutil.copy('energy.json', {str(FILE)!r})\n    r = x @ w\n",
    )
    done = adbench("baseline update model.yaml -k loss -b native")
    assert done.exit_code == 0
    assert list(json.loads(FILE.read_text())["tasks"]) == [
        "energy@native:eager",
        "loss@native:eager",
    ]


def test_a_run_that_was_interrupted_blesses_nothing(adbench: Adbench) -> None:
    edit("model.py", "return np.sum(np.exp(w))", "raise KeyboardInterrupt")
    done = adbench("baseline update model.yaml")
    assert done.exit_code == 130
    assert "nothing was blessed" in done.output
    assert not FILE.exists()
