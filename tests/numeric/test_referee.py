"""Derivatives by replay in 50 digits, against closed forms and mpmath's own derivative."""

import subprocess
import sys

import array_api_compat
import mpmath
import numpy as np
import pytest
import scipy.special

from adbench.numeric.referee import CannotReplay, exact_derivatives, replay

U = 2.0**-53


def derivative(function, x, direction=None, deadline=20.0):
    """d/dt of a scalar function of one array, along a direction (ones where none is given)."""
    x = np.asarray(x)
    v = np.ones_like(x) if direction is None else np.asarray(direction)
    found = exact_derivatives(
        lambda leaves: [function(leaves[0])], [x], [[v]], [[np.ones(())]], deadline=deadline
    )
    return found, found.value[0, 0], found.bound[0, 0]


@pytest.fixture(autouse=True)
def _sixty_digits():
    with mpmath.workdps(60):
        yield


def sure(value, bound, reference):
    """Within its bound, and the bound is no wider than the rounding to double."""
    assert abs(mpmath.mpf(float(value)) - reference) <= float(bound)
    assert bound <= 1.01 * U * abs(value) + 1e-29


CLOSED_FORMS = {
    "sin": (np.sin, 1.0, lambda x: mpmath.cos(x)),
    "exp": (np.exp, 0.3, lambda x: mpmath.exp(x)),
    "log": (np.log, 1e-8, lambda x: 1 / x),
    "sqrt": (np.sqrt, 1e-300, lambda x: 1 / (2 * mpmath.sqrt(x))),
    "square at 1e8": (lambda x: x * x, 1e8, lambda x: 2 * x),
    "1e8 + sin": (lambda x: 1e8 + np.sin(x), 2.0, lambda x: mpmath.cos(x)),
    "cancelling": (
        lambda x: (1 - np.cos(x)) / x**2,
        1e-5,
        lambda x: mpmath.diff(lambda t: (1 - mpmath.cos(t)) / t**2, x, h=mpmath.mpf(10) ** -20),
    ),
    "tanh at 20": (np.tanh, 20.0, lambda x: 1 / mpmath.cosh(x) ** 2),
    "exp(-1/x^2)": (lambda x: np.exp(-1 / x**2), 0.1, lambda x: 2 / x**3 * mpmath.exp(-1 / x**2)),
    "erf": (scipy.special.erf, 0.7, lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x)),
    "gammaln": (scipy.special.gammaln, 3.3, lambda x: mpmath.psi(0, x)),
    "digamma": (scipy.special.digamma, 3.3, lambda x: mpmath.psi(1, x)),
    "j0": (scipy.special.j0, 2.0, lambda x: -mpmath.besselj(1, x)),
    "oscillating": (lambda x: np.sin(1e6 * x), 0.25, lambda x: 10**6 * mpmath.cos(10**6 * x)),
    "x^x": (lambda x: x**x, 1.7, lambda x: x**x * (mpmath.log(x) + 1)),
    "quintic at 0": (lambda x: x**5 + 3 * x, 0.0, lambda x: mpmath.mpf(3)),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_the_derivative_is_right_to_the_last_bit(name):
    function, x, reference = CLOSED_FORMS[name]
    _, value, bound = derivative(function, x)
    sure(value, bound, reference(mpmath.mpf(x)))


def test_the_inverse_of_the_hilbert_matrix():
    n = 8
    hilbert = 1.0 / (np.arange(n)[:, None] + np.arange(n) + 1)
    _, value, bound = derivative(lambda h: np.linalg.inv(h)[7, 7], hilbert)
    exact = mpmath.matrix(hilbert.tolist()) ** -1
    reference = -mpmath.fsum(exact[7, i] for i in range(n)) * mpmath.fsum(
        exact[i, 7] for i in range(n)
    )
    sure(value, bound, reference)


def test_a_softmax_of_huge_logits():
    def softmax(x):
        e = np.exp(x - np.max(x))
        return (e / np.sum(e))[0]

    x = np.array([1e4, 1e4 + 1, -1e4])
    _, value, bound = derivative(softmax, x, [1.0, 0.0, 0.0])
    p = 1 / (1 + mpmath.e)
    sure(value, bound, p * (1 - p))


def test_a_loop_that_stops_on_a_tolerance():
    def newton(a):
        x = a
        while abs(x * x - a) > 1e-14:
            x = (x + a / x) / 2
        return x

    _, value, bound = derivative(newton, 2.0)
    # Its last step went from an error below 1e-6 to one below 1e-12; so did the derivative.
    assert abs(value - 1 / (2 * np.sqrt(2))) < 1e-11
    assert bound <= 1.01 * U * value


