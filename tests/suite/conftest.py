"""A folder with a small module and data, as a suite file would have beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from adbench.suite import Suite, load_suites


@pytest.fixture(autouse=True)
def imports_as_before(tmp_path: Path) -> Iterator[None]:
    """Forget what a test has imported from its folder."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is not None and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


MODEL = '''\
"""Functions for the tests."""

import helper

scale = 2.0


def objective(x, y=None, gamma=1.0):
    return helper.twice((x**2).sum()) * gamma


def objective_gradient(x, y=None, gamma=1.0):
    return 4 * x * gamma


def anything(x, **kwargs):
    return x.sum() * kwargs.get("gamma", 1.0)


class Model:
    @staticmethod
    def loss(x):
        return x.sum()
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    np.savez(tmp_path / "data.npz", x=np.arange(3.0), n=np.arange(3))
    np.save(tmp_path / "one.npy", np.eye(2, dtype=np.float32))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def load(folder: Path) -> Callable[[str], Suite]:
    def load_text(text: str) -> Suite:
        (folder / "suite.yaml").write_text(text, encoding="utf-8")
        (suite,) = load_suites(folder / "suite.yaml")
        return suite

    return load_text
