"""Findings from a trial: which elements, both values, what it looks like."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.check.diagnosis import diagnose
from adbench.check.diagnosis.gather import of_directions, of_elements
from adbench.check.subject import Subject
from adbench.check.trial import Trial
from adbench.numeric.ladder import Kind
from adbench.record.model import CurvePoint, Finding, VCurve

Array = NDArray[Any]

_WORST = 5
_ROWS = 64
"""Most outputs for which the guilty one is looked for by a VJP each."""


def wrong_elements(
    subject: Subject,
    trial: Trial,
    missing: frozenset[str],
    right_at: Array | None = None,
    diagnosis: str | None = None,
) -> list[Finding]:
    """The worst accused elements of an elementwise VJP trial, with one diagnosis a leaf.

    `missing` are the leaves for which the backend reports no path; `right_at` is another point
    (n,) at which nothing is wrong; `diagnosis` is what is known to be at fault already.
    """
    assert trial.coordinates is not None
    case = trial.comparison
    excess = np.where(case.accused, case.excess, 0.0)
    worst_weighting = excess.argmax(axis=1)
    order = np.argsort(-excess.max(axis=1), kind="stable")
    attempt = subject.explanations.attempt
    evidence = cache(lambda: of_elements(subject, trial, missing, right_at))

    @cache
    def looks_like(leaf: int, finite: bool) -> str | None:
        what = "what the difference looks like"

        def said() -> str | None:
            e = evidence().of_leaf(leaf)
            return diagnose(e.where_finite() if finite else e)

        return diagnosis or attempt(what, said, None)

    def in_plain_units(d: int, j: int, coordinate: int) -> tuple[str | None, float, float, float]:
        weighted = _as_weighted(subject, trial, d, j, coordinate)
        what = "which output is to blame"
        alone = attempt(what, lambda: _of_one_output(subject, trial, d, j, coordinate), None)
        return alone or (None, *weighted)

    findings = []
    for d in map(int, order[: int(case.accused.any(axis=1).sum())][:_WORST]):
        j = int(worst_weighting[d])
        coordinate = int(trial.coordinates[d])
        leaf, index, part = subject.inputs.place(coordinate)
        unit = trial.directions[d, coordinate]
        output, ad, value, bound = in_plain_units(d, j, coordinate)
        name = subject.inputs.leaves[leaf].name
        label = subject.inputs.label(coordinate)
        at_kink = case.numeric.best.kind[d, j] == Kind.KINK
        findings.append(
            Finding(
                kind="outside-subdifferential" if at_kink else _kind_of(ad),
                level="fail",
                derivative="vjp",
                input=name,
                index=index,
                output=output,
                ad=ad,
                numeric=value,
                bound=bound,
                tolerance=float(case.tolerance[d, j] / abs(unit)) if output is None else None,
                message=f"the {part}gradient of {label} is "
                + ("no subgradient at this kink" if at_kink else "wrong")
                + ("" if output or subject.outputs.size == 1 else ", of a weighted sum of outputs"),
                diagnosis=looks_like(leaf, bool(np.isfinite(case.ad[d]).all())),
            )
        )
    return findings


def wrong_directions(subject: Subject, trial: Trial) -> list[Finding]:
    """Accused values of a JVP or HVP trial, which belong to outputs or to inputs."""
    case = trial.comparison
    layout = subject.outputs if trial.derivative == "jvp" else subject.inputs
    excess = np.where(case.accused, case.excess, 0.0)
    elementwise = len(trial.weights) == layout.size
    nothing: dict[int, str | None] = {}
    diagnoses = subject.explanations.attempt(
        "what the difference looks like", lambda: _look(subject, trial), nothing
    )
    findings = []
    for flat in np.argsort(-excess, axis=None, kind="stable")[:_WORST]:
        d, j = np.unravel_index(flat, excess.shape)
        if not case.accused[d, j]:
            break
        leaf, index, _ = layout.place(int(j)) if elementwise else (0, (), "")
        name = layout.leaves[leaf].name if elementwise else None
        subject_words = f" of {layout.label(int(j))}" if elementwise else ""
        best = case.numeric.best
        findings.append(
            Finding(
                kind=_kind_of(float(case.ad[d, j])),
                level="fail",
                derivative=trial.derivative,
                input=name if trial.derivative == "hvp" else None,
                output=name if trial.derivative == "jvp" else None,
                index=index if elementwise else None,
                ad=float(case.ad[d, j]),
                numeric=float(best.value[d, j]),
                bound=float(best.bound[d, j]),
                tolerance=float(case.tolerance[d, j]),
                message=f"the {trial.derivative}{subject_words} along a random direction is wrong",
                diagnosis=diagnoses.get(leaf),
            )
        )
    return findings


def unexplained_direction(subject: Subject, trial: Trial) -> Finding:
    """A failing direction whose guilty elements could not be told apart."""
    case = trial.comparison
    d, j = np.unravel_index(np.argmax(np.where(case.accused, case.excess, 0.0)), case.accused.shape)
    best = case.numeric.best
    return Finding(
        kind="wrong-derivative",
        level="fail",
        derivative=trial.derivative,
        ad=float(case.ad[d, j]),
        numeric=float(best.value[d, j]),
        bound=float(best.bound[d, j]),
        tolerance=float(case.tolerance[d, j]),
        message="the derivative along a random direction is wrong; no single element stands out",
    )


def v_curve(subject: Subject, trial: Trial) -> VCurve:
    """Error against step of the worst accused problem, or of the first."""
    case = trial.comparison
    excess = np.where(case.accused, case.excess, -1.0)
    d, j = (int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
    best = case.numeric.best
    name, index = "a random direction", None
    if trial.coordinates is not None:
        name, index = subject.inputs.element(int(trial.coordinates[d]))
    found = bool(np.isfinite(best.bound[d, j]))
    return VCurve(
        input=name,
        index=index,
        ad=float(case.ad[d, j]),
        numeric=float(best.value[d, j]),
        bound=float(best.bound[d, j]),
        chosen_step=float(best.step[d, j]) if found else None,
        points=tuple(
            CurvePoint(step=p.step, value=p.value, truncation=p.truncation, roundoff=p.roundoff)
            for p in case.numeric.curve(d, j)
        ),
    )


def _kind_of(ad: float) -> str:
    return "wrong-derivative" if np.isfinite(ad) else "nonfinite-derivative"


def _as_weighted(
    subject: Subject, trial: Trial, d: int, j: int, coordinate: int
) -> tuple[float, float, float]:
    """AD, numeric and bound of ∂⟨c, out⟩/∂x, or of ∂out/∂x where there is one output."""
    case, best = trial.comparison, trial.comparison.numeric.best
    step = float(trial.directions[d, coordinate])
    weight = float(trial.weights[j, 0]) if subject.outputs.size == 1 else 1.0
    # One after the other: the product of two small units may be zero.
    return (
        float(case.ad[d, j]) / step / weight,
        float(best.value[d, j]) / step / weight,
        float(best.bound[d, j]) / abs(step) / abs(weight),
    )


def _of_one_output(
    subject: Subject, trial: Trial, d: int, j: int, coordinate: int
) -> tuple[str, float, float, float] | None:
    """The worst element as ∂out/∂x of the output that can be blamed; None where none can."""
    case = trial.comparison
    unit = float(trial.directions[d, coordinate])
    size = subject.outputs.size
    if not 1 < size <= _ROWS:
        return None
    from adbench.numeric.derivative import derivatives

    identity = np.eye(size)
    direction = trial.directions[d : d + 1]
    rows = derivatives(
        subject.rows, subject.x, subject.origin, direction, identity, subject.epsilon
    ).best
    by_output = np.array([subject.gradient(subject.x, row)[coordinate] for row in identity]) * unit
    with np.errstate(invalid="ignore"):
        apart = np.abs(by_output - rows.value[0]) - 2 * rows.bound[0]
    apart = np.where(np.isnan(by_output) & np.isfinite(rows.value[0]), np.inf, np.nan_to_num(apart))
    # Of several that are not finite, the one that the element moves.
    guilty = int(np.lexsort((np.nan_to_num(np.abs(rows.value[0])), apart))[-1])
    if not apart[guilty] > case.tolerance[d, j] * 1e-3 or not np.isfinite(rows.bound[0, guilty]):
        return None
    return (
        subject.outputs.label(guilty),
        float(by_output[guilty]) / unit,
        float(rows.value[0, guilty]) / unit,
        float(rows.bound[0, guilty]) / abs(unit),
    )


def _look(subject: Subject, trial: Trial) -> dict[int, str | None]:
    """A diagnosis for each row of a JVP or HVP trial that looked at single elements."""
    layout = subject.outputs if trial.derivative == "jvp" else subject.inputs
    if len(trial.weights) != layout.size:
        return {}
    x = subject.origin if trial.derivative == "jvp" else subject.x
    leaves = range(len(layout.leaves))
    return {leaf: diagnose(of_directions(trial, layout, leaf, x)) for leaf in leaves}
