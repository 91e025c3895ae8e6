"""The elements of a derivative that differ most, right or wrong: both values, side by side."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from adbench.check.layout import Layout
from adbench.check.subject import Subject
from adbench.check.trial import Trial
from adbench.record.model import ElementComparison

Array = NDArray[Any]

MOST = 5
"""So many elements are kept."""


def worst_elements(subject: Subject, trial: Trial) -> tuple[ElementComparison, ...]:
    """Up to five elements of a trial, those that differ most from their numeric derivative first.

    A VJP's and an HVP's elements are those of the inputs, a JVP's are those of the outputs. They
    belong to the weighting, or tangent, under which they differ most, and to the only output where
    there is one. Empty where the trial did not look at single elements.
    """
    excess = _excess(trial)
    if trial.coordinates is not None:
        coordinates, layout = trial.coordinates, subject.inputs
        chosen = excess.argmax(axis=1)
        places = [(d, int(j)) for d, j in enumerate(chosen)]
    else:
        layout = subject.outputs if trial.derivative == "jvp" else subject.inputs
        if trial.derivative == "vjp" or len(trial.weights) != layout.size:
            return ()
        coordinates = np.arange(layout.size)
        chosen = excess.argmax(axis=0)
        places = [(int(d), j) for j, d in enumerate(chosen)]
    order = np.argsort([-excess[place] for place in places], kind="stable")[:MOST]
    return tuple(
        _element(subject, trial, layout, int(coordinates[k]), *places[k])
        for k in order
        if np.isfinite(trial.comparison.numeric.best.bound[places[k]])
    )


def _excess(trial: Trial) -> Array:
    """|AD − numeric| in units of bound + tolerance, (D, m); −1 where there is no number."""
    case, best = trial.comparison, trial.comparison.numeric.best
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.abs(case.ad - best.value)
        ratio = np.where(apart == 0, 0.0, apart / (best.bound + case.tolerance))
    ratio = np.where(np.isfinite(case.ad), ratio, np.inf)
    return np.where(np.isfinite(best.bound), ratio, -1.0)


def _element(
    subject: Subject, trial: Trial, layout: Layout, coordinate: int, d: int, j: int
) -> ElementComparison:
    case, best = trial.comparison, trial.comparison.numeric.best
    leaf, index, part = layout.place(coordinate)
    unit = 1.0
    if trial.coordinates is not None:
        unit = float(trial.directions[d, coordinate])
        if subject.outputs.size == 1:
            unit *= float(trial.weights[j, 0])
    which: Literal["real", "imag"] = "imag" if part.startswith("imag") else "real"
    return ElementComparison(
        input=layout.leaves[leaf].name,
        index=index,
        part=which,
        ad=float(case.ad[d, j]) / unit,
        numeric=float(best.value[d, j]) / unit,
        bound=float(best.bound[d, j]) / abs(unit),
        tolerance=float(case.tolerance[d, j]) / abs(unit),
    )
