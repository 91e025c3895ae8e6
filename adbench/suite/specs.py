"""The input shorthand (`normal(3, std=2)`, a number, a list of numbers) to an InputSpec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adbench.suite.case import InputSpec
from adbench.suite.distributions import unsuitable_parameters, unsuitable_shape
from adbench.suite.expressions import ExpressionError, parse_complex, parse_shorthand


def spec_from_text(text: str, known: Mapping[str, Any]) -> InputSpec:
    """The array that the shorthand describes, its expressions evaluated. Raises ExpressionError."""
    if parse_complex(text) is not None:
        return InputSpec(values=text)
    shorthand = parse_shorthand(text)
    spec = InputSpec(
        shape=tuple(part.size(known) for part in shorthand.shape),
        distribution=shorthand.distribution,
        parameters={name: part.number(known) for name, part in shorthand.parameters.items()},
        dtype=shorthand.dtype,
        requires_grad=shorthand.requires_grad is not False,
    )
    wrong = unsuitable(spec)
    if wrong is not None:
        raise ExpressionError(wrong)
    return spec


def unsuitable(spec: InputSpec) -> str | None:
    """Why no such array can be drawn, or None."""
    shape = spec.shape or ()
    return unsuitable_shape(spec.distribution, shape) or unsuitable_parameters(
        spec.distribution, spec.parameters
    )


def is_box(values: Any) -> bool:
    """Whether nested lists have rows of equal length at every depth."""
    return _box(values) is not None


def _box(values: Any) -> tuple[int, ...] | None:
    if not isinstance(values, list):
        return ()
    boxes = {_box(value) for value in values}
    if len(boxes) != 1:
        return None if boxes else (0,)
    inner = boxes.pop()
    return None if inner is None else (len(values), *inner)
