"""Right functions of linear algebra and special functions: conditioning, degeneracy, tails."""

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace

from corpus.entry import HardBook, normal, values

BOOK = HardBook()
hard = BOOK.hard


def _conditioned(n, condition):
    """An n × n matrix `A` with singular values from 1 down to 1/condition."""

    def make(rng):
        left, _ = np.linalg.qr(rng.standard_normal((n, n)))
        right, _ = np.linalg.qr(rng.standard_normal((n, n)))
        return {"A": left * np.logspace(0, -np.log10(condition), n) @ right}

    return make


def _hilbert(n):
    i = np.arange(n)
    return {"A": 1.0 / (i[:, None] + i[None, :] + 1)}


@hard(
    "inverse-condition-1e7",
    "an inverse amplifies rounding by 10⁷",
    _conditioned(4, 1e7),
    accuracy=1e-5,
)
def inverse(A):
    return array_namespace(A).linalg.inv(A)


@hard(
    "solve-condition-1e5",
    "a solution, by matrix and right-hand side",
    lambda rng: {**_conditioned(4, 1e5)(rng), "b": rng.standard_normal((4, 1))},
    accuracy=1e-7,
)
def solve(A, b):
    return array_namespace(A).linalg.solve(A, b)


@hard(
    "hilbert-inverse",
    "Hilbert's 5 × 5 matrix: condition 5·10⁵, a step of 10⁻⁴ makes it singular",
    lambda rng: _hilbert(5),
    accuracy=1e-5,
)
def hilbert_inverse(A):
    xp = array_namespace(A)
    return xp.sum(xp.linalg.inv(A))


@hard(
    "hilbert-inverse-8",
    "Hilbert's 8 × 8 matrix: condition 10¹⁰",
    lambda rng: _hilbert(8),
    accuracy=1e-1,
    allowed=("pass", "inconclusive"),
    inconclusive="floating point leaves the gradient itself about three digits",
)
def hilbert_inverse_8(A):
    return array_namespace(A).linalg.inv(A)[0, 0]


@hard(
    "determinant-near-singular",
    "a determinant of 10⁻⁹",
    _conditioned(3, 1e6),
    accuracy=1e-6,
)
def determinant(A):
    return array_namespace(A).linalg.det(A)


@hard(
    "cholesky-ill-conditioned",
    "a factorisation with pivots down to 10⁻⁴; the gradient is symmetrised by A + Aᵀ",
    lambda rng: _conditioned(4, 1e2)(rng),
    accuracy=1e-8,
)
def cholesky(A):
    xp = array_namespace(A)
    lower = xp.linalg.cholesky(A @ A.T)
    return xp.stack([lower[0, 0], lower[1, 0], lower[3, 2], lower[3, 3]])


@hard(
    "eigenvalues-nearly-equal",
    "a pair of eigenvalues 10⁻⁶ apart, within a smooth sum of their squares",
    lambda rng: {"d": np.array([1.0, 1.0 + 1e-6, 3.0]), "s": 1e-7 * rng.standard_normal((3, 3))},
    accuracy=1e-6,
)
def eigenvalues(d, s):
    xp = array_namespace(d)
    matrix = xp.eye(3, dtype=d.dtype) * d + s + s.T
    return xp.sum(xp.linalg.eigvalsh(matrix) ** 3)


@hard("repeated-lookup", "one row looked up four times", normal(x=(3, 2)))
def lookup(x):
    xp = array_namespace(x)
    return xp.sum(xp.sin(x[np.array([0, 2, 2, 2, 2, 1])]), axis=1)


@hard("gram-log-determinant", "log det of a Gram matrix", normal(x=(3, 5)))
def log_determinant(x):
    xp = array_namespace(x)
    return xp.log(xp.linalg.det(x @ x.T))


@hard(
    "matrix-power",
    "a product of 12 equal matrices: entries of 10⁶ beside ones of 1",
    lambda rng: {"A": np.array([[3.0, 1.0], [0.0, 0.5]]) + 0.1 * rng.standard_normal((2, 2))},
)
def matrix_power(A):
    result = A
    for _ in range(11):
        result = result @ A
    return result


@hard(
    "attention",
    "a small attention block with a sharp softmax",
    normal(scale=2.0, q=(3, 2), k=(3, 2), v=(3, 2)),
)
def attention(q, k, v):
    xp = array_namespace(q)
    scores = 3 * q @ k.T
    e = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True) @ v


