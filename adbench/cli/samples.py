"""The raw samples of a benchmark, in a file beside its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adbench.cli.outputs import Output
    from adbench.record.model import RunRecord


def write_samples(
    record: RunRecord, samples: Mapping[str, Any], outputs: Sequence[Output]
) -> RunRecord:
    """Write the samples beside each json file that is asked for; the record then names its own.

    The file holds, by task and side, `[process, sweep, seconds of one call]`. Raises RecordError.
    """
    import json

    from adbench.record import RecordError, write_text

    assert record.bench is not None
    name = None
    for output in outputs:
        if output.format != "json" or output.path is None or not _is_file(output.path):
            continue
        target = output.path.with_suffix(".samples.json")
        try:
            write_text(target, json.dumps(samples) + "\n")
        except OSError as error:
            what = f"the samples cannot be written ({error.strerror or error})"
            remedy = "choose another place with --output-format json=PATH"
            raise RecordError(target, what, remedy) from error
        name = target.name
    return record.model_copy(update={"bench": record.bench.model_copy(update={"raw": name})})


def _is_file(path: Any) -> bool:
    """Whether this is, or will be, a file: nothing is written beside /dev/stdout."""
    return path.is_file() or not path.exists()
