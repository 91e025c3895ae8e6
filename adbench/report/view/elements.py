"""The elements of a gradient that differ most, side by side over the backends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adbench.record.model import CaseResult, ElementComparison, Verdict
from adbench.report.view.cases import CaseView
from adbench.report.view.numbers import plus_minus, to_bound

_MOST = 5


@dataclass(frozen=True, slots=True)
class ElementRow:
    """One element of a gradient, and what every mode says of it; "" where none was kept."""

    derivative: str
    place: str
    numeric: str
    values: tuple[str, ...]
    wrong: tuple[bool, ...]

    @property
    def same(self) -> bool:
        """Whether every mode says the same, to the last digit shown, and none is wrong."""
        return len(set(self.values)) == 1 < len(self.values) and not any(self.wrong)


@dataclass(frozen=True, slots=True)
class _Kept:
    """One element as one mode's check kept it."""

    derivative: str
    element: ElementComparison
    failed: bool
    """Whether the derivative is wrong by its verdict, which knows more than one element."""

    @property
    def place(self) -> tuple[str, str, tuple[int, ...], str]:
        """What is the same on every mode."""
        return self.derivative, self.element.input, self.element.index, self.element.part

    @property
    def apart(self) -> float:
        """The difference in units of what is allowed; infinite where AD is not finite."""
        difference = abs(self.element.ad - self.element.numeric)
        allowed = 2 * self.element.bound + self.element.tolerance
        if difference == 0:
            return 0.0
        return difference / allowed if allowed > 0 and not math.isnan(difference) else math.inf

    @property
    def wrong(self) -> bool:
        """Whether this element is one that the verdict is about."""
        return self.failed and not self.apart <= 1.0


def elements(case: CaseView) -> list[ElementRow]:
    """The elements that differ most, chosen by the worst mode, beside the other modes' values."""
    kept = {mode: _kept(result) for mode, result in case.results.items()}
    if not any(kept.values()):
        return []

    def gravity(mode: str) -> tuple[bool, float]:
        found = kept[mode]
        return any(k.wrong for k in found), max((k.apart for k in found), default=-1.0)

    chosen = sorted(kept[max(kept, key=gravity)], key=lambda k: (not k.wrong, -k.apart))
    return [_row(case.modes, kept, element) for element in chosen[:_MOST]]


def _kept(result: CaseResult) -> list[_Kept]:
    return [
        _Kept(derivative.derivative, element, derivative.verdict is Verdict.FAIL)
        for derivative in (result.check.derivatives if result.check else ())
        for element in derivative.worst
    ]


def _row(columns: Sequence[str], kept: Mapping[str, Sequence[_Kept]], chosen: _Kept) -> ElementRow:
    cells = [
        next((k for k in kept.get(mode, ()) if k.place == chosen.place), None) for mode in columns
    ]
    element = chosen.element
    index = f"[{', '.join(map(str, element.index))}]" if element.index else ""
    place = f"{element.input}{index}"
    return ElementRow(
        chosen.derivative,
        place if element.part == "real" else f"imaginary part of {place}",
        f"{to_bound(element.numeric, element.bound)}{plus_minus(element.bound)}",
        tuple("" if k is None else to_bound(k.element.ad, k.element.bound) for k in cells),
        tuple(k is not None and k.wrong for k in cells),
    )
