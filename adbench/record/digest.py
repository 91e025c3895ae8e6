"""What a function is given, as a digest: the same inputs have the same one, on any machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from adbench.record.model import InputsDigest


def inputs_digest(
    arguments: Mapping[str, Any], differentiable: Mapping[str, Any], params: Mapping[str, Any]
) -> InputsDigest:
    """The digest of a function's arguments, trees of arrays of any shape and dtype.

    `differentiable` has a bool in each array's place; `params` are plain values.
    """
    import numpy as np

    digest = hashlib.sha256()
    leaves: dict[str, str] = {}
    numbers = 0
    for name, array, active in _leaves(arguments, differentiable):
        array = np.asarray(array)
        leaves[name] = f"{array.dtype.name}{list(array.shape)}" + ("" if active else " data")
        numbers += array.size
        # Little-endian and in C order, whatever this machine and this array prefer.
        exact = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{name}\0{leaves[name]}\0".encode())
        digest.update(exact.reshape(-1).view(np.uint8).data)
    digest.update(json.dumps(dict(params), sort_keys=True, default=repr).encode())
    return InputsDigest(sha256=digest.hexdigest(), leaves=leaves, numbers=numbers)


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
