"""A glyph, a word and a tone for every outcome: colour is never all there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from adbench.record.bench import Measurement
from adbench.record.model import CaseResult
from adbench.report.marks import MARKS, XFAIL, XPASS, Mark, mark

Tone = Literal["good", "bad", "warn", "note", "quiet"]


@dataclass(frozen=True, slots=True)
class Sign:
    """How an outcome is shown wherever it is shown."""

    glyph: str
    word: str
    tone: Tone


_TONES: dict[str, Tone] = {
    "pass": "good",
    "kink": "note",
    "skipped": "quiet",
    "inconclusive": "warn",
    "error": "bad",
    "fail": "bad",
    "xfail": "quiet",
    "xpass": "bad",
}


def _sign(shown: Mark) -> Sign:
    return Sign(shown.glyph, shown.word, _TONES[shown.word])


PASS, KINK, SKIPPED, INCONCLUSIVE, ERROR, FAIL = map(_sign, MARKS.values())
EXPECTED, UNEXPECTED = _sign(XFAIL), _sign(XPASS)
REGRESSION = Sign("▲", "regression", "bad")
IMPROVEMENT = Sign("▼", "improvement", "good")
CHANGED = Sign("Δ", "changed", "warn")
STALE = Sign("Δ", "other inputs", "warn")
ADDED = Sign("+", "added", "note")
REMOVED = Sign("–", "removed", "note")
ROUNDING = Sign("≈", "rounding", "quiet")
SAME = Sign("=", "same", "quiet")
AGREES = Sign("✓", "agrees", "good")
"""A mode whose gradient is that of another one, which was checked."""
UNFAIR = Sign("≠", "not comparable", "warn")
GROWTH = Sign("↗", "growth", "warn")
WARNING = Sign("?", "warning", "warn")
MEASURED = Sign("·", "measured", "quiet")

_STATUS = {
    "measured": MEASURED,
    "wrong": FAIL,
    "unfair": UNFAIR,
    "failed": ERROR,
    "skipped": SKIPPED,
    "unfinished": Sign("…", "unfinished", "warn"),
}


def sign_of(result: CaseResult) -> Sign:
    """The sign of a check, announced failures told apart."""
    return _sign(mark(result))


def status_of(measurement: Measurement) -> Sign:
    """The sign of a measurement that stands without a check, or says more than its check does."""
    compared = next((item for item in measurement.audit if item.name == "gradient"), None)
    if measurement.status == "measured" and compared is not None and compared.ok:
        return AGREES
    return _STATUS[measurement.status]
