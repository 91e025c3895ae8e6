"""A baseline as a person reads it: what is blessed for each task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from adbench.record.baseline import Entry, Place
from adbench.record.model import ArrayDigest
from adbench.report.marks import MARKS
from adbench.report.visible import visible

_SHOWN = 6
"""Numbers of an array that are shown."""


def baseline_lines(
    path: str, entries: Mapping[str, Entry], places: Mapping[str, Place]
) -> Iterator[Text]:
    """The file's name, then for each `case@backend:mode` what is blessed, and where it was made."""
    yield Text(visible(path), style="bold")
    for key in sorted(entries):
        entry = entries[key]
        line = Text("  ").append_text(MARKS[entry.verdict].text())
        line.append(f"  {visible(key)}", style="bold")
        line.append(f"  {entry.dtype}, seed {entry.seed}", style="dim")
        if entry.resolution is not None:
            line.append(f", resolution {entry.resolution:.1g}", style="dim")
        yield line
        for what, arrays in (("objective", entry.outputs), ("gradient", entry.gradient)):
            for array in arrays:
                yield Text(f"    {what} {visible(_array(array))}")
        if entry.memory is not None:
            yield Text(f"    peak memory {entry.memory:,} bytes")
        place = places[entry.place]
        yield Text(f"    made with {visible(_place(place, key))}", style="dim")


def _array(array: ArrayDigest) -> str:
    """`x float64[3]: 1, 2, 3`; of a large one the norm and the largest elements."""
    head = f"{array.name} {array.dtype}{list(array.shape)}: "
    if array.values is not None:
        return head + _numbers(array.values)
    largest = ", ".join(f"{list(index)} {value:.6g}" for index, value in array.largest[:3])
    return f"{head}norm {array.norm:.6g}, largest at {largest}"


def _numbers(values: Sequence[float]) -> str:
    shown = ", ".join(f"{value:.6g}" for value in values[:_SHOWN])
    return shown + (f", … ({len(values)} numbers)" if len(values) > _SHOWN else "")


def _place(place: Place, key: str) -> str:
    backend = key.rpartition("@")[2].partition(":")[0]
    names = [name for name in ("adbench", "numpy", backend) if name in place.versions]
    versions = ", ".join(f"{name} {place.versions[name]}" for name in names)
    return f"Python {place.python}, {versions}, {place.processor}"
