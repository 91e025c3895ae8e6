"""Every mistake of a suite file: where it is said to be, in which words, with which hint."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from adbench.suite import SuiteError, load_suites

HEADER = "version: 1\n"
CASE = HEADER + "cases:\n  - name: c\n    function: model.py:objective\n"


def corpus() -> dict[str, tuple[str, str, str]]:
    """Name -> the marked text, words of the message, words of the hint."""
    blocks = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8").split("\n=== ")
    mistakes = {}
    for block in blocks[1:]:
        name, _, rest = block.partition("\n")
        text, message, *hint = re.split(r"^--- (.*)\n?", rest.rstrip("\n"), flags=re.MULTILINE)[:4]
        text = text.removesuffix("\n").replace("\\t", "\t").replace("\\x07", "\x07")
        mistakes[name] = (text, message, hint[1] if len(hint) > 1 else "")
    return mistakes


MISTAKES = corpus()


@pytest.fixture
def files(folder: Path) -> Path:
    (folder / "broken.py").write_text("def f(:\n")
    (folder / "other.yaml").write_text(CASE + "    inputs: {x: 1.0}\n")
    return folder


def place(text: str) -> tuple[str, int, int]:
    """The text without its mark, and where the mark stood."""
    before, after = text.split("^^")
    lines = before.split("\n")
    return before + after, len(lines), len(lines[-1]) + 1


@pytest.mark.parametrize("name", MISTAKES)
def test_is_told_once_with_its_place_and_a_hint(name: str, files: Path) -> None:
    marked, message, hint = MISTAKES[name]
    text, line, column = place(marked)
    (files / "suite.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        load_suites("suite.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (line, column), str(problem)
    assert message in problem.message
    assert hint in problem.hint
    assert problem.file == "suite.yaml"
    assert problem.source_line == (text.split("\n")[line - 1] if text else "")


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(files: Path) -> None:
    marked = """\
version: ^^2
^^nmae: x
defaults: {^^dtyp: float32, seed: ^^-1}
include: [^^missing.yaml]
cases:
  - name: a
    function: model.py:^^objektive
    inputs:
      x: normal(^^k)
      y: ^^nomal(3)
    ^^tag: [a]
  - name: ^^a
    function: ^^gone.py:f
    inputs: {x: {file: ^^gone.npy}}
    dtype: ^^float23
"""
    text, expected = "", []
    for line in marked.splitlines():
        parts = line.split("^^")
        number = text.count("\n") + 1
        expected += [(number, len("".join(parts[:i])) + 1) for i in range(1, len(parts))]
        text += "".join(parts) + "\n"
    (files / "suite.yaml").write_text(text)
    with pytest.raises(SuiteError) as caught:
        load_suites("suite.yaml")
    assert [(p.line, p.column) for p in caught.value.problems] == expected


def test_mistakes_of_included_files_and_of_other_targets_are_told_too(files: Path) -> None:
    (files / "other.yaml").write_text(CASE + "    inputs: {x: nomal(3)}\n")
    (files / "suite.yaml").write_text("version: 1\ninclude: [other.yaml]\nnmae: x\n")
    (files / "third.yaml").write_text("version: 3\n")
    with pytest.raises(SuiteError) as caught:
        load_suites(["suite.yaml", "third.yaml"])
    assert [(Path(p.file).name, p.line) for p in caught.value.problems] == [
        ("suite.yaml", 3),
        ("other.yaml", 5),
        ("third.yaml", 1),
    ]


def test_mistakes_inside_what_is_itself_a_mistake(files: Path) -> None:
    (files / "suite.yaml").write_text("version: 1\ncases:\n  name: c\n  tags: [a, null]\n")
    with pytest.raises(SuiteError) as caught:
        load_suites("suite.yaml")
    assert [(p.line, p.message) for p in caught.value.problems] == [
        (3, "expected a list, found a mapping"),
        (4, "an empty item"),
    ]


def test_a_circle_of_includes_is_named(files: Path) -> None:
    (files / "a.yaml").write_text("version: 1\ninclude: [b.yaml]\n")
    (files / "b.yaml").write_text("version: 1\ninclude: [c.yaml]\n")
    (files / "c.yaml").write_text("version: 1\ninclude: [b.yaml]\n")
    with pytest.raises(SuiteError, match=r"in a circle: b\.yaml → c\.yaml → b\.yaml") as caught:
        load_suites("a.yaml")
    assert [Path(p.file).name for p in caught.value.problems] == ["c.yaml"]


def test_a_file_that_is_not_utf8(folder: Path) -> None:
    (folder / "suite.yaml").write_bytes(b"version: 1\nname: na\xefve\n")
    with pytest.raises(SuiteError, match="byte 0xef") as caught:
        load_suites("suite.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (2, 9)
    assert "UTF-8" in problem.hint


def test_a_missing_file_and_an_empty_folder(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(SuiteError) as caught:
        load_suites(["gone.yaml", "empty"])
    assert [p.message for p in caught.value.problems] == [
        "cannot be read: No such file or directory",
        "the folder has no .yaml file",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join(['*' + a] * 10)}]\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "a: &a {x: 1}\n"
        + "".join(
            f"{b}: &{b} {{<<: [{', '.join(['*' + a] * 9)}]}}\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
    ],
    ids=["aliases", "merges"],
)
def test_a_bomb_of_aliases_is_refused(text: str, load: Callable[[str], object]) -> None:
    with pytest.raises(SuiteError, match="more than 100,000 values, aliases counted"):
        load(text)


@pytest.mark.parametrize("depth", [60, 600])
def test_a_tower_of_brackets_is_refused(depth: int, load: Callable[[str], object]) -> None:
    with pytest.raises(SuiteError, match="nested"):
        load("version: 1\nname: " + "[" * depth + "]" * depth)


def test_the_message_shows_the_line_with_a_caret(load: Callable[[str], object]) -> None:
    with pytest.raises(SuiteError) as caught:
        load(
            "version: 1\ncases:\n  - name: c\n    function: model.py:objctive\n    inputs: {x: 1.0}"
        )
    first, line, caret, hint = str(caught.value).splitlines()
    assert first.endswith("suite.yaml:4:24: error: model.py has no function 'objctive'")
    assert line == "      function: model.py:objctive"
    assert line.index("objctive") == caret.index("^")
    assert hint == "  hint: did you mean 'objective'?"
