"""Baseline files: exact, stable to diff, and refused when anything is wrong with them."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adbench.record.baseline import Baseline, Entry, Place
from adbench.record.baseline_file import (
    baseline_path,
    baseline_text,
    read_baseline,
    write_baseline,
)
from adbench.record.baseline_update import pruned, updated
from adbench.record.file import RecordError
from adbench.record.model import ArrayDigest, InputsDigest, Verdict

PLACE = Place(
    python="3.11.7",
    platform="Linux",
    machine="x86_64",
    processor="P",
    cores=2,
    versions={"numpy": "2.4.0"},
    threads={},
    variables={},
)
OTHER_PLACE = PLACE.model_copy(update={"cores": 64})


def entry(*values: float, place: Place = PLACE, **fields) -> Entry:
    gradient = ArrayDigest(name="x", shape=(len(values),), dtype="float64", values=values)
    known = {
        "verdict": Verdict.PASS,
        "dtype": "float64",
        "seed": 0,
        "inputs": InputsDigest(sha256="a", leaves={"x": "float64[1]"}, numbers=1),
        "gradient": (gradient,),
        "suite_sha256": "s",
        "place": place.key,
    }
    return Entry.model_validate(known | fields)


def baseline(**tasks: Entry) -> Baseline:
    return Baseline(suite="s", places={PLACE.key: PLACE}, tasks=tasks)


@given(st.lists(st.floats(), min_size=1, max_size=8))
def test_every_float_survives_exactly(tmp_path_factory, values) -> None:
    path = tmp_path_factory.mktemp("b") / "s.json"
    write_baseline(baseline(f=entry(*values)), path)
    (back,) = read_baseline(path, "s").tasks["f"].gradient
    assert len(back.values) == len(values)
    for one, other in zip(back.values, values, strict=True):
        assert one == other or (math.isnan(one) and math.isnan(other))
        assert math.copysign(1, one) == math.copysign(1, other) or math.isnan(one)


def test_the_text_does_not_depend_on_the_order_of_entries() -> None:
    entries = {f"f{i}": entry(float(i)) for i in range(20)}
    shuffled = list(entries.items())
    random.Random(0).shuffle(shuffled)
    assert baseline_text(baseline(**entries)) == baseline_text(baseline(**dict(shuffled)))


def test_a_changed_number_changes_its_own_line_and_the_checksum() -> None:
    old = baseline_text(baseline(f=entry(1.0, 2.0, 3.0), g=entry(1.0))).splitlines()
    new = baseline_text(baseline(f=entry(1.0, 2.5, 3.0), g=entry(1.0))).splitlines()
    changed = [(a.strip(), b.strip()) for a, b in zip(old, new, strict=True) if a != b]
    assert len(changed) == 2
    assert ("2.0,", "2.5,") in changed
    assert all("checksum" in a for a, _ in changed if a != "2.0,")


def test_numbers_have_the_shortest_digits_that_give_them_back() -> None:
    text = baseline_text(baseline(f=entry(0.1, 1e22, 5e-324)))
    for digits in ("0.1,", "1e+22,", "5e-324\n"):
        assert digits in text


def test_it_is_json_without_objects_of_any_language(tmp_path: Path) -> None:
    write_baseline(baseline(f=entry(1.0)), tmp_path / "s.json")
    data = json.loads((tmp_path / "s.json").read_text())
    assert data["kind"] == "adbench baseline"
    assert data["schema_version"] == 1


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: edited(t, "1.5", "1.6"), "edited by hand: the checksum of f"),
        (lambda t: edited(t, '"verdict": "pass"', '"verdict": "fail"'), "edited by hand"),
        (lambda t: edited(t, '"f": {', '"h": {'), "edited by hand: the checksum of h"),
        (lambda t: edited(t, '"suite": "s"', '"suite": "t"'), "edited by hand"),
        (lambda t: edited(t, '"cores": 2', '"cores": 3'), "edited by hand"),
        (lambda t: edited(t, '"schema_version": 1', '"schema_version": 2'), "schema version 2"),
        (lambda t: t[: len(t) // 2], "stops in the middle"),
        (lambda t: "", "the file is empty"),
        (lambda t: "<<<<<<< HEAD\n" + t, "this is not JSON"),
        (lambda t: "[1, 2]", "not a baseline"),
        (lambda t: '{"schema_version": 1, "results": []}', "not a baseline"),
    ],
)
def test_a_file_that_is_not_to_be_trusted_is_refused(tmp_path: Path, change, said: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(change(baseline_text(baseline(f=entry(1.5), g=entry(2.0)))))
    before = path.read_bytes()
    with pytest.raises(RecordError) as caught:
        read_baseline(path, "s")
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "adbench baseline update" in caught.value.remedy
    assert path.read_bytes() == before


def test_a_baseline_of_another_suite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    write_baseline(baseline(f=entry(1.0)), path)
    with pytest.raises(RecordError, match="baseline of the suite 's', not of 'other'"):
        read_baseline(path, "other")


def test_entries_that_two_branches_added_can_be_merged(tmp_path: Path) -> None:
    """Each entry has its own checksum, so that taking both sides of a diff gives a good file."""
    ours = json.loads(baseline_text(baseline(f=entry(1.0))))
    theirs = json.loads(baseline_text(baseline(g=entry(2.0))))
    both = ours | {"tasks": ours["tasks"] | theirs["tasks"]}
    (tmp_path / "s.json").write_text(json.dumps(both))
    assert set(read_baseline(tmp_path / "s.json", "s").tasks) == {"f", "g"}


def test_the_file_lies_beside_its_suite_unless_it_is_put_elsewhere() -> None:
    suite = "/project/suites/deep.yaml"
    beside = Path("/project/suites/adbench-baselines/deep.json")
    assert baseline_path("deep", suite, None) == beside
    assert baseline_path("deep", suite, Path("b")) == Path("b/deep.json")
    assert baseline_path("deep", suite, Path("b/x.json")) == Path("b/x.json")
    assert baseline_path("a/b:c", suite, Path("b")).parent == Path("b")


def test_an_update_touches_nothing_but_what_was_selected() -> None:
    before = baseline(f=entry(1.0), g=entry(2.0))
    change = updated(before, {"f": entry(9.0)}, PLACE)
    assert change.after.tasks["g"] is before.tasks["g"]
    assert list(change.changed) == ["f"]
    assert change.added == ()
    assert change.after.tasks["f"].gradient[0].values == (9.0,)


def test_an_update_with_the_same_numbers_changes_no_byte() -> None:
    before = baseline(f=entry(1.0, seconds=1.0))
    again = entry(1.0, place=OTHER_PLACE, seconds=2.0, resolution=0.5, suite_sha256="t")
    change = updated(before, {"f": again}, OTHER_PLACE)
    assert not change.writes
    assert change.unchanged == 1
    assert baseline_text(change.after) == baseline_text(before)


def test_each_entry_keeps_the_place_that_it_was_made_in() -> None:
    change = updated(baseline(f=entry(1.0)), {"g": entry(2.0, place=OTHER_PLACE)}, OTHER_PLACE)
    assert change.after.places == {PLACE.key: PLACE, OTHER_PLACE.key: OTHER_PLACE}
    left = pruned(change.after, {"f"})
    assert list(left.tasks) == ["g"]
    assert left.places == {OTHER_PLACE.key: OTHER_PLACE}


def test_a_run_without_measurements_takes_none_away() -> None:
    before = baseline(f=entry(1.0, memory=100, steady=0.5))
    change = updated(before, {"f": entry(2.0)}, PLACE)
    assert (change.after.tasks["f"].memory, change.after.tasks["f"].steady) == (100, 0.5)
    assert not updated(before, {"f": entry(1.0)}, PLACE).writes


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "s.json").mkdir()
    with pytest.raises(RecordError, match="folder"):
        write_baseline(baseline(), tmp_path / "s.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be written"):
        write_baseline(baseline(), tmp_path / "file" / "s.json")
