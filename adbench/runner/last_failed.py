"""What the last runs in this folder have shown: which tasks failed, and how long each took.

Kept in `.adbench/cache/last.json`, by task: a run of a part leaves what is known of the others. The
folder tells git to ignore it.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adbench.record.file import write_text
from adbench.record.model import RunRecord

PLACE = Path(".adbench", "cache", "last.json")


class Last(BaseModel):
    """The last outcomes by `suite/case@backend:mode`."""

    model_config = ConfigDict(extra="forbid")

    version: int = 1
    failed: set[str] = Field(default_factory=set)
    """Tasks that were not as they should be when they were last run."""
    seconds: dict[str, float] = Field(default_factory=dict)
    """How long each task took."""


def last(folder: Path) -> Last:
    """What is known in `folder`; nothing where the file is missing or cannot be read."""
    try:
        found = Last.model_validate_json((folder / PLACE).read_bytes())
    except (OSError, ValidationError):
        return Last()
    return found if found.version == 1 else Last()


def remember(record: RunRecord, folder: Path) -> None:
    """Keep what a run has shown. A folder that cannot be written to is left alone."""
    known = last(folder)
    red = {task.task for task in record.comparison.failing} if record.comparison else set()
    for result in record.results:
        if record.shard is None:  # the parts of one run have to be cut by the same durations
            known.seconds[result.task] = float(f"{result.seconds:.2g}")
        if result.expected and result.task not in red:
            known.failed.discard(result.task)
        else:
            known.failed.add(result.task)
    data = known.model_dump() | {"failed": sorted(known.failed)}
    with contextlib.suppress(OSError):
        write_text((folder / PLACE).with_name(".gitignore"), "*\n")
        write_text(folder / PLACE, json.dumps(data, indent=1, sort_keys=True) + "\n")
