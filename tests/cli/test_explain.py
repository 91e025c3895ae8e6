"""`adbench explain` as a person runs it."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MODEL = """
import numpy as np


def loss(w, x):
    h = np.tanh(x @ w)
    return np.sum(h * h)


def loud(x):
    print("printed by the function")
    return np.sum(x * x)


def deep(x):
    for _ in range(100):
        x = np.sin(x)
    return np.sum(x)


def detached(x):
    return np.sum(x) * float(x[0])


def slow(x):
    import time

    print("begun", flush=True)
    time.sleep(60)
    return np.sum(x)


def leaves(x):
    raise SystemExit(7)


def for_torch(x):
    return x.sum() * x[0].item()
"""


@pytest.fixture(autouse=True)
def model(folder: Path) -> None:
    (folder / "model.py").write_text(MODEL)


LOSS = ["explain", "model.py:loss", "--arg", "w=[1,2]", "--arg", "x=normal(3,2)"]


def test_the_four_steps_are_followed_with_numbers(adbench):
    done = adbench(*LOSS, "--step", "3", COLUMNS="80")
    assert (done.returncode, done.stderr) == (0, "")
    for part in (
        "loss on native:eager (float64, seed 0)\n  model.py:5\n",
        "1  Build the graph (tape): what is made of what\n",
        "  model.py:6  h = np.tanh(x @ w)\n",
        "         d_v2 gains g * (1 - out * out)\n",
        "2  Forward: the values\n    w  = [1, 2]\n",
        "3  Backward: d_v is the derivative of the result by v\n    d_v5 = 1\n",
        "4  Update: w, x minus 0.1 times the gradient\n",
    ):
        assert part in done.stdout
    losses = [float(m) for m in re.findall(r"^ +\d  (\S+) ", done.stdout, re.MULTILINE)]
    assert len(losses) == 4
    assert losses == sorted(losses, reverse=True)
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.jax
def test_each_backend_has_its_graph_and_the_same_updates(adbench, folder):
    text = MODEL + (
        "\n\ndef everywhere(x):\n    xp = x.__array_namespace__() if hasattr(x, "
        "'__array_namespace__') else __import__('torch')\n    return xp.sum(xp.tanh(x) ** 2)\n"
    )
    (folder / "model.py").write_text(text)
    options = ["--arg", "x=[1.0,-2.0]", "--step", "4", "--rate", "0.5"]
    done = adbench("explain", "model.py:everywhere", *options, "-b", "all")
    assert done.returncode == 0, done.stderr
    for title in ("(tape)", "(autograd graph)", "(jaxpr)", "The jaxpr of the gradient"):
        assert title in done.stdout
    agreement = re.search(r"native, torch and jax agree .* to a relative (\S+)\.", done.stdout)
    assert agreement is None or float(agreement[1]) < 1e-12
    assert agreement or "agree in every loss to the last bit" in done.stdout


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [
        ("html", "<!doctype html>"),
        ("svg", "<svg "),
        ("mmd", "%% loss on native"),
        ("dot", "digraph "),
        ("py", '"""Value and gradient of loss.'),
        ("txt", "loss on native"),
    ],
)
def test_the_suffix_of_the_file_says_the_format(adbench, folder, suffix, begins):
    done = adbench(*LOSS, "-o", f"out/graph.{suffix}")
    assert done.returncode == 0
    assert (done.stdout, done.stderr) == ("", f"wrote out/graph.{suffix}\n")
    assert (folder / "out" / f"graph.{suffix}").read_text().startswith(begins)
    assert [f.name for f in (folder / "out").iterdir()] == [f"graph.{suffix}"]


