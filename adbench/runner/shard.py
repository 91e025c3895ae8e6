"""One part of a run of n: every task in exactly one of them, balanced by how long tasks took."""

from __future__ import annotations

import hashlib
import heapq
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adbench.record.origin import Shard
from adbench.runner.tasks import Task


class ShardError(ValueError):
    """A `--shard` that cannot be read, or that does not exist."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of how many; counts from 1."""

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Part:
        """`"2/4"`. Raises ShardError."""
        first, slash, second = text.partition("/")
        if not slash or not first.strip().isdecimal() or not second.strip().isdecimal():
            raise ShardError(f"--shard {text!r} is not of the form i/n, such as 1/4")
        index, count = int(first), int(second)
        if not 1 <= index <= count:
            what = f"there is no part {index} of {count}"
            raise ShardError(f"--shard {text}: {what}; i counts from 1 to n")
        return cls(index, count)


def assign(names: Sequence[str], seconds: Mapping[str, float], count: int) -> list[int]:
    """The part, 1 to `count`, of each task.

    The longest task first, each to the part that has least to do: at most 4/3 of the best possible
    (R. L. Graham, Bounds on Multiprocessing Timing Anomalies, SIAM J. Appl. Math. 17 (1969)). A
    task of unknown length is taken for a middling one. The same input gives the same answer on
    any machine.
    """
    known = [seconds[name] for name in names if name in seconds]
    middling = statistics.median(known) if known else 1.0
    lengths = [seconds.get(name, middling) for name in names]
    parts = [0] * len(names)
    # No more parts than tasks have anything to do.
    load = [(0.0, part) for part in range(1, min(count, len(names)) + 1)]
    for place in sorted(range(len(names)), key=lambda i: (-lengths[i], names[i])):
        least, part = load[0]
        parts[place] = part
        heapq.heapreplace(load, (least + lengths[place], part))
    return parts


def shard(
    tasks: Sequence[Task], part: Part, seconds: Mapping[str, float], code: str | None = None
) -> tuple[list[Task], Shard]:
    """The tasks of one part, in their order, and what `adbench merge` has to know about it.

    `seconds` are recorded durations by task; every part of a run must be given the same. `code`
    identifies the checked-out code.
    """
    names = [task.name for task in tasks]
    parts = assign(names, seconds, part.count)
    positions = tuple(place for place, p in enumerate(parts) if p == part.index)
    cut = hashlib.sha256(json.dumps([names, parts]).encode()).hexdigest()
    about = Shard(
        index=part.index,
        count=part.count,
        total=len(tasks),
        positions=positions,
        cut=cut,
        code=code,
    )
    return [tasks[place] for place in positions], about
