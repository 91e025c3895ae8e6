"""`adbench check` as a person runs it: verdicts, exit codes, options, reports."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adbench.record import read_record


def verdicts(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Verdicts by case, from JSON on standard output."""
    return {r["case"]: r["verdict"] for r in json.loads(done.stdout)["results"]}


@pytest.mark.parametrize(
    ("case", "code", "said"),
    [
        ("right", 0, "✓ pass"),
        ("wrong", 1, "✗ fail"),
        ("xfail", 0, "✗ xfail"),
        ("xpass", 1, "✗ xpass"),
        ("raises", 3, "! error"),
        ("exits", 3, "! error"),
        ("crashes", 3, "! error"),
    ],
)
def test_exit_code_and_word_of_each_outcome(adbench, case: str, code: int, said: str) -> None:
    done = adbench("check", f"{case}.yaml")
    assert done.returncode == code
    assert said in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_wrong_gradient_is_located_diagnosed_and_repeatable(adbench, folder: Path) -> None:
    done = adbench("check", "wrong.yaml")
    assert "sign" in done.stdout
    assert re.search(r"AD -?\d\S*, numeric -?\d\S* ± \d", done.stdout)
    assert "wrong.yaml:3" in done.stdout
    *_, line, without = done.stdout.rstrip().splitlines()
    command = shlex.split(line)
    assert command[:2] == ["adbench", "check"]
    assert re.fullmatch(r"Without adbench: python \.adbench/scripts/\S+\.py", without)
    assert adbench(*command[1:]).returncode == 1


def test_a_traceback_is_cut_to_the_users_frames(adbench) -> None:
    done = adbench("check", "raises.yaml")
    assert "ValueError: this [red]always[/red] fails" in done.stdout
    assert re.search(r"at functions.py:\d+ in raises: return np.sum\(_helper\(x\)\)", done.stdout)
    assert re.search(r"at functions.py:\d+ in _helper: raise ValueError", done.stdout)
    assert "about to fail" in done.stdout
    assert "adbench/" not in done.stdout.replace("adbench check", "")


def test_a_crash_is_a_row_and_the_others_run(adbench) -> None:
    targets = ["crashes.yaml", "exits.yaml", "hangs.yaml", "right.yaml"]
    done = adbench("check", *targets, "--timeout", "1", "--jobs", "2", "--output-format", "json")
    assert done.returncode == 3
    expected = {"crashes": "error", "exits": "error", "hangs": "error", "right": "pass"}
    assert verdicts(done) == expected
    kinds = {
        r["case"]: r["failure"] and r["failure"]["kind"] for r in json.loads(done.stdout)["results"]
    }
    assert kinds["hangs"] == "timeout"
    assert kinds["crashes"] == "crash"


def test_a_wrong_gradient_outweighs_an_error(adbench) -> None:
    assert adbench("check", "wrong.yaml", "raises.yaml", "--in-process").returncode == 1


def test_inconclusive_is_4_only_when_strict(adbench) -> None:
    lenient = adbench("check", "flat.yaml")
    assert lenient.returncode == 0
    assert "? inconclusive" in lenient.stdout
    assert adbench("check", "flat.yaml", "--strict").returncode == 4


def test_ctrl_c_prints_and_writes_what_was_done(folder: Path, environment: dict[str, str]) -> None:
    command = [
        "check",
        "right.yaml",
        "hangs.yaml",
        "--jobs",
        "1",
        "--output-format",
        "json=run.json",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "adbench", *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "[1/2] ✓ pass" in process.stderr.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopped early: 1 of 2 tasks were not run." in out
    assert "✓ pass" in out
    assert "Traceback" not in err
    record = read_record(folder / "run.json")
    assert record.interrupted
    assert [result.case for result in record.results] == ["right"]


def test_fail_fast_stops_at_the_first_failure(adbench) -> None:
    targets = ["wrong.yaml", "right.yaml", "raises.yaml"]
    done = adbench("check", *targets, "-x", "--jobs", "1")
    assert done.returncode == 1
    assert "Stopped early: 2 of 3 tasks were not run." in done.stdout
    assert len(done.stderr.splitlines()) == 1


def test_function_of_a_file_with_arguments(adbench) -> None:
    done = adbench(
        "check", "functions.py:right", "--arg", "x=normal(2,3)", "-b", "native",
        "--derivative", "vjp", "--derivative", "jvp", "--derivative", "hvp",
        "--seed", "5", "--dtype", "float32", "--rtol", "0.01", "--atol", "1e-3",
        "--output-format", "json",
    )  # fmt: skip
    assert done.returncode == 0
    result = json.loads(done.stdout)["results"][0]
    check = result["check"]
    assert {d["derivative"]: d["verdict"] for d in check["derivatives"]} == dict.fromkeys(
        ("vjp", "jvp", "hvp"), "pass"
    )
    assert (result["seed"], result["dtype"], check["rtol"], check["atol"]) == (
        5,
        "float32",
        0.01,
        1e-3,
    )
    again = shlex.split(result["reproduce"])
    for words in (["--arg", "x=normal(2,3)"], ["--seed", "5"], ["--dtype", "float32"],
                  ["--derivative", "hvp"], ["--rtol", "0.01"]):  # fmt: skip
        assert words in [again[i : i + 2] for i in range(len(again))]


def test_function_of_a_file_with_example_inputs(adbench) -> None:
    assert adbench("check", "functions.py:right", "-b", "native").returncode == 0


def test_function_of_a_module(adbench, folder: Path) -> None:
    package = folder / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "module.py").write_text("def f(x):\n    return (x * x).sum()\n")
    done = adbench("check", "package.module:f", "--arg", "x=[1.0,2.0]", "-b", "native")
    assert done.returncode == 0


