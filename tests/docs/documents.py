"""Runs the code of a Markdown document in order, as a reader would, in a folder of its own.

What a fenced block is, its info string says:

    python title="f.py"   a file, written into the folder
    python                run, all blocks of a document in one namespace; a `text` block right
                          after it is what it prints
    yaml title="s.yaml"   a file; with `cases:` in it a suite, which must load
    toml title="p.toml"   a file
    console               `$ command` lines, run in one shell; what follows each is its output;
                          a line `…` stands for any lines, and a stopped progress bar for none
    sh                    not run: what installs or starts something large; see INSTALL

Outputs are compared after `stable` has taken out what changes from run to run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from adbench.suite import load_suites

INSTALL = re.compile(
    r"(git clone \S+|cd \S+|make [a-z -]+|(\S+/)?pip install .+|adbench --install-completion"
    r"|python -m adbench\.(suite|cli)\.reference > \S+)?( *#.*)?"
)
"""Lines that a `sh` block may hold."""

_PROGRESS = re.compile(r"^\[ *\d+/\d+\] .*\n", re.MULTILINE)
_CHANGING = [
    (re.compile(r"\d+(\.\d+)? m?s\b"), "# s"),
    (re.compile(r"\d[\d,]* evaluations?"), "# evaluations"),
    (re.compile(r"\b\d(\.\d+)?e[-+]\d+"), "#e#"),
    (re.compile(r"(error above \S+) \(.* on \S+\)"), r"\1"),  # the first among near-equals
    (re.compile(r"adbench \d+\.\d+\S*"), "adbench #"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
]


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, its title, its text, and where the text begins."""

    language: str
    title: str | None
    text: str
    line: int
    """Of the first line of the text, from 1."""


class DifferenceError(AssertionError):
    """A document shows an output that is not the one that came."""

    def __init__(self, path: Path, line: int, shown: str, came: str) -> None:
        self.line = line
        self.shown = shown
        self.came = came
        super().__init__(
            f"{path.name}:{line}: the output shown is not the one that came\n"
            f"--- shown\n{shown}--- came\n{came}"
        )


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a document, in order, those inside lists and notes too."""
    for token in MarkdownIt().parse(text):
        if token.type == "fence":
            assert token.map is not None
            language, *options = shlex.split(token.info) or [""]
            titles = [o.removeprefix("title=") for o in options if o.startswith("title=")]
            yield Block(language, titles[0] if titles else None, token.content, token.map[0] + 2)


def run_document(path: Path, folder: Path) -> None:
    """Run the blocks of the document at `path` inside `folder`, the current one.

    Raises DifferenceError for an output that is not as shown, and whatever the code raises.
    """
    shell = _Shell(folder)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed: str | None = None
    for block in blocks(path.read_text(encoding="utf-8")):
        before, printed = printed, None
        if block.title is not None:
            _write(block, folder)
        elif block.language == "python":
            printed = _execute(block, path, namespace)
        elif block.language == "text" and before is not None:
            _compare(path, block.line, block.text, before)
        elif block.language == "console":
            _converse(block, path, shell)
        elif block.language == "sh":
            for line in block.text.splitlines():
                assert INSTALL.fullmatch(line), f"{path.name}: not run by any test: {line}"


def renewed(path: Path, folder: Path) -> str:
    """The document's text with each wrong output replaced by the one that came, on disk too.

    Raises DifferenceError for an output that is another one each time.
    """
    seen = set()
    while True:
        try:
            run_document(path, folder)
        except DifferenceError as difference:
            if difference.line in seen:
                raise
            seen.add(difference.line)
            text = path.read_text(encoding="utf-8")
            lines = text.splitlines(keepends=True)
            count = len(difference.shown.splitlines())
            lines[difference.line - 1 : difference.line - 1 + count] = [difference.came]
            path.write_text("".join(lines), encoding="utf-8")
            for made in folder.iterdir():
                if made.is_dir():
                    shutil.rmtree(made)
                else:
                    made.unlink()
        else:
            return path.read_text(encoding="utf-8")


def stable(text: str) -> str:
    """The text without timings, counts of evaluations, error bounds and versions."""
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    return text.strip("\n")


def matches(shown: str, came: str) -> bool:
    """Whether an output is as shown; a line `…` stands for any number of lines."""
    parts = [
        r"(?:.*\n)*" if line.strip() == "…" else re.escape(line) + r"\n"
        for line in stable(shown).split("\n")
    ]
    return re.fullmatch("".join(parts), stable(came) + "\n") is not None


def _compare(path: Path, line: int, shown: str, came: str) -> None:
    if not matches(shown, came):
        raise DifferenceError(path, line, shown, came.strip("\n") + "\n" if came.strip() else "")


def _write(block: Block, folder: Path) -> None:
    assert block.title is not None
    file = folder / block.title
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")
    if block.language == "yaml":
        if "cases:" in block.text:
            load_suites(file)
        else:
            YAML(typ="safe").load(block.text)
    if block.language == "toml":
        tomllib.loads(block.text)


def _execute(block: Block, path: Path, namespace: dict[str, Any]) -> str:
    code = compile("\n" * (block.line - 1) + block.text, str(path), "exec")
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, namespace)
    return output.getvalue()


def _converse(block: Block, path: Path, shell: Callable[[str], tuple[str, int]]) -> None:
    lines = block.text.splitlines(keepends=True)
    assert lines[0].startswith("$ "), f"{path.name}:{block.line}: begins with no command"
    starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        came, _ = shell(lines[start][2:])
        _compare(path, block.line + start + 1, "".join(lines[start + 1 : end]), came)


class _Shell:
    """Commands in one folder; each sees the exit status of the one before as `$?`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = 0
        looks = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONWARNINGS")
        self.environment = {k: v for k, v in os.environ.items() if k not in looks}
        self.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment["COLUMNS"] = "96"

    def __call__(self, command: str) -> tuple[str, int]:
        done = subprocess.run(
            ["bash", "-c", f"(exit {self.status})\n{command}"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        self.status = done.returncode
        shown = _PROGRESS.sub("", done.stdout).replace(f"{self.folder}{os.sep}", "")
        return shown, done.returncode
