"""A page with its data beside it: what `adbench report` and `--html` write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from adbench.record.model import RunRecord
from adbench.report.html.page import DataLink, render_html
from adbench.report.tables import measurements_csv, results_csv
from adbench.report.view.arrangement import arrange


@dataclass(frozen=True, slots=True)
class Source:
    """A record, the name that its file has, and its raw samples where they are at hand."""

    record: RunRecord
    name: str = "run"
    samples: str | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """The page, and the files beside it by name."""

    page: str
    files: dict[str, str]


def bundle(sources: Sequence[Source], folder: str) -> Bundle:
    """The page of these records; its links lead to files in `folder`, which is beside it."""
    arranged = arrange([source.record for source in sources])
    files: dict[str, str] = {}
    links: list[DataLink] = []

    def add(name: str, text: str, meaning: str) -> None:
        files[name] = text
        links.append(DataLink(quote(f"{folder}/{name}"), name, meaning))

    for source, name in zip(sources, _distinct([s.name for s in sources]), strict=True):
        record = source.record
        if source.samples is not None and record.bench:
            add(f"{name}.samples.json", source.samples, "every raw sample, in seconds")
            raw = record.bench.model_copy(update={"raw": f"{name}.samples.json"})
            record = record.model_copy(update={"bench": raw})
        add(f"{name}.json", _compact(record), f"the whole record of {record.started}")
    if arranged.record.results:
        add("results.csv", results_csv(arranged.record), "a line a check")
    if arranged.record.bench:
        add("measurements.csv", measurements_csv(arranged.record), "a line a measurement")
    page = render_html(
        arranged.record,
        comparison=arranged.comparison,
        past=arranged.past,
        commands=arranged.commands,
        data=links,
    )
    return Bundle(page, files)


def _compact(record: RunRecord) -> str:
    """The record without indentation and without what is as it is by default: a third."""
    kept = record.model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"schema_version": record.schema_version} | kept, ensure_ascii=False) + "\n"


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, numbered where two are the same."""
    if len({name.lower() for name in names}) == len(names):
        return list(names)
    return [f"{place}-{name}" for place, name in enumerate(names, 1)]
