"""Parts of a run: every task in exactly one, balanced, and the same on every machine."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adbench.runner.shard import Part, ShardError, assign, shard

names = st.lists(st.text(min_size=1, max_size=8), min_size=0, max_size=40, unique=True)
lengths = st.floats(min_value=1e-3, max_value=1e3)


def tasks(*names: str):
    return [SimpleNamespace(name=name) for name in names]


@given(names, st.dictionaries(st.text(min_size=1, max_size=8), lengths), st.integers(1, 9))
def test_each_task_is_in_exactly_one_part(names, seconds, count) -> None:
    parts = [shard(tasks(*names), Part(i, count), seconds)[0] for i in range(1, count + 1)]
    together = [task.name for part in parts for task in part]
    assert sorted(together) == sorted(names)


@given(st.lists(lengths, min_size=1, max_size=7), st.integers(1, 3))
def test_the_longest_part_is_within_grahams_bound_of_the_best(seconds, count) -> None:
    """(4/3 − 1/(3m)) of the best of all assignments, tried one by one."""

    def longest(parts) -> float:
        return max(
            sum(s for s, p in zip(seconds, parts, strict=True) if p == part)
            for part in range(1, count + 1)
        )

    names = [f"t{i}" for i in range(len(seconds))]
    best = min(map(longest, product(range(1, count + 1), repeat=len(seconds))))
    found = longest(assign(names, dict(zip(names, seconds, strict=True)), count))
    assert found <= (4 / 3 - 1 / (3 * count)) * best * (1 + 1e-9)


def test_a_long_task_has_a_part_of_its_own() -> None:
    seconds = {"long": 100.0, "a": 1.0, "b": 1.0, "c": 1.0}
    parts = dict(zip(seconds, assign(list(seconds), seconds, 2), strict=True))
    assert parts["a"] == parts["b"] == parts["c"] != parts["long"]


def test_without_durations_the_parts_are_equally_many() -> None:
    parts = assign([f"t{i}" for i in range(10)], {}, 4)
    assert sorted(parts.count(i) for i in range(1, 5)) == [2, 2, 3, 3]


def test_the_assignment_does_not_depend_on_the_order() -> None:
    names = [f"t{i}" for i in range(20)]
    seconds = {name: float(i % 3) for i, name in enumerate(names)}
    forward = dict(zip(names, assign(names, seconds, 3), strict=True))
    backward = dict(zip(names[::-1], assign(names[::-1], seconds, 3), strict=True))
    assert forward == backward


def test_the_parts_of_one_run_know_each_other() -> None:
    about = [shard(tasks("a", "b", "c"), Part(i, 2), {}, "abc")[1] for i in (1, 2)]
    assert about[0].cut == about[1].cut
    assert sorted(about[0].positions + about[1].positions) == [0, 1, 2]
    other = shard(tasks("a", "b", "c"), Part(1, 2), {"a": 9.0, "b": 1.0, "c": 1.0}, "abc")[1]
    assert other.cut != about[0].cut


@pytest.mark.parametrize("text", ["5/4", "0/4", "1/0", "1", "a/b", "1/", "-1/4", "1/4/2", ""])
def test_a_part_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ShardError, match="--shard"):
        Part.parse(text)


def test_more_parts_than_tasks_leaves_some_empty() -> None:
    chosen, about = shard(tasks("a"), Part(2, 3), {})
    assert (chosen, about.positions, about.total) == ([], (), 1)


def test_a_thousand_million_parts_take_no_more_memory_than_three() -> None:
    assert assign(["a", "b", "c"], {"a": 3.0, "b": 0.0}, 10**9) == assign(
        ["a", "b", "c"], {"a": 3.0, "b": 0.0}, 3
    )
