"""Arrays that are given rather than drawn: inline values, the user's own objects, NumPy files."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.suite.problems import did_you_mean

Array = NDArray[Any]


class InputError(ValueError):
    """An input cannot be made; the message says which, why, and what to write."""


def is_numeric(values: Any) -> bool:
    """Whether nested lists hold numbers all the way down: the values of one array."""
    if isinstance(values, list | tuple):
        return bool(values) and all(is_numeric(value) for value in values)
    return isinstance(values, int | float | complex | np.generic)


def as_array(value: Any, leaf: str) -> Array:
    """One array from numbers, nested lists (complex numbers may be text), or any array library.

    Raises InputError.
    """
    detach = getattr(value, "detach", None)
    if callable(detach):  # a torch tensor that requires grad does not convert by itself
        value = detach()
    try:
        array = np.asarray(_numbers(value))
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{leaf} is not an array: {error}") from error
    if array.dtype.kind not in "fciub":
        raise InputError(
            f"{leaf} is {type(value).__name__!r} of dtype {array.dtype}, not an array of numbers"
        )
    return array


def read_array(file: str, key: str | None = None) -> Array:
    """The array in a .npy file, or one array of a .npz file. Pickled objects are refused.

    Raises InputError.
    """
    name = Path(file).name
    try:
        with open(file, "rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return _whole(loaded, name, key)
            with loaded:
                return _member(loaded, name, key)
    except FileNotFoundError as error:
        raise InputError(f"{file} does not exist") from error
    except InputError:
        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        if "pickle" in str(error):
            raise InputError(
                f"{name} holds pickled Python objects, or is no .npy file; only plain arrays are "
                "read, because unpickling can run code. Save it with numpy.save or numpy.savez"
            ) from error
        raise InputError(f"{name} cannot be read: {error}") from error


def _whole(array: Array, name: str, key: str | None) -> Array:
    if key is not None:
        raise InputError(f"{name} holds one array, without keys; leave out key: {key}")
    return array


def _member(archive: Any, name: str, key: str | None) -> Array:
    keys = list(archive.files)
    if key is None:
        if len(keys) != 1:
            raise InputError(f"{name} holds {len(keys)} arrays; say which: key: {' | '.join(keys)}")
        key = keys[0]
    if key not in keys:
        hint = did_you_mean(key, keys, "its arrays")
        raise InputError(f"{name} has no array {key!r}; {hint}")
    return np.asarray(archive[key])


def _numbers(value: Any) -> Any:
    """Nested lists with numbers written as text (`1+2j`, `nan`, `0.5`) turned into numbers."""
    if isinstance(value, list | tuple):
        return [_numbers(item) for item in value]
    if not isinstance(value, str):
        return value
    text = value.replace(" ", "")
    try:
        return float(text)
    except ValueError:
        return complex(text)
