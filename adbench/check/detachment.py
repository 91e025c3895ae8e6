"""Whether a `detach`, a `stop_gradient` or the like is why a gradient is wrong: it is undone, once.

That such an operation is there proves nothing, and many are meant. What is said here has been
tried: without it, AD agrees with the numeric derivative.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adbench.backends.protocol import Cut
from adbench.check.location import location
from adbench.check.pointed import coordinate_of
from adbench.check.probes import elementwise, scales
from adbench.check.subject import Subject
from adbench.numeric.derivative import derivatives
from adbench.record.model import Finding

Array = NDArray[Any]

_ELEMENTS = 4
_MOST = 16
"""Cuts that are undone one by one."""
_CLOSE = 1e-6


def detached_by(subject: Subject, findings: list[Finding], weight: Array) -> list[Finding]:
    """The findings, with the cut that explains them where one does; `weight` (p,) is a weighting.

    May raise whatever the user's function does without its cuts.
    """
    guilty = [f for f in findings if _asked(f)]
    places = sorted({c for f in guilty if (c := coordinate_of(subject, f)) is not None})
    cuts = subject.bound.cuts(subject.arrays(subject.x)) if places else []
    if not cuts:
        return findings
    trial = _Trial(subject, np.array(places[:_ELEMENTS]), weight)
    if trial.right_without(range(len(cuts))):
        alone = next((k for k in range(min(len(cuts), _MOST)) if trial.right_without([k])), None)
        causes = cuts if alone is None else [cuts[alone]]
        return [_explained(f, causes) if f in guilty else f for f in findings]
    if len({cut.place for cut in cuts}) == 1:
        return [_perhaps(f, cuts[0]) if f in guilty else f for f in findings]
    return findings


def _asked(finding: Finding) -> bool:
    return (
        finding.level == "fail"
        and finding.kind == "wrong-derivative"
        and finding.derivative == "vjp"
        and finding.where is None
    )


class _Trial:
    """A few elements' numeric derivatives, to hold gradients against."""

    def __init__(self, subject: Subject, places: Array, weight: Array) -> None:
        self.subject = subject
        self.places = places
        self.weight = weight
        scale = scales(subject.x, subject.inputs)[places]
        directions = elementwise(scales(subject.x, subject.inputs), places)
        best = derivatives(
            subject.rows, subject.x, subject.origin, directions, weight[None], subject.epsilon
        ).best
        self.numeric, self.bound = best.value[:, 0] / scale, best.bound[:, 0] / scale

    def right_without(self, which: Collection[int]) -> bool:
        """Whether AD agrees at all of them with these cuts undone."""
        subject = self.subject
        try:
            gradients = subject.bound.uncut(
                subject.arrays(subject.x), subject.cotangents(self.weight), which
            )
        except Exception:  # what went through NumPy has to be detached first
            return False
        with np.errstate(invalid="ignore"):
            apart = np.abs(subject.covector(gradients)[self.places] - self.numeric)
            allowed = 4 * self.bound + _CLOSE * np.abs(self.numeric).max()
        return bool((apart <= allowed).all())


def _explained(finding: Finding, causes: list[Cut]) -> Finding:
    lines = dict.fromkeys((cut.operation, cut.place and cut.place.line) for cut in causes)
    names = " and ".join(f"{name} in line {line}" if line else name for name, line in lines)
    known = finding.diagnosis or ""
    if known.startswith(("detached", "a term is missing", "terms between")):
        words = f"{known}; it is cut off by {names}, without which AD is right"
    else:
        words = f"a term is missing: it is cut off by {names}, without which AD is right"
    return finding.model_copy(update={"diagnosis": words, "where": location(causes[0].place)})


def _perhaps(finding: Finding, cut: Cut) -> Finding:
    """The only cut, which cannot be undone, or is not all that is wrong."""
    known = finding.diagnosis or ""
    if not known.startswith(("detached", "a term is missing")):
        return finding
    line = f" in line {cut.place.line}" if cut.place else ""
    words = f"{known}; the only place where a path is cut off is {cut.operation}{line}"
    return finding.model_copy(update={"diagnosis": words, "where": location(cut.place)})
