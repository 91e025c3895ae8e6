"""Targets of the command line: suites, folders, bare functions, `--arg`, and every mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adbench.suite import FunctionLoadError, InputError, SuiteError, make_inputs, resolve_targets


def inputs_of(target: str, *args: str, **overrides: Any) -> dict[str, Any]:
    ((case,),) = (suite.cases for suite in resolve_targets([target], args=args, **overrides))
    return make_inputs(case)[0]


def module(folder: Path, text: str, name: str = "m.py") -> None:
    (folder / name).write_text("import numpy as np\nimport typing\n" + text)


def problems_of(*targets: str, **options: Any) -> list[Any]:
    with pytest.raises(SuiteError) as caught:
        resolve_targets(list(targets), **options)
    return caught.value.problems


def test_a_bare_function_is_a_case_of_its_modules_suite(folder: Path) -> None:
    (suite,) = resolve_targets(["model.py:objective"], args=["x=normal(3, 4)"], seed=5)
    (case,) = suite.cases
    assert (suite.name, suite.path) == ("model", str(folder / "model.py"))
    assert (case.suite, case.name, case.base, case.seed) == ("model", "objective", "objective", 5)
    assert case.line == 8
    assert case.args == ("x=normal(3, 4)",)
    assert case.file == str(folder / "model.py")
    arguments, differentiable = make_inputs(case)
    assert list(arguments) == ["x"]
    assert arguments["x"].shape == (3, 4)
    assert differentiable == {"x": True}


def test_functions_of_one_module_share_a_suite(folder: Path) -> None:
    targets = ["model.py:objective", "./model.py:anything", "model.py:objective", "model:objective"]
    (suite,) = resolve_targets(targets, args=["x=normal(3)"])
    assert [case.name for case in suite.cases] == ["objective", "anything"]


def test_suites_folders_and_functions_together_with_overrides(folder: Path) -> None:
    (folder / "s").mkdir()
    for name in ("a", "b"):
        (folder / f"s/{name}.yaml").write_text(
            "version: 1\ncases: [{name: c, function: ../model.py:objective, "
            "inputs: {x: normal(3)}, dtype: float64, seed: 9}]\n"
        )
    suites = resolve_targets(
        ["s/b.yaml", "s", "model.py:Model.loss"], args=["x=2"], dtype="float32", seed=4
    )
    assert [suite.name for suite in suites] == ["b", "a", "model"]
    assert {(c.dtype, c.seed) for suite in suites for c in suite.cases} == {("float32", 4)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x=0.5", 0.5),
        ("x=1e-6", 1e-6),
        ("x = -2", -2.0),
        ("x=nan", np.nan),
        ("x=1+2j", 1 + 2j),
        ("x=[1, 2]", [1.0, 2.0]),
        ("x=[[1,2],[3,4]]", [[1.0, 2.0], [3.0, 4.0]]),
        ("x=[1+2j, 3]", [1 + 2j, 3]),
        ("x=(1, 2)", [1.0, 2.0]),
        ("x=@one.npy", np.eye(2)),
        ("x=@data.npz:x", [0.0, 1.0, 2.0]),
        ("x=constant(2, value=3)", [3.0, 3.0]),
    ],
)
def test_arg_values(text: str, value: Any, folder: Path) -> None:
    x = inputs_of("model.py:objective", text)["x"]
    assert np.array_equal(x, value, equal_nan=True)
    assert x.dtype == (complex if np.iscomplexobj(value) else float)


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("x", 1, "'x' names no input", "NAME=VALUE"),
        ("=3", 1, "names no input", "NAME=VALUE"),
        ("x-y=3", 1, "names no input", "NAME=VALUE"),
        ("x=nomal(3)", 3, "unknown distribution 'nomal'", "'normal'"),
        ("x=normal(3, men=1)", 13, "has no parameter 'men'", "'mean'"),
        ("x=normal(3, 4", 9, "this '(' is not closed", ")"),
        ("x=normal(k)", 10, "unknown parameter 'k'", ""),
        ("x=[1, two]", 3, "no list of numbers", "[1, 2]"),
        ("x=[[1, 2], [3]]", 3, "the rows of this array differ", ""),
        ("x=[__import__('os')]", 3, "no list of numbers", ""),
        ("x=@gone.npy", 4, "gone.npy does not exist", "did you mean"),
        ("x=@model.py", 4, "neither a .npy nor a .npz", ""),
        ("x=", 3, "'x' has no value", "x=0.5"),
        ("xx=3", 1, "no function among the targets takes 'xx'", "'x'"),
    ],
)
def test_arg_mistakes_have_a_caret(
    text: str, column: int, message: str, hint: str, folder: Path
) -> None:
    (problem,) = problems_of("model.py:objective", args=["y=1.0", text])[:1]
    assert (problem.file, problem.column, problem.source_line) == ("--arg", column, text)
    assert message in problem.message
    assert hint in problem.hint
    caret = str(problem).splitlines()[2]
    assert caret.index("^") == column + 1


def test_a_value_that_cannot_be_read_is_not_called_missing_too(folder: Path) -> None:
    (problem,) = problems_of("model.py:objective", args=["x=nomal(3)", "y=1.0"])
    assert "unknown distribution" in problem.message


def test_arg_given_twice_or_to_no_function(folder: Path) -> None:
    (problem,) = problems_of("model.py:objective", args=["x=1.0", "x=2.0"])
    assert problem.message == "'x' is given twice"
    (folder / "s.yaml").write_text(
        "version: 1\ncases: [{name: c, function: model.py:objective, inputs: {x: 1.0}}]"
    )
    (problem,) = problems_of("s.yaml", args=["x=1.0"])
    assert "no target is one" in problem.message


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("gone.yaml", "cannot be read", ""),
        ("modle.py:objective", "modle.py does not exist", "'model.py'"),
        ("model.py:objectiv", "no function 'objectiv'", "'objective'"),
        (
            "model.py",
            "which of its functions?",
            "model.py:objective or model.py:objective_gradient",
        ),
        ("modle.py", "modle.py does not exist", "'model.py'"),
        ("", "'' is neither a suite, a folder of suites, nor a function", "file.py:function"),
        ("objective", "neither a suite, a folder of suites, nor a function", "file.py:function"),
        ("model.py:", "no reference", ""),
        ("no_such_pkg.mod:f", "no module 'no_such_pkg'", ""),
        ("helper:twise", "no function 'twise'", "'twice'"),
    ],
)
def test_target_mistakes(target: str, message: str, hint: str, folder: Path) -> None:
    (problem,) = problems_of(target)
    assert message in problem.message
    assert hint in problem.hint


def test_override_mistakes_and_all_at_once(folder: Path) -> None:
    problems = problems_of("gone.yaml", "gone.py:f", dtype="float23", seed=-1)
    assert [p.file for p in problems] == ["--dtype", "--seed", "gone.yaml", "gone.py:f"]
    assert "'float32'" in problems[0].hint


def test_suites_of_the_same_name_are_refused(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "s.yaml").write_text(
            "version: 1\ncases: [{name: c, function: ../model.py:objective, inputs: {x: 1.0}}]"
        )
    (problem,) = problems_of("a", "b")
    assert "the suite's name, 's', is also that of" in problem.message


def test_without_inputs_the_error_says_what_to_write_for_this_function(folder: Path) -> None:
    module(folder, "def loss(w, data, lr=0.1):\n    return (w * data).sum()\n")
    (problem,) = problems_of("m.py:loss", args=["w=normal(2)"])
    assert "m.py:loss does not say what to pass for 'data'" in problem.message
    assert "adbench check m.py:loss --arg 'data=normal(3)'" in problem.message
    assert 'return {"data": np.ones(3)}' in problem.message
    (problem,) = problems_of("m.py:loss")
    assert "--arg 'w=normal(3)' --arg 'data=normal(3)'" in problem.message


def test_the_command_that_the_error_shows_names_the_file_from_here(folder: Path) -> None:
    (folder / "deep").mkdir()
    module(folder, "def loss(w):\n    return w.sum()\n", "deep/m.py")
    (problem,) = problems_of("deep/m.py:loss")
    assert "adbench check deep/m.py:loss --arg 'w=normal(3)'" in problem.message


def test_what_the_error_says_to_write_works(folder: Path) -> None:
    module(folder, "def loss(w, data):\n    return (w * data).sum()\n")
    message = problems_of("m.py:loss")[0].message
    lines = message.splitlines()
    import shlex

    command = shlex.split(lines[1])
    assert command[:3] == ["adbench", "check", "m.py:loss"]
    assert set(inputs_of(command[2], *command[4::2])) == {"w", "data"}
    start = next(i for i, line in enumerate(lines) if "def example_inputs" in line)
    snippet = "\n".join(line[4:] for line in lines[start : start + 2]) + "\n"
    module(folder, "def loss(w, data):\n    return (w * data).sum()\n" + snippet, "m2.py")
    assert set(inputs_of("m2.py:loss")) == {"w", "data"}


HINTS = """
def f(w: typing.Annotated[np.ndarray, "uniform(3, 4, low=1)"], s: float, z: complex, k=2.0):
    return w.sum() * s

