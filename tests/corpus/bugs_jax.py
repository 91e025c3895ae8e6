"""Faults that JAX users plant with JAX's own means: custom_jvp, stop_gradient, residuals, where."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from array_api_compat import array_namespace
from jax import lax

from corpus.entry import (
    Bug,
    Evidence,
    InputFactory,
    Inputs,
    merged,
    normal,
    spread,
    uniform,
    values,
)

BUGS: list[Bug] = []


def plant(
    id: str,
    *,
    buggy: Any,
    fixed: Any,
    inputs: InputFactory,
    formula: Any,
    where: str = "",
    **options: Any,
) -> None:
    """Add a bug on jax."""
    BUGS.append(
        Bug(
            id=f"jax/{id}",
            backend="jax",
            buggy=buggy,
            fixed=fixed,
            inputs=inputs,
            formula=formula,
            where=where or buggy.__name__,
            **options,
        )
    )


# --- stop_gradient ------------------------------------------------------------------------------


def target_network(w, x):
    return jnp.sum((w @ x - lax.stop_gradient(jnp.tanh(w @ x))) ** 2)


def own_target(w, x):
    return jnp.sum((w @ x - jnp.tanh(w @ x)) ** 2)


plant(
    "stop-gradient-target",
    category="detached",
    description="a bootstrapped target under stop_gradient, where the full gradient is claimed",
    diagnosis="term is missing",
    buggy=target_network,
    fixed=own_target,
    inputs=normal(w=(2, 3), x=3),
    formula=lambda w, x: array_namespace(x).sum((w @ x - array_namespace(x).tanh(w @ x)) ** 2),
)


def batch_norm_stopped(x):
    mean = jnp.mean(x, axis=0)
    scale = lax.stop_gradient(jnp.sqrt(jnp.mean((x - mean) ** 2, axis=0) + 1e-3))
    return (x - mean) / scale


def batch_norm(x):
    mean = jnp.mean(x, axis=0)
    return (x - mean) / jnp.sqrt(jnp.mean((x - mean) ** 2, axis=0) + 1e-3)


def _batch_norm_formula(x):
    xp = array_namespace(x)
    mean = xp.mean(x, axis=0)
    return (x - mean) / xp.sqrt(xp.mean((x - mean) ** 2, axis=0) + 1e-3)


plant(
    "stop-gradient-statistics",
    category="detached",
    description="batch normalisation with its variance stopped",
    diagnosis="term is missing.*constant",
    buggy=batch_norm_stopped,
    fixed=batch_norm,
    inputs=normal(x=(5, 2)),
    formula=_batch_norm_formula,
)


def one_leaf_stopped(params_w, params_b, x):
    return jnp.sum(jnp.sin(params_w * x + lax.stop_gradient(params_b)))


def no_leaf_stopped(params_w, params_b, x):
    return jnp.sum(jnp.sin(params_w * x + params_b))


plant(
    "stop-gradient-leaf",
    category="detached",
    description="one parameter wholly stopped: its gradient is exactly zero",
    diagnosis="detached",
    buggy=one_leaf_stopped,
    fixed=no_leaf_stopped,
    inputs=normal(params_w=4, params_b=4, x=4),
    formula=lambda params_w, params_b, x: array_namespace(x).sum(
        array_namespace(x).sin(params_w * x + params_b)
    ),
)

# --- custom_jvp ---------------------------------------------------------------------------------


@jax.custom_jvp
def log1pexp_wrong(x):
    return jnp.logaddexp(0.0, x)


@log1pexp_wrong.defjvp
def _(primals, tangents):
    (x,), (t,) = primals, tangents
    return log1pexp_wrong(x), t * jax.nn.sigmoid(-x)


def log1pexp(x):
    return jnp.logaddexp(0.0, x)


plant(
    "custom-jvp-reflected",
    category="sign",
    description="softplus with σ(−x) for σ(x), in a custom_jvp",
    diagnosis="mirrored|factor exp",
    buggy=lambda x: log1pexp_wrong(x),
    fixed=log1pexp,
    inputs=spread(-3.0, 3.0, x=5),
    formula=lambda x: array_namespace(x).log1p(array_namespace(x).exp(x)),
    where="log1pexp_wrong",
)


@jax.custom_jvp
def hypotenuse_wrong(x, y):
    return jnp.sqrt(x * x + y * y)


@hypotenuse_wrong.defjvp
def _(primals, tangents):
    (x, y), (tx, ty) = primals, tangents
    r = hypotenuse_wrong(x, y)
    return r, (x * tx + x * ty) / r


plant(
    "custom-jvp-operand",
    category="wrong operand",
    description="√(x² + y²) with x where y belongs in y's tangent",
    diagnosis="swapped|operand",
    buggy=lambda x, y: hypotenuse_wrong(x, y),
    fixed=lambda x, y: jnp.sqrt(x * x + y * y),
    inputs=normal(x=3, y=3),
    formula=lambda x, y: array_namespace(x).sqrt(x * x + y * y),
    where="hypotenuse_wrong",
)


@jax.custom_jvp
def sine_flat_second(x):
    return jnp.sin(x)


@sine_flat_second.defjvp
def _(primals, tangents):
    (x,), (t,) = primals, tangents
    return sine_flat_second(x), t * lax.stop_gradient(jnp.cos(x))


plant(
    "second-order-stopped",
    category="second order",
    description="sin with a right derivative under stop_gradient: the second one is zero",
    diagnosis="detached",
    buggy=lambda x: sine_flat_second(x),
    fixed=lambda x: jnp.sin(x),
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).sin(x),
    where="sine_flat_second",
    derivative="hvp",
)


@jax.custom_vjp
def quartic_wrong_second(x):
    return x**4


quartic_wrong_second.defvjp(
    lambda x: (x**4, x), lambda x, g: (4 * g * x * lax.stop_gradient(x) ** 2,)
)


plant(
    "second-order-partly-stopped",
    category="second order",
    description="x⁴: one of the gradient's three factors carries its derivative, two do not",
    diagnosis="factor 1/3",
    buggy=lambda x: quartic_wrong_second(x),
    fixed=lambda x: x**4,
    inputs=normal(x=4),
    formula=lambda x: x**4,
    where="quartic_wrong_second",
    derivative="hvp",
)


@jax.custom_jvp
def linear_in_no_tangent(x):
    return jnp.exp(x)


@linear_in_no_tangent.defjvp
def _(primals, tangents):
    (x,), (t,) = primals, tangents
    y = jnp.exp(x)
    return y, y * t * jnp.asarray(1.0 + 1e-4)


plant(
    "custom-jvp-fudge",
    category="small relative error",
    description="a fudge factor of 1.0001 left in a custom_jvp",
    diagnosis=r"factor 1\.0001",
    buggy=lambda x: linear_in_no_tangent(x),
    fixed=lambda x: jnp.exp(x),
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).exp(x),
    where="linear_in_no_tangent",
    evidence=Evidence(relative=5e-5),
)

# --- where, NaN, branches -----------------------------------------------------------------------


def where_sqrt(x):
    return jnp.where(x > 0, jnp.sqrt(x), 0.0)


def where_sqrt_safe(x):
    return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)


def _where_sqrt_formula(x):
    xp = array_namespace(x)
    return xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, xp.ones_like(x))), 0 * x)


plant(
    "where-of-sqrt",
    category="not finite",
    description="jnp.where(x > 0, sqrt(x), 0): the untaken side's NaN comes back",
    diagnosis="not finite.*where",
    buggy=where_sqrt,
    fixed=where_sqrt_safe,
    inputs=values(x=[0.7, -0.4, 2.0, -1.0]),
    formula=_where_sqrt_formula,
)


def distance_at_zero(x, y):
    return jnp.sum(jnp.linalg.norm(x - y, axis=1) ** 2)


def squared_distance(x, y):
    return jnp.sum((x - y) ** 2)


def _coincident(rng: np.random.Generator) -> Inputs:
    x = rng.standard_normal((3, 2))
    y = rng.standard_normal((3, 2))
    y[1] = x[1]
    return {"x": x, "y": y}


plant(
    "squared-norm-at-zero",
    category="not finite",
    description="‖x − y‖² by way of the norm: 0/0 where two points coincide",
    diagnosis="not finite.*(norm|sqrt)",
    buggy=distance_at_zero,
    fixed=squared_distance,
    inputs=_coincident,
    formula=lambda x, y: array_namespace(x).sum((x - y) ** 2),
    where="distance_at_zero",
)


def power_at_zero(x):
    return jnp.sum(jnp.exp(2.0 * jnp.log(x)))


plant(
    "power-through-log",
    category="not finite",
    description="x² as exp(2 log x): the value at 0 is right, the gradient is 0·∞",
    diagnosis="not finite.*0·∞",
    buggy=power_at_zero,
    fixed=lambda x: jnp.sum(x**2),
    inputs=values(x=[0.0, 1.0, 2.0]),
    formula=lambda x: array_namespace(x).sum(x**2),
)


@jax.custom_vjp
def clipped_identity(x):
    return jnp.clip(x, -1.0, 1.0)


clipped_identity.defvjp(lambda x: (jnp.clip(x, -1.0, 1.0), None), lambda _, g: (g,))


plant(
    "clip-passes-through",
    category="straight-through",
    description="clip with the gradient of the identity: wrong beyond ±1, where no point is given",
    diagnosis="< -1.*> 1.*branch",
    buggy=lambda x: clipped_identity(x) * x,
    fixed=lambda x: jnp.clip(x, -1.0, 1.0) * x,
    inputs=uniform(0.4, 0.8, x=4),
    formula=lambda x: array_namespace(x).clip(x, -1.0, 1.0) * x,
    where="clipped_identity",
    reach="nearby",
    evidence=Evidence(inputs=uniform(1.5, 3.0, x=4)),
)


def cond_with_frozen_branch(x):
    return lax.cond(
        jnp.sum(x) > 30.0, lambda v: lax.stop_gradient(jnp.sum(v)), lambda v: jnp.sum(v**2), x
    )


def cond_free(x):
    return lax.cond(jnp.sum(x) > 30.0, lambda v: jnp.sum(v), lambda v: jnp.sum(v**2), x)


def _cond_formula(x):
    xp = array_namespace(x)
    return xp.sum(x) if bool(xp.sum(x) > 30.0) else xp.sum(x**2)


plant(
    "branch-of-cond",
    category="wrong branch",
    description="lax.cond whose rare branch (Σx > 30) is stopped",
    diagnosis="branch",
    buggy=cond_with_frozen_branch,
    fixed=cond_free,
    inputs=normal(x=4),
    formula=_cond_formula,
    reach="search",
    evidence=Evidence(inputs=uniform(8.0, 12.0, x=4)),
)

# --- scans, residuals, state --------------------------------------------------------------------


def scan_wrong_carry(x, decay):
    def step(carry, item):
        carry = lax.stop_gradient(carry) * decay + item
        return carry, jnp.tanh(carry)

    return lax.scan(step, jnp.zeros_like(decay), x)[1]


def scan_right(x, decay):
    def step(carry, item):
        carry = carry * decay + item
        return carry, jnp.tanh(carry)

    return lax.scan(step, jnp.zeros_like(decay), x)[1]


def _scan_formula(x, decay):
    xp = array_namespace(x)
    carry, out = 0 * decay, []
    for i in range(x.shape[0]):
        carry = carry * decay + x[i]
        out.append(xp.tanh(carry))
    return xp.stack(out)


plant(
    "scan-truncated",
    category="detached",
    description="a recurrence whose carry is stopped at each step: truncated back-propagation",
    diagnosis="terms between different elements",
    buggy=scan_wrong_carry,
    fixed=scan_right,
    inputs=merged(normal(x=6), uniform(0.3, 0.8, decay=())),
    formula=_scan_formula,
)


@jax.custom_vjp
def residual_of_wrong_leaf(x, y):
    return jnp.sum(x * jnp.exp(y))


residual_of_wrong_leaf.defvjp(
    lambda x, y: (jnp.sum(x * jnp.exp(y)), (y, y)),
    lambda saved, g: (g * jnp.exp(saved[1]), g * saved[0] * jnp.exp(saved[1])),
)


plant(
    "residual-wrong-leaf",
    category="stale",
    description="the forward rule saves y twice and x never",
    diagnosis="factor x/y is missing|operand|swapped",
    buggy=lambda x, y: residual_of_wrong_leaf(x, y),
    fixed=lambda x, y: jnp.sum(x * jnp.exp(y)),
    inputs=normal(x=4, y=4),
    formula=lambda x, y: array_namespace(x).sum(x * array_namespace(x).exp(y)),
    where="residual_of_wrong_leaf",
)


_KEPT: dict[tuple[int, ...], Any] = {}


@jax.custom_vjp
def cosh_kept(x):
    return jnp.cosh(x)


def _cosh_kept_forward(x):
    """Keeps sinh of the first point on the host, and reads it back for every later one."""
    template = jax.ShapeDtypeStruct(x.shape, x.dtype)
    kept = jax.pure_callback(
        lambda v: _KEPT.setdefault(v.shape, np.sinh(np.asarray(v))),
        template,
        x,
        vmap_method="sequential",
    )
    return jnp.cosh(x), kept


cosh_kept.defvjp(_cosh_kept_forward, lambda kept, g: (g * kept,))


def _differs_between_points(function, inputs: Inputs) -> bool:
    with jax.enable_x64(True):
        first, second = (
            jax.grad(lambda v: jnp.sum(function(v)))(jnp.asarray(inputs["x"] + shift))
            for shift in (0.0, 1.0)
        )
        return bool(jnp.array_equal(first, second))


plant(
    "stale-host-cache",
    category="stale",
    description="a host callback that caches by shape: the first point's derivative for ever",
    diagnosis="stale",
    buggy=lambda x: cosh_kept(x),
    fixed=lambda x: jnp.cosh(x),
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).cosh(x),
    where="cosh_kept",
    reach="nearby",
    evidence=Evidence(probe=_differs_between_points),
)

_GENERATOR = np.random.default_rng(1)


@jax.custom_vjp
def noisy_exp(x):
    return jnp.exp(x)


def _noisy_exp_backward(y, g):
    noise = jax.pure_callback(
        lambda v: 1 + 1e-10 * _GENERATOR.standard_normal(v.shape),
        jax.ShapeDtypeStruct(y.shape, y.dtype),
        y,
        vmap_method="sequential",
    )
    return (g * y * noise,)


noisy_exp.defvjp(lambda x: (jnp.exp(x), jnp.exp(x)), _noisy_exp_backward)


def _differs_between_calls(function, inputs: Inputs) -> bool:
    with jax.enable_x64(True):
        first, second = (
            jax.grad(lambda v: jnp.sum(function(v)))(jnp.asarray(inputs["x"])) for _ in range(2)
        )
        return not bool(jnp.array_equal(first, second))


plant(
    "nondeterministic-callback",
    category="nondeterministic",
    description="a host callback that adds noise of 10⁻¹⁰ to the gradient",
    diagnosis="nondeterministic",
    buggy=lambda x: noisy_exp(x),
    fixed=lambda x: jnp.exp(x),
    inputs=normal(x=4),
    formula=lambda x: array_namespace(x).exp(x),
    where="noisy_exp",
    evidence=Evidence(probe=_differs_between_calls),
)


@jax.custom_vjp
def wrong_shape(x, w):
    return jnp.sum(x * w)


wrong_shape.defvjp(
    lambda x, w: (jnp.sum(x * w), (x, w)), lambda saved, g: (g * saved[1][None, :], g * saved[0])
)

plant(
    "wrong-shape",
    category="wrong shape",
    description="a gradient of shape (1, n) for an input of shape (n,)",
    diagnosis="shape",
    buggy=lambda x, w: wrong_shape(x, w),
    fixed=lambda x, w: jnp.sum(x * w),
    inputs=normal(x=4, w=4),
    formula=lambda x, w: array_namespace(x).sum(x * w),
    where="wrong_shape",
    outcome=("fail", "error"),
)

# --- precision and complex ----------------------------------------------------------------------


@jax.custom_vjp
def matmul_low(A, B):
    return A @ B


matmul_low.defvjp(
    lambda A, B: (A @ B, (A, B)),
    lambda saved, g: (
        g @ saved[1].T,
        (saved[0].T.astype(jnp.float32) @ g.astype(jnp.float32)).astype(jnp.float64),
    ),
)

plant(
    "float32-matmul",
    category="precision",
    description="one of the two products in a matmul's backward runs in float32",
    diagnosis="float32",
    buggy=lambda A, B: matmul_low(A, B),
    fixed=lambda A, B: A @ B,
    inputs=normal(A=(3, 4), B=(4, 2)),
    formula=lambda A, B: A @ B,
    where="matmul_low",
    evidence=Evidence(relative=1e-9),
)


@jax.custom_vjp
def bfloat_sine(x):
    return jnp.sin(x)


bfloat_sine.defvjp(
    lambda x: (jnp.sin(x), x),
    lambda x, g: ((g * jnp.cos(x.astype(jnp.bfloat16))).astype(x.dtype),),
)

plant(
    "bfloat16-inside-float32",
    category="precision",
    description="a float32 function with a bfloat16 derivative",
    diagnosis="bfloat16",
    buggy=lambda x: bfloat_sine(x),
    fixed=lambda x: jnp.sin(x),
    inputs=normal(dtype="float32", x=6),
    formula=lambda x: array_namespace(x).sin(x),
    where="bfloat_sine",
    dtype="float32",
    evidence=Evidence(relative=5e-4),
    accuracy=1e-5,
)


@jax.custom_vjp
def complex_square(z):
    return z * z


complex_square.defvjp(lambda z: (z * z, z), lambda z, g: (2 * g * jnp.conj(z),))

plant(
    "complex-conjugate-convention",
    category="conjugate",
    description="a rule carried over from PyTorch, with the conjugate that JAX does not take",
    diagnosis="conjugate",
    buggy=lambda z: complex_square(z),
    fixed=lambda z: z * z,
    inputs=lambda rng: {"z": rng.standard_normal(3) + 1j * rng.standard_normal(3)},
    formula=lambda z: z * z,
    where="complex_square",
)
