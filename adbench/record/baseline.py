"""Baselines: what later runs are compared with, as data; what of a run goes into one.

A baseline holds no times of day, revisions or wordings, so that blessing the same numbers again
changes no line of its file. Each entry has a checksum of its own: entries that two branches have
added to one file can be merged, and an entry that was edited by hand is told.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from adbench.record.base import Model
from adbench.record.bench import Measurement
from adbench.record.model import (
    ArrayDigest,
    CaseResult,
    InputsDigest,
    RunRecord,
    Verdict,
)
from adbench.record.origin import Environment

BASELINE_VERSION = 1
_KEY_DIGITS = 12
_CHECKSUM_DIGITS = 16


class Place(Model):
    """Where an entry was made: what may explain other numbers, and nothing that changes daily."""

    python: str
    platform: str
    machine: str
    processor: str
    cores: int
    versions: dict[str, str]
    threads: dict[str, int]
    variables: dict[str, str]

    @classmethod
    def of(cls, environment: Environment) -> Place:
        """The part of a run's environment that an entry keeps."""
        return cls.model_validate(environment.model_dump(include=set(cls.model_fields)))

    @property
    def key(self) -> str:
        """A short name: places with the same key are the same."""
        return _sha256(self.model_dump(mode="json"))[:_KEY_DIGITS]


class Entry(Model):
    """One task, blessed."""

    verdict: Verdict
    resolution: float | None = None
    dtype: str
    device: str = "cpu"
    seed: int
    inputs: InputsDigest | None = None
    outputs: tuple[ArrayDigest, ...] = ()
    gradient: tuple[ArrayDigest, ...] = ()
    seconds: float = 0.0
    """How long the whole check took, to two digits: what shards are balanced by."""
    steady: float | None = None
    """Seconds of one gradient, where it was measured; shown, and never a reason to fail."""
    memory: int | None = None
    """Peak memory of one gradient above its inputs in bytes, where it was measured."""
    suite_sha256: str
    """The suite's text as it was."""
    place: str
    """A key of `Baseline.places`."""

    def numbers(self) -> dict[str, Any]:
        """What has to differ for an update to be worth a line of the file."""
        data = self.model_dump(mode="json")
        for name in ("seconds", "steady", "resolution", "place", "suite_sha256"):
            del data[name]
        for array in (*data["outputs"], *data["gradient"]):
            del array["noise"]
        return data


class Baseline(Model):
    """The blessed tasks of one suite."""

    schema_version: Literal[1] = 1
    suite: str
    places: dict[str, Place] = Field(default_factory=dict)
    tasks: dict[str, Entry] = Field(default_factory=dict)
    """By `case@backend:mode`."""

    def with_tasks(self, tasks: Mapping[str, Entry], places: Mapping[str, Place]) -> Baseline:
        """The same with other tasks, and of the places those that these were made in."""
        known = {**self.places, **places}
        used = {entry.place for entry in tasks.values()}
        return self.model_copy(
            update={"tasks": dict(tasks), "places": {key: known[key] for key in used}}
        )


def entries_of(record: RunRecord) -> tuple[dict[str, dict[str, Entry]], Place]:
    """By suite, then by `case@backend:mode`, the entries that a run's results make, and where.

    Skipped tasks and those that ended in an error have nothing to keep.
    """
    place = Place.of(record.environment)
    shas = {suite.name: suite.sha256 for suite in record.suites}
    measured = {
        m.task: m for m in (record.bench.measurements if record.bench else ()) if m.what == "vjp"
    }
    found: dict[str, dict[str, Entry]] = {}
    for result in record.results:
        entry = _entry(result, shas.get(result.suite, ""), place.key, measured.get(result.task))
        if entry is not None:
            name = f"{result.case}@{result.backend}:{result.mode}"
            found.setdefault(result.suite, {})[name] = entry
    return found, place


def _entry(
    result: CaseResult, sha256: str, place: str, measured: Measurement | None
) -> Entry | None:
    check = result.check
    if check is None or not check.outputs:
        return None
    steady = measured.steady.value if measured and measured.steady else None
    return Entry(
        verdict=result.verdict,
        resolution=check.resolution,
        dtype=result.dtype,
        device=result.device,
        seed=result.seed,
        inputs=result.inputs,
        outputs=check.outputs,
        gradient=check.gradient,
        seconds=float(f"{result.seconds:.1e}"),
        steady=float(f"{steady:.2e}") if steady is not None else None,
        memory=measured.memory.peak if measured and measured.memory else None,
        suite_sha256=sha256,
        place=place,
    )


def checksum(suite: str, task: str, entry: Mapping[str, Any]) -> str:
    """Of one entry as plain JSON, where it stands: in which suite and under which name."""
    return _sha256([suite, task, entry])[:_CHECKSUM_DIGITS]


def _sha256(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
