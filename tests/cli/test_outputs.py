"""`--output-format` values: what is written where, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from adbench.cli.outputs import Output, parse_outputs

TEXT = Output("text", None)
JSON = Output("json", None)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], [TEXT]),
        (["text"], [TEXT]),
        (["json"], [JSON]),
        (["text", "json"], [TEXT, JSON]),
        (["json", "json"], [JSON]),
        (["json=a.json"], [Output("json", Path("a.json")), TEXT]),
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
        (["yaml"], "Known are text, json"),
        (["json="], "names no file"),
        (["json=."], "is a folder"),
        (["json=a", "text=a"], "named twice"),
    ],
)
def test_what_is_refused(values: list[str], message: str) -> None:
    with pytest.raises(typer.BadParameter, match=None) as caught:
        parse_outputs(values)
    assert message in str(caught.value)
