"""What a function is given, as a digest: the same inputs have the same one, on any machine.

Some inputs are made by matrix products and factorisations, whose last bits depend on the machine.
So beside the digest of every bit there are a few figures of each array, which tell rounding from
other inputs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adbench.record.model import InputsDigest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PROJECTIONS = 3
_DIGITS = 16


def inputs_digest(
    arguments: Mapping[str, Any], differentiable: Mapping[str, Any], params: Mapping[str, Any]
) -> InputsDigest:
    """The digest of a function's arguments, trees of arrays of any shape and dtype.

    `differentiable` has a bool in each array's place; `params` are plain values.
    """
    import numpy as np

    digest = hashlib.sha256()
    leaves: dict[str, str] = {}
    figures: dict[str, tuple[float, ...]] = {}
    numbers = 0
    for name, array, active in _leaves(arguments, differentiable):
        array = np.asarray(array)
        leaves[name] = f"{array.dtype.name}{list(array.shape)}" + ("" if active else " data")
        figures[name] = _figures(array, name)
        numbers += array.size
        # Little-endian and in C order, whatever this machine and this array prefer.
        exact = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{name}\0{leaves[name]}\0".encode())
        digest.update(exact.reshape(-1).view(np.uint8).data)
    parameters = json.dumps(dict(params), sort_keys=True, default=repr).encode()
    digest.update(parameters)
    return InputsDigest(
        sha256=digest.hexdigest(),
        leaves=leaves,
        numbers=numbers,
        figures=figures,
        parameters=hashlib.sha256(parameters).hexdigest()[:_DIGITS],
    )


def random_bytes(count: int, seed: int, purpose: str) -> NDArray[np.int64]:
    """Random bytes (count,) that stay the same over versions of NumPy: the raw bits of PCG64."""
    import numpy as np

    key = hashlib.sha256(f"{seed}\0{purpose}".encode()).digest()
    raw = np.random.PCG64(int.from_bytes(key, "little")).random_raw(-(-count // 8))
    return np.asarray(raw, dtype="<u8").view(np.uint8)[:count].astype(np.int64)


def _figures(array: NDArray[Any], name: str) -> tuple[float, ...]:
    """Norm and projections, in real numbers: a complex one has two."""
    import numpy as np

    complex_ = array.dtype.kind == "c"
    exact = np.ascontiguousarray(array, dtype=np.complex128 if complex_ else np.float64)
    vector = exact.reshape(-1).view(np.float64)
    bits = random_bytes(vector.size, 0, name)
    with np.errstate(all="ignore"):
        top = float(np.abs(vector).max(initial=0.0))
        unit = top if 0 < top < np.inf else 1.0  # no square overflows
        norm = unit * float(np.sqrt(((vector / unit) ** 2).sum()))
        projections = [
            float(vector @ np.where(bits & (1 << k), 1.0, -1.0)) for k in range(_PROJECTIONS)
        ]
    return (norm, *projections)


def _leaves(tree: Any, active: Any, name: str = "") -> Iterator[tuple[str, Any, bool]]:
    """Each array with its name, as a user writes it, and whether it is differentiated."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _leaves(value, active[key], f"{name}[{key!r}]" if name else str(key))
    elif isinstance(tree, list | tuple):
        for i, value in enumerate(tree):
            yield from _leaves(value, active[i], f"{name}[{i}]")
    else:
        yield name, tree, bool(active)