def doc(w: typing.Annotated[np.ndarray, "the weights", "normal(2)"]):
    return w.sum()

def bad(w: typing.Annotated[np.ndarray, "nomal(2)"]):
    return w.sum()

def unsaid(w: np.ndarray):
    return w.sum()

def defaults(x=np.ones(3), s=2.0, n=3, how="a"):
    return x.sum() * s

def later(x: "Alias", s: "float"):
    return x.sum()

Alias = typing.Annotated[np.ndarray, "normal(5)"]

def nothing():
    return 1.0
"""


def test_type_hints_give_inputs_and_defaults_stay(folder: Path) -> None:
    module(folder, HINTS)
    arguments = inputs_of("m.py:f")
    assert list(arguments) == ["w", "s", "z"]
    assert arguments["w"].shape == (3, 4)
    assert arguments["w"].min() >= 1
    assert arguments["s"].shape == ()
    assert arguments["z"].dtype == np.complex128
    assert inputs_of("m.py:doc")["w"].shape == (2,)
    assert inputs_of("m.py:later")["x"].shape == (5,)
    assert inputs_of("m.py:f", "w=[1,2]", "k=3")["k"] == 3.0


def test_defaults_are_inputs_where_nothing_else_is(folder: Path) -> None:
    module(folder, HINTS)
    arguments = inputs_of("m.py:defaults", dtype="float32")
    assert list(arguments) == ["x", "s"]
    assert arguments["x"].dtype == np.float32
    assert arguments["s"] == 2.0


def test_hints_that_do_not_suffice(folder: Path) -> None:
    module(folder, HINTS)
    with pytest.raises(InputError, match=r"'nomal\(2\)': unknown distribution 'nomal'"):
        inputs_of("m.py:bad")
    with pytest.raises(InputError, match="--arg 'w=normal"):
        inputs_of("m.py:unsaid")
    with pytest.raises(InputError, match="takes no arguments"):
        inputs_of("m.py:nothing")


def test_jaxtyping_annotations_with_literal_sizes(folder: Path) -> None:
    module(
        folder,
        "from jaxtyping import Complex, Float, Int\n"
        "A = np.ndarray\n"
        'def f(x: Float[A, "3 4"], z: Complex[A, "2"], s: Float[A, ""]):\n'
        "    return x.sum()\n"
        'def named(x: Float[np.ndarray, "n 4"]):\n    return x.sum()\n'
        'def whole(x: Int[np.ndarray, "4"]):\n    return x.sum()\n',
    )
    arguments = inputs_of("m.py:f")
    assert [a.shape for a in arguments.values()] == [(3, 4), (2,), ()]
    assert arguments["z"].dtype == np.complex128
    for name in ("named", "whole"):
        with pytest.raises(InputError, match=f"m.py:{name} does not say what to pass for 'x'"):
            inputs_of(f"m.py:{name}")


@pytest.mark.parametrize(
    "examples",
    [
        'def example_inputs():\n    return {"x": np.ones(2), "y": [np.ones(3), 2.0], "other": 1}\n',
        "def example_inputs():\n    return np.ones(2), [np.ones(3), 2.0]\n",
        "example_inputs = [np.ones(2), [np.ones(3), 2.0]]\n",
        'example_inputs = {"y": [np.ones(3), 2.0], "x": [1, 1.0]}\n',
    ],
)
def test_example_inputs_in_every_form(examples: str, folder: Path) -> None:
    module(folder, "def f(x, y):\n    return x.sum()\n" + examples)
    arguments = inputs_of("m.py:f", dtype="float32")
    assert list(arguments) == ["x", "y"]
    assert np.array_equal(arguments["x"], np.ones(2, np.float32))
    assert arguments["x"].dtype == np.float32
    assert np.array_equal(arguments["y"][0], np.ones(3))
    assert arguments["y"][1] == 2.0


def test_one_array_is_the_first_input_and_arg_comes_before_examples(folder: Path) -> None:
    module(folder, "def f(x, k=2.0):\n    return x.sum()\nexample_inputs = np.ones(2)\n")
    assert np.array_equal(inputs_of("m.py:f")["x"], [1.0, 1.0])
    assert np.array_equal(inputs_of("m.py:f", "x=[5]")["x"], [5.0])


@pytest.mark.torch
def test_tensors_that_require_grad_are_inputs_too(folder: Path) -> None:
    module(
        folder,
        "import torch\ndef f(x):\n    return x.sum()\n"
        "def example_inputs():\n    return torch.ones(2, requires_grad=True)\n",
    )
    assert np.array_equal(inputs_of("m.py:f")["x"], [1.0, 1.0])


def test_example_inputs_that_go_wrong(folder: Path) -> None:
    module(folder, "def f(x):\n    return x\ndef example_inputs():\n    raise KeyError('k')\n")
    with pytest.raises(FunctionLoadError, match=r"example_inputs\(\) raised KeyError: 'k'"):
        inputs_of("m.py:f")
    module(folder, "def f(x):\n    return x\nexample_inputs = (1.0, 2.0)\n", "m2.py")
    with pytest.raises(InputError, match="gives 2 inputs, but f takes 1"):
        inputs_of("m2.py:f")
    module(folder, "def f(x):\n    return x\nexample_inputs = {'x': 'word'}\n", "m3.py")
    with pytest.raises(InputError, match="x is"):
        inputs_of("m3.py:f")
    module(folder, "def f(x):\n    return x\nexample_inputs = {'z': 1.0}\n", "m4.py")
    with pytest.raises(InputError, match="does not say what to pass for 'x'"):
        inputs_of("m4.py:f")


METHODS = """
class Model:
    def __init__(self, scale):
        self.scale = scale

    def loss(self, x, y=1.0):
        return self.scale * np.sum(x)

    @staticmethod
    def free(x):
        return np.sum(x)

    @classmethod
    def of_class(cls, x):
        return np.sum(x)