def test_a_kink_has_both_slopes():
    found, value, bound = derivative(lambda x: np.abs(x) + np.maximum(2 * x, 5 * x), 0.0)
    assert found.kink[0, 0]
    assert np.isnan(value)
    assert bound == np.inf
    assert (found.left[0, 0], found.right[0, 0]) == (1.0, 6.0)
    assert found.left_bound[0, 0] < 1e-29


def test_a_point_beside_a_kink_has_none():
    found, value, _ = derivative(np.abs, 5e-324)
    assert not found.kink[0, 0]
    assert value == 1.0


def test_a_kink_that_is_smoothed_far_below_double_precision_is_none():
    found, value, bound = derivative(lambda x: np.sqrt(x * x + 1e-30), 0.0)
    assert not found.kink[0, 0]
    assert abs(value) <= bound < 1e-40


@pytest.mark.parametrize(
    "function",
    [np.floor, np.sign, lambda x: np.where(x > 0, 1.0, 0.0), lambda x: np.sqrt(np.abs(x)), np.cbrt],
)
def test_at_a_jump_or_a_vertical_tangent_nothing_is_claimed(function):
    found, value, bound = derivative(function, 0.0)
    assert not found.kink[0, 0]
    assert np.isnan(value)
    assert bound == np.inf


def test_at_the_edge_of_a_domain_the_one_side_counts():
    found, value, bound = derivative(lambda x: x * np.sqrt(x) + 3 * x, 0.0)
    assert np.isnan(found.left[0, 0])
    assert abs(value - 3.0) <= bound < 1e-15


def test_a_domain_that_ends_with_an_exception():
    def function(x):
        if x < 1:
            raise ValueError("x must be at least 1")
        return 2 * x

    found, value, bound = derivative(function, 1.0)
    assert value == 2.0
    assert bound < 1e-29
    assert np.isnan(found.left[0, 0])


def test_a_domain_that_has_no_inside():
    def function(x):
        raise ValueError("never")

    with pytest.raises(CannotReplay, match="raised ValueError in higher precision: never"):
        derivative(function, 1.0)


def test_a_function_that_is_nan_has_no_derivative():
    _, value, bound = derivative(lambda x: np.log(x), -1.0)
    assert np.isnan(value)
    assert bound == np.inf


def test_many_leaves_directions_outputs_and_weights():
    rng = np.random.default_rng(3)
    A, x = rng.normal(size=(3, 4)), rng.normal(size=4)
    directions = [[rng.normal(size=(3, 4)), rng.normal(size=4)] for _ in range(3)]
    weights = [[rng.normal(size=3), rng.normal(size=())] for _ in range(2)]
    found = exact_derivatives(
        lambda leaves: [leaves[0] @ leaves[1], np.sum(leaves[0] ** 2)],
        [A, x],
        directions,
        weights,
        deadline=20.0,
    )
    for d, (dA, dx) in enumerate(directions):
        for j, (w, s) in enumerate(weights):
            expected = w @ (dA @ x + A @ dx) + s * np.sum(2 * A * dA)
            np.testing.assert_allclose(found.value[d, j], expected, rtol=1e-13)
            assert found.bound[d, j] <= 1.01 * U * abs(found.value[d, j])
    assert found.evaluations == 2 + 6 * 3


def test_complex_leaves_and_outputs():
    z, v, w = np.array([0.3 + 0.4j]), np.array([1.0 - 2.0j]), np.array([0.5 + 0.25j])
    found = exact_derivatives(
        lambda leaves: [leaves[0] ** 2 * np.exp(leaves[0])], [z], [[v]], [[w]], deadline=20.0
    )
    moved = (2 * z + z**2) * np.exp(z) * v
    expected = (w.real * moved.real + w.imag * moved.imag).item()
    np.testing.assert_allclose(found.value.item(), expected, rtol=1e-14)


def test_an_undefined_output_does_not_touch_the_others():
    found = exact_derivatives(
        lambda leaves: [np.sqrt(leaves[0])],
        [np.array([-1.0, 4.0])],
        [[np.ones(2)]],
        [[np.array([0.0, 1.0])], [np.array([1.0, 0.0])]],
        deadline=20.0,
    )
    assert found.value[0, 0] == 0.25
    assert np.isnan(found.value[0, 1])


def test_a_tiny_element_beside_a_large_one():
    _, value, bound = derivative(lambda x: np.sqrt(x[0]) + x[1], np.array([1e-200, 1e8]))
    with mpmath.workdps(400):
        x = mpmath.mpf(1e-200)
        sure(value, bound, 1 / (2 * mpmath.sqrt(x)) + 1)


