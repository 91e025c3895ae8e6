"""What needs a person: one sentence a problem, worst first, with its line and its command."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from adbench.record.bench import Bench, Growth, Measurement, SideBySide
from adbench.record.comparison import Comparison
from adbench.record.explain import place_of, said_by
from adbench.record.model import CaseResult, Finding, RunRecord, SourceLocation, Verdict
from adbench.report.view import signs
from adbench.report.view.anchors import CaseKey, base_of, case_of, mode_of
from adbench.report.view.numbers import both, percent, plus_minus, ratio, short
from adbench.report.view.signs import Sign, sign_of

_FINDINGS = 4
"""Findings told of one result; its record holds all of them."""


@dataclass(frozen=True, slots=True)
class Attention:
    """One problem, told once for all the backends that share it."""

    sign: Sign
    modes: tuple[str, ...]
    cases: tuple[CaseKey, ...]
    """The first is the one that the sentence is about; the others have the same problem."""
    sentence: str
    more: tuple[str, ...] = ()
    place: str = ""
    """`model.py:12`, where a person will look."""
    code: str = ""
    command: str = ""

    @property
    def anchor(self) -> str:
        """Where the page says more about it."""
        return self.cases[0].anchor if self.cases else ""


def attention(record: RunRecord, compared: Sequence[Attention] = ()) -> tuple[Attention, ...]:
    """Every problem of a run: wrong first, then what could not be done, then what is uncertain.

    `compared` are the problems that a comparison with another run adds.
    """
    found = [*_of_checks(record.results), *compared]
    if record.bench:
        found += _of_bench(record.bench, record.results)
    if record.comparison:
        found += _of_baseline(record.comparison)
    return tuple(sorted(found, key=lambda item: _GRAVITY.index(item.sign)))


_GRAVITY = (
    signs.FAIL,
    signs.UNEXPECTED,
    signs.ERROR,
    signs.REGRESSION,
    signs.CHANGED,
    signs.STALE,
    signs.INCONCLUSIVE,
    signs.UNFAIR,
    signs.GROWTH,
    signs.WARNING,
)


def sentence_of(finding: Finding) -> str:
    """`the gradient of r[5] is wrong: AD gives 1, should be −1 ± 5.5e-15: sign flipped`."""
    place = place_of(finding)
    where = "" if not place or place in finding.message else f" at {place}"
    if finding.output and finding.output not in finding.message:
        where += f" for output {finding.output}"
    said = f"{finding.message.removesuffix('.')}{where}"
    ad, numeric = both(finding.ad, finding.numeric)
    if finding.ad is not None and finding.numeric is not None:
        should = "should be" if finding.level == "fail" else "numeric"
        said += f": AD gives {ad}, {should} {numeric}{plus_minus(finding.bound)}"
    elif finding.ad is not None:
        said += f": AD gives {ad}"
    elif finding.numeric is not None:
        said += f": numeric {numeric}{plus_minus(finding.bound)}"
    return f"{said}: {finding.diagnosis}" if finding.diagnosis else said


def remarks(result: CaseResult) -> list[str]:
    """Everything that a result has to say for itself, most telling first, without repetition."""
    findings = result.check.findings if result.check else ()
    said = [sentence_of(finding) for finding in findings]
    if result.failure:
        said.append(said_by(result.failure))
    for derivative in result.check.derivatives if result.check else ():
        undecided = derivative.verdict not in (Verdict.PASS, Verdict.KINK)
        told = any(finding.derivative == derivative.derivative for finding in findings)
        if undecided and not told:
            said.append(f"{derivative.derivative}: {derivative.reason}")
    explained = any(finding.message in result.reason for finding in findings)
    if not result.failure and not explained:
        said.append(result.reason)
    return list(dict.fromkeys(said))


def place_in_source(result: CaseResult) -> SourceLocation | None:
    """The user's line that is nearest to the problem."""
    findings = result.check.findings if result.check else ()
    if result.failure and result.failure.frames:
        return result.failure.frames[-1]
    named = next((finding.where for finding in findings if finding.where), None)
    return named or (result.check.where if result.check else None) or result.source


