"""What a stream cannot show is shown in its nearest plain spelling; colour is the stream's."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest

from adbench.record.model import RunRecord
from adbench.report import report, terminal


def printed(record: RunRecord, encoding: str) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    report(record, terminal(stream))
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


def test_utf8_keeps_the_glyphs(everything: RunRecord) -> None:
    shown = printed(everything, "utf-8")
    assert all(glyph in shown for glyph in "✓✗?∧!–")


def test_ascii_has_a_glyph_and_a_word_for_each(everything: RunRecord) -> None:
    shown = printed(everything, "ascii")
    words = ("+ pass", "x fail", "? inconclusive", "^ kink", "! error", "- skipped")
    assert all(word in shown for word in words)
    assert "4 +/- 3.1e-09" in shown
    assert "\\u" not in shown


def test_latin1_keeps_what_it_has(everything: RunRecord) -> None:
    shown = printed(everything, "latin-1")
    assert "+ pass" in shown
    assert "4 ± 3.1e-09" in shown


def test_unknown_characters_become_escapes(result: Callable, record: Callable) -> None:
    assert r"\u65e5" in printed(record(result("日")), "ascii")


def test_a_pipe_has_no_colour(everything: RunRecord) -> None:
    assert "\x1b" not in printed(everything, "utf-8")


def test_force_color_colours_a_pipe(everything: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m✓ pass" in printed(everything, "utf-8")


def test_no_color_wins_over_force_color(
    everything: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in printed(everything, "utf-8")


def test_a_reader_that_has_gone_is_no_error(everything: RunRecord) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        report(everything, terminal(stream))
