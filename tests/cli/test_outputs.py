"""`--output-format` values: what is written where, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from adbench.cli.outputs import Output, parse_outputs

TEXT = Output("text", None)
JSON = Output("json", None)
GITHUB = Output("github", None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], [TEXT]),
        (["text"], [TEXT]),
        (["json"], [JSON]),
        (["text", "json"], [TEXT, JSON]),
        (["json", "json"], [JSON]),
        (["json=a.json"], [Output("json", Path("a.json")), TEXT]),
        (["github"], [GITHUB, TEXT]),
        (["github", "text"], [GITHUB, TEXT]),
        (["json", "github"], [JSON, GITHUB]),
        (["junit=a.xml", "markdown"], [Output("junit", Path("a.xml")), Output("markdown", None)]),
        (["text=a b.txt", "json"], [Output("text", Path("a b.txt")), JSON]),
        (["json=~/run.json"], [Output("json", Path.home() / "run.json"), TEXT]),
        (["json=a=b.json"], [Output("json", Path("a=b.json")), TEXT]),
    ],
)
def test_what_is_written_where(values: list[str], expected: list[Output]) -> None:
    assert parse_outputs(values) == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["jsn"], "Did you mean 'json'?"),
        (["jsn=x"], "Did you mean 'json'?"),
        (["yaml"], "Known are text, json, junit, github, markdown"),
        (["json", "junit"], "json and junit cannot both go to standard output"),
        (["json", "text", "junit"], "Give one of them a file: junit=run.xml"),
        (["junit=test_outputs.py/a.xml"], "test_outputs.py is not a folder"),
        (["junit=/proc/none/a.xml"], "cannot be written: "),
        (["json="], "names no file"),
        (["json=."], "is a folder"),
        (["json=a", "text=a"], "named twice"),
    ],
)
def test_what_is_refused(values: list[str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    with pytest.raises(typer.BadParameter, match=None) as caught:
        parse_outputs(values)
    assert message in str(caught.value)


def test_a_path_that_can_be_written_leaves_no_trace(tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text("kept")
    parse_outputs([f"json={there}", f"junit={tmp_path / 'new' / 'run.xml'}", "text=/dev/null"])
    assert [path.name for path in tmp_path.iterdir()] == ["there.json"]
    assert there.read_text() == "kept"
