"""Baseline files: made to be committed, read in a diff, and refused when anything is wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from adbench.record.base import first_problems
from adbench.record.baseline import BASELINE_VERSION, Baseline, checksum
from adbench.record.file import RecordError, parse_json, read_text, write_text

FOLDER = "adbench-baselines"
"""Beside the suite file. Not in `.adbench`, which belongs to one machine and is ignored by git: a
baseline is reviewed and committed like the suite itself."""
_KIND = "adbench baseline"
_RESTORE = "restore it (git checkout -- PATH), or delete it and run `adbench baseline update` again"
_LONGEST_NAME = 100
_ONE_A_LINE = ("values", "projections", "largest")


def baseline_path(suite: str, suite_file: str | os.PathLike[str], place: Path | None) -> Path:
    """The baseline file of a suite: beside it; or in `place`, a folder, or `place` itself.

    A `place` that ends in `.json` is a file, any other a folder.
    """
    if place is not None and place.suffix == ".json":
        return place
    folder = Path(suite_file).parent / FOLDER if place is None else place
    return folder / f"{quote(suite, safe=' ()[],=')[:_LONGEST_NAME]}.json"


def is_baseline(data: Any) -> bool:
    """Whether parsed JSON says that it is a baseline."""
    return isinstance(data, dict) and data.get("kind") == _KIND


def read_baseline(path: Path, suite: str | None = None) -> Baseline:
    """The baseline in a file, of the named suite. Raises RecordError for anything else."""
    restore = _RESTORE.replace("PATH", str(path))
    return parse_baseline(path, parse_json(path, read_text(path, restore), restore), suite)


def parse_baseline(path: Path, data: Any, suite: str | None = None) -> Baseline:
    """Like `read_baseline`, from the file's parsed JSON."""
    restore = _RESTORE.replace("PATH", str(path))
    if not is_baseline(data):
        raise RecordError(path, "this is JSON, and not a baseline", restore)
    version = data.get("schema_version")
    if version != BASELINE_VERSION:
        raise RecordError(
            path,
            f"this baseline has schema version {version!r}, and this adbench reads "
            f"{BASELINE_VERSION}",
            "use the version of adbench that wrote it, or delete it and run "
            "`adbench baseline update` again",
        )
    _verify(path, data, restore)
    body = {name: value for name, value in data.items() if name != "kind"}
    tasks = {name: _without_checksum(entry) for name, entry in data["tasks"].items()}
    try:
        found = Baseline.model_validate(body | {"tasks": tasks})
    except ValidationError as error:
        what = f"it does not fit schema version {version}: {first_problems(error)}"
        raise RecordError(path, what, restore) from None
    for key, place in found.places.items():
        if place.key != key:
            raise RecordError(path, f"the place {key} was edited by hand", restore)
    for name, entry in found.tasks.items():
        if entry.place not in found.places:
            raise RecordError(path, f"{name} refers to a place that is not there", restore)
    if suite is not None and found.suite != suite:
        raise RecordError(
            path,
            f"this is the baseline of the suite {found.suite!r}, not of {suite!r}",
            "name the folder of the baselines, or the right file",
        )
    return found


def write_baseline(baseline: Baseline, path: Path) -> None:
    """Write the file, whole or not at all. Raises RecordError when it cannot be written."""
    if path.is_dir():
        raise RecordError(path, "this is a folder", "remove it, or name another --baseline")
    try:
        write_text(path, baseline_text(baseline))
    except OSError as error:
        what = f"the baseline cannot be written ({error.strerror or error})"
        raise RecordError(path, what, "choose another place with --baseline") from error


def baseline_text(baseline: Baseline) -> str:
    """The file's text: sorted, one number a line, the shortest digits that give the same number."""
    data = baseline.model_dump(mode="json", exclude_defaults=True)
    for name, entry in data.setdefault("tasks", {}).items():
        entry["checksum"] = checksum(baseline.suite, name, entry)
    head = {"kind": _KIND, "schema_version": BASELINE_VERSION}
    return "\n".join(_lines(head | data)) + "\n"


def _verify(path: Path, data: dict[str, Any], restore: str) -> None:
    tasks = data.get("tasks")
    if not isinstance(tasks, dict):
        raise RecordError(path, "it has no tasks", restore)
    edited = [
        name
        for name, entry in tasks.items()
        if not isinstance(entry, dict)
        or entry.get("checksum") != checksum(str(data.get("suite")), name, _without_checksum(entry))
    ]
    if edited:
        some = ", ".join(edited[:3]) + (f" and {len(edited) - 3} more" if len(edited) > 3 else "")
        raise RecordError(
            path, f"edited by hand: the checksum of {some} does not fit what stands there", restore
        )


def _without_checksum(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {name: value for name, value in entry.items() if name != "checksum"}


def _lines(value: Any, key: str = "", indent: str = "") -> Iterator[str]:
    """JSON, with one line for each short thing and for each number of an array."""
    head = f"{indent}{json.dumps(key, ensure_ascii=False)}: " if key else indent
    inner = indent + " "
    if isinstance(value, dict) and value:
        yield f"{head}{{"
        yield from _joined([list(_lines(v, k, inner)) for k, v in sorted(value.items())])
        yield f"{indent}}}"
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield f"{head}["
        yield from _joined([list(_lines(item, "", inner)) for item in value])
        yield f"{indent}]"
    elif isinstance(value, list) and key in _ONE_A_LINE and value:
        yield f"{head}["
        yield from _joined([[inner + _compact(item)] for item in value])
        yield f"{indent}]"
    else:
        yield head + _compact(value)


def _joined(parts: list[list[str]]) -> Iterator[str]:
    for number, lines in enumerate(parts):
        yield from lines[:-1]
        yield lines[-1] + ("," if number < len(parts) - 1 else "")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
