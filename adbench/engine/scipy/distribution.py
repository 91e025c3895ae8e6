"""What makes the functions of a scipy.stats distribution out of a few formulas.

A distribution is declared by formulas of its standard variable; location and scale, what holds
outside the support, and the functions that follow from others are seen to here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import scipy.stats

from adbench.engine.array import TracedArray, plain
from adbench.engine.errors import DifferentiationError
from adbench.engine.operation import as_operand
from adbench.engine.scipy.declare import as_arrays, composed, in_double

Formula: TypeAlias = Callable[..., Any]


def unbounded(*shapes: Any) -> float:
    """The end of a support that has none: ∞, to be taken with its sign."""
    return np.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Formulas of the standard variable z and the shape parameters, in SciPy's order.

    `log_density` is that of z in [low, high], or of integers z; the others are as SciPy calls
    them. Where `open`, the density's formula has no value at `low`.
    """

    log_density: Formula
    cdf: Formula | None = None
    sf: Formula | None = None
    logcdf: Formula | None = None
    logsf: Formula | None = None
    ppf: Formula | None = None
    shapes: tuple[str, ...] = ()
    low: Formula = lambda *shapes: -np.inf
    high: Formula = unbounded
    open: bool = False
    discrete: bool = False

    def standard(self, x: Any, args: Any, kwargs: Any) -> tuple[Any, Any, Any, tuple[Any, ...]]:
        """(z, loc, scale, shapes) of a call."""
        names = (*self.shapes, "loc", *(() if self.discrete else ("scale",)))
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if len(args) > len(names) or not set(given) <= set(names):
            raise TypeError(f"the parameters are {', '.join(names)}, not {', '.join(given)}")
        given = {"loc": 0.0, "scale": 1.0, **given}
        x, loc, scale, *shapes = as_arrays(x, *(given[n] for n in ("loc", "scale", *self.shapes)))
        return in_double((x - loc) / scale), loc, scale, tuple(shapes)

    def support(self, shapes: Any) -> tuple[Any, Any, Any]:
        """Its ends, and a point inside, which formulas get in place of those outside."""
        constants = [plain(shape) for shape in shapes]
        low, high = self.low(*constants), self.high(*constants)
        if self.discrete:
            return low, high, low
        if not isinstance(low, float):
            return low, high, np.maximum(low, np.minimum(high, 0.0))
        if math.isinf(low):
            return low, high, 0.0
        return low, high, low + 1.0 if math.isinf(high) else (low + high) / 2

    def density_at(self, z: Any, shapes: Any) -> tuple[Any, Any]:
        """Where z is in the support, and the log-density there."""
        low, high, middle = self.support(shapes)
        value = plain(z)
        inside = (value > low if self.open else value >= low) & (value <= high)
        if self.discrete:
            inside = inside & (np.floor(value) == value)
        return inside, self.log_density(np.where(inside, z, middle), *shapes)

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """As SciPy's; −∞ outside the support."""
        z, _, scale, shapes = self.standard(x, args, kwargs)
        inside, value = self.density_at(z, shapes)
        return in_double(np.where(inside, value - np.log(scale), -np.inf))

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """As SciPy's; 0 outside the support."""
        z, _, scale, shapes = self.standard(x, args, kwargs)
        inside, value = self.density_at(z, shapes)
        return in_double(np.where(inside, np.exp(value) / scale, 0.0))

    def tail(self, formula: Formula, below: float, above: float) -> Formula:
        """A function that is constant on either side of the support."""

        def call(x: Any, *args: Any, **kwargs: Any) -> Any:
            z, _, _, shapes = self.standard(x, args, kwargs)
            low, high, middle = self.support(shapes)
            z = np.floor(z) if self.discrete else z
            value = plain(z)
            under, over = value < low, value >= high
            inside = formula(np.where(under | over, middle, z), *shapes)
            return in_double(np.where(under, below, np.where(over, above, inside)))

        return call

    def quantile(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The inverse of cdf."""
        assert self.ppf is not None
        _, loc, scale, shapes = self.standard(0.0, args, kwargs)
        return in_double(self.ppf(q, *shapes) * scale + loc)

    def of_integer(self, formula: Formula, name: str) -> Formula:
        """A function of a discrete variable, which has no derivative in it."""

        def call(k: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(as_operand(k), TracedArray):
                raise DifferentiationError(
                    name, "is not differentiable in k, an integer", "stop_gradient(k)"
                )
            return formula(k, *args, **kwargs)

        return call

    def functions(self) -> dict[str, Formula]:
        """What it has, by SciPy's names."""
        kind = "pmf" if self.discrete else "pdf"
        found: dict[str, Formula] = {f"log{kind}": self.logpdf, kind: self.pdf}
        if self.cdf is not None:
            cdf = self.cdf
            sf = self.sf or (lambda *a: 1.0 - cdf(*a))
            found["cdf"] = self.tail(cdf, 0.0, 1.0)
            found["sf"] = self.tail(sf, 1.0, 0.0)
            found["logcdf"] = self.tail(self.logcdf or logarithm(cdf), -np.inf, 0.0)
            found["logsf"] = self.tail(self.logsf or logarithm(sf), 0.0, -np.inf)
        if self.ppf is not None:
            found["ppf"] = self.quantile
        return found


def logarithm(formula: Formula) -> Formula:
    """The logarithm of a formula's value."""
    return lambda *args: np.log(formula(*args))


class Functions(SimpleNamespace):
    """The differentiable functions of a distribution, by SciPy's names."""

    def __call__(self, *parameters: Any, **named: Any) -> SimpleNamespace:
        """The same functions with their parameters given: SciPy's frozen distribution."""
        return SimpleNamespace(
            **{kind: frozen(function, parameters, named) for kind, function in vars(self).items()}
        )


def frozen(function: Formula, parameters: tuple[Any, ...], named: dict[str, Any]) -> Formula:
    """A distribution's function of its variable alone."""
    return lambda *variable: function(*variable, *parameters, **named)


def declared(name: str, **formulas: Any) -> Functions:
    """The differentiable functions of scipy.stats' distribution of that name."""
    theirs = getattr(scipy.stats, name)
    it = Distribution(**formulas)
    functions = {}
    for kind, formula in it.functions().items():
        full = f"scipy.stats.{name}.{kind}"
        composition = it.of_integer(formula, full) if it.discrete else formula
        functions[kind] = composed(getattr(theirs, kind), full)(composition)
    return Functions(**functions)
