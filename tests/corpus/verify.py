"""Is an entry what it claims to be: is the twin right, is the bug wrong, by the exact referee?"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from corpus import autodiff, truth
from corpus.entry import Array, Bug, Function, Hard, Inputs, differentiable, make_inputs

FLOOR = 1e-20
"""Elements below this part of their leaf's largest gradient are compared with it absolutely."""
_KNOWN: dict[Any, list[truth.Interval]] = {}
"""True gradients by formula, inputs and cotangents: half a minute each where there are
100,000 elements."""


def _limit(inputs: Inputs) -> int:
    """How many elements of a leaf are compared; each costs an exact evaluation."""
    largest = max(value.size for value in inputs.values())
    return 1 if largest > 5000 else 6 if largest > 100 else 16


def _outside(value: complex, interval: truth.Interval) -> float:
    """How far a value lies outside an interval, in its worse component."""
    excess = 0.0
    for part in (np.real, np.imag):
        low, high = sorted((float(part(interval.low)), float(part(interval.high))))
        excess = max(excess, low - float(part(value)), float(part(value)) - high)
    return excess


def worst_difference(gradients: dict[str, Array], intervals: list[truth.Interval]) -> float:
    """The largest relative distance of a gradient from the true one; infinite for a NaN.

    A whole leaf's direction counts only where the function is smooth along it: at a kink a sum
    of subgradients need not lie between the two one-sided derivatives of the sum.
    """
    worst = 0.0
    for interval in intervals:
        gradient = gradients[interval.name]
        if not np.all(np.isfinite(gradient)):
            return float("inf")
        size = max(abs(interval.low), abs(interval.high))
        if interval.index is None:
            if abs(interval.high - interval.low) > 1e-12 * size:
                continue
            size = max(size, float(np.sum(np.abs(gradient))))
            value = gradient.sum()
        else:
            value = gradient[interval.index]
        excess = _outside(value, interval) - FLOOR * float(np.max(np.abs(gradient)))
        if excess > 0:
            worst = max(worst, excess / (size or 1.0))
    return worst


def vjp_error(
    entry: Bug | Hard,
    backend: str,
    function: Function,
    formula: Function,
    inputs: Inputs,
    seed: int,
    scale: float = 1.0,
    element: tuple[str, int] | None = None,
) -> float:
    """How wrong a function's VJP is, against the formula's exact one."""
    cotangents, gradients = autodiff.vjp(entry, backend, function, inputs, seed, scale)
    active = differentiable(entry, inputs)
    always = () if element is None else (element,)
    convention = autodiff.CONVENTION[backend]
    # A bug and its twin have one truth.
    arrays = [*inputs.values(), *map(np.asarray, cotangents)]
    exactly = [(str(a.dtype), a.shape, a.tobytes()) for a in arrays]
    digest = sha256(repr((exactly, active)).encode()).digest()
    key = (formula, convention, always, digest)
    if key not in _KNOWN:
        _KNOWN[key] = truth.gradient(
            formula, inputs, active, cotangents, convention, _limit(inputs), always
        )
    return worst_difference(gradients, _KNOWN[key])


def _jvp_error(bug: Bug, function: Function, inputs: Inputs, seed: int) -> float:
    rng = np.random.default_rng(seed)
    tangents = {name: rng.standard_normal(value.shape) for name, value in inputs.items()}
    found = autodiff.jvp(bug.backend, function, inputs, tangents)
    true = truth.tangent(_formula(bug), inputs, tangents)
    return max(float(np.max(np.abs(a - b) / np.abs(b))) for a, b in zip(found, true, strict=True))


def _hvp_error(bug: Bug, function: Function, inputs: Inputs, seed: int) -> float:
    rng = np.random.default_rng(seed)
    tangents = {name: rng.standard_normal(value.shape) for name, value in inputs.items()}
    shapes = truth.output_shapes(_formula(bug), inputs)
    cotangents = [rng.standard_normal(shape) for shape in shapes]
    found = autodiff.hvp(bug.backend, function, inputs, cotangents, tangents)
    active = differentiable(bug, inputs)
    true = truth.curvature(_formula(bug), inputs, active, cotangents, tangents)
    return max(abs(found[i.name][i.index] - i.low) / abs(i.low) for i in true)


def _formula(bug: Bug) -> Function:
    if bug.formula is None:
        raise LookupError(f"{bug.id} has no formula")
    return bug.formula


def error(bug: Bug, function: Function, inputs: Inputs, seed: int, scale: float = 1.0) -> float:
    """How wrong the bug's derivative (VJP, JVP or HVP) is for this function at these inputs."""
    if bug.derivative == "jvp":
        return _jvp_error(bug, function, inputs, seed)
    if bug.derivative == "hvp":
        return _hvp_error(bug, function, inputs, seed)
    return vjp_error(
        bug, bug.backend, function, _formula(bug), inputs, seed, scale, bug.evidence.element
    )


def twin_problems(bug: Bug, seed: int) -> list[str]:
    """What is not right about the fixed twin; nothing is as it should be."""
    inputs = make_inputs(bug, seed)
    problems = []
    if bug.formula is not None:
        off = error(bug, bug.fixed, inputs, seed)
        if not off <= bug.accuracy:
            problems.append(f"the twin is off by {off:.2e} at its own inputs")
        if bug.evidence.inputs is not None:
            there = bug.evidence.inputs(np.random.default_rng(seed))
            off = error(bug, bug.fixed, there, seed)
            if not off <= bug.accuracy:
                problems.append(f"the twin is off by {off:.2e} where its bug shows")
    if bug.evidence.probe is not None and bug.evidence.probe(bug.fixed, inputs):
        problems.append("the twin shows the fault")
    return problems


def bug_problems(bug: Bug, seed: int) -> list[str]:
    """What is not wrong about the bug; nothing is as it should be."""
    evidence = bug.evidence
    own = make_inputs(bug, seed)
    if evidence.probe is not None:
        return [] if evidence.probe(bug.buggy, own) else ["the probe does not show the fault"]
    there = own if evidence.inputs is None else evidence.inputs(np.random.default_rng(seed))
    try:
        off: Any = error(bug, bug.buggy, there, seed, evidence.cotangent_scale)
    except (TypeError, ValueError, RuntimeError):
        if "error" not in bug.outcome:
            raise
        off = float("inf")
    problems = []
    if not off > evidence.relative:
        problems.append(f"the fault is {off:.2e}, less than the claimed {evidence.relative:.2e}")
    if bug.reach != "given" and evidence.inputs is not None:
        here = error(bug, bug.buggy, own, seed)
        if here > bug.accuracy:
            problems.append(f"the fault shows at the given point already ({here:.2e})")
    return problems


def hard_problems(entry: Hard, backend: str, seed: int) -> list[str]:
    """What is not right about a hard function's gradient on a backend."""
    inputs = make_inputs(entry, seed)
    off = vjp_error(entry, backend, entry.on(backend), entry.exact(), inputs, seed)
    return [] if off <= entry.accuracy else [f"the gradient is off by {off:.2e}"]