def _of_checks(results: Iterable[CaseResult]) -> Iterator[Attention]:
    """Results that are not as they should be, and undecided ones; equal explanations together."""
    groups: dict[Hashable, list[CaseResult]] = {}
    for result in results:
        if not result.expected or result.verdict is Verdict.INCONCLUSIVE:
            key = (sign_of(result), tuple(remarks(result)), _line(place_in_source(result)))
            groups.setdefault(key, []).append(result)
    for group in groups.values():
        first, (sentence, *more) = group[0], remarks(group[0])
        place = place_in_source(first)
        left = len(more) - _FINDINGS
        yield Attention(
            sign=sign_of(first),
            modes=tuple(dict.fromkeys(map(mode_of, group))),
            cases=tuple(dict.fromkeys(map(case_of, group))),
            sentence=sentence,
            more=(*more[:_FINDINGS], *([f"and {left:,} more like these"] if left > 0 else [])),
            place=_line(place),
            code=place.text.strip() if place else "",
            command=first.reproduce,
        )


def _line(place: SourceLocation | None) -> str:
    return f"{place.file}:{place.line}" if place and place.file else ""


def _of_bench(bench: Bench, results: Sequence[CaseResult]) -> Iterator[Attention]:
    yield from map(_slower, (p for p in bench.side_by_side if p.verdict == "regression"))
    judged = {(case_of(result), mode_of(result)): result for result in results}
    unmeasured: dict[tuple[Sign, str], list[Measurement]] = {}
    for m in bench.measurements:
        for key in _unmeasured(m, judged.get((case_of(m), mode_of(m)))):
            unmeasured.setdefault(key, []).append(m)
    for (sign, sentence), alike in unmeasured.items():
        columns = tuple(dict.fromkeys(map(mode_of, alike)))
        yield Attention(sign, columns, tuple(dict.fromkeys(map(case_of, alike))), sentence)
    for growth in bench.growth:
        if growth.flagged:
            yield _flagged(growth, bench)
    for warning in bench.warnings:
        yield Attention(signs.WARNING, (), (), warning)


def _of_baseline(comparison: Comparison) -> Iterator[Attention]:
    """Tasks that are not as they were blessed; a wrong one is told by its check."""
    for task in comparison.failing:
        if task.outcome != "wrong":
            case, mode = split_task(task.task)
            yield Attention(signs.CHANGED, (mode,), (case,), task.reason)


def _slower(pair: SideBySide) -> Attention:
    case, mode = split_task(pair.task)
    return Attention(
        signs.REGRESSION,
        (mode,),
        (case,),
        f"{pair.what} takes {ratio(pair.ratio.value)} the time of before "
        f"({short(pair.ratio.low, 3)} to {short(pair.ratio.high, 3)}; "
        f"the margin is {percent(pair.margin)})",
    )


def _unmeasured(measurement: Measurement, check: CaseResult | None) -> Iterator[tuple[Sign, str]]:
    """Why a measurement was blocked or failed; what its check has told is not told again."""
    if check is not None and check.verdict is Verdict.ERROR and measurement.status == "failed":
        return
    sign = {"unfair": signs.UNFAIR, "failed": signs.ERROR, "unfinished": signs.WARNING}.get(
        measurement.status
    )
    if measurement.status == "wrong" and check is None:
        sign = signs.FAIL
    if sign:
        broken = [item.message for item in measurement.audit if not item.ok]
        yield sign, measurement.reason or "; ".join(broken) or f"not measured: {sign.word}"


def _flagged(growth: Growth, bench: Bench) -> Attention:
    mode = f"{growth.backend}:{growth.mode}"
    members = (
        case_of(m)
        for m in bench.measurements
        if m.suite == growth.suite and base_of(m) == growth.base and mode_of(m) == mode
    )
    cases = tuple(dict.fromkeys(members)) or (CaseKey(growth.suite, growth.base),)
    return Attention(signs.GROWTH, (mode,), cases[-1:], growth.flagged)


def split_task(task: str) -> tuple[CaseKey, str]:
    """`suite/case@backend:mode` as the case and the mode."""
    name, _, mode = task.rpartition("@")
    suite, _, case = name.partition("/")
    return CaseKey(suite, case), mode
