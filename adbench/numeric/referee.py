"""The referee: a function replayed with 50 digits and differenced there.

The function is the user's own, called with arrays of mpmath numbers (`adbench.numeric.exact`);
a function that they cannot run, or not in the time given, raises CannotReplay. mpmath is
imported when a replay begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from adbench.numeric.refusal import CannotReplay, budget

if TYPE_CHECKING:
    from adbench.numeric.exact import ExactArray

__all__ = ["CannotReplay", "ExactDerivatives", "exact_derivatives", "replay"]

Array = NDArray[Any]
Apply = Callable[[list[Any]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class ExactDerivatives:
    """Derivatives d/dt ⟨w_j, f(x + t·v_d)⟩ at t = 0 as arrays (D, m) of float64.

    `value` is rounded from 50 digits and |true − value| ≤ bound, rounding included. `left` and
    `right` are the derivatives for t < 0 and t > 0, with their bounds; NaN where the function is
    undefined on that side. At the edge of a domain `value` is the one that exists. At a `kink`
    both exist and differ; there, and where nothing converged, `value` is NaN and its bound inf.
    """

    value: Array
    bound: Array
    left: Array
    left_bound: Array
    right: Array
    right_bound: Array
    kink: Array
    evaluations: int


def replay(apply: Apply, leaves: Sequence[Array]) -> list[ExactArray]:
    """The outputs of `apply` at `leaves`, each as an exact array.

    The leaves are taken as the doubles that they are; `apply` gets arrays of its own. Raises
    CannotReplay, also where the function itself raises.
    """
    from adbench.numeric.exact import ExactArray

    try:
        return [ExactArray(output) for output in apply([ExactArray(leaf) for leaf in leaves])]
    except CannotReplay:
        raise
    except Exception as error:
        reason = f"raised {type(error).__name__} in higher precision: {error}"
        raise CannotReplay("the function", reason) from error


def exact_derivatives(
    apply: Apply,
    x: Sequence[Array],
    directions: Sequence[Sequence[Array]],
    weights: Sequence[Sequence[Array]],
    *,
    deadline: float,
) -> ExactDerivatives:
    """Derivatives of ⟨w_j, f⟩ for m weightings along D directions at x, from 50 digits.

    `apply` maps a list of leaves to the output arrays; a direction has the leaves' shapes, a
    weighting the outputs'. ⟨w, y⟩ = Σ Re(w)·Re(y) + Im(w)·Im(y). Directions may be complex where
    the leaf is. A direction's length should be the scale of the input that it moves where that
    is zero; elsewhere its length does not matter. `deadline` is the time allowed in seconds.

    Raises CannotReplay, which names the function that is not covered, or says "too large".
    """
    from adbench.numeric.exact.differences import differentiate

    x, directions, weights = _arrays(x), list(map(_arrays, directions)), list(map(_arrays, weights))
    for direction in directions:
        for leaf, v in zip(x, direction, strict=True):
            if v.shape != leaf.shape or (np.iscomplexobj(v) and not np.iscomplexobj(leaf)):
                raise ValueError(
                    f"a direction of {v.dtype} and shape {v.shape} for a leaf of {leaf.dtype} "
                    f"and shape {leaf.shape}"
                )
    with budget(deadline) as limit:
        try:
            return differentiate(apply, x, directions, weights, limit)
        except CannotReplay as refusal:
            raise limit.refused or refusal from None


def _arrays(arrays: Sequence[Any]) -> list[Array]:
    return [np.asarray(array) for array in arrays]
