"""What needs a person: each problem explained once, then what is merely worth knowing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from adbench.record.explain import explain_failure, explain_finding
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.report.marks import XFAIL, mark
from adbench.report.matrix import column
from adbench.report.summary import repeat_command
from adbench.report.visible import visible, visible_lines

_FINDINGS_SHOWN = 5
"""Findings of one result that are explained; the record holds all of them."""
_PROBLEMS_SHOWN = 20
"""Problems that are explained in full; the rest are named, one line each."""
_TASKS_NAMED = 3


def problems(record: RunRecord) -> RenderableType:
    """Every wrong, failed or undecided result; those with the same explanation together."""
    found = [result for result in record.results if _is_problem(result)]
    found.sort(key=lambda result: _GRAVITY.index(result.verdict))
    groups = _grouped(found, lambda result: (mark(result), *explanation(result)))
    at_the_end = repeat_command(record)
    parts: list[RenderableType] = []
    for group in groups[:_PROBLEMS_SHOWN]:
        parts += [_problem(group, at_the_end), Text()]
    rest = groups[_PROBLEMS_SHOWN:]
    if rest:
        parts.append(Text("And, without their explanations (the JSON record has them):"))
        parts += [_one_line(group) for group in rest]
        parts.append(Text())
    return Group(*parts)


def notes(record: RunRecord) -> RenderableType:
    """Kinks, skipped tasks, announced failures and what passes are worth knowing for."""
    known = [result for result in record.results if not _is_problem(result)]
    remarkable = [result for result in known if result.verdict is not Verdict.PASS]
    groups = _grouped(remarkable, lambda result: (mark(result), _remark(result)))
    lines = [_note(group, _remark(group[0])) for group in groups]
    for result in known:
        if result.verdict in (Verdict.PASS, Verdict.KINK) and result.check:
            lines += [_note([result], f.message) for f in result.check.findings]
    return Group(*lines, *([Text()] if lines else []))


def explanation(result: CaseResult) -> tuple[str, ...]:
    """The lines that explain one result: reason, findings, exception and the user's frames."""
    lines: list[str] = []
    findings = result.check.findings if result.check else ()
    if not result.failure and not any(finding.message in result.reason for finding in findings):
        lines += visible_lines(result.reason)
    told = {finding.derivative for finding in findings}
    for derivative in result.check.derivatives if result.check else ():
        undecided = derivative.verdict not in (Verdict.PASS, Verdict.KINK)
        known = derivative.derivative in told or derivative.reason in result.reason
        if undecided and not known:
            lines += visible_lines(f"{derivative.derivative}: {derivative.reason}")
    for finding in findings[:_FINDINGS_SHOWN]:
        lines += visible_lines(explain_finding(finding))
    if len(findings) > _FINDINGS_SHOWN:
        lines.append(f"… and {len(findings) - _FINDINGS_SHOWN} more findings like these")
    if result.failure:
        lines += visible_lines(explain_failure(result.failure))
    return tuple(lines)


_GRAVITY = (
    Verdict.FAIL,
    Verdict.PASS,  # of a case that was announced to fail
    Verdict.KINK,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.SKIPPED,
)


def _is_problem(result: CaseResult) -> bool:
    return not result.expected or result.verdict is Verdict.INCONCLUSIVE


def _grouped(
    results: Iterable[CaseResult], key: Callable[[CaseResult], Hashable]
) -> list[list[CaseResult]]:
    groups: dict[Hashable, list[CaseResult]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return list(groups.values())


def _problem(group: Sequence[CaseResult], at_the_end: str) -> RenderableType:
    """One explanation; the command that repeats it, unless the report ends with the same."""
    parts: list[RenderableType] = [_heading(group)]
    parts += [_indented(line) for line in explanation(group[0])]
    first = group[0]
    if first.source and first.source.file:
        parts.append(_indented(f"case: {visible(first.source.file)}:{first.source.line}", "dim"))
    command = visible(first.reproduce)
    if command and command != at_the_end:
        parts.append(Text(f"  repeat: {command}", no_wrap=True, overflow="ignore"))
    return Group(*parts)


def _heading(group: Sequence[CaseResult]) -> Text:
    return Text.assemble(mark(group[0]).text(), "  ", (_tasks(group), "bold"), overflow="fold")


def _one_line(group: Sequence[CaseResult]) -> RenderableType:
    return _note(group, group[0].reason)


def _note(group: Sequence[CaseResult], remark: str) -> RenderableType:
    line = Text.assemble(mark(group[0]).text(), "  ", _tasks(group), overflow="fold")
    if group[0].verdict is Verdict.SKIPPED:  # the remark ends in a command, to be copied whole
        return Group(line, Text(f"  {visible(remark)}", no_wrap=True, overflow="ignore"))
    return line.append(f": {visible(remark)}")


def _remark(result: CaseResult) -> str:
    if mark(result) is XFAIL:
        return f"{result.xfail} ({result.reason})"
    return result.reason


def _tasks(group: Sequence[CaseResult]) -> str:
    """`article/f on torch:eager, jax:jit`; several cases are joined, many are counted."""
    cases = list(dict.fromkeys((result.suite, result.case) for result in group))
    named = ", ".join(visible(f"{suite}/{case}") for suite, case in cases[:_TASKS_NAMED])
    if len(cases) > _TASKS_NAMED:
        named += f" and {len(cases) - _TASKS_NAMED} more"
    backends = dict.fromkeys(column(result) for result in group)
    return f"{named} on {', '.join(visible(backend) for backend in backends)}"


def _indented(line: str, style: str = "") -> RenderableType:
    depth = len(line) - len(line.lstrip())
    return Padding(Text(line.strip(), style=style, overflow="fold"), (0, 0, 0, 2 + depth))
