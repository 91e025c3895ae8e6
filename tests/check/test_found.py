"""Found inputs survive the disk exactly, and files that do not fit do no harm."""

from __future__ import annotations

import numpy as np
import pytest

import adbench
from adbench.backends.protocol import Leaf
from adbench.check.found import FoundInputs
from adbench.check.layout import Layout

LAYOUT = Layout(
    [
        Leaf("params['w']", (2, 2), np.dtype(np.float64)),
        Leaf("z", (2,), np.dtype(np.complex128)),
        Leaf("s", (), np.dtype(np.float32)),
        Leaf("none", (0, 3), np.dtype(np.float64)),
    ]
)
ARRAYS = [
    np.array([[0.1, -1e300], [5e-324, 1 / 3]]),
    np.array([1 / 3 - 2e-17j, -0.5j]),
    np.float32(0.1) * np.ones((), np.float32),
    np.zeros((0, 3)),
]


def test_numbers_come_back_exactly(tmp_path):
    found = FoundInputs.of("suite", "case[n=2,k=3]", tmp_path)
    path = found.keep(ARRAYS, LAYOUT)
    ((again, x),) = found.load(LAYOUT)
    assert again == path
    np.testing.assert_array_equal(x, LAYOUT.pack(ARRAYS))


def test_the_same_input_is_kept_once(tmp_path):
    found = FoundInputs.of("suite", "case", tmp_path)
    assert found.keep(ARRAYS, LAYOUT) == found.keep(ARRAYS, LAYOUT)
    assert len(list(found.load(LAYOUT))) == 1


def test_inputs_of_other_shapes_are_passed_over(tmp_path):
    found = FoundInputs.of("suite", "case", tmp_path)
    found.keep(ARRAYS, LAYOUT)
    assert list(found.load(Layout([Leaf("z", (2,), np.dtype(np.complex128))]))) == []


@pytest.mark.parametrize("name", ["../../etc", "a/b", ".", "..", "", "x" * 500, "ü ✓", "a\0b"])
def test_names_make_files_inside_the_folder(tmp_path, name):
    found = FoundInputs.of(name, name, tmp_path)
    path = found.keep(ARRAYS, LAYOUT)
    assert path.resolve().is_relative_to(tmp_path.resolve() / ".adbench" / "found")
    assert len(path.relative_to(tmp_path).parts) == 5


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"inputs": 3}', '{"inputs": {"x": ["a"]}}', "\x80"]
)
def test_an_unreadable_file_is_told_and_does_no_harm(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    folder = FoundInputs.of("module", "f").folder
    folder.mkdir(parents=True)
    (folder / "0.json").write_text(text, encoding="latin-1")

    def f(x):
        return x**2

    f.__module__, f.__qualname__ = "module", "f"
    result = adbench.check(f, np.ones(2), search=0.2)
    assert result.verdict == "pass"
    (note,) = result.findings
    assert note.level == "note"
    assert "0.json" in note.message
    assert "delete it" in note.message
