"""The records of one run's parts, put together again, or refused."""

from __future__ import annotations

from collections.abc import Sequence

from adbench.record.comparison import Comparison
from adbench.record.model import CaseResult, RunRecord

_AGAIN = "run all parts again at the same revision, with the same selection and baseline"


class MergeError(ValueError):
    """Records that are not parts of one run; the message says which, why, and what to do."""


def merged(records: Sequence[tuple[str, RunRecord]]) -> RunRecord:
    """One record of all results, in the order of the whole run; each record comes with its name.

    Records without a shard are put together too, in the order given. Raises MergeError for parts
    that are missing or unfinished, for other versions, suites or code, and for two results of one
    task that disagree.
    """
    if not records:
        raise MergeError("there is nothing to merge")
    first_name, first = records[0]
    for name, record in records:
        _same_run(first_name, first, name, record)
    if any(record.shard for _, record in records):
        _whole(records)
    results = _united(records)
    interrupted = any(record.interrupted for _, record in records)
    planned = sum(record.planned for _, record in _once(records))
    threads: dict[str, int] = {}
    for _, record in records:
        threads |= record.environment.threads
    return first.model_copy(
        update={
            "started": min(record.started for _, record in records),
            "seconds": max(record.seconds for _, record in records),
            "environment": first.environment.model_copy(update={"threads": threads}),
            "results": results,
            "planned": planned if interrupted else len(results),
            "interrupted": interrupted,
            "shard": None,
            "comparison": _comparisons(records, [result.task for result in results]),
        }
    )


def _same_run(first_name: str, first: RunRecord, name: str, record: RunRecord) -> None:
    """Refuse a record that was not made in the same way as the first."""
    if record.kind != "check" or first.kind != "check":
        bench = name if record.kind != "check" else first_name
        raise MergeError(
            f"{bench} is a record of `adbench bench`: its times belong to one machine and one run, "
            "and cannot be put together with others; merge records of `adbench check`"
        )
    pairs = {"adbench": (first.adbench_version, record.adbench_version)}
    here, there = first.environment.versions, record.environment.versions
    pairs |= {library: (here[library], there[library]) for library in here if library in there}
    for library, (one, other) in pairs.items():
        if one != other:
            raise MergeError(
                f"{first_name} was made with {library} {one}, {name} with {library} {other}; "
                "use the same versions for all parts"
            )
    mine = {suite.name: suite.sha256 for suite in first.suites}
    theirs = {suite.name: suite.sha256 for suite in record.suites}
    if mine.keys() != theirs.keys():
        one, other = ", ".join(sorted(mine)), ", ".join(sorted(theirs))
        raise MergeError(
            f"{first_name} is a run of the suites {one}; {name} is one of {other}; merge records "
            "of the same suites"
        )
    if changed := sorted(suite for suite in mine if mine[suite] != theirs[suite]):
        raise MergeError(
            f"the suite {changed[0]} is not the same in {first_name} and {name}; {_AGAIN}"
        )


def _whole(records: Sequence[tuple[str, RunRecord]]) -> None:
    """Refuse parts that do not make up a whole."""
    parts: dict[int, str] = {}
    first_name, first = "", None
    for name, record in records:
        shard = record.shard
        if shard is None:
            raise MergeError(f"{name} is a whole run and the others are parts; leave it out")
        if first is None:
            first_name, first = name, shard
        if shard.count != first.count:
            raise MergeError(
                f"{first_name} is one of {first.count} parts, {name} one of {shard.count}; {_AGAIN}"
            )
        if shard.code != first.code:
            raise MergeError(
                f"{first_name} and {name} were made of different code ({first.code}, "
                f"{shard.code}); commit what is uncommitted, and {_AGAIN}"
            )
        if shard.cut != first.cut:
            raise MergeError(
                f"{first_name} and {name} were cut differently (another selection, or other "
                f"recorded durations); {_AGAIN}"
            )
        if len(record.results) < len(shard.positions):
            left = len(shard.positions) - len(record.results)
            raise MergeError(
                f"{name} (part {shard.index} of {shard.count}) ended before {left} of its "
                f"{len(shard.positions)} tasks; run that part again"
            )
        parts[shard.index] = name
    assert first is not None
    if missing := sorted(set(range(1, first.count + 1)) - parts.keys()):
        named = ", ".join(f"{index}/{first.count}" for index in missing)
        plural = "part is" if len(missing) == 1 else "parts are"
        raise MergeError(f"the {plural} missing: {named}; add the records, or run --shard {named}")


def _united(records: Sequence[tuple[str, RunRecord]]) -> tuple[CaseResult, ...]:
    """All results, each task once, where the whole run would have it."""
    found: dict[str, tuple[str, CaseResult]] = {}
    order: dict[str, int] = {}
    for name, record in records:
        for place, result in enumerate(record.results):
            if (other := found.get(result.task)) is not None and not _agree(other[1], result):
                raise MergeError(
                    f"{other[0]} and {name} disagree about {result.task} ({other[1].verdict.value} "
                    f"and {result.verdict.value}); find out why, and leave one of them out"
                )
            found.setdefault(result.task, (name, result))
            whole = record.shard.positions[place] if record.shard else len(order)
            order.setdefault(result.task, whole)
    return tuple(found[task][1] for task in sorted(found, key=order.__getitem__))


def _agree(one: CaseResult, other: CaseResult) -> bool:
    """Whether two results say the same, bit for bit; how long each took is another matter."""
    if one.verdict is not other.verdict or one.inputs != other.inputs:
        return False
    if one.check is None or other.check is None:
        return one.check is other.check
    return (one.check.outputs, one.check.gradient) == (other.check.outputs, other.check.gradient)


def _once(records: Sequence[tuple[str, RunRecord]]) -> list[tuple[str, RunRecord]]:
    """Each part once, however often it was given."""
    seen: dict[object, tuple[str, RunRecord]] = {}
    for name, record in records:
        key = record.shard.index if record.shard else tuple(r.task for r in record.results)
        seen.setdefault(key, (name, record))
    return list(seen.values())


def _comparisons(
    records: Sequence[tuple[str, RunRecord]], order: Sequence[str]
) -> Comparison | None:
    """The parts' comparisons as one, where each part has one, with the tasks in order."""
    found = [record.comparison for _, record in _once(records)]
    known = [comparison for comparison in found if comparison is not None]
    if not known or len(known) < len(found):
        return None
    tasks = {task.task: task for comparison in known for task in comparison.tasks}
    places = dict.fromkeys(phrase for comparison in known for phrase in comparison.environment)
    ordered = [tasks[task] for task in dict.fromkeys((*order, *tasks)) if task in tasks]
    return known[0].model_copy(update={"tasks": tuple(ordered), "environment": tuple(places)})
