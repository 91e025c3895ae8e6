"""Evidence from a trial: by output and element where the function is small, as far as it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis.evidence import Evidence
from adbench.check.layout import Layout
from adbench.check.subject import Subject
from adbench.check.trial import Trial
from adbench.numeric.derivative import derivatives
from adbench.numeric.ladder import Estimates, Kind

Array = NDArray[Any]

_MOST_OUTPUTS = 64
_MOST_ENTRIES = 4096
"""A Jacobian of up to so many entries is taken whole, by a VJP an output."""


_LEAST_ASKED = 300
"""Evaluations that suspects may cost beyond as many as the check has taken."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Evidence for all leaves together."""

    whole: Evidence

    def of_leaf(self, leaf: int) -> Evidence:
        """That of one leaf."""
        return replace(self.whole, leaf=leaf)


def of_elements(
    subject: Subject, trial: Trial, missing: frozenset[str], right_at: Array | None
) -> Gathered:
    """What an elementwise VJP trial shows; the whole Jacobian where that is small.

    A Jacobian costs a VJP an output, and the trial's evaluations once more.
    """
    assert trial.coordinates is not None
    n, p = subject.inputs.size, subject.outputs.size
    rows, by_output = trial.weights, False
    ad, numeric = trial.comparison.ad, trial.comparison.numeric.best
    slack = trial.comparison.slack
    complete = len(trial.coordinates) == n and np.isfinite(subject.origin).all()
    if complete and p <= _MOST_OUTPUTS and n * p <= _MOST_ENTRIES:
        jacobian = _jacobian(subject, trial)
        if jacobian is not None:
            rows, by_output = np.eye(p), True
            ad, numeric = jacobian
            slack = np.zeros_like(ad)
    places = trial.coordinates
    units = trial.directions[np.arange(len(places)), places][:, None]

    def spread(values: Array, empty: Any) -> Array:
        result = np.full((len(rows), n), empty)
        result[:, places] = values.T
        return result

    wrong = np.zeros(n, dtype=bool)
    wrong[places] = trial.comparison.accused.any(axis=1)
    known = np.isfinite(numeric.bound) & (numeric.kind != Kind.KINK)
    lengths = {
        size
        for layout in (subject.inputs, subject.outputs)
        for leaf in layout.leaves
        for size in (*leaf.shape, int(np.prod(leaf.shape, dtype=int)))
    }
    return Gathered(
        Evidence(
            leaf=0,
            inputs=subject.inputs,
            outputs=subject.outputs,
            x=subject.x,
            y=subject.origin,
            all_ad=spread(ad / units, np.nan),
            all_numeric=spread(numeric.value / units, np.nan),
            all_doubt=spread((numeric.bound + slack) / np.abs(units), np.inf),
            all_known=spread(known, False),
            all_wrong=wrong,
            by_output=by_output,
            missing=missing,
            subject=subject,
            weights=rows,
            right_at=right_at,
            until=2 * subject.count.evaluations + _LEAST_ASKED,
            epsilon=subject.epsilon,
            sizes=tuple(sorted(size for size in lengths if size > 1)),
        )
    )


def _jacobian(subject: Subject, trial: Trial) -> tuple[Array, Estimates] | None:
    """AD's and numeric values (n, p) along the trial's directions, an output a column."""
    try:
        rows = np.eye(subject.outputs.size)
        by_output = np.stack([subject.gradient(subject.x, row) for row in rows])
    except Exception:  # a backward pass may insist on other cotangents than these
        return None
    units = trial.directions[np.arange(subject.inputs.size), trial.coordinates]
    found = derivatives(
        subject.rows,
        subject.x,
        subject.origin,
        trial.directions,
        rows,
        subject.epsilon,
        unit=1 / np.abs(units),
    )
    return by_output[:, trial.coordinates].T * units[:, None], found.best


def of_directions(trial: Trial, layout: Layout, leaf: int, x: Array) -> Evidence:
    """What a JVP or HVP trial shows of a leaf of the outputs, or of the inputs; rows are tangents.

    `x` are the values (n,) of these coordinates. The function itself cannot be asked again.
    """
    case, best = trial.comparison, trial.comparison.numeric.best
    sizes = {size for spec in layout.leaves for size in (*spec.shape, layout.size) if size > 1}
    return Evidence(
        leaf=leaf,
        inputs=layout,
        outputs=Layout(()),
        x=x,
        y=np.zeros(0),
        all_ad=case.ad,
        all_numeric=best.value,
        all_doubt=best.bound + case.slack,
        all_known=np.isfinite(best.bound) & (best.kind != Kind.KINK),
        all_wrong=np.asarray(case.accused.any(axis=0)),
        by_output=False,
        sizes=tuple(sorted(sizes)),
    )
