"""Faults on the native engine: stop_gradient, custom_vjp with state, mutation, wrong types."""

from __future__ import annotations

from typing import Any

import numpy as np

from adbench.engine import checkpoint, custom_vjp, grad, stop_gradient, vjp
from corpus.entry import (
    Bug,
    Evidence,
    Function,
    InputFactory,
    Inputs,
    merged,
    normal,
    uniform,
    values,
)

BUGS: list[Bug] = []


def plant(id: str, *, buggy: Any, fixed: Any, inputs: InputFactory, **options: Any) -> None:
    """Add a bug on the native engine."""
    options = {"where": buggy.__name__, **options}
    bug = Bug(
        id=f"native/{id}", backend="native", buggy=buggy, fixed=fixed, inputs=inputs, **options
    )
    BUGS.append(bug)


def with_backward(forward: Function, backward: Function) -> Function:
    """`forward` with the pullback backward(inputs, g), by `custom_vjp`."""
    function = custom_vjp(forward)
    function.defvjp(lambda *inputs: (forward(*inputs), inputs), backward)
    return function


def _exact(name: str) -> Function:
    """A one-argument function of the exact namespace by its name."""

    def formula(x: Any) -> Any:
        return getattr(x.__array_namespace__(), name)(x)

    return formula


# --- the graph cut by hand ----------------------------------------------------------------------


def weighted_mean_stopped(x):
    weights = stop_gradient(np.exp(-x))
    return np.sum(weights * x) / np.sum(weights)


def weighted_mean(x):
    weights = np.exp(-x)
    return np.sum(weights * x) / np.sum(weights)


def _weighted_mean_formula(x):
    xp = x.__array_namespace__()
    weights = xp.exp(-x)
    return xp.sum(weights * x) / xp.sum(weights)


plant(
    "weights-stopped",
    category="detached",
    description="a weighted mean whose weights depend on x and are stopped",
    diagnosis="term is missing",
    buggy=weighted_mean_stopped,
    fixed=weighted_mean,
    inputs=normal(x=5),
    formula=_weighted_mean_formula,
)


def residual_stopped(w, x, y):
    return np.mean((stop_gradient(w) @ x - y) ** 2) + 1e-3 * np.sum(w * w)


def residual(w, x, y):
    return np.mean((w @ x - y) ** 2) + 1e-3 * np.sum(w * w)


def _residual_formula(w, x, y):
    xp = x.__array_namespace__()
    return xp.mean((w @ x - y) ** 2) + 1e-3 * xp.sum(w * w)


plant(
    "only-the-regulariser",
    category="detached",
    description="a loss in which the weights are stopped: what is left is the regulariser's slope",
    diagnosis="·w alone",
    buggy=residual_stopped,
    fixed=residual,
    inputs=normal(w=(2, 3), x=(3, 4), y=(2, 4)),
    formula=_residual_formula,
)


sine_once = with_backward(np.sin, lambda inputs, g: (g * np.cos(stop_gradient(inputs[0])),))

plant(
    "second-order-stopped",
    category="second order",
    description="sin with a right derivative under stop_gradient: the second one is zero",
    diagnosis="detached",
    buggy=lambda x: sine_once(x),
    fixed=lambda x: np.sin(x),
    inputs=normal(x=4),
    formula=_exact("sin"),
    where="sin",
    derivative="hvp",
)

cube_slope = with_backward(
    lambda g, x: 3 * g * x**2,
    lambda inputs, gg: (3 * gg * inputs[1] ** 2, 3 * gg * inputs[0] * inputs[1]),
)
cube_half_curvature = with_backward(lambda x: x**3, lambda inputs, g: (cube_slope(g, inputs[0]),))

plant(
    "second-order-factor",
    category="second order",
    description="x³ with the second derivative 3x in place of 6x",
    diagnosis="factor 1/2",
    buggy=lambda x: cube_half_curvature(x),
    fixed=lambda x: x**3,
    inputs=normal(x=4),
    formula=lambda x: x**3,
    where="cube_slope",
    derivative="hvp",
)

# --- state --------------------------------------------------------------------------------------

