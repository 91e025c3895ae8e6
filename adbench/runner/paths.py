"""How a path is written in a record: from the folder where the run was started."""

from __future__ import annotations

import os


def shown_path(path: str, start: str | None = None) -> str:
    """Relative when the file lies below `start` (None: the current folder), else absolute."""
    start = start or os.getcwd()
    absolute = os.path.abspath(os.path.join(start, path))
    if absolute.startswith(os.path.join(start, "")):
        return os.path.relpath(absolute, start)
    return absolute
