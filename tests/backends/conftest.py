"""Binding a function in one line: every array an input, all floating inputs active."""

from __future__ import annotations

from typing import Any

import optree
import pytest

from adbench.backends import get_backend, to_numpy
from adbench.backends.arrays import is_inexact


def _bind(name: str, function: Any, /, data: tuple[str, ...] = (), **kwargs: Any) -> Any:
    """`kwargs`: the inputs, and optionally `params`, `mode`, `gradient`."""
    params = kwargs.pop("params", {})
    backend = get_backend(name, kwargs.pop("mode", None), gradient=kwargs.pop("gradient", None))
    arguments = kwargs
    flags = {
        key: optree.tree_map(
            lambda a, key=key: key not in data and is_inexact(to_numpy(a).dtype), v
        )
        for key, v in arguments.items()
    }
    return backend.bind(function, arguments, flags, params)


@pytest.fixture
def bind() -> Any:
    return _bind
