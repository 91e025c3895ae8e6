"""YAML as data: types, anchors, places; and no text whatever that crashes the reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adbench.suite import Problem, SuiteError, load_suites
from adbench.suite.document import Mark, parse_document


def data_of(text: str) -> object:
    document = parse_document(text.encode(), "f.yaml")
    assert document.problems == []
    return document.data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("1E5", 1e5),
        ("-.5", -0.5),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0o17", 15),
        ("012", 12),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("2026-11-24", "2026-11-24"),
        ("1:30", "1:30"),
        ("'3'", "3"),
        ("!!str 3", "3"),
        ("!!float 3", 3.0),
        ("normal(k, d*(d-1)//2, std=1e-3)", "normal(k, d*(d-1)//2, std=1e-3)"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    data = data_of(f"a: {text}")
    assert data == {"a": value}
    assert isinstance(data, dict)
    assert type(data["a"]) is type(value)


def test_merge_keys_yield_to_own_keys_and_the_first_of_several_wins() -> None:
    text = """
a: &a {x: 1, y: 1}
b: &b {y: 2, z: 2}
c: {<<: [*a, *b], x: 3}
d: {x: 4, <<: *b}
"""
    data = data_of(text)
    assert isinstance(data, dict)
    assert data["c"] == {"x": 3, "y": 1, "z": 2}
    assert data["d"] == {"x": 4, "y": 2, "z": 2}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_are_of_keys_and_values_in_every_style(end: str) -> None:
    lines = ["a:", "  b: [1, {c: 2}]", "  # remark", "  d: >", "    folded", "    text", "e: 'q'"]
    document = parse_document(end.join(lines).encode(), "f.yaml")
    assert document.values["a", "b", 0] == Mark(2, 7)
    assert document.keys["a", "b", 1, "c"] == Mark(2, 11)
    assert document.values["a", "b", 1, "c"] == Mark(2, 14)
    assert document.values["a", "d"] == Mark(4, 6)
    assert document.values["e",] == Mark(7, 4)


def test_places_after_a_byte_order_mark_and_wide_characters() -> None:
    document = parse_document("\ufeff勾: [配, x]".encode(), "f.yaml")
    assert document.values["勾", 1] == Mark(1, 8)
    assert document.lines[0][document.values["勾", 1].column - 1] == "x"


def assert_told(problems: list[Problem], *, some: bool = True) -> None:
    assert problems or not some
    for problem in problems:
        assert problem.line
        assert problem.column
        assert str(problem).startswith(f"{problem.file}:{problem.line}:{problem.column}: error: ")


yaml_like = st.text(
    st.sampled_from(list("ab:-[]{},&*!|>'\"%@`#?~<= \n\t\r0123.eE+_()\\\0\x85\u2028é勾\ufeff")),
    max_size=60,
)


@given(st.one_of(yaml_like, st.text(max_size=40)))
@settings(max_examples=400, deadline=None)
def test_no_text_crashes_the_reader(text: str) -> None:
    raw = text.encode("utf-8", errors="surrogatepass")
    try:
        document = parse_document(raw, "f.yaml")
    except SuiteError as error:
        problems = error.problems
        assert_told(problems)
    else:
        problems = document.problems
        assert_told(problems, some=False)


FRAGMENTS = """\
version: 1
|cases:
|  - name: a
|    function: model.py:f
|    inputs: {x: normal(3)}
|    inputs:
|      x: normal(3
|      y: {shape: [n], distribution: normal}
|      z: [1, [2, x]]
|      w: {file: a.npy}
|      v: {values: [1, {a: 2}]}
|    inputs: &a {x: 1.0}
|    inputs: *a
|    <<: *a
|    matrix: {n: [1, 2]}
|    matrix: {exclude: [{n: 1}]}
|    xfail: {backend: jax}
|    params: {n: 2}
|    tolerance: {rtol: 1e-6}
|    name: 3
|    function: {jax: model.py:f}
|include: [a.yaml]
|defaults: {seed: 0}
|null
|-\x20
|{}
|[]
"""
fragments = st.sampled_from(FRAGMENTS.split("|"))


@given(st.lists(fragments, max_size=12))
@settings(max_examples=100, deadline=None)
def test_no_arrangement_of_a_suite_crashes_the_loader(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    folder: Path = tmp_path_factory.getbasetemp() / "arranged"
    folder.mkdir(exist_ok=True)
    (folder / "model.py").write_text("def f(x):\n    return x\n")
    file = folder / "suite.yaml"
    file.write_text("".join(lines))
    try:
        (suite,) = load_suites(file)
    except SuiteError as error:
        assert_told(error.problems)
    else:
        assert suite.cases


def mutated(text: str) -> st.SearchStrategy[str]:
    position = st.integers(0, len(text))
    replacement = st.sampled_from(["", " ", "\n", "-", ":", "[", "}", "null", "1", "{a: 1}", "x"])

    def mutate(edits: list[tuple[int, int, str]]) -> str:
        result = text
        for start, length, new in edits:
            result = result[:start] + new + result[start + length :]
        return result

    edit = st.tuples(position, st.integers(0, 8), replacement)
    return st.lists(edit, min_size=1, max_size=3).map(mutate)


GOOD = """\
version: 1
defaults: {dtype: float32, tags: [t]}
cases:
  - name: a
    function: {native: model.py:f, jax: model.py:f}
    inputs:
      x: {shape: [n, 2*n], distribution: uniform, low: -1, high: n}
      y: {w: [1.0, 2.0], l: ["normal(3, 3)", spd(n)]}
    params: {n: 2}
    xfail: [{backend: jax, reason: r}]
  - name: b
    function: model.py:f
    inputs: {x: normal(m)}
    matrix: {m: [1, 2], exclude: [{m: 1}]}
"""


@given(mutated(GOOD))
@settings(max_examples=100, deadline=None)
def test_no_slip_in_a_good_suite_crashes_the_loader(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder: Path = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    (folder / "model.py").write_text("def f(x, y=None):\n    return x\n")
    file = folder / "suite.yaml"
    file.write_text(text)
    try:
        load_suites(file)
    except SuiteError as error:
        assert_told(error.problems)
