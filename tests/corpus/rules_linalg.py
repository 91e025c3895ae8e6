"""Faults of composite rules: linear algebra, implicit functions, adjoints in time, complex."""

# ruff: noqa: N805 - a declaration is a record of three functions, not a class with methods

from __future__ import annotations

import numpy as np
from array_api_compat import array_namespace

from corpus.entry import complex_normal, merged, normal, uniform
from corpus.rules import RuleBook

BOOK = RuleBook()
plant = BOOK.plant


def _dominant(n):
    """A well-conditioned, clearly unsymmetric n × n matrix `A`."""

    def make(rng):
        return {"A": rng.standard_normal((n, n)) + (n + 1) * np.eye(n)}

    return make


@plant(
    "trace-transpose",
    category="transpose",
    description="tr(A·B) has the gradient Bᵀ in A; B is returned",
    diagnosis="transposed",
    inputs=normal(A=(3, 3), B=(3, 3)),
)
class TraceOfProduct:
    def forward(A, B):
        return array_namespace(A).sum(A * B.T)

    def right(g, A, B):
        return g * B.T, g * A.T

    def wrong(g, A, B):
        return g * B, g * A


@plant(
    "inverse-transpose",
    category="transpose",
    description="the inverse's gradient −Yᵀ·g·Yᵀ with neither transpose",
    diagnosis="transpos",
    inputs=_dominant(3),
)
class Inverse:
    def forward(A):
        return array_namespace(A).linalg.inv(A)

    def right(g, A):
        y = array_namespace(A).linalg.inv(A)
        return -(y.T @ g @ y.T)

    def wrong(g, A):
        y = array_namespace(A).linalg.inv(A)
        return -(y @ g @ y)


@plant(
    "implicit-adjoint-not-transposed",
    category="implicit",
    description="x = A⁻¹b; its adjoint is solved with A where it needs Aᵀ",
    diagnosis="transpos",
    inputs=merged(_dominant(3), normal(b=(3, 1))),
)
class Solve:
    def forward(A, b):
        return array_namespace(A).linalg.solve(A, b)

    def right(g, A, b):
        xp = array_namespace(A)
        x = xp.linalg.solve(A, b)
        adjoint = xp.linalg.solve(A.T, g)
        return -(adjoint @ x.T), adjoint

    def wrong(g, A, b):
        xp = array_namespace(A)
        x = xp.linalg.solve(A, b)
        adjoint = xp.linalg.solve(A, g)
        return -(adjoint @ x.T), adjoint


@plant(
    "determinant-transpose",
    category="transpose",
    description="det A·A⁻¹ where Jacobi's formula has det A·A⁻ᵀ",
    diagnosis="transposed",
    inputs=_dominant(3),
)
class Determinant:
    def forward(A):
        return array_namespace(A).linalg.det(A)

    def right(g, A):
        xp = array_namespace(A)
        return g * xp.linalg.det(A) * xp.linalg.inv(A).T

    def wrong(g, A):
        xp = array_namespace(A)
        return g * xp.linalg.det(A) * xp.linalg.inv(A)


@plant(
    "quadratic-form-symmetric",
    category="term missing",
    description="xᵀAx differentiated as 2Ax, which holds for a symmetric A only",
    diagnosis="symmetric",
    inputs=merged(_dominant(3), normal(x=3)),
)
class QuadraticForm:
    def forward(A, x):
        return x @ A @ x

    def right(g, A, x):
        return g * x[:, None] * x[None, :], g * (A @ x + A.T @ x)

    def wrong(g, A, x):
        return g * x[:, None] * x[None, :], 2 * g * (A @ x)


def _fixed_point(a, b):
    """The solution of y = ½·sin(tanh(a)·y) + b: a contraction for every a, iterated to the end."""
    xp = array_namespace(a)
    y = b
    for _ in range(60):
        y = 0.5 * xp.sin(xp.tanh(a) * y) + b
    return y


@plant(
    "implicit-one-step",
    category="implicit",
    description="a fixed point differentiated through its last step only",
    diagnosis="last (step|operation)|fixed point|term is missing",
    inputs=merged(uniform(0.5, 1.2, a=3), uniform(0.2, 1.0, b=3)),
)
class FixedPoint:
    def forward(a, b):
        return _fixed_point(a, b)

    def right(g, a, b):
        xp = array_namespace(a)
        y, t = _fixed_point(a, b), xp.tanh(a)
        slope = 0.5 * xp.cos(t * y)
        adjoint = g / (1 - t * slope)
        return adjoint * y * slope * (1 - t * t), adjoint

    def wrong(g, a, b):
        xp = array_namespace(a)
        y, t = _fixed_point(a, b), xp.tanh(a)
        return g * y * 0.5 * xp.cos(t * y) * (1 - t * t), g