def test_tolerance_decides(adbench, folder: Path) -> None:
    source = (folder / "functions.py").read_text()
    (folder / "functions.py").write_text(source.replace("return -2 * x", "return 2.02 * x"))
    assert adbench("check", "wrong.yaml").returncode == 1
    assert adbench("check", "wrong.yaml", "--rtol", "0.02").returncode == 0
    assert adbench("check", "wrong.yaml", "--rtol", "0.002").returncode == 1
    assert adbench("check", "wrong.yaml", "--rtol", "0", "--atol", "1").returncode == 0


@pytest.mark.parametrize("options", [["-k", "right or wrong"], ["--tag", "good", "--tag", "bad"]])
def test_selection(adbench, options: list[str]) -> None:
    done = adbench("check", ".", *options, "--output-format", "json")
    assert verdicts(done) == {"right": "pass", "wrong": "fail"}


def test_a_missing_device_is_skipped_and_required_an_error(adbench) -> None:
    command = ["check", "functions.py:right", "-b", "native", "--device", "cuda"]
    skipped, required = adbench(*command), adbench(*command, "--require")
    assert skipped.returncode == 3  # nothing at all was checked: not a success
    assert "– skipped" in skipped.stdout
    assert required.returncode == 3
    assert "! error" in required.stdout


HIDE_TORCH = """
import importlib.util as util
real = util.find_spec
util.find_spec = lambda name, *rest: None if name == "torch" else real(name, *rest)
"""


def test_a_missing_backend_is_skipped_and_required_an_error(adbench, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(HIDE_TORCH)
    command = ["check", "functions.py:right", "-b", "native", "-b", "torch"]
    skipped = adbench(*command, PYTHONPATH=str(tmp_path))
    assert skipped.returncode == 0
    assert "– skipped" in skipped.stdout
    assert "pip install 'adbench-grad[torch]'" in skipped.stdout
    required = adbench(*command, "--require", PYTHONPATH=str(tmp_path))
    assert required.returncode == 3
    assert "! error" in required.stdout


@pytest.mark.slow
def test_doctor_tells_what_is_missing(adbench, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(HIDE_TORCH)
    done = adbench("doctor", PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert re.search(r"^native +✓ works\n  version  numpy \d", done.stdout, re.MULTILINE)
    assert re.search(r"^torch +! unavailable\n  why      torch is not installed", done.stdout, re.M)
    assert "  get it   pip install 'adbench-grad[torch]'" in done.stdout
    assert "threads" in done.stdout


@pytest.mark.slow
def test_doctor_survives_a_backend_that_crashes(adbench, tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("import os; os.abort()")
    done = adbench("doctor", PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert "it is installed but does not work" in done.stdout


def test_json_alone_has_standard_output_to_itself(adbench) -> None:
    done = adbench("check", "wrong.yaml", "--output-format", "json")
    assert json.loads(done.stdout)["results"][0]["verdict"] == "fail"
    assert done.returncode == 1


def test_text_beside_json_goes_to_standard_error(adbench) -> None:
    done = adbench("check", "right.yaml", "--output-format", "json", "--output-format", "text")
    json.loads(done.stdout)
    assert "1 check: 1 pass" in done.stderr


def test_reports_in_files(adbench, folder: Path) -> None:
    done = adbench(
        "check", "wrong.yaml",
        "--output-format", "json=out put/run.json",
        "--output-format", "text=out put/run.txt",
    )  # fmt: skip
    assert done.returncode == 1
    record = read_record(folder / "out put" / "run.json")
    assert record.results[0].case == "wrong"
    assert shlex.split(record.command)[:3] == ["adbench", "check", "wrong.yaml"]
    text = (folder / "out put" / "run.txt").read_text(encoding="utf-8")
    assert done.stdout.startswith(text)
    assert done.stdout.removeprefix(text).startswith("Without adbench: python ")


def test_a_file_that_cannot_be_written_is_found_before_the_run(adbench) -> None:
    done = adbench("check", "right.yaml", "--output-format", "json=functions.py/run.json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "functions.py/run.json" in done.stderr


def test_a_file_that_can_no_longer_be_written_is_an_error_after_the_report(
    adbench, folder: Path
) -> None:
    """The function itself takes the folder's place while it is checked."""
    (folder / "functions.py").write_text(
        "import pathlib\nimport numpy as np\n\n\ndef right(x):\n"
        "    pathlib.Path('out').touch()\n    return np.sum(x * x)\n\n\n"
        "def right_gradient(x):\n    return 2 * x\n"
    )
    done = adbench("check", "right.yaml", "--output-format", "junit=out/run.xml")
    assert done.returncode == 2
    assert "1 check: 1 pass" in done.stdout
    assert "out/run.xml: the report cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_init_writes_passes_at_once(adbench) -> None:
    assert adbench("init", "start").returncode == 0
    done = adbench("check", "start/gradients.yaml", "-b", "native", "-b", "manual", "--strict")
    assert done.returncode == 0
    assert "5 checks: 5 pass" in done.stdout


@pytest.mark.slow
def test_what_init_writes_passes_on_every_backend(adbench) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("jax")
    assert adbench("init", "start").returncode == 0
    done = adbench("check", "start", "--strict", "--require")
    assert done.returncode == 0
    assert "11 checks: 11 pass" in done.stdout


def test_in_process_prints_stay_out_of_the_json(adbench) -> None:
    done = adbench("check", "raises.yaml", "--in-process", "--output-format", "json")
    assert verdicts(done) == {"raises": "error"}
    assert "about to fail" in done.stderr