_KEPT: dict[tuple[int, ...], Any] = {}


def _kept_slope(inputs, g):
    (x,) = inputs
    return (g * _KEPT.setdefault(np.shape(x), np.cosh(x)),)


sinh_kept = with_backward(np.sinh, _kept_slope)


def _gradient(function: Function, x: Any) -> Any:
    return grad(lambda v: np.sum(function(v)))(x)


def _same_at_two_points(function: Function, inputs: Inputs) -> bool:
    return bool(
        np.array_equal(_gradient(function, inputs["x"]), _gradient(function, inputs["x"] + 1))
    )


plant(
    "stale-cache-by-shape",
    category="stale",
    description="a slope cached by shape: every later point gets the first point's gradient",
    diagnosis="stale",
    buggy=lambda x: sinh_kept(x),
    fixed=lambda x: np.sinh(x),
    inputs=normal(x=5),
    formula=_exact("sinh"),
    where="_kept_slope",
    reach="nearby",
    evidence=Evidence(probe=_same_at_two_points),
)

_TOTAL: dict[tuple[int, ...], Any] = {}


def _accumulating(inputs, g):
    (x,) = inputs
    _TOTAL[np.shape(x)] = _TOTAL.get(np.shape(x), 0.0) + np.asarray(g * np.exp(x))
    return (_TOTAL[np.shape(x)].copy(),)


exp_accumulating = with_backward(np.exp, _accumulating)


def _differs_between_calls(function: Function, inputs: Inputs) -> bool:
    return not np.array_equal(_gradient(function, inputs["x"]), _gradient(function, inputs["x"]))


plant(
    "gradient-accumulates",
    category="state",
    description="a gradient buffer that is added to and never cleared",
    diagnosis="state",
    buggy=lambda x: exp_accumulating(x),
    fixed=lambda x: np.exp(x),
    inputs=normal(x=3),
    formula=_exact("exp"),
    where="_accumulating",
    evidence=Evidence(probe=_differs_between_calls),
)

_GENERATOR = np.random.default_rng(3)
square_noisy = with_backward(
    lambda x: x * x,
    lambda inputs, g: (2 * g * inputs[0] * (1 + 1e-9 * _GENERATOR.standard_normal(np.shape(g))),),
)

plant(
    "nondeterministic-backward",
    category="nondeterministic",
    description="a relative noise of 10⁻⁹ in the gradient",
    diagnosis="nondeterministic",
    buggy=lambda x: square_noisy(x),
    fixed=lambda x: x * x,
    inputs=normal(x=5),
    formula=lambda x: x * x,
    where="square_noisy",
    evidence=Evidence(probe=_differs_between_calls),
)


class _Runs:
    count = 0


def _other_at_the_second_run(x):
    _Runs.count += 1
    return np.sin(x * (1.0 if _Runs.count == 1 else 2.0))


def checkpoint_with_state(x):
    _Runs.count = 0
    return checkpoint(_other_at_the_second_run)(x)


plant(
    "checkpoint-recomputes-otherwise",
    category="state",
    description="a checkpointed block whose second run computes another function than its first",
    diagnosis="recomput",
    buggy=checkpoint_with_state,
    fixed=lambda x: checkpoint(np.sin)(x),
    inputs=normal(x=4),
    formula=_exact("sin"),
    where="_other_at_the_second_run",
)

# --- mutation and types -------------------------------------------------------------------------


def _scaling_in_place(inputs, g):
    g *= np.cos(inputs[0])
    return (g,)


sine_in_place = with_backward(np.sin, _scaling_in_place)


def _mutates_cotangent(function: Function, inputs: Inputs) -> bool:
    _, pullback = vjp(function, inputs["x"])
    g = np.ones_like(inputs["x"])
    pullback(g)
    return not bool(np.all(g == 1))


plant(
    "cotangent-mutated",
    category="mutation",
    description="backward scales its cotangent in place: whoever else reads it gets it wrong",
    diagnosis="mutated-cotangent",
    buggy=lambda x: sine_in_place(x),
    fixed=lambda x: np.sin(x),
    inputs=normal(x=4),
    formula=_exact("sin"),
    where="_scaling_in_place",
    evidence=Evidence(probe=_mutates_cotangent),
)


