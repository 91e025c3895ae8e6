"""Faults of gradients written by hand: models, forgotten terms, wrong types, wrong bookkeeping."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

from corpus.entry import Bug, Evidence, Function, InputFactory, Inputs, merged, normal, uniform

BUGS: list[Bug] = []


def plant(
    id: str, *, primal: Function, buggy: Any, fixed: Any, inputs: InputFactory, **options: Any
) -> None:
    """Add a wrong hand-written gradient of `primal`."""
    BUGS.append(
        Bug(
            id=f"manual/{id}",
            backend="manual",
            primal=primal,
            buggy=buggy,
            fixed=fixed,
            inputs=inputs,
            formula=options.pop("formula", primal),
            where=buggy.__name__,
            **options,
        )
    )


# --- models -------------------------------------------------------------------------------------


def logistic_loss(w, x, y):
    xp = array_namespace(w)
    return xp.mean(xp.log1p(xp.exp(-y * (x @ w)))) + 0.05 * xp.sum(w * w)


def logistic_gradient(w, x, y, cotangent=1.0):
    margin = y * (x @ w)
    pull = -y / (1 + np.exp(margin)) / len(y)
    return {
        "w": cotangent * (x.T @ pull + 0.1 * w),
        "x": cotangent * pull[:, None] * w[None, :],
        "y": cotangent * -(x @ w) / (1 + np.exp(margin)) / len(y),
    }


def logistic_without_regulariser(w, x, y, cotangent=1.0):
    result = logistic_gradient(w, x, y, cotangent)
    return {**result, "w": result["w"] - cotangent * 0.1 * w}


def logistic_descent(w, x, y, cotangent=1.0):
    result = logistic_gradient(w, x, y, cotangent)
    return {**result, "w": -result["w"]}


def logistic_summed(w, x, y, cotangent=1.0):
    result = logistic_gradient(w, x, y, cotangent)
    return {**result, "x": len(y) * result["x"]}


_LOGISTIC = {
    "primal": logistic_loss,
    "fixed": logistic_gradient,
    "inputs": normal(w=3, x=(5, 3), y=5),
}

plant(
    "regulariser-forgotten",
    category="term missing",
    description="logistic regression without the regulariser's gradient",
    diagnosis="term is missing.*·w",
    buggy=logistic_without_regulariser,
    **_LOGISTIC,
)
plant(
    "descent-direction",
    category="sign",
    description="the step instead of the gradient: −∇",
    diagnosis="sign flipped",
    buggy=logistic_descent,
    **_LOGISTIC,
)
plant(
    "sum-for-mean",
    category="constant factor",
    description="one leaf's gradient is that of the sum, the loss is a mean",
    diagnosis="factor 5",
    buggy=logistic_summed,
    **_LOGISTIC,
)


def network(w1, w2, x):
    xp = array_namespace(x)
    return xp.tanh(x @ w1) @ w2


def network_gradient(w1, w2, x, cotangent):
    hidden = np.tanh(x @ w1)
    pull = (cotangent @ w2.T) * (1 - hidden**2)
    return x.T @ pull, hidden.T @ cotangent, pull @ w1.T


def network_pre_activation(w1, w2, x, cotangent):
    hidden = np.tanh(x @ w1)
    pull = (cotangent @ w2.T) * (1 - hidden**2)
    return x.T @ pull, (x @ w1).T @ cotangent, pull @ w1.T


def network_activation_slope(w1, w2, x, cotangent):
    hidden = np.tanh(x @ w1)
    pull = cotangent @ w2.T
    return x.T @ pull, hidden.T @ cotangent, pull @ w1.T


def network_swapped(w1, w2, x, cotangent):
    first, second, third = network_gradient(w1, w2, x, cotangent)
    return second, first, third


_NETWORK = {"primal": network, "fixed": network_gradient}

plant(
    "pre-activation-for-activation",
    category="wrong operand",
    description="the second layer's gradient takes what goes into the activation",
    diagnosis="operand",
    buggy=network_pre_activation,
    inputs=normal(w1=(3, 4), w2=(4, 2), x=(5, 3)),
    **_NETWORK,
)
plant(
    "activation-slope-forgotten",
    category="term missing",
    description="the factor 1 − tanh² is forgotten",
    diagnosis="factor that depends on.*derivative",
    buggy=network_activation_slope,
    inputs=normal(w1=(3, 4), w2=(4, 2), x=(5, 3)),
    **_NETWORK,
)
plant(
    "leaves-swapped",
    category="permuted",
    description="two leaves of equal shape come back in each other's place",
    diagnosis="swapped",
    buggy=network_swapped,
    inputs=normal(w1=(3, 3), w2=(3, 3), x=(4, 3)),
    **_NETWORK,
)


def log_determinant(A):
    xp = array_namespace(A)
    return xp.log(xp.linalg.det(A @ A.T + xp.eye(3, dtype=A.dtype)))


def log_determinant_gradient(A, cotangent=1.0):
    return 2 * cotangent * np.linalg.inv(A @ A.T + np.eye(3)) @ A


def log_determinant_halved(A, cotangent=1.0):
    return cotangent * np.linalg.inv(A @ A.T + np.eye(3)) @ A


def log_determinant_offset_forgotten(A, cotangent=1.0):
    return 2 * cotangent * np.linalg.inv(A @ A.T + 0.99 * np.eye(3)) @ A


_LOG_DETERMINANT = {
    "primal": log_determinant,
    "fixed": log_determinant_gradient,
    "inputs": normal(A=(3, 4)),
}

plant(
    "symmetric-counted-once",
    category="constant factor",
    description="log det(AAᵀ + I): A enters twice, and is counted once",
    diagnosis="factor 1/2",
    buggy=log_determinant_halved,
    **_LOG_DETERMINANT,
)
plant(
    "jitter-differs",
    category="small relative error",
    description="the gradient uses another diagonal jitter than the value",
    diagnosis="another constant.*jitter",
    buggy=log_determinant_offset_forgotten,
    evidence=Evidence(relative=1e-4),
    **_LOG_DETERMINANT,
)


def gaussian_loss(mean, log_scale, x):
    xp = array_namespace(x)
    z = (x - mean) * xp.exp(-log_scale)
    return xp.sum(log_scale + 0.5 * z * z)


def gaussian_gradient(mean, log_scale, x, cotangent=1.0):
    z = (x - mean) * np.exp(-log_scale)
    pull = z * np.exp(-log_scale)
    return -cotangent * pull.sum(0), cotangent * (1 - z * z).sum(0), cotangent * pull


def gaussian_no_normaliser(mean, log_scale, x, cotangent=1.0):
    z = (x - mean) * np.exp(-log_scale)
    pull = z * np.exp(-log_scale)
    return -cotangent * pull.sum(0), cotangent * (-z * z).sum(0), cotangent * pull


def gaussian_scale_not_log(mean, log_scale, x, cotangent=1.0):
    first, second, third = gaussian_gradient(mean, log_scale, x, cotangent)
    return first, second * np.exp(-log_scale), third


_GAUSSIAN = {
    "primal": lambda mean, log_scale, x: gaussian_loss(mean, log_scale + 0 * x, x),
    "fixed": gaussian_gradient,
    "inputs": normal(mean=2, log_scale=2, x=(4, 2)),
}

plant(
    "normaliser-forgotten",
    category="term missing",
    description="a Gaussian likelihood without the slope of its normaliser",
    diagnosis="term is missing.* is 4",
    buggy=gaussian_no_normaliser,
    **_GAUSSIAN,
)
plant(
    "reparametrisation-forgotten",
    category="term missing",
    description="the gradient in σ returned for log σ",
    diagnosis=r"factor exp\(log_scale\) is missing",
    buggy=gaussian_scale_not_log,
    **_GAUSSIAN,
)

# --- types, shapes, state -----------------------------------------------------------------------


def sine(x):
    return array_namespace(x).sin(x)


def sine_gradient(x, cotangent):
    return cotangent * np.cos(x)


def sine_float32(x, cotangent):
    return (cotangent * np.cos(x)).astype(np.float32)


def sine_integer(x, cotangent):
    return np.rint(1e6 * cotangent * np.cos(x)).astype(np.int64) / 1_000_000


def sine_column(x, cotangent):
    return (cotangent * np.cos(x))[:, None]


def sine_scalar(x, cotangent):
    return np.sum(cotangent * np.cos(x))


def sine_in_place(x, cotangent):
    x *= 1.0
    np.cos(x, out=x)
    return cotangent * x


def sine_cotangent_in_place(x, cotangent):
    cotangent *= np.cos(x)
    return cotangent.copy()


_GENERATOR = np.random.default_rng(5)


def sine_stochastic(x, cotangent):
    return cotangent * np.cos(x) * (1 + 1e-8 * _GENERATOR.standard_normal(x.shape))


_KEPT: dict[tuple[int, ...], Any] = {}


def sine_stale(x, cotangent):
    return cotangent * _KEPT.setdefault(x.shape, np.cos(x))


_TOTAL: dict[tuple[int, ...], Any] = {}


def sine_momentum(x, cotangent):
    _TOTAL[x.shape] = 0.9 * _TOTAL.get(x.shape, 0.0) + cotangent * np.cos(x)
    return _TOTAL[x.shape].copy()


def sine_missing(x, cotangent):
    return None


def _mutates_input(function: Function, inputs: Inputs) -> bool:
    x = inputs["x"].copy()
    function(x=x, cotangent=np.ones_like(x))
    return not np.array_equal(x, inputs["x"])


def _mutates_cotangent(function: Function, inputs: Inputs) -> bool:
    g = np.ones_like(inputs["x"])
    function(x=inputs["x"].copy(), cotangent=g)
    return not bool(np.all(g == 1))


def _differs_between_calls(function: Function, inputs: Inputs) -> bool:
    first, second = (
        function(x=inputs["x"].copy(), cotangent=np.ones_like(inputs["x"])) for _ in range(2)
    )
    return not np.array_equal(first, second)


def _same_at_two_points(function: Function, inputs: Inputs) -> bool:
    first, second = (
        function(x=inputs["x"] + shift, cotangent=np.ones_like(inputs["x"])) for shift in (0.0, 1.0)
    )
    return bool(np.array_equal(first, second))


def _has_other_shape(function: Function, inputs: Inputs) -> bool:
    result = function(x=inputs["x"], cotangent=np.ones_like(inputs["x"]))
    return result is None or np.shape(result) != inputs["x"].shape


_SINE: dict[str, Any] = {"primal": sine, "fixed": sine_gradient, "inputs": normal(x=5)}

plant(
    "gradient-in-float32",
    category="wrong dtype",
    description="a float32 gradient of a float64 input",
    diagnosis="float32",
    buggy=sine_float32,
    outcome=("fail", "error"),
    evidence=Evidence(relative=1e-9),
    **_SINE,
)
plant(
    "gradient-in-fixed-point",
    category="precision",
    description="a gradient kept as whole millionths",
    diagnosis="fixed point",
    buggy=sine_integer,
    evidence=Evidence(relative=1e-9),
    **_SINE,
)
plant(
    "column-for-vector",
    category="wrong shape",
    description="a gradient of shape (n, 1), which broadcasts against the input's (n,)",
    diagnosis="another shape",
    buggy=sine_column,
    outcome=("fail", "error"),
    evidence=Evidence(probe=_has_other_shape),
    **_SINE,
)
plant(
    "scalar-for-vector",
    category="wrong shape",
    description="the summed gradient, a scalar",
    diagnosis="summed over all",
    buggy=sine_scalar,
    outcome=("fail", "error"),
    evidence=Evidence(probe=_has_other_shape),
    **_SINE,
)
plant(
    "gradient-is-none",
    category="detached",
    description="None: no gradient at all",
    diagnosis="detached",
    buggy=sine_missing,
    outcome=("fail", "error"),
    evidence=Evidence(probe=_has_other_shape),
    **_SINE,
)
plant(
    "input-mutated",
    category="mutation",
    description="the gradient computes its cosine into the input",
    diagnosis="mutated-input",
    buggy=sine_in_place,
    evidence=Evidence(probe=_mutates_input),
    **_SINE,
)
plant(
    "cotangent-mutated",
    category="mutation",
    description="the gradient is computed into the cotangent",
    diagnosis="mutated-cotangent",
    buggy=sine_cotangent_in_place,
    evidence=Evidence(probe=_mutates_cotangent),
    **_SINE,
)
plant(
    "nondeterministic",
    category="nondeterministic",
    description="a relative noise of 10⁻⁸ in the gradient",
    diagnosis="nondeterministic",
    buggy=sine_stochastic,
    evidence=Evidence(probe=_differs_between_calls),
    **_SINE,
)
plant(
    "stale-cache-by-shape",
    category="stale",
    description="a cosine cached by shape: every later point gets the first point's gradient",
    diagnosis="stale",
    buggy=sine_stale,
    reach="nearby",
    evidence=Evidence(probe=_same_at_two_points),
    **_SINE,
)
plant(
    "momentum-inside",
    category="state",
    description="a running average of gradients returned as the gradient",
    diagnosis="state",
    buggy=sine_momentum,
    evidence=Evidence(probe=_differs_between_calls),
    **_SINE,
)


def kepler(mean, eccentricity):
    """The eccentric anomaly E with E − e·sin E = M, by Newton's method."""
    xp = array_namespace(mean)
    anomaly = mean + 0 * eccentricity
    for _ in range(12):
        off = anomaly - eccentricity * xp.sin(anomaly) - mean
        anomaly = anomaly - off / (1 - eccentricity * xp.cos(anomaly))
    return anomaly


def kepler_gradient(mean, eccentricity, cotangent):
    anomaly = kepler(mean, eccentricity)
    adjoint = cotangent / (1 - eccentricity * np.cos(anomaly))
    return adjoint, adjoint * np.sin(anomaly)


def kepler_at_the_mean(mean, eccentricity, cotangent):
    anomaly = kepler(mean, eccentricity)
    adjoint = cotangent / (1 - eccentricity * np.cos(mean))
    return adjoint, adjoint * np.sin(anomaly)


plant(
    "implicit-at-the-wrong-point",
    category="implicit",
    description="Kepler's equation: the implicit derivative taken at M, not at E",
    diagnosis="denominator of an implicit",
    primal=kepler,
    buggy=kepler_at_the_mean,
    fixed=kepler_gradient,
    inputs=merged(uniform(0.3, 2.5, mean=4), uniform(0.1, 0.6, eccentricity=4)),
    evidence=Evidence(relative=1e-3),
)
