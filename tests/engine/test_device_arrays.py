"""The rules on arrays that are not NumPy's: none may make NumPy's where the array's are meant.

`device_arrays.py` stands in for CuPy. It shows that the engine reaches an array's own library by
NumPy's protocols alone, and combines nothing of NumPy's with it. It does not show that CuPy has
each function, computes it with these conventions, or is fast.
"""

import numpy as np
import pytest
from conformance import active, calls_of, close, draw, every_call, floats, noise, random_for
from device_arrays import DeviceArray

from adbench.engine import grad, jacobian, vjp

BRINGS_NUMPY = {
    "concatenate-3", "copyto-1", "gradient-2", "heaviside-0", "ldexp-0", "nanmedian-0",
    "nanquantile-0", "polyfit-1", "putmask-0", "scipy.special.lambertw-0", "select-0", "sum-2",
    "where-0", "where-1", "where-2",
}  # fmt: skip
"""Samples that combine their arguments with NumPy arrays of their own, which CuPy refuses."""

CASES = [(name, i) for name, i in every_call() if f"{name}-{i}" not in BRINGS_NUMPY]


def on_device(arrays):
    return [DeviceArray(a) for a in arrays]


def off_device(arrays):
    return [a.data_ for a in arrays]


@pytest.mark.parametrize(("name", "i"), CASES)
def test_first_and_second_order(name, i):
    function, *specs = calls_of(name)[i]
    rng = random_for(name, i)
    f = floats(function)
    arrays = [draw(rng, spec, "float64") for spec in specs]
    places = active(name, calls_of(name)[i])

    def first(arrays, cotangents):
        value, pullback = vjp(f, *arrays)
        return value, [pullback(cotangents)[k] for k in places]

    def second(arrays, cotangents, weights):
        return vjp(lambda *arrays: first(arrays, cotangents)[1], *arrays)[1](weights)

    cotangents = [noise(rng, np.asarray(v)) for v in vjp(f, *arrays)[0]]
    weights = [noise(rng, arrays[k]) for k in places]
    value, gradients = first(arrays, cotangents)
    found, pulled = first(on_device(arrays), on_device(cotangents))
    close(off_device(found), value, rtol=1e-12)
    close(off_device(pulled), gradients, rtol=1e-12)
    again = second(on_device(arrays), on_device(cotangents), on_device(weights))
    close(off_device(again), second(arrays, cotangents, weights), rtol=1e-10)


@pytest.mark.parametrize(
    "call",
    [name for name, i in every_call() if f"{name}-{i}" in BRINGS_NUMPY],
)
def test_what_brings_numpy_is_refused_by_the_arrays(call):
    number = next(i for name, i in every_call() if name == call and f"{name}-{i}" in BRINGS_NUMPY)
    function, *specs = calls_of(call)[number]
    rng = random_for(call)
    with pytest.raises(TypeError, match="NumPy array beside one on a device"):
        vjp(floats(function), *on_device(draw(rng, spec, "float64") for spec in specs))


def test_writes_go_through_views():
    def f(x):
        y = np.zeros_like(x)
        tail = y[1:]
        tail += x[:-1] ** 2
        y[0] = x[1]
        return np.sum(y)

    gradient = grad(f)(DeviceArray([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(gradient.data_, [2.0, 5.0, 0.0])


def test_jacobian():
    J = jacobian(lambda x: (np.sin(x)[::-1] * x, x[:0]))(DeviceArray([1.0, 2.0]))
    expected = jacobian(lambda x: np.sin(x)[::-1] * x)(np.array([1.0, 2.0]))
    np.testing.assert_allclose(J[0].data_, expected)
    assert J[1].shape == (0, 2)


def test_compiled_leaves_them_to_the_tape():
    compiled = grad(lambda x: np.sum(x**3), mode="compiled")
    for _ in range(3):
        np.testing.assert_array_equal(compiled(DeviceArray([1.0, 2.0])).data_, [3.0, 12.0])
