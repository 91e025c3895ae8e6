"""The verdict bar: what a whole run comes to, in one sentence and a handful of facts."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from adbench.record.bench import Bench, Measurement
from adbench.record.model import CaseResult, RunRecord, Verdict
from adbench.record.origin import Environment
from adbench.report.view import signs
from adbench.report.view.anchors import mode_of
from adbench.report.view.numbers import count, percent, seconds, short, size
from adbench.report.view.signs import Sign, sign_of

_ORDER = (
    signs.FAIL,
    signs.UNEXPECTED,
    signs.ERROR,
    signs.INCONCLUSIVE,
    signs.KINK,
    signs.PASS,
    signs.EXPECTED,
    signs.SKIPPED,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many results have a sign."""

    sign: Sign
    number: int


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a reader has to know to believe the rest: its name, its value, more on it."""

    name: str
    value: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class VerdictBar:
    """The first thing that is read, and for most runs the only one."""

    sign: Sign
    sentence: str
    tallies: tuple[Tally, ...]
    facts: tuple[Fact, ...]


def verdict_bar(record: RunRecord, regressions: int = 0) -> VerdictBar:
    """What `record` comes to; `regressions` are those that a comparison found."""
    regressions += _slower_than_before(record)
    phrases = [*_phrases(record), *([count(regressions, "regression")] if regressions else [])]
    failed = sum(m.status == "failed" for m in record.bench.measurements) if record.bench else 0
    phrases += [f"{failed:,} could not be measured"] if failed else []
    return VerdictBar(
        sign=_sign(record, regressions),
        sentence=", ".join(phrases),
        tallies=tallies(record.results),
        facts=tuple(facts(record)),
    )


def tallies(results: Sequence[CaseResult]) -> tuple[Tally, ...]:
    """The counts by sign, gravest first; none for what did not occur."""
    found = Counter(sign_of(result) for result in results)
    return tuple(Tally(s, found[s]) for s in _ORDER if found[s])


def facts(record: RunRecord) -> list[Fact]:
    """Machine, libraries, worth of a pass, noise floor, threads and time of a run."""
    found = [_machine(record.environment), _libraries(record.environment)]
    found += [fact for fact in (_worth(record), _noise(record.bench)) if fact]
    found += [fact for fact in (_threads(record), _run(record)) if fact]
    return found


def _phrases(record: RunRecord) -> list[str]:
    found = Counter(sign_of(result) for result in record.results)
    judged = len(record.results) - found[signs.SKIPPED]
    if not record.results:
        measured = record.bench.measurements if record.bench else ()
        return [f"{count(len(measured), 'measurement')}, nothing was checked"]
    if not judged:
        return ["Nothing was checked: every task was skipped"]
    wrong = found[signs.FAIL]
    right = found[signs.PASS] + found[signs.KINK]
    if wrong:
        phrases = [f"{wrong:,} of {count(judged, 'gradient')} wrong"]
    elif right == judged:
        phrases = ["The gradient is right" if judged == 1 else f"All {judged:,} gradients right"]
    else:
        phrases = [f"{right:,} of {count(judged, 'gradient')} right"]
    others = {
        signs.ERROR: "could not be checked",
        signs.UNEXPECTED: "right although a failure was announced",
        signs.INCONCLUSIVE: "inconclusive",
        signs.EXPECTED: "wrong as announced",
    }
    return phrases + [f"{found[s]:,} {words}" for s, words in others.items() if found[s]]


def _sign(record: RunRecord, regressions: int) -> Sign:
    found = {sign_of(result) for result in record.results}
    for sign in _ORDER[:3]:
        if sign in found:
            return sign
    if regressions:
        return signs.REGRESSION
    if signs.INCONCLUSIVE in found:
        return signs.INCONCLUSIVE
    if found & {signs.PASS, signs.KINK, signs.EXPECTED}:
        return signs.PASS
    return signs.SKIPPED if found else signs.MEASURED


def _slower_than_before(record: RunRecord) -> int:
    pairs = record.bench.side_by_side if record.bench else ()
    return sum(pair.verdict == "regression" for pair in pairs)


def _machine(environment: Environment) -> Fact:
    processor = environment.processor or environment.machine
    cores, memory = count(environment.cores, "core"), size(environment.memory_bytes)
    return Fact("machine", f"{processor}, {cores}, {memory}", environment.platform)


def _libraries(environment: Environment) -> Fact:
    known = [n for n in ("numpy", "torch", "jax") if n in environment.versions]
    named = [f"Python {environment.python}", *(_versioned(environment, n) for n in known)]
    rest = [_versioned(environment, n) for n in environment.versions if n not in known]
    return Fact("libraries", ", ".join(named), ", ".join(rest))


def _versioned(environment: Environment, name: str) -> str:
    return f"{name} {environment.versions[name]}"


def _worth(record: RunRecord) -> Fact | None:
    """What the passes could have shown: the usual one, and the least telling."""
    passes = [
        (result.check.resolution, result)
        for result in record.results
        if result.verdict is Verdict.PASS and result.check and result.check.resolution is not None
    ]
    if not passes:
        return None
    resolution, weakest = max(passes, key=lambda item: item[0])
    usual = statistics.median(value for value, _ in passes)
    return Fact(
        "a pass would have shown",
        f"relative errors above {short(usual)}",
        f"the median; the weakest {short(resolution)}, {weakest.case} on {mode_of(weakest)}",
    )


def _noise(bench: Bench | None) -> Fact | None:
    if bench is None or bench.noise_floor is None:
        return None
    details = [f"governor {bench.governor}"] if bench.governor else []
    if bench.load:
        details.append(f"load at the start {bench.load[0]:.2g}")
    return Fact("noise floor", f"± {percent(bench.noise_floor)}", ", ".join(details))


def _threads(record: RunRecord) -> Fact | None:
    """Threads as they were asked for, and as they were seen at work."""
    measured: tuple[Measurement, ...] = record.bench.measurements if record.bench else ()
    seen = [m for m in measured if m.threads is not None]
    if seen:
        proven = [m.threads for m in seen if m.threads]
        asked = sorted({t.requested for t in proven})
        most = max(t.observed for t in proven)
        # More threads than cores take turns: they compute no more than was asked for.
        kept = sum(t.observed <= t.requested or 0 < len(t.cores) <= t.requested for t in proven)
        return Fact(
            "threads",
            f"{' or '.join(map(str, asked))} asked for, at most {most} seen",
            f"kept in {kept:,} of {count(len(proven), 'measurement')}",
        )
    counts = record.environment.threads
    if not counts:
        return None
    numbers = sorted(set(counts.values()))
    said = " or ".join(map(str, numbers))
    per = ", ".join(f"{name} {number}" for name, number in counts.items())
    where = "every library" if len(numbers) == 1 else "the libraries"
    return Fact("threads", f"{said} in {where}", per)


def _run(record: RunRecord) -> Fact:
    when = record.started.replace("T", " ").partition(".")[0].removesuffix("Z")
    evaluations = sum(result.check.evaluations for result in record.results if result.check)
    details = [count(evaluations, "evaluation")] if evaluations else []
    if record.environment.git:
        details.append(f"revision {record.environment.git}")
    if record.interrupted:
        left = max(0, record.planned - len(record.results))
        details.append(f"stopped early: {left:,} of {record.planned:,} tasks were not run")
    details.append(f"adbench {record.adbench_version}")
    return Fact("run", f"{when} UTC, {seconds(record.seconds)}", ", ".join(details))
