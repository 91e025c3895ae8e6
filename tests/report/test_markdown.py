"""The Markdown report: golden file, and nothing of the user's in it is Markdown."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from adbench.record.model import Finding, RunRecord, Verdict
from adbench.report.markdown import plain, render_markdown

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = [
    "<script>alert(1)</script>",
    "![x](https://example.org/p.png)",
    "[a](javascript:alert(1))",
    "a|b|c",
    "`tick` ``two``",
    "*bold* _it_ ~~gone~~",
    "# heading",
    "a\nb\n\n- c",
    "\\",
    "@someone",
    "https://example.org/x",
    "<https://example.org/x>",
    "&lt;b&gt;",
    "\u202eabc\x1b[31m\udc80",
    " ",
]


def parsed(text: str) -> str:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)


def test_markdown_matches_the_golden_file(everything: RunRecord) -> None:
    path = GOLDEN / "everything.md"
    written = render_markdown(everything)
    if os.environ.get("ADBENCH_GOLDEN"):
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_user_wrote_is_text(name: str, result: Callable, record: Callable) -> None:
    finding = Finding(kind="value", level="fail", message=name, input=name, ad=1.0, numeric=2.0)
    run = record(
        result(name, verdict=Verdict.FAIL, suite=name, reason=name, findings=(finding,)),
        result("next", suite=name),
        command=name,
    )
    page = parsed(render_markdown(run))
    assert page.encode()
    for tag in ("<script", "<img", "<a ", "<em", "<s>", "<del", 'javascript:alert(1)"'):
        assert tag not in page
    assert page.count("<h1>") == 1
    assert page.count("<h2>") == 2
    assert page.count("<table>") == 1
    assert page.count("<tr>") == 3
    assert page.count("<strong>") == 1


def test_a_mention_calls_nobody_and_an_address_is_no_link() -> None:
    assert plain("ask @someone") == "ask @<!-- -->someone"
    assert plain("https://example.org") == "https:<!-- -->//example.org"
    assert plain("a @ b: www or 3:4") == "a @ b: www or 3:4"


def test_an_empty_run_says_so(record: Callable) -> None:
    written = render_markdown(record())
    assert "nothing was checked" in written.lower()
    assert "## " not in written


def test_a_huge_run_shows_the_rows_that_matter(result: Callable, record: Callable) -> None:
    results = [result(f"case{i}") for i in range(500)]
    results[7] = result("case7", verdict=Verdict.FAIL)
    written = render_markdown(record(*results))
    assert "500 cases; the 1 with a problem are shown." in written
    assert "| `case7` |" in written
    assert "| `case8` |" not in written
    assert len(written) < 10_000


def test_many_problems_are_counted(result: Callable, record: Callable) -> None:
    run = record(*(result(f"c{i}", verdict=Verdict.FAIL, reason=f"r{i}") for i in range(40)))
    assert "- and 15 more, which the record tells" in render_markdown(run)
