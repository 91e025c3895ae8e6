"""Nothing is silently a constant: what would lose a derivative raises, and says what to do."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from adbench.engine import DifferentiationError, grad

X = np.array([0.3, 1.2, 2.0])


def assign_to_plain_element(x):
    y = np.zeros(3)
    y[0] = x[0]
    return y.sum()


def assign_to_plain_slice(x):
    y = np.zeros(3)
    y[:] = x
    return y.sum()


def add_to_plain(x):
    y = np.zeros(3)
    y += x
    return y.sum()


def out_is_plain(x):
    return np.exp(x, out=np.zeros(3)).sum()


def add_at_plain(x):
    y = np.zeros(3)
    np.add.at(y, [0, 1, 2], x)
    return y.sum()


REFUSED = {
    "float": (lambda x: float(x[0]), "leave float() out"),
    "complex": (lambda x: complex(x[0]).real, "leave complex() out"),
    "math": (lambda x: math.exp(x[0]), "np.* for math.*"),
    "asarray": (lambda x: np.asarray(x).sum(), "drop np.asarray"),
    "array of traced": (lambda x: np.array([x[0], x[1]]).sum(), "np.stack"),
    "sum of a list": (lambda x: np.sum([x[0], x[1]]), "np.stack"),
    "plain element": (assign_to_plain_element, "np.zeros_like(x"),
    "plain slice": (assign_to_plain_slice, "np.zeros_like(x"),
    "plain in place": (add_to_plain, "y = y + x"),
    "plain out": (out_is_plain, "np.zeros_like(x"),
    "plain add.at": (add_at_plain, "np.zeros_like(x"),
    "full": (lambda x: np.full(3, x[0]).sum(), "x * np.ones(shape)"),
    "no rule in this argument": (lambda x: np.sum(special.jv(x, 1.0)), "stop_gradient(v)"),
    "no rule": (lambda x: special.kolmogorov(x).sum(), "custom_vjp"),
    "logsumexp": (lambda x: special.logsumexp(x), "adbench.engine.scipy.special.logsumexp"),
    "softmax": (lambda x: special.softmax(x)[0], "adbench.engine.scipy.special.softmax"),
    "traced option": (lambda x: np.sum(x, initial=x[0]), "stop_gradient(initial)"),
    "max with where": (lambda x: np.max(x, where=[True, False, True], initial=0), "np.where"),
    "memory": (lambda x: x.view(np.int64).sum(), "stop_gradient"),
    "ufunc where": (lambda x: np.exp(x, where=[True, False, True]).sum(), "np.where("),
    "float index": (lambda x: x[x[:1]].sum(), "astype(int)"),
    "histogram": (lambda x: np.histogram(x)[1][0], "stop_gradient"),
    "logsumexp with where": (
        lambda x: np.logaddexp.reduce(x, where=[True, False, True]),
        "x[mask]",
    ),
    "nanmax with where": (lambda x: np.nanmax(x, where=[True, False, True], initial=0), "x[mask]"),
    "masked constant": (lambda x: np.sum(x * np.ma.array([1.0, 2, 3], mask=[0, 1, 0])), "x[mask]"),
    "masked operand first": (lambda x: np.sum(np.ma.array([1.0, 2, 3]) * x), "x[mask]"),
    "fix order A": (lambda x: np.reshape(x, (3, 1), order="A").sum(), "order='C'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_place_and_remedy(name):
    f, remedy = REFUSED[name]
    with pytest.raises(DifferentiationError, match=re.escape(remedy)) as caught:
        grad(f)(X)
    location = caught.value.location
    assert location.file == __file__
    assert location.text in Path(__file__).read_text()
    assert f"{Path(__file__).name}:{location.line}" in str(caught.value)


def test_the_place_is_the_innermost_user_line():
    with pytest.raises(DifferentiationError) as caught:
        grad(assign_to_plain_element)(X)
    assert caught.value.location.text == "y[0] = x[0]"


def test_a_traced_array_kept_after_its_gradient_is_refused():
    kept = []

    def f(x):
        kept.append(x)
        return np.sum(x)

    grad(f)(X)
    with pytest.raises(DifferentiationError, match="kept from an earlier call"):
        kept[0] + 1


ALLOWED = {
    "bool": (lambda x: x[0] * 2 if x[0] > 0 else x[1], [2, 0, 0]),
    "int": (lambda x: x[int(x[1])] * 1, [0, 1, 0]),
    "compare": (lambda x: np.sum(x * (x > 1)), [0, 1, 1]),
    "argmax": (lambda x: x[np.argmax(x)], [0, 0, 1]),
    "argsort": (lambda x: x[np.argsort(-x)][0], [0, 0, 1]),
    "floor": (lambda x: np.sum(x - np.floor(x)), [1, 1, 1]),
    "round": (lambda x: x[round(0.4)] + np.round(x).sum(), [1, 0, 0]),
    "astype int": (lambda x: x[x.astype(int)[2]], [0, 0, 1]),
    "item": (lambda x: x[1].item() * 3, [0, 3, 0]),
    "tolist": (lambda x: sum(x.tolist()), [1, 1, 1]),
    "unpack": (lambda x: (lambda a, b, c: a * 2 + c)(*x), [2, 0, 1]),
    "format": (lambda x: x[0] if f"{x[0]:.2f}" == "0.30" else x[1], [1, 0, 0]),
    "len": (lambda x: x[0] * len(x), [3, 0, 0]),
    "min of python": (lambda x: min(x), [1, 0, 0]),
    "sum of python": (lambda x: sum(x), [1, 1, 1]),
    "abs": (lambda x: abs(x - 1).sum(), [-1, 1, 1]),
    "contains": (lambda x: x[0] if 2.0 in x else x[1], [1, 0, 0]),
    "rounded by Python": (lambda x: x[math.floor(x[1])] + round(x[0], 1), [0, 1, 0]),
    "isclose": (lambda x: x[0] if np.allclose(x, x) else x[1], [1, 0, 0]),
    "result_type": (lambda x: np.sum(x.astype(np.result_type(x, np.float32))), [1, 1, 1]),
    "nonzero": (lambda x: np.sum(x[np.nonzero(x > 1)]), [0, 1, 1]),
    "divmod": (lambda x: np.sum(divmod(x, 0.7)[1]), [1, 1, 1]),
    "list operand": (lambda x: np.sum(x * [1.0, 2.0, 3.0]), [1, 2, 3]),
    "traced list operand": (lambda x: np.sum(x * [x[0], 0.0, 0.0]), [0.6, 0, 0]),
    "reflected": (lambda x: np.sum(np.ones(3) - x + (2.0 - x) + 2 * x), [0, 0, 0]),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed(name):
    f, expected = ALLOWED[name]
    np.testing.assert_allclose(grad(f)(X), expected)