@plant(
    "implicit-sign",
    category="implicit",
    description="Newton's √(a² + ½) by the implicit function theorem, its minus sign forgotten",
    diagnosis="sign flipped",
    inputs=uniform(0.5, 4.0, a=4),
)
class NewtonRoot:
    def forward(a):
        square = a * a + 0.5
        y = 0.5 * (square + 1)
        for _ in range(16):
            y = 0.5 * (y + square / y)
        return y

    def right(g, a):
        return g * a / array_namespace(a).sqrt(a * a + 0.5)

    def wrong(g, a):
        return -g * a / array_namespace(a).sqrt(a * a + 0.5)


STEPS, DT = 20, 0.05


def _trajectory(x, theta):
    """Euler's states of x′ = −θ·x³."""
    states = [x]
    for _ in range(STEPS):
        states.append(states[-1] - DT * theta * states[-1] ** 3)
    return states


@plant(
    "ode-adjoint-term",
    category="adjoint",
    description="an ODE's adjoint without the Jacobian term, as if it were constant in time",
    diagnosis="term is missing",
    inputs=merged(uniform(0.5, 1.5, x=3), uniform(0.5, 1.0, theta=())),
)
class Decay:
    def forward(x, theta):
        return _trajectory(x, theta)[-1]

    def right(g, x, theta):
        xp = array_namespace(x)
        parameter = 0 * theta
        for state in _trajectory(x, theta)[-2::-1]:
            parameter = parameter - DT * xp.sum(g * state**3)
            g = g * (1 - 3 * DT * theta * state**2)
        return g, parameter

    def wrong(g, x, theta):
        xp = array_namespace(x)
        parameter = 0 * theta
        for state in _trajectory(x, theta)[-2::-1]:
            parameter = parameter - DT * xp.sum(g * state**3)
        return g, parameter


@plant(
    "ode-adjoint-one-step-short",
    category="adjoint",
    description="the same adjoint, with the first step's parameter term left out",
    diagnosis="part of a sum is left out",
    inputs=merged(uniform(0.5, 1.5, x=3), uniform(0.5, 1.0, theta=())),
)
class DecayShort:
    def forward(x, theta):
        return _trajectory(x, theta)[-1]

    def right(g, x, theta):
        return Decay.right(g, x, theta)

    def wrong(g, x, theta):
        xp = array_namespace(x)
        parameter = 0 * theta
        for i, state in enumerate(_trajectory(x, theta)[-2::-1]):
            if i < STEPS - 1:
                parameter = parameter - DT * xp.sum(g * state**3)
            g = g * (1 - 3 * DT * theta * state**2)
        return g, parameter


@plant(
    "conjugate-spurious",
    category="conjugate",
    description="z·w pulled back with a conjugate that the convention does not have, or without"
    " the one that it has",
    diagnosis="conjugate",
    inputs=complex_normal(z=3, w=3),
    complex=True,
)
class ComplexProduct:
    def forward(z, w):
        return z * w

    def right(g, z, w):
        return g * w, g * z

    def wrong(g, z, w):
        conj = array_namespace(z).conj
        return g * conj(w), g * conj(z)


@plant(
    "conjugate-missing",
    category="conjugate",
    description="|z|² = z·z̄ differentiated as if it were z²",
    diagnosis="conjugate",
    inputs=complex_normal(z=4),
    complex=True,
)
class SquaredModulus:
    def forward(z):
        xp = array_namespace(z)
        return xp.real(z) ** 2 + xp.imag(z) ** 2

    def right(g, z):
        return 2 * g * array_namespace(z).conj(z)

    def wrong(g, z):
        return 2 * g * z


@plant(
    "complex-modulus-unnormalised",
    category="term missing",
    description="|z| pulled back without the division by |z|",
    diagnosis=r"factor \|z\| too many",
    inputs=complex_normal(z=4),
    complex=True,
)
class Modulus:
    def forward(z):
        return array_namespace(z).abs(z)

    def right(g, z):
        xp = array_namespace(z)
        size = xp.abs(z)
        return g * xp.conj(z) / xp.where(size == 0, size + 1, size)

    def wrong(g, z):
        return g * array_namespace(z).conj(z)


@plant(
    "imaginary-part-dropped",
    category="conjugate",
    description="exp z with a real gradient: the imaginary half is thrown away",
    diagnosis="imaginary part is dropped",
    inputs=complex_normal(z=3),
    complex=True,
)
class ComplexExp:
    def forward(z):
        return array_namespace(z).exp(z)

    def right(g, z):
        return g * array_namespace(z).exp(z)

    def wrong(g, z):
        xp = array_namespace(z)
        return xp.real(g * xp.exp(z)) + 0j
