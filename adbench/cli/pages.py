"""An HTML page and its data, put on disk: whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adbench.report.html import Source


def write_page(sources: Sequence[Source], path: Path) -> None:
    """Write the page of these records to `path`, and their data to a folder beside it.

    The page comes last, so that none ever stands there whose links lead nowhere. Raises
    RecordError where it cannot be written.
    """
    from adbench.record import RecordError, write_text
    from adbench.report.html import bundle

    if path.is_dir():
        raise RecordError(path, "this is a folder", f"name a file, such as {path / 'index.html'}")
    folder = data_folder(path)
    made = bundle(sources, folder.name)
    try:
        for name, text in made.files.items():
            write_text(folder / name, text)
        write_text(path, made.page)
    except OSError as error:
        what = f"the report cannot be written ({error.strerror or error})"
        raise RecordError(path, what, "choose another place for it") from error


def data_folder(page: Path) -> Path:
    """Where a page's data are: `report.html` has `report-data/` beside it."""
    return page.with_name(f"{page.stem}-data")
