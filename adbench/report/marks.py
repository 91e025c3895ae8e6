"""How an outcome is shown: a glyph and a word always, colour only on top of them."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from adbench.record.model import CaseResult, Verdict


@dataclass(frozen=True, slots=True)
class Mark:
    """One outcome's glyph, its word and the rich style that may colour both."""

    glyph: str
    word: str
    style: str

    def text(self) -> Text:
        """The glyph and the word, coloured."""
        return Text(f"{self.glyph} {self.word}", style=self.style)


MARKS = {
    Verdict.PASS: Mark("✓", "pass", "green"),
    Verdict.KINK: Mark("∧", "kink", "cyan"),
    Verdict.SKIPPED: Mark("–", "skipped", "dim"),
    Verdict.INCONCLUSIVE: Mark("?", "inconclusive", "yellow"),
    Verdict.ERROR: Mark("!", "error", "bold magenta"),
    Verdict.FAIL: Mark("✗", "fail", "bold red"),
}
XFAIL = Mark("✗", "xfail", "dim")
XPASS = Mark("✗", "xpass", "bold red")


def mark(result: CaseResult) -> Mark:
    """The mark of a result, with announced failures (and their absence) told apart."""
    if result.xfail is not None:
        if result.verdict in (Verdict.FAIL, Verdict.ERROR):
            return XFAIL
        if result.verdict in (Verdict.PASS, Verdict.KINK):
            return XPASS
    return MARKS[result.verdict]