def test_the_adjoint_program_runs_by_itself(adbench, folder):
    done = adbench("explain", "model.py:loss", "--arg", "w=[0,0]", "--arg", "x=[[1,2]]",
                   "--format", "python")  # fmt: skip
    assert done.returncode == 0
    (folder / "adjoint.py").write_text(done.stdout)
    ran = subprocess.run(
        [sys.executable, "-I", "-W", "error", "adjoint.py"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout.startswith("value 0.0\ngradient by w\n[0. 0.]\n")


def test_big_graphs_are_folded_unless_they_are_not_to_be(adbench):
    target = ["explain", "model.py:deep", "--arg", "x=normal(1000)", "--step", "0"]
    folded = adbench(*target).stdout
    assert "102 nodes (tape), folded by source line" in folded
    assert "keeps 800 kB (100%)" in folded
    assert "model.py:17  x = np.sin(x)" in folded
    assert "100 operations: sin ×100" in folded
    assert "v100 = sin(v99)" in adbench(*target, "--no-fold").stdout
    small = adbench(*LOSS, "--fold").stdout
    assert "6 nodes (tape), folded by source line" in small


def test_a_suite_needs_one_case(adbench, folder):
    suite = (folder / "right.yaml").read_text() + (
        "  - name: other\n    function: {native: functions.py:right}\n    inputs: {x: normal(3)}\n"
    )
    (folder / "two.yaml").write_text(suite)
    done = adbench("explain", "two.yaml")
    assert done.returncode == 2
    assert "explain follows one case, and 2 are selected:\n  right\n  other\n" in done.stderr
    assert "choose one: adbench explain two.yaml --select NAME" in done.stderr
    assert adbench("explain", "two.yaml", "-k", "other").returncode == 0


def test_what_a_function_prints_does_not_get_into_the_output(adbench):
    done = adbench("explain", "model.py:loud", "--arg", "x=[1,2]", "--format", "dot")
    assert done.stdout.startswith("digraph ")
    assert "printed by the function" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["model.py:detached", "--arg", "x=normal(3)"], 3, "float(): would detach a traced array"),
        (["model.py:leaves", "--arg", "x=normal(3)"], 3, "the function called sys.exit(7)"),
        (["model.py:los"], 2, "did you mean 'loss'?"),
        (["model.py:deep"], 2, "--arg"),
        (["model.py:deep", "--arg", "x=integers(3, high=9)"], 3, "nothing to differentiate"),
        (["model.py:deep", "--arg", "x=normal(3)", "-b", "manual"], 5, "leaves none"),
        (["model.py:deep", "--arg", "x=normal(3)", "-b", "numpy"], 2, "no backend 'numpy'"),
        (["model.py:deep", "--arg", "x=normal(3)", "--format", "png"], 2, "'png' is not one of"),
        (["model.py:deep", "--arg", "x=normal(3)", "--step", "-1"], 2, "--step"),
        (["model.py:deep", "--arg", "x=normal(3)", "--rate", "nan"], 2, "--rate must be a number"),
        (["model.py:deep", "--arg", "x=normal(3)", "-o", "."], 2, "is a folder"),
        (["model.py:deep", "--arg", "x=normal(3)", "-o", "model.py/x"], 2, "cannot be written"),
        (
            ["model.py:loss", "--arg", "w=[1]", "--arg", "x=[[1]]", "-b", "native",
             "-b", "native:compiled", "--format", "svg"],
            2, "svg shows one backend",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_line_and_leave_nothing_behind(
    adbench, folder, arguments, code, says
):
    before = sorted(f.name for f in folder.iterdir())
    done = adbench("explain", *arguments)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(f.name for f in folder.iterdir() if f.name != "__pycache__") == before


@pytest.mark.torch
def test_only_native_has_a_program(adbench):
    pytest.importorskip("torch")
    done = adbench("explain", "model.py:for_torch", "--arg", "x=[1,2]", "-b", "torch",
                   "--format", "python")  # fmt: skip
    assert done.returncode == 2
    assert "only native has an adjoint program; use --backend native" in done.stderr


@pytest.mark.torch
def test_item_is_told(adbench):
    pytest.importorskip("torch")
    done = adbench("explain", "model.py:for_torch", "--arg", "x=[1,2]", "-b", "torch")
    assert done.returncode == 0
    assert "note: item() at model.py:38 takes a value out of the graph" in done.stdout


def test_a_reader_that_leaves_is_no_error(folder, environment):
    command = f"{sys.executable} -m adbench {' '.join(map(repr, LOSS))} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "loss on native:eager (float64, seed 0)\n"
    assert done.stderr == ""


def test_a_terminal_has_colour(folder, environment):
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "adbench", *LOSS, "--step", "0"],
        cwd=folder, env=environment | {"TERM": "xterm-256color", "COLUMNS": "80"},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert done.wait(60) == 0
    assert b"\x1b[1m" in shown


def test_ctrl_c_ends_it_quietly(folder, environment):
    process = subprocess.Popen(
        [sys.executable, "-m", "adbench", "explain", "model.py:slow", "--arg", "x=[1,2]"],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr.readline() == "begun\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, error.strip()) == ("", "")