def test_the_leaves_are_the_callers_own():
    x = np.array([1.0, 2.0])

    def function(y):
        y *= 3
        y[0] = y[1] ** 2
        return np.sum(y)

    _, value, _ = derivative(function, x, [0.0, 1.0])
    assert value == 2 * 9 * 2.0 + 3
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_functions_of_the_array_api():
    def function(x):
        xp = array_api_compat.array_namespace(x)
        out = xp.zeros(3, dtype=x.dtype)
        out[0] = xp.sum(xp.sin(x))
        out[1] = xp.linalg.vector_norm(x)
        centred = x - xp.mean(x)
        return xp.sum(xp.concat([out, xp.asarray([xp.max(x), 2.0]), centred**2]))

    x = np.array([0.5, -1.0, 2.0])
    _, value, bound = derivative(function, x)
    norm = mpmath.sqrt(mpmath.fsum(mpmath.mpf(t) ** 2 for t in x))
    reference = (
        mpmath.fsum(mpmath.cos(mpmath.mpf(t)) for t in x)
        + mpmath.fsum(mpmath.mpf(t) for t in x) / norm
        + 1
    )
    sure(value, bound, reference)


def test_array_namespace_of_exact_and_plain_arrays():
    def function(x):
        xp = array_api_compat.array_namespace(x, np.ones(3))
        return xp.sum(xp.exp(x) * np.ones(3))

    _, value, _ = derivative(function, np.zeros(3))
    assert value == 3.0


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: np.asarray(x) * 2, "numpy.asarray"),
        (lambda x: np.array([x, x]), "numpy.asarray"),
        (lambda x: float(x) * 2, "float()"),
        (lambda x: complex(x) * 2, "complex()"),
        (lambda x: x.astype(np.float32), "astype(float32)"),
        (lambda x: np.linalg.eig(x * np.eye(2))[0][0], "numpy.linalg.eig"),
        (lambda x: np.histogram(x, 3)[0], "numpy.histogram"),
        (lambda x: np.nextafter(x, 1.0), "nextafter"),
        (lambda x: np.modf(x)[0], "modf"),
        (lambda x: scipy.special.ellipk(x), "ellipk"),
        (lambda x: np.frompyfunc(lambda t: t, 1, 1)(x), "vectorized"),
        (lambda x: np.add(x, 1, out=np.zeros(())), "add"),
        (lambda x: np.gradient(np.stack([x, x])), "numpy.gradient"),
        (lambda x: x.view(np.int64), "numpy.ndarray.view"),
    ],
)
def test_what_is_not_covered_is_named(function, name):
    with pytest.raises(CannotReplay) as refusal:
        derivative(function, 0.5)
    assert name in refusal.value.function


def test_writing_into_a_plain_array_is_refused():
    def function(x):
        out = np.zeros(2)
        out[0] = x
        return np.sum(out)

    with pytest.raises(CannotReplay, match=r"float|numpy\.asarray"):
        derivative(function, 0.5)


def test_code_that_swallows_a_refusal_gains_nothing():
    def function(x):
        try:
            return np.sin(float(x))
        except Exception:
            return x

    with pytest.raises(CannotReplay, match="float"):
        derivative(function, 0.5)


def test_an_array_that_is_too_large_is_refused_at_once():
    with pytest.raises(CannotReplay, match="too large: an array of 90000 numbers"):
        derivative(lambda x: np.sum(x[:, None] * x), np.ones(300))


def test_a_function_that_takes_too_long_is_refused():
    def function(x):
        for _ in range(10**9):
            x = np.sin(x)
        return x

    with pytest.raises(CannotReplay, match="too large"):
        derivative(function, 0.5, deadline=0.3)


def test_too_many_evaluations_are_refused_before_they_are_made():
    calls = []

    def function(leaves):
        calls.append(1)
        for _ in range(1000):
            leaves[0] = np.sin(leaves[0])
        return leaves

    directions = [[np.ones(2)]] * 500
    with pytest.raises(CannotReplay, match="too large"):
        exact_derivatives(function, [np.ones(2)], directions, [[np.ones(2)]], deadline=2.0)
    assert len(calls) <= 2


def test_random_functions_have_a_wide_bound():
    rng = np.random.default_rng(1)
    _, _, bound = derivative(lambda x: x * rng.normal(), 1.0)
    assert bound > 1e3


def test_a_direction_that_does_not_fit():
    with pytest.raises(ValueError, match="a direction of complex128"):
        derivative(np.sin, 1.0, 1j)


def test_replay_gives_values_beyond_double_precision():
    (value,) = replay(lambda leaves: [np.sqrt(leaves[0])], [np.array(2.0)])
    assert abs(mpmath.mpf(value.raw.item()) - mpmath.sqrt(2)) < mpmath.mpf(10) ** -49


def test_the_users_own_precision_is_left_alone():
    mpmath.mp.dps = 15
    derivative(np.sin, 1.0)
    assert mpmath.mp.dps == 15
    assert float(mpmath.mpf(0.5)) == 0.5


def test_mpmath_is_imported_only_when_it_is_used():
    program = "import sys, adbench.numeric.referee; sys.exit('mpmath' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
