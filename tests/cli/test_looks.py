"""How output looks where it goes: a terminal of any width and colour, a pipe, a CI log."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MOVE = re.compile(r"\x1b\[[0-9]*[A-HJK]|\x1b\[\?25[lh]")
Terminal = Callable[..., tuple[int, str]]


@pytest.fixture
def terminal(folder: Path, environment: dict[str, str]) -> Terminal:
    """Run `adbench ARGUMENTS` on a terminal of so many columns; gives exit code and output."""

    def run(*arguments: str, columns: int = 100, **variables: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-m", "adbench", *arguments],
            cwd=folder,
            env=environment | {"TERM": "xterm-256color"} | variables,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            close_fds=True,
        )
        os.close(theirs)
        chunks = []
        try:
            while chunk := os.read(ours, 65536):
                chunks.append(chunk)
        except OSError:  # the terminal's other end is closed
            pass
        os.close(ours)
        return process.wait(timeout=60), b"".join(chunks).decode("utf-8").replace("\r\n", "\n")

    return run


def test_a_terminal_has_colour_and_a_bar_that_leaves_no_trace(terminal: Terminal) -> None:
    code, shown = terminal("check", "right.yaml", "wrong.yaml")
    assert code == 1
    assert "\x1b[32m✓ pass" in shown
    assert "0/2" in shown
    assert "wrong on manual" in shown.partition("✗ fail")[0]
    assert MOVE.search(shown)
    assert "[1/2]" not in shown
    after_bar = shown[shown.rindex("\x1b[?25h") :]
    assert ESCAPE.sub("", after_bar).lstrip().startswith("right")


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_no_color(terminal: Terminal, variables: dict[str, str]) -> None:
    _, shown = terminal("check", "wrong.yaml", **variables)
    assert not COLOUR.search(shown)
    assert "✗ fail" in shown


def test_a_dumb_terminal_gets_plain_lines(terminal: Terminal) -> None:
    _, shown = terminal("check", "wrong.yaml", TERM="dumb")
    assert "\x1b" not in shown
    assert "[1/1] ✗ fail  wrong/wrong on manual:eager" in shown


def test_in_process_leaves_the_terminal_to_a_debugger(terminal: Terminal) -> None:
    _, shown = terminal("check", "wrong.yaml", "--in-process")
    assert not MOVE.search(shown)
    assert "[1/1] " in shown


def test_ci_gets_plain_lines(terminal: Terminal) -> None:
    _, shown = terminal("check", "wrong.yaml", CI="true")
    assert not MOVE.search(shown)
    assert "[1/1] " in shown


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_narrow_terminals(terminal: Terminal, columns: int) -> None:
    _, shown = terminal("check", "wrong.yaml", "raises.yaml", columns=columns, CI="1")
    report = ESCAPE.sub("", shown).partition("wrong  ")[2]
    for line in report.splitlines():
        command = "adbench check" in line or "Without adbench" in line
        assert len(line) <= columns or command or line.startswith("[")


def test_a_bar_on_a_very_narrow_terminal(terminal: Terminal) -> None:
    code, shown = terminal("check", "right.yaml", columns=20)
    assert code == 0
    assert "✓ pass" in shown


def test_a_pipe_gets_plain_lines_and_no_escapes(adbench) -> None:
    done = adbench("check", "wrong.yaml")
    assert "\x1b" not in done.stdout + done.stderr
    assert re.fullmatch(r"\[1/1\] ✗ fail  wrong/wrong on manual:eager \(.*\)\n", done.stderr)


def test_force_color_colours_a_pipe(adbench) -> None:
    done = adbench("check", "wrong.yaml", FORCE_COLOR="1")
    assert "\x1b[1;31m✗ fail" in done.stdout


def test_columns_sets_the_width_of_a_pipe(adbench) -> None:
    done = adbench("check", "wrong.yaml", COLUMNS="40")
    assert max(len(line) for line in done.stdout.splitlines() if "adbench" not in line) <= 40


def test_an_encoding_without_the_glyphs(adbench) -> None:
    done = adbench("check", "right.yaml", "wrong.yaml", PYTHONIOENCODING="ascii")
    assert "+ pass" in done.stdout
    assert "x fail" in done.stdout
    assert (done.stdout + done.stderr).isascii()


@pytest.mark.parametrize("options", [[], ["--output-format", "json"]])
def test_a_reader_that_leaves_early_is_no_error(
    folder: Path, environment: dict[str, str], options: list[str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "adbench", "check", "wrong.yaml", *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert "roken" not in said


@pytest.mark.parametrize(
    "command",
    [
        "list ..",
        "schema",
        "--help",
        "validate .",
        pytest.param("doctor", marks=pytest.mark.slow),
    ],
)
def test_other_commands_into_a_reader_that_leaves(
    folder: Path, environment: dict[str, str], command: str
) -> None:
    line = f"'{sys.executable}' -m adbench {command} | true"
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert "roken" not in done.stderr
    assert "Traceback" not in done.stderr


def test_names_that_are_markup_or_control_characters(adbench, folder: Path) -> None:
    odd = folder / "[red]\x1b[31m:smile:日本.yaml"
    odd.write_text(
        "version: 1\ncases:\n- name: odd\n"
        "  function: functions.py:right\n  gradient: functions.py:wrong_gradient\n"
        "  inputs: {x: normal(3)}\n  backends: [manual]\n"
        '  matrix: {mode: ["\\e[31m", "\\u202e"]}\n'
    )
    done = adbench("check", odd.name)
    assert done.returncode == 1
    assert done.stdout.startswith("[red]\\x1b[31m:smile:日本")
    assert "[red]\\x1b[31m:smile:日本.yaml:3" in done.stdout
    assert "\\u202e" in done.stdout
    for raw in ("\x1b", "\u202e"):
        assert raw not in done.stdout + done.stderr
