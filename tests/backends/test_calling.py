import functools
from collections import namedtuple

import numpy as np
import optree
import pytest

from adbench.backends.calling import Call, Outputs, accepts, reject
from adbench.backends.errors import ArgumentError, OutputError


def _call(function, params=None, /, **arguments):
    flags = optree.tree_map(lambda _: True, arguments)
    return Call(function, arguments, flags, params or {})


def _result(function, params=None, /, **arguments):
    call = _call(function, params, **arguments)
    return call(call.arrays)


X, W = np.array(2.0), np.array(10.0)


def test_arguments_go_by_keyword_whatever_their_order():
    assert _result(lambda w, x: x - w, x=X, w=W) == -8
    assert _result(lambda x, k=1, w=0: x - k * w, x=X, w=W) == -8


def test_keyword_only_and_double_star():
    def only(*, x, w):
        return x - w

    assert _result(only, x=X, w=W) == -8
    assert _result(lambda **kw: kw["x"] - kw["w"], x=X, w=W) == -8


def test_other_names_go_by_position_in_order():
    assert _result(lambda a, b: a - b, x=X, w=W) == -8
    assert _result(lambda *xs: xs[0] - xs[1], x=X, w=W) == -8
    assert _result(lambda x, *rest: x - rest[0], x=X, w=W) == -8


def test_positional_only_parameters_are_matched_by_name():
    def f(w, /, x):
        return x - w

    assert _result(f, x=X, w=W) == -8


def test_functions_without_a_signature_or_with_positional_only_ones():
    assert _result(np.subtract, x=X, w=W) == -8
    assert _result(np.negative, anything=X) == -2
    assert _result(functools.partial(lambda k, x: k * x, 3), x=X) == 6


def test_a_wrapper_that_shows_no_names_is_called_by_position():
    def apply(*args, **kwargs):
        assert not kwargs
        return args[0] - args[1]

    assert _result(apply, x=X, w=W) == -8


def test_a_wrapper_that_takes_no_keywords_is_called_by_position():
    @functools.wraps(lambda x, w: x - w)
    def wrapper(*args):
        return args[0] - args[1]

    assert _result(wrapper, x=X, w=W) == -8


def test_parameters_are_keywords():
    assert _result(lambda x, n: x**n, {"n": 3}, x=X) == 8
    assert _result(lambda x, n=2: x**n, x=X) == 4


def test_a_module_is_called_by_the_names_of_its_forward():
    class Module:
        def __call__(self, *args, **kwargs):
            return self.forward(*args, **kwargs)

        def forward(self, b, a):
            return a - b

    assert _result(Module(), a=X, b=W) == -8


def test_a_misspelt_input_is_not_guessed():
    def f(x, w):
        return x * w

    with pytest.raises(ArgumentError, match=r"f\(x, w\) has no parameter 'weight'"):
        _call(f, x=X, weight=W)


def test_an_input_and_a_parameter_of_one_name_clash():
    with pytest.raises(ArgumentError, match="'x' is both an input and a parameter"):
        _call(lambda x: x, {"x": 1}, x=X)


def test_leaves_are_named_as_a_user_writes_them():
    Point = namedtuple("Point", "left right")
    arguments = {
        "x": X,
        "params": {"w": X, 'b\'s "own"': X, 3: X},
        "layers": [X, (X, X)],
        "p": Point(X, X),
    }
    flags = {
        "x": True,
        "params": {"w": True, 'b\'s "own"': False, 3: True},
        "layers": [True, (True, False)],
        "p": Point(True, True),
    }
    call = Call(lambda **kw: 0, arguments, flags, {})
    names = [leaf.name for leaf in call.leaves]
    assert names[0] == "x"
    assert "params['w']" in names
    assert names[4:] == ["layers[0]", "layers[1][0]", "layers[1][1]", "p.left", "p.right"]
    assert len(call.inputs) == 7
    for name, leaf in zip(names[:4], call.leaves[:4], strict=True):
        assert eval(name, dict(arguments)) == X, leaf  # the name is the expression


def test_trees_arrive_as_they_were():
    def f(params, x):
        return params["w"] * x + params["b"][0]

    assert _result(f, None, params={"w": X, "b": [W]}, x=X) == 14


def test_bound_arrays_are_private_copies():
    x = np.ones(3)
    call = _call(lambda x: x, x=x)
    x[:] = 7
    assert call.arrays[0].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="read-only"):
        call.arrays[0][0] = 1


@pytest.mark.parametrize(
    ("value", "flag", "message"),
    [
        (np.arange(3), True, "input x has dtype int64, which has no derivative"),
        (np.ones(3), False, "all of them are data"),
        (np.ones((0, 3)), True, r"no elements in x \(0, 3\)"),
        ("text", True, "input x: str is not an array of numbers"),
        ({"a": np.ones(1)}, True, "input x: its differentiable flags have another structure"),
    ],
)
def test_inputs_with_nothing_to_differentiate(value, flag, message):
    with pytest.raises(ArgumentError, match=message):
        Call(lambda x: x, {"x": value}, {"x": flag}, {})


def test_data_follow_the_precision_of_the_active_leaves():
    arguments = {
        "x": np.ones(2, "f4"),
        "c": np.ones(2, "c8"),
        "d": np.ones(2, "f4"),
        "i": np.arange(2),
    }
    flags = {"x": True, "c": False, "d": False, "i": False}
    call = Call(lambda **kw: 0, arguments, flags, {})
    assert [a.dtype for a in call.data([np.dtype("f4")])] == ["c8", "f4", "i8"]
    assert [a.dtype for a in call.data([np.dtype("f8")])] == ["c16", "f8", "i8"]


def test_outputs_are_named_and_held_to_their_structure():
    outputs = Outputs()
    leaves = outputs.flatten({"loss": X, "aux": (W, None)})
    assert outputs.names == ["out['aux'][0]", "out['loss']"]
    assert leaves == [W, X]
    assert outputs.unflatten([1, 2]) == {"loss": 2, "aux": (1, None)}
    with pytest.raises(OutputError, match="changed structure"):
        outputs.flatten((X, W))


def test_one_output_is_called_out():
    outputs = Outputs()
    outputs.flatten(X)
    assert outputs.names == ["out"]


@pytest.mark.parametrize(
    ("value", "message"), [(None, "return statement"), ((), "no arrays"), ({}, "no arrays")]
)
def test_nothing_returned(value, message):
    with pytest.raises(OutputError, match=message):
        Outputs().flatten(value)


def test_outputs_without_a_derivative():
    outputs = Outputs()
    outputs.flatten((X, np.array(1)))
    with pytest.raises(OutputError, match=r"out\[1\] has dtype int64"):
        outputs.describe([X, np.array(1)])
    with pytest.raises(OutputError, match=r"no elements: out\[0\] \(0,\), out\[1\] \(2, 0\)"):
        outputs.describe([np.ones(0), np.ones((2, 0))])
    assert [leaf.shape for leaf in outputs.describe([X, np.ones(0)])] == [(), (0,)]


def test_rejections_say_what_cut_the_graph():
    assert "out is a Python float" in str(reject("out", 1.0, "a tensor"))
    assert ".item()" in str(reject("out", 1.0, "a tensor"))
    assert "NumPy cuts the graph" in str(reject("out", np.ones(1), "a tensor"))
    assert "out[0] is a builtins.str" in str(reject("out[0]", "a", "a tensor"))


def test_accepts():
    assert accepts(lambda x, n: 0, "n")
    assert not accepts(lambda x: 0, "n")
    assert accepts(lambda **kw: 0, "n")
    assert not accepts(lambda **kw: 0, "n", by_name=True)
