"""What a right suite file becomes: cases, grids, defaults, includes, folders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from adbench.suite import Case, InputSpec, Suite, SuiteError, load_suites

Load = Callable[[str], Suite]

WHOLE = """\
version: 1
name: linear_algebra
description: all keys
defaults:
  {dtype: float32, backends: [native], seed: 1, tolerance: {rtol: 1e-8}, power: 0.95, tags: [t]}
cases:
  - name: whole
    description: everything
    function: {native: model.py:anything, torch: model.py:objective}
    gradient: model.py:objective_gradient
    inputs:
      alpha: normal(k, d*(d-1)//2, mean=shift, dtype=complex64)
      mu: {shape: [k, d], distribution: uniform, low: -1, high: k}
      scalar: {shape: [], distribution: lognormal}
      vector: {shape: k}
      w: [0.5, 1.5]
      z: [1+2j, 3]
      one: 2
      mask: [true, false]
      index: {values: [0, 1], dtype: int64}
      data: {file: data.npz, key: x, requires_grad: false}
      params: {w: "normal(3, 3)", layers: [normal(3), {b: 1.0}]}
    params: {shift: 0.5, how: fast, order: .inf}
    matrix:
      d: [2, 10]
      k: [5, 6]
      exclude: [{d: 10, k: 5}]
    size: d
    derivatives: [vjp, jvp, hvp]
    backends: [native, "torch:compile"]
    tolerance: {atol: 0}
    power: 0
    tags: [slow, t]
    xfail: {backend: torch, reason: because}
    seed: 3
    dtype: float64
  - name: plain
    function: model.py:objective
    inputs: {x: normal(3)}
"""


def test_a_case_with_every_key(load: Load, folder: Path) -> None:
    suite = load(WHOLE)
    assert (suite.name, suite.description) == ("linear_algebra", "all keys")
    assert [case.name for case in suite.cases] == [
        "whole[d=2,k=5]",
        "whole[d=2,k=6]",
        "whole[d=10,k=6]",
        "plain",
    ]
    case = suite.cases[2]
    assert (case.base, case.suite, case.line) == ("whole", "linear_algebra", 7)
    assert case.file == str(folder / "suite.yaml")
    assert {k: (str(r.file), r.name) for k, r in case.functions.items()} == {
        "native": (str(folder / "model.py"), "anything"),
        "torch": (str(folder / "model.py"), "objective"),
    }
    assert case.gradient is not None
    assert case.gradient.name == "objective_gradient"
    assert case.params == {"shift": 0.5, "how": "fast", "order": float("inf"), "d": 10, "k": 6}
    assert case.size == "d"
    assert case.derivatives == ("vjp", "jvp", "hvp")
    assert case.backends == ("native", "torch:compile")
    assert (case.tolerance.rtol, case.tolerance.atol) == (1e-8, 0)
    assert case.power == 0
    assert case.tags == ("t", "slow")
    assert [(x.backend, x.reason) for x in case.xfail] == [("torch", "because")]
    assert (case.seed, case.dtype) == (3, "float64")
    assert case.inputs == {
        "alpha": InputSpec(shape=(6, 45), parameters={"mean": 0.5}, dtype="complex64"),
        "mu": InputSpec(
            shape=(6, 10), distribution="uniform", parameters={"low": -1.0, "high": 6.0}
        ),
        "scalar": InputSpec(shape=(), distribution="lognormal"),
        "vector": InputSpec(shape=(6,)),
        "w": InputSpec(values=[0.5, 1.5]),
        "z": InputSpec(values=["1+2j", 3.0]),
        "one": InputSpec(values=2.0),
        "mask": InputSpec(values=[True, False]),
        "index": InputSpec(values=[0, 1], dtype="int64"),
        "data": InputSpec(file=str(folder / "data.npz"), key="x", requires_grad=False),
        "params": {
            "w": InputSpec(shape=(3, 3)),
            "layers": [InputSpec(shape=(3,)), {"b": InputSpec(values=1.0)}],
        },
    }


def test_defaults_hold_where_a_case_says_nothing(load: Load) -> None:
    case = load(WHOLE).cases[-1]
    assert (case.seed, case.dtype, case.tags, case.backends) == (1, "float32", ("t",), ("native",))
    assert (case.tolerance.rtol, case.tolerance.atol) == (1e-8, None)
    assert case.power == 0.95
    assert case.size is None
    assert case.derivatives == ("vjp",)


def test_a_case_survives_the_way_through_json(load: Load) -> None:
    for case in load(WHOLE).cases:
        assert Case.model_validate_json(case.model_dump_json()) == case


def test_the_suite_is_named_by_its_file_and_hashed_by_its_bytes(load: Load, folder: Path) -> None:
    text = "version: 1\ncases: [{name: a, function: model.py:objective, inputs: {x: normal(3)}}]"
    suite = load(text)
    assert suite.name == "suite"
    assert suite.path == str(folder / "suite.yaml")
    assert suite.sha256 == hashlib.sha256(text.encode()).hexdigest()


def write(folder: Path, name: str, case: str, more: str = "") -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(
        f"version: 1\n{more}cases:\n"
        f"  - name: {case}\n    function: {folder}/model.py:objective\n"
        "    inputs: {x: normal(3)}\n"
    )


def test_included_cases_come_first_with_their_own_defaults_and_folder(folder: Path) -> None:
    write(folder, "sub/part.yaml", "inner", "defaults: {seed: 7}\n")
    write(folder, "all.yaml", "outer", "include: [sub/part.yaml]\ndefaults: {seed: 1}\n")
    (suite,) = load_suites(folder / "all.yaml")
    assert [(c.name, c.seed, c.suite) for c in suite.cases] == [
        ("inner", 7, "all"),
        ("outer", 1, "all"),
    ]
    assert suite.cases[0].file == str(folder / "sub/part.yaml")
    both = (folder / "all.yaml").read_bytes() + (folder / "sub/part.yaml").read_bytes()
    assert suite.sha256 == hashlib.sha256(both).hexdigest()


def test_a_suite_may_consist_of_includes(folder: Path) -> None:
    write(folder, "part.yaml", "inner")
    (folder / "all.yaml").write_text("version: 1\ninclude: [part.yaml]\n")
    (suite,) = load_suites("all.yaml")
    assert [case.name for case in suite.cases] == ["inner"]


def test_a_name_is_unique_across_includes(folder: Path) -> None:
    write(folder, "part.yaml", "same")
    write(folder, "all.yaml", "same", "include: [part.yaml]\n")
    with pytest.raises(SuiteError, match=r"all\.yaml:4:11: error: duplicate case name 'same'"):
        load_suites("all.yaml")


def test_a_folder_is_its_suites_save_included_and_hidden_ones(folder: Path) -> None:
    write(folder, "s/b.yaml", "b", "include: [part.yaml]\n")
    write(folder, "s/a.yml", "a")
    write(folder, "s/part.yaml", "part")
    write(folder, "s/.hidden.yaml", "hidden")
    write(folder, "s/.git/x.yaml", "x") if (folder / "s/.git").mkdir() is None else None
    (folder / "s/deep").mkdir()
    write(folder, "s/deep/c.yaml", "c")
    (folder / "s/notes.txt").write_text("no suite")
    assert [suite.name for suite in load_suites("s")] == ["a", "b", "c"]


def test_a_grid_point_of_any_plain_value_has_a_name(load: Load) -> None:
    suite = load("""\
version: 1
cases:
  - name: a
    function: model.py:anything
    inputs: {x: normal(3)}
    matrix: {p: [1, 1.5, true, null, fast, [1, 2], "a b/c"]}
""")
    names = [case.name for case in suite.cases]
    assert names == [
        "a[p=1]", "a[p=1.5]", "a[p=true]", "a[p=null]", "a[p=fast]", "a[p=_1__2_]", "a[p=a_b_c]",
    ]  # fmt: skip
    assert [case.params["p"] for case in suite.cases] == [
        1, 1.5, True, None, "fast", [1, 2], "a b/c",
    ]  # fmt: skip


def test_exclude_tells_true_from_one(load: Load) -> None:
    suite = load("""\
version: 1
cases:
  - name: a
    function: model.py:anything
    inputs: {x: normal(3)}
    matrix: {p: [1, 2], exclude: [{p: 2}]}
""")
    assert [case.params["p"] for case in suite.cases] == [1]


def test_a_grid_that_is_too_large_is_refused(load: Load) -> None:
    axis = list(range(101))
    with pytest.raises(SuiteError, match="10,201 points; at most 10,000"):
        load(f"""\
version: 1
cases:
  - name: a
    function: model.py:anything
    inputs: {{x: normal(3)}}
    matrix: {{p: {axis}, q: {axis}}}
""")


def test_loading_imports_nothing_of_the_user(load: Load, folder: Path) -> None:
    (folder / "loud.py").write_text("raise SystemExit('imported')\ndef f(x): return x\n")
    (folder / "pack").mkdir()
    (folder / "pack/__init__.py").write_text("raise SystemExit('imported')\n")
    (folder / "pack/part.py").write_text("raise SystemExit('imported')\ndef f(x): return x\n")
    suite = load("""\
version: 1
cases:
  - {name: a, function: "loud.py:f", inputs: {x: 1.0}}
  - {name: b, function: "pack.part:f", inputs: {x: 1.0}}
""")
    assert suite.cases[1].functions["*"].module == "pack.part"


def test_names_that_only_the_import_can_tell_are_not_refused(load: Load, folder: Path) -> None:
    (folder / "star.py").write_text("from math import *\n")
    (folder / "dynamic.py").write_text("globals()['f'] = abs\n")
    (folder / "lazy.py").write_text("def __getattr__(name): return abs\n")
    (folder / "made.py").write_text(
        "def make(): return abs\ntry:\n    f = make()\nfinally:\n    pass\n"
    )
    (folder / "cond.py").write_text("if True:\n    def f(x): return x\nelse:\n    g = 1\n")
    for module in ("star", "dynamic", "lazy", "made", "cond"):
        suite = load(
            f"version: 1\ncases: [{{name: a, function: '{module}.py:f', inputs: {{x: 1.0}}}}]"
        )
        assert suite.cases[0].functions["*"].name == "f"
