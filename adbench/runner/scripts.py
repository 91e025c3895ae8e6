"""Scripts that show failures without adbench, kept in `.adbench/scripts` where a check was run.

One file a failing task, named after it; each run writes those of its own tasks anew.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

from adbench.record import CaseResult, CheckResult, RunRecord
from adbench.record.file import write_bytes, write_text

FOLDER = Path(".adbench", "scripts")


def keep_scripts(record: RunRecord, root: Path) -> list[Path]:
    """Write each unexpected failure's script, and return the files, relative to `root`.

    Those of tasks that do not fail any more are removed. Where nothing can be written, nothing is
    kept: the record has the scripts too.
    """
    kept = []
    for result in record.results:
        path = FOLDER / script_name(result)
        script = result.check.script if result.check is not None else ""
        try:
            if script and not result.expected:
                write_text(root / FOLDER / ".gitignore", "*\n")
                write_text(root / path, script)
                _write_data(root / path.with_suffix(".npz"), result.check)
                kept.append(path)
            else:
                for suffix in (".py", ".npz"):
                    (root / path.with_suffix(suffix)).unlink(missing_ok=True)
        except OSError:
            continue
    return kept


def _write_data(path: Path, check: CheckResult | None) -> None:
    """The arrays that a script loads, where they are too large to be written in it."""
    if check is None or not check.script_data:
        path.unlink(missing_ok=True)
        return
    write_bytes(path, base64.b64decode(check.script_data))


def script_name(result: CaseResult) -> str:
    """`huber-loss-torch-eager.py`, with nothing in it that a file name cannot have."""
    parts = (Path(result.suite).stem, result.case, result.backend, result.mode)
    return "-".join(re.sub(r"[^\w=,.+]+", "_", part) for part in parts) + ".py"
