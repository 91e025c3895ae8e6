"""Numbers, arrays, dtypes and indices as Python source that gives them back to the last bit."""

from __future__ import annotations

import base64
import math
import zlib
from typing import Any

import numpy as np

from adbench.backends.arrays import Array

_WRITTEN_OUT = 64
"""Elements up to which an array is written out; longer ones are packed."""
_LINE = 88
"""Characters of packed text on one line."""

UNPACKED = '''\
def unpacked(text, shape, dtype):
    """An array from its bytes, compressed and in base 64."""
    data = zlib.decompress(base64.b64decode(text))
    return np.frombuffer(data, dtype).reshape(shape)
'''


class Literals:
    """Writes literals, and remembers whether one needs the helper `unpacked`."""

    def __init__(self) -> None:
        self.packed = False

    def value(self, value: Any) -> str:
        """Source for a value. Raises ValueError for what has none."""
        if value is None or (isinstance(value, (bool, str, bytes)) and type(value) is not np.str_):
            return repr(value)
        if value is Ellipsis:
            return "..."
        if isinstance(value, np.ndarray):
            return self.array(value)
        if isinstance(value, np.dtype):
            return self.dtype(value)
        if isinstance(value, np.generic):
            return f"{self.dtype(value.dtype)}({self.number(value.item())})"
        if isinstance(value, type):
            if issubclass(value, np.generic):
                return self.dtype(np.dtype(value))
            if value in (int, float, bool, complex):
                return value.__name__
        if type(value) in (int, float, complex):
            return self.number(value)
        if isinstance(value, slice):
            parts = ", ".join(self.value(p) for p in (value.start, value.stop, value.step))
            return f"slice({parts})"
        if type(value) in (tuple, list):
            inside = ", ".join(map(self.value, value))
            comma = "," if type(value) is tuple and len(value) == 1 else ""
            return f"({inside}{comma})" if type(value) is tuple else f"[{inside}]"
        raise ValueError(value)

    def number(self, value: Any) -> str:
        """A Python number."""
        if isinstance(value, complex):
            return f"complex({self.number(value.real)}, {self.number(value.imag)})"
        if isinstance(value, float) and not math.isfinite(value):
            text = "np.nan" if math.isnan(value) else "np.inf"
            return f"-{text}" if value < 0 else text
        return repr(value)

    def array(self, array: Array) -> str:
        """An array, in C order."""
        dtype = self.dtype(array.dtype)
        if array.size == 0:
            return f"np.zeros({array.shape}, {dtype})"
        if array.size > 1 and _uniform(array):
            first = array.flat[0].item()
            if self.number(first) in ("0", "0.0"):
                return f"np.zeros({array.shape}, {dtype})"
            return f"np.full({array.shape}, {self.nested(first)}, {dtype})"
        if array.ndim == 2 and array.tobytes() == np.eye(*array.shape, dtype=array.dtype).tobytes():
            return f"np.eye({', '.join(map(str, array.shape))}, dtype={dtype})"
        if array.size <= _WRITTEN_OUT and array.dtype.kind in "biufc":
            return _broken(f"np.array({self.nested(array.tolist())}, {dtype})")
        self.packed = True
        text = base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()
        pieces = [repr(text[i : i + _LINE]) for i in range(0, len(text), _LINE)]
        joined = "\n    ".join(pieces)
        return f"unpacked(\n    {joined},\n    {array.shape}, {dtype},\n)"

    def nested(self, values: Any) -> str:
        if isinstance(values, list):
            return f"[{', '.join(map(self.nested, values))}]"
        return repr(values) if isinstance(values, bool) else self.number(values)

    def dtype(self, dtype: Any) -> str:
        """A dtype: `np.float64`; what has no such name by its string."""
        dtype = np.dtype(dtype)
        if dtype == np.bool_:
            return "np.bool_"
        if getattr(np, dtype.name, None) is dtype.type:
            return f"np.{dtype.name}"
        return f"np.dtype({dtype.str!r})"


def comment(text: str) -> str:
    """A text on one line, with everything escaped that a terminal or an editor would obey."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def _uniform(array: Array) -> bool:
    """Whether all elements are the same to the last bit."""
    return np.repeat(array.flat[:1], array.size).tobytes() == array.tobytes()


def _broken(text: str) -> str:
    """A text between brackets, with a new line after a comma where one would be too long."""
    lines = [""]
    for part in text.split(", "):
        if lines[-1] and len(lines[-1]) + len(part) > _LINE:
            lines.append("")
        lines[-1] += f"{part}, "
    return "\n        ".join(line.rstrip() for line in lines).removesuffix(",")
