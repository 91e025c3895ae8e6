"""The record itself, for programs."""

from __future__ import annotations

from adbench.record.model import RunRecord


def json_text(record: RunRecord) -> str:
    """The run record as JSON, ending in a newline; NaN and infinities are strings."""
    return record.model_dump_json(indent=2) + "\n"
