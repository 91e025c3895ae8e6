"""A function bound as `adbench explain` binds it, and programs run where adbench is not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adbench.backends import get_backend
from adbench.explain import explain_function
from adbench.explain.program import AdjointProgram, adjoint_program
from adbench.explain.subject import Subject, subject_of
from adbench.record.graph import Explanation, Node

Run = Callable[[Sequence[tuple[str, Sequence[Any]]]], list[list[Any]]]

RUNNER = '''
"""Runs each program of a folder on its inputs, in a Python that cannot import adbench."""
import pathlib
import runpy
import sys
import warnings

import numpy as np


class NoAdbench:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "adbench":
            raise ImportError("adbench is not here")


sys.meta_path.insert(0, NoAdbench())
warnings.simplefilter("ignore", RuntimeWarning)  # the function's own divisions by zero
for file in sorted(pathlib.Path(sys.argv[1]).glob("p*.py")):
    data = np.load(file.with_suffix(".npz"))
    inputs = [data[f"arr_{i}"] for i in range(len(data.files))]
    value, *gradients = runpy.run_path(str(file))["value_and_gradient"](*inputs)
    values = value if isinstance(value, tuple) else (value,)
    np.savez(file.with_suffix(".out.npz"), *map(np.asarray, [*values, *gradients]))
assert not any(name.partition(".")[0] == "adbench" for name in sys.modules)
'''


def bound(
    function: Callable[..., Any],
    backend: str = "native",
    data: Sequence[str] = (),
    seed: int = 0,
    **inputs: Any,
) -> Subject:
    """A function at its inputs (trees of arrays); those named in `data` are not differentiated."""
    import optree

    def is_array(tree: Any) -> bool:
        return isinstance(tree, list) and isinstance(tree[0], float | int)

    arrays = {
        name: optree.tree_map(np.asarray, tree, is_leaf=is_array) for name, tree in inputs.items()
    }
    flags = {
        name: optree.tree_map(lambda _, name=name: name not in data, tree)
        for name, tree in arrays.items()
    }
    return subject_of(get_backend(*backend.split(":")), function, arrays, flags, {}, seed)


def explained(
    function: Callable[..., Any], backend: str = "native", *, steps: int = 1, **inputs: Any
) -> Explanation:
    """The explanation of a function of arrays, all of which are differentiated."""
    rate = inputs.pop("rate", 0.1)
    arrays = {name: np.asarray(array) for name, array in inputs.items()}
    return explain_function(
        get_backend(*backend.split(":")),
        function,
        arrays,
        dict.fromkeys(arrays, True),
        {},
        name=function.__name__,
        steps=steps,
        rate=rate,
    )


@pytest.fixture
def bind() -> Callable[..., Subject]:
    return bound


@pytest.fixture
def explain() -> Callable[..., Explanation]:
    return explained


@pytest.fixture
def find() -> Callable[[Explanation, str], Node]:
    """The one node of an explanation that does this operation."""

    def one(explanation: Explanation, operation: str) -> Node:
        (node,) = [n for n in explanation.graph.nodes if n.operation == operation]
        return node

    return one


@pytest.fixture
def program() -> Callable[[Subject], AdjointProgram]:
    return lambda subject: adjoint_program(subject, {})


@pytest.fixture
def run_apart(tmp_path: Path) -> Run:
    """Run programs (source, inputs) in one process without adbench; their results, flat."""

    def run(programs: Sequence[tuple[str, Sequence[Any]]]) -> list[list[Any]]:
        (tmp_path / "runner").write_text(RUNNER)
        for i, (source, inputs) in enumerate(programs):
            (tmp_path / f"p{i:04}.py").write_text(source, encoding="utf-8")
            np.savez(tmp_path / f"p{i:04}.npz", *inputs)
        done = subprocess.run(
            [sys.executable, "-I", str(tmp_path / "runner"), str(tmp_path)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        results = []
        for i in range(len(programs)):
            with np.load(tmp_path / f"p{i:04}.out.npz") as data:
                results.append([data[f"arr_{k}"] for k in range(len(data.files))])
        return results

    return run
