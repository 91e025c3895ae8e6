"""What the record tells of a case: how its inputs came about, and its function's source."""

import functools

import numpy as np

from adbench.runner.definition import definition_of, source_of
from adbench.suite import InputSpec


def loss(x):
    """A function to be read."""
    return (x * x).sum()


def test_inputs_are_told_as_a_suite_writes_them(make_case):
    inputs = {
        "x": InputSpec(shape=(3, 4), parameters={"std": 2.0}),
        "y": InputSpec(values=[1.0, 2.0], dtype="float32", requires_grad=False),
        "params": {"w": [InputSpec(shape=()), InputSpec(file="/data/a.npz", key="b")]},
    }
    told = definition_of(make_case("f[n=3]", inputs=inputs, description="a sum"), None)
    assert told.base == "f"
    assert told.description == "a sum"
    assert told.code == ""
    assert told.inputs == {
        "x": "normal(3, 4, std=2)",
        "y": "[1.0, 2.0], float32, not differentiated",
        "params['w'][0]": "normal()",
        "params['w'][1]": "/data/a.npz:b",
    }


def test_long_values_are_cut(make_case):
    told = definition_of(make_case(inputs={"x": InputSpec(values=list(range(1000)))}), None)
    assert told.inputs["x"].startswith("[0, 1, 2")
    assert len(told.inputs["x"]) < 70


def test_the_source_is_that_of_the_function_itself():
    wrapped = functools.wraps(loss)(lambda x: loss(x))
    assert source_of(wrapped) == source_of(loss)
    assert source_of(loss).splitlines()[0] == "def loss(x):"
    assert source_of(loss).endswith("return (x * x).sum()")


def test_a_long_source_is_cut_and_says_so(tmp_path, monkeypatch):
    (tmp_path / "long_one.py").write_text("def f(x):\n" + "    x = x + 1\n" * 99 + "    return x\n")
    monkeypatch.syspath_prepend(tmp_path)
    import long_one

    text = source_of(long_one.f)
    assert len(text.splitlines()) == 61
    assert text.endswith("… 41 more lines")


def test_what_has_no_source_has_none():
    assert source_of(np.sin) == ""
    assert source_of(len) == ""
    assert source_of(eval("lambda x: x")) == ""