@hard(
    "layer-norm-tiny-variance",
    "normalisation of a row whose spread is 10⁻⁶",
    lambda rng: {"x": 1.0 + 1e-6 * rng.standard_normal((2, 4))},
    accuracy=1e-6,
)
def layer_norm(x):
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=1, keepdims=True)
    return centred / xp.sqrt(xp.mean(centred * centred, axis=1, keepdims=True) + 1e-12)


# --- special functions, by each library's own ---------------------------------------------------


def _special(name, why, inputs, exact, **options):
    def torch_function(x):
        import torch

        return getattr(torch.special, name)(x)

    def jax_function(x):
        import jax

        return getattr(jax.scipy.special, name)(x)

    BOOK.add(
        id=f"{name}-tails",
        why=why,
        inputs=inputs,
        functions={"torch": torch_function, "jax": jax_function},
        formula=exact,
        backends=("torch", "jax"),
        **options,
    )


_special(
    "erfc",
    "erfc from 2 down to 10⁻⁴⁴",
    values(x=[-5.0, 0.2, 6.0, 10.0]),
    lambda x: array_namespace(x).erfc(x),
)
_special(
    "gammaln",
    "log Γ near its pole and far out",
    values(x=[1e-5, 0.7, 30.0, 1e6]),
    lambda x: array_namespace(x).gammaln(x),
)
_special(
    "i0e",
    "a scaled Bessel function, exp(−|x|)·I₀(x)",
    values(x=[0.3, -4.0, 60.0]),
    lambda x: array_namespace(x).i0e(x),
)
_special(
    "log_ndtr",
    "the normal distribution's log tail at −20",
    values(x=[-20.0, -3.0, 2.0]),
    lambda x: array_namespace(x).log(array_namespace(x).erfc(-x / 2**0.5) / 2),
    accuracy=1e-8,
)


# --- coarser inside than their dtype -------------------------------------------------------------


def _softmax_torch(x):
    return x.float().softmax(-1).double()


def _softmax_jax(x):
    import jax
    import jax.numpy as jnp

    return jax.nn.softmax(x.astype(jnp.float32)).astype(jnp.float64)


def _softmax(x):
    xp = array_namespace(x)
    e = xp.exp(x - xp.max(x))
    return e / xp.sum(e)


BOOK.add(
    id="float32-inside-a-softmax",
    why="a softmax in float32 of logits in float64: a staircase, and a gradient of seven digits",
    inputs=normal(scale=5.0, x=4),
    functions={"torch": _softmax_torch, "jax": _softmax_jax},
    formula=_softmax,
    backends=("torch", "jax"),
    accuracy=1e-4,
)


def _equilibrium_torch(w, x):
    import torch

    class Equilibrium(torch.autograd.Function):
        """z = tanh(w·z + x), iterated to 10⁻⁶, with the gradient of the fixed point itself."""

        @staticmethod
        def forward(ctx, w, x):
            z, following = torch.zeros_like(x), torch.tanh(x)
            while (following - z).abs().max() >= 1e-6:
                z, following = following, torch.tanh(w @ following + x)
            ctx.save_for_backward(w, following)
            return following

        @staticmethod
        def backward(ctx, g):
            w, z = ctx.saved_tensors
            slope = 1 - z * z
            u = slope * torch.linalg.solve((torch.eye(len(z)) - slope[:, None] * w).T, g)
            return torch.outer(u, z), u

    return Equilibrium.apply(0.6 * w / (1 + w.norm()), x)


def _equilibrium(w, x):
    xp = array_namespace(x)
    w = 0.6 * w / (1 + xp.sqrt(xp.sum(w * w)))  # a contraction, wherever it is looked at
    z = xp.tanh(x)
    for _ in range(200):
        z = xp.tanh(w @ z + x)
    return z


BOOK.add(
    id="equilibrium-stopped-at-1e-6",
    why="a fixed point iterated to 10⁻⁶, with the implicit function theorem's gradient: the "
    "differences are those of so many iterations",
    inputs=normal(w=(3, 3), x=3),
    functions={"torch": _equilibrium_torch},
    formula=_equilibrium,
    backends=("torch",),
    accuracy=1e-4,
)
