"""A case's section: its words from the view model, its charts drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adbench.record.model import RunRecord
from adbench.report.html.charts import Chart, case_charts, group_charts
from adbench.report.view.cases import (
    CaseView,
    Group,
    groups,
)
from adbench.report.view.elements import ElementRow, elements
from adbench.report.view.signs import Sign
from adbench.report.view.tasks import Note, TaskRow, notes, task_rows

_GRAVITY = ("bad", "warn", "note", "good", "quiet")


Signs = list[tuple[Sign, str]]
"""Each sign that occurs, and the modes that have it."""


@dataclass(frozen=True, slots=True)
class View:
    """One grid point, ready for its template."""

    case: CaseView
    signs: Signs
    charts: list[Chart]
    tasks: list[TaskRow]
    notes: list[Note]
    elements: list[ElementRow]


@dataclass(frozen=True, slots=True)
class Section:
    """One case with all its grid points."""

    base: str
    names: str
    """What a filter finds it by."""
    troubled: bool
    signs: Signs
    description: str
    code: str
    place: str
    charts: list[Chart]
    views: list[View]


def sections(record: RunRecord) -> dict[str, list[Section]]:
    """Every case's section under its suite."""
    found: dict[str, list[Section]] = {}
    for group in groups(record):
        found.setdefault(group.suite, []).append(_section(group))
    return found


def _section(group: Group) -> Section:
    first = group.cases[0]
    return Section(
        base=group.base,
        names=" ".join(case.key.case for case in group.cases),
        troubled=group.troubled,
        signs=_gravest(group),
        description=first.description,
        code=first.code,
        place=first.place,
        charts=group_charts(group),
        # Between sizes the table's numbers are enough: their growth has charts of its own.
        views=[_view(case, costs=case is group.cases[-1]) for case in group.cases],
    )


def _view(case: CaseView, costs: bool) -> View:
    rows = task_rows(case)
    charts = case_charts(case, costs)
    return View(case, _by_sign(case.signs), charts, rows, notes(rows), elements(case))


def _gravest(group: Group) -> Signs:
    """Each mode with the gravest sign that any grid point has."""
    found: dict[str, Sign] = {}
    for case in group.cases:
        for mode, sign in case.signs:
            known = found.get(mode)
            if known is None or _GRAVITY.index(sign.tone) < _GRAVITY.index(known.tone):
                found[mode] = sign
    return _by_sign(list(found.items()))


def _by_sign(signs: Sequence[tuple[str, Sign]]) -> Signs:
    """The modes under their signs, gravest first; where all modes agree, how many they are."""
    found: dict[Sign, list[str]] = {}
    good = next((sign for _, sign in signs if sign.tone == "good"), None)
    for mode, sign in signs:
        shown = good if good is not None and sign.tone == "good" else sign
        found.setdefault(shown, []).append(mode)
    if len(found) == 1:
        ((sign, modes),) = found.items()
        return [(sign, modes[0] if len(modes) == 1 else f"all {len(modes)} backends")]
    ordered = sorted(found, key=lambda sign: _GRAVITY.index(sign.tone))
    return [(sign, ", ".join(found[sign])) for sign in ordered]
