"""Gradient descent on any backend: what a gradient is for, in numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from adbench.backends.protocol import Array, Backend
from adbench.explain.contents import content_of
from adbench.explain.subject import Subject
from adbench.record.graph import Descent, DescentStep


def descend(backend: Backend, subject: Subject, steps: int, rate: float) -> Descent:
    """`steps` updates x ← x − rate · gradient from the subject's point.

    Where the loss depends on complex inputs, the direction is the steepest one: the conjugate of
    a gradient that is read by df = Re(Σ g·v). Stops where the loss is no number any more, or where
    the function raises an exception on the way.
    """
    conjugate = backend.convention == "transpose"
    point = [np.array(a) for a in subject.bound.point]
    done: list[DescentStep] = []
    stopped = ""
    for step in range(steps + 1):
        try:
            pulled = subject.bound.vjp(point, subject.cotangents)
        except Exception as error:
            if not done:
                raise
            # An update may lead out of the function's domain.
            first = (str(error).strip().splitlines() or [""])[0]
            stopped = f"{type(error).__name__}: {first}"
            break
        gradients = [
            np.zeros_like(x) if g is None else np.asarray(g, x.dtype)
            for g, x in zip(pulled.gradients, point, strict=True)
        ]
        loss = subject.loss_of(pulled.outputs)
        done.append(
            DescentStep(
                loss=loss,
                gradient_norm=_norm(gradients),
                inputs=tuple(content_of(x) for x in point),
            )
        )
        if step == steps or not math.isfinite(loss):
            break
        for x, g in zip(point, gradients, strict=True):
            x -= np.asarray(rate * (np.conj(g) if conjugate else g), x.dtype)
    names = tuple(leaf.name for leaf in subject.inputs)
    return Descent(rate=rate, names=names, steps=tuple(done), stopped=stopped)


def _norm(arrays: Sequence[Array]) -> float:
    with np.errstate(all="ignore"):
        return math.sqrt(sum(float(np.sum(np.abs(a) ** 2)) for a in arrays))