made = Model(2.0)
"""


def test_a_method_of_a_class_asks_for_an_object(folder: Path) -> None:
    module(folder, METHODS)
    for args in ([], ["x=normal(3)"]):
        with pytest.raises(InputError) as caught:
            inputs_of("m.py:Model.loss", *args)
        assert "m.py:Model.loss is a method, and needs an object" in str(caught.value)
        assert "adbench check m.py:model.loss --arg 'x=normal(3)'" in str(caught.value)
        assert "self" not in str(caught.value)


@pytest.mark.parametrize("name", ["Model.free", "Model.of_class", "made.loss"])
def test_what_needs_no_object_is_taken(folder: Path, name: str) -> None:
    module(folder, METHODS)
    assert list(inputs_of(f"m.py:{name}", "x=normal(3)")) == ["x"]


def test_a_compiled_function_takes_its_inputs_in_order(folder: Path) -> None:
    """`math.hypot` shows no signature, as many of torch's functions."""
    assert list(inputs_of("math:hypot", "b=0.5", "a=1.5")) == ["b", "a"]
    with pytest.raises(InputError) as caught:
        inputs_of("math:hypot")
    assert "math:hypot does not say what to pass (its parameters cannot be read)" in str(
        caught.value
    )
    assert "adbench check math:hypot --arg 'a=normal(3)' --arg 'b=normal(3)'" in str(caught.value)


