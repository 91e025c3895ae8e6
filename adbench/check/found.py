"""Inputs on which a search has found a gradient wrong: kept, and looked at again the next time.

Each is one JSON file in `.adbench/found/SUITE/CASE/` in the folder where adbench is run. Files may
be committed, or deleted. Numbers are written with all their digits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Leaf
from adbench.check.layout import Layout
from adbench.record.file import write_text

Array = NDArray[Any]

FOLDER = Path(".adbench", "found")
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class FoundInputs:
    """The found inputs of one case."""

    folder: Path

    @classmethod
    def of(cls, suite: str, case: str, root: Path | str = "") -> FoundInputs:
        """Those of a case, in the folder `root`, or in the current one."""
        return cls(Path(root) / FOLDER / _file_name(suite) / _file_name(case))

    def load(self, layout: Layout) -> Iterator[tuple[Path, Array]]:
        """Each kept input's file and coordinates (n,), oldest name first.

        One that was kept for other names or shapes is passed over: the case has changed since.
        Raises ValueError for a file that cannot be read.
        """
        for path in sorted(self.folder.glob("*.json")):
            try:
                leaves = json.loads(path.read_text(encoding="utf-8"))["inputs"]
                arrays = {name: _read(value) for name, value in leaves.items()}
            except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
                raise ValueError(
                    f"{shown(path)} holds no found input ({error}); delete it"
                ) from error
            wanted = {leaf.name: np.empty(leaf.shape).tolist() for leaf in layout.leaves}
            if arrays.keys() == wanted.keys() and all(
                array.shape == np.shape(wanted[name]) for name, array in arrays.items()
            ):
                yield path, layout.pack([_leaf(arrays[leaf.name], leaf) for leaf in layout.leaves])

    def keep(self, arrays: list[Array], layout: Layout) -> Path:
        """Write the leaves down, once; raises OSError where that cannot be done."""
        leaves = {
            leaf.name: _written(array) for leaf, array in zip(layout.leaves, arrays, strict=True)
        }
        text = json.dumps({"inputs": leaves}, indent=1, ensure_ascii=False) + "\n"
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        path = self.folder / f"{name}.json"
        write_text(path, text)
        return path


def shown(path: Path) -> str:
    """A kept input's file as seen from the folder where adbench is run."""
    return str(Path(*path.parts[-len(FOLDER.parts) - 3 :]))


def _written(array: Array) -> Any:
    """Nested lists of numbers; complex ones as text, as in a suite file: `1+2j`."""
    if array.dtype.kind == "c":
        return np.vectorize(lambda z: str(complex(z)).strip("()"), otypes=[object])(array).tolist()
    return array.astype(np.float64).tolist()


def _read(value: Any) -> Array:
    return np.array(np.vectorize(complex, otypes=[np.complex128])(np.array(value, dtype=object)))


def _leaf(array: Array, leaf: Leaf) -> Array:
    return (array if leaf.dtype.kind == "c" else array.real).reshape(leaf.shape)


def _file_name(name: str) -> str:
    """A name as a file's: readable, and different for different names."""
    safe = quote(name, safe=" =,[]{}()+@'")
    if len(safe) <= _LONGEST_NAME and safe not in ("", ".", ".."):
        return safe
    return f"{safe[:_LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