def _sort_in_place(x):
    x.sort()
    return x**2


def _sorted_square_pull(inputs, g):
    return (2 * g * inputs[0],)


sorted_square = with_backward(_sort_in_place, _sorted_square_pull)


def _sorted_square_formula(x):
    return x.__array_namespace__().sort(x) ** 2


plant(
    "input-mutated",
    category="mutation",
    description="forward sorts its input in place, so that what it keeps is no longer its input",
    diagnosis="mutated-input",
    buggy=lambda x: sorted_square(x),
    fixed=lambda x: np.sort(x) ** 2,
    inputs=values(x=[1.5, -0.3, 0.8, -2.0]),
    formula=_sorted_square_formula,
    where="_sort_in_place",
)

exp_to_float32 = with_backward(
    np.exp, lambda inputs, g: ((g * np.exp(inputs[0])).astype(np.float32),)
)

plant(
    "gradient-in-float32",
    category="wrong dtype",
    description="a float64 input gets a float32 gradient",
    diagnosis="float32",
    buggy=lambda x: exp_to_float32(x),
    fixed=lambda x: np.exp(x),
    inputs=normal(x=5),
    formula=_exact("exp"),
    where="exp_to_float32",
    outcome=("fail", "error"),
    evidence=Evidence(relative=1e-9),
)

dot_wrong_shape = with_backward(
    lambda x, w: np.sum(x * w), lambda inputs, g: (g * inputs[1][None, :], g * inputs[0])
)

plant(
    "wrong-shape",
    category="wrong shape",
    description="a gradient of shape (1, n) for an input of shape (n,)",
    diagnosis="shape",
    buggy=lambda x, w: dot_wrong_shape(x, w),
    fixed=lambda x, w: np.sum(x * w),
    inputs=normal(x=4, w=4),
    formula=lambda x, w: x.__array_namespace__().sum(x * w),
    where="dot_wrong_shape",
    outcome=("fail", "error"),
)

# --- one wrong piece in a larger program ---------------------------------------------------------

softplus_reflected = with_backward(
    lambda x: np.logaddexp(0.0, x), lambda inputs, g: (g / (1 + np.exp(inputs[0])),)
)


def network(activation: Function) -> Function:
    """A two-layer network with this activation."""

    def loss(w1, b1, w2, x):
        return np.sum(np.tanh(activation(x @ w1 + b1) @ w2))

    return loss


def _network_formula(w1, b1, w2, x):
    xp = x.__array_namespace__()
    return xp.sum(xp.tanh(xp.log1p(xp.exp(x @ w1 + b1)) @ w2))


plant(
    "activation-in-a-network",
    category="sign",
    description="softplus with σ(−x) for its derivative, inside a two-layer network",
    diagnosis="mirrored|factor exp",
    buggy=network(softplus_reflected),
    fixed=network(lambda x: np.logaddexp(0.0, x)),
    inputs=normal(scale=0.5, w1=(3, 4), b1=4, w2=(4, 2), x=(5, 3)),
    formula=_network_formula,
    where="softplus_reflected",
)

decay_forgotten = with_backward(
    lambda state, rate: state * np.exp(-rate),
    lambda inputs, g: (g, -g * inputs[0] * np.exp(-inputs[1])),
)


def rollout(step: Function) -> Function:
    """Ten steps of a forced decay."""

    def final(state, rate):
        for _ in range(10):
            state = step(state, rate) + 0.1
        return state

    return final


def _rollout_formula(state, rate):
    for _ in range(10):
        state = state * rate.__array_namespace__().exp(-rate) + 0.1
    return state


plant(
    "recurrence-factor-dropped",
    category="adjoint",
    description="a recurrence that forgets the decay on the state's cotangent, ten times over",
    diagnosis="factor|term is missing",
    buggy=rollout(decay_forgotten),
    fixed=rollout(lambda state, rate: state * np.exp(-rate)),
    inputs=merged(normal(state=3), uniform(0.05, 0.3, rate=3)),
    formula=_rollout_formula,
    where="decay_forgotten",
)