@pytest.mark.parametrize("examples", ["{'u': np.ones(2), 'v': np.zeros(3)}", "[np.ones(2), 0.5]"])
def test_a_compiled_function_takes_all_of_the_examples(folder: Path, examples: str) -> None:
    module(folder, f"from math import hypot\nexample_inputs = {examples}\n")
    assert len(inputs_of("m.py:hypot")) == 2


def test_a_function_of_any_number_of_inputs_takes_them_under_any_names(folder: Path) -> None:
    module(folder, "def many(*xs):\n    return sum(np.sum(x) for x in xs)\n")
    assert list(inputs_of("m.py:many", "b=normal(2)", "a=normal(3)")) == ["b", "a"]
    with pytest.raises(InputError) as caught:
        inputs_of("m.py:many")
    assert "it takes any number of inputs" in str(caught.value)
    assert "adbench check m.py:many --arg 'a=normal(3)' --arg 'b=normal(3)'" in str(caught.value)


def test_hints_name_files_as_they_were_typed(folder: Path) -> None:
    (folder / "sub").mkdir()
    module(folder / "sub", "def loss(x):\n    return x\n", "losses.py")
    (problem,) = problems_of("sub/lossen.py:loss")
    assert problem.hint == "did you mean 'sub/losses.py'?"
    (problem,) = problems_of("sub/losses.py:lost")
    assert problem.message == "sub/losses.py has no function 'lost'"
    (problem,) = problems_of("sub/losses.py:loss")
    assert "adbench check sub/losses.py:loss --arg 'x=normal(3)'" in problem.message
