"""The fairness audit: what has to be the same on all sides before anything is ranked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adbench.backends.arrays import to_numpy
from adbench.bench.protocol import Facts
from adbench.bench.subject import Subject
from adbench.record.bench import AuditItem, Threads

_NUMBERS = 64
"""How many of the primal's numbers are compared one by one; the norm covers them all."""
_NO_PATH = "none"
"""The dtype of a gradient that a backend does not give, for want of a path."""

Audit = dict[str, tuple[AuditItem, ...]]


def facts(subject: Subject) -> Facts:
    """What a fair comparison depends on, taken from the arrays themselves after one call each."""
    outputs = subject.primal()
    gradients = subject.derivative() if subject.what != "primal" else ()
    inputs = (*subject.timed.inputs, *subject.timed.data)
    arrays = [array for array in (*inputs, *outputs, *gradients) if array is not None]
    value = [_numbers(out) for out in outputs]
    flat = np.concatenate(value) if value else np.zeros(0)
    return Facts(
        inputs=tuple(map(_dtype, subject.timed.inputs)),
        outputs=tuple(map(_dtype, outputs)),
        gradients=tuple(map(_dtype, gradients)),
        devices=tuple(dict.fromkeys(map(_device, arrays))),
        tracked=subject.untracked.tracked or any(map(_is_tracked, outputs)),
        converted=not all(_is_native(subject.backend, array) for array in inputs),
        value=tuple(float(number) for number in flat[:_NUMBERS]),
        norm=float(np.linalg.norm(flat)),
    )


def judge(
    facts: Mapping[str, Facts],
    threads: Mapping[str, Threads],
    rtol: float,
    requested: int,
) -> Audit:
    """For each `backend:mode` of one case, the conditions of a fair comparison.

    What differs is told of those that stand apart from most of the others, and of all where there
    is no majority. `rtol` is the check's tolerance, `requested` the threads asked for.
    """
    dtypes = _apart({key: _precision(fact) for key, fact in facts.items()}, prefer=_consistent)
    devices = _apart({key: fact.devices for key, fact in facts.items()})
    values = _disagreeing(facts, rtol)
    audit: Audit = {}
    for key, fact in facts.items():
        items = [
            _dtype_item(fact, key in dtypes),
            _threads_item(threads.get(key), requested),
            _device_item(fact, key in devices),
            _tracked_item(fact),
            _converted_item(fact),
            _item("same value", key not in values, values.get(key, f"‖value‖ = {fact.norm:.6g}")),
        ]
        audit[key] = tuple(items)
    return audit


def breaches(audit: Sequence[AuditItem]) -> list[AuditItem]:
    """The conditions that did not hold."""
    return [item for item in audit if not item.ok]


# -- facts ---------------------------------------------------------------------------------------


def _dtype(array: Any) -> str:
    """`float64`, whatever the library calls it."""
    return _NO_PATH if array is None else str(array.dtype).removeprefix("torch.")


def _device(array: Any) -> str:
    """`cpu` or `cuda:0`, whatever the library calls it."""
    if _library(array) == "torch":
        return str(array.device)
    if hasattr(array, "devices"):  # JAX; a platform "gpu" is CUDA's or ROCm's
        found = next(iter(array.devices()))
        return "cpu" if found.platform == "cpu" else f"cuda:{found.id}"
    if _library(array) == "cupy":
        return f"cuda:{array.device.id}"
    return "cpu"


def _is_tracked(array: Any) -> bool:
    """Whether a derivative could still be asked of it."""
    return bool(getattr(array, "requires_grad", False)) or _library(array) == "adbench"


def _is_native(backend: str, array: Any) -> bool:
    own = {"torch": ("torch",), "jax": ("jax", "jaxlib")}.get(backend, ("numpy", "cupy"))
    return _library(array) in own


def _library(array: Any) -> str:
    return type(array).__module__.partition(".")[0]


def _numbers(array: Any) -> Any:
    """The array's numbers in double precision, real parts before imaginary ones."""
    flat = to_numpy(array.get() if _library(array) == "cupy" else array).ravel()
    if flat.dtype.kind == "c":
        return flat.astype(np.complex128).view(np.float64)
    return flat.astype(np.float64)


# -- judgement -----------------------------------------------------------------------------------


def _precision(fact: Facts) -> tuple[Any, ...]:
    return (fact.inputs, fact.outputs)


def _consistent(precision: tuple[Any, ...]) -> bool:
    """Whether what comes out has the precision of what goes in."""
    inputs, outputs = precision
    return {_bits(dtype) for dtype in inputs} == {_bits(dtype) for dtype in outputs}


def _bits(dtype: str) -> str:
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def _apart(of: Mapping[str, Any], prefer: Any = None) -> set[str]:
    """The keys whose value is not most others'; all keys where no value is the first choice."""
    if len(set(of.values())) < 2:
        return set()
    counts = Counter(of.values())
    most = max(counts.values())
    usual = [value for value, count in counts.items() if count == most]
    if prefer is not None and len(usual) > 1:
        usual = [value for value in usual if prefer(value)] or usual
    if len(usual) > 1:
        return set(of)
    return {key for key, value in of.items() if value != usual[0]}


def _disagreeing(facts: Mapping[str, Facts], rtol: float) -> dict[str, str]:
    """Which differ in value from most of the others, and how."""
    apart = {}
    for key, fact in facts.items():
        others = {name: _distance(fact, other) for name, other in facts.items() if name != key}
        differing = {name: distance for name, distance in others.items() if not distance <= rtol}
        if 2 * len(differing) > len(others):
            name, distance = next(iter(differing.items()))
            apart[key] = (
                f"its primal differs from that of {name} by {distance:.1e} relative, and the "
                f"check's tolerance is {rtol:.1e}"
            )
    return apart


def _distance(a: Facts, b: Facts) -> float:
    """The largest relative difference; a number that cancelled is held to what others are like."""
    if len(a.value) != len(b.value):
        return math.inf
    if not (math.isfinite(a.norm) and math.isfinite(b.norm)):
        return 0.0 if np.array_equal(a.value, b.value, equal_nan=True) else math.inf
    x, y = np.array([*a.value, a.norm]), np.array([*b.value, b.norm])
    usual = float(np.sqrt(np.mean(x[:-1] ** 2))) if len(x) > 1 else 0.0
    scale = np.maximum(np.maximum(np.abs(x), np.abs(y)), usual)
    return float(np.max(np.abs(x - y) / np.where(scale > 0, scale, 1)))


def _dtype_item(fact: Facts, apart: bool) -> AuditItem:
    given = [g for g in fact.gradients if g != _NO_PATH]
    wrong = [
        f"a gradient in {g} of an input in {i}"
        for i, g in zip(fact.inputs, fact.gradients, strict=False)
        if g not in (i, _NO_PATH)
    ]
    dtypes = ", ".join(dict.fromkeys((*fact.inputs, *fact.outputs, *given)))
    if wrong:
        return _item("dtype", False, f"gives {wrong[0]}")
    if apart:
        message = f"computes {_joined(fact.outputs)} from {_joined(fact.inputs)}; others do not"
        return _item("dtype", False, message)
    return _item("dtype", True, dtypes)


def _threads_item(threads: Threads | None, requested: int) -> AuditItem:
    if threads is None:
        return _item("threads", False, "how many threads compute was not seen")
    seen = f"{threads.observed} of {threads.requested} {_plural('thread', requested)} at work"
    if threads.requested != requested:
        message = f"was given {threads.requested} threads where {requested} were asked for"
        return _item("threads", False, message)
    if threads.observed <= requested:
        return _item("threads", True, seen)
    cores = len(threads.cores)
    if 0 < cores <= requested:
        message = f"{threads.observed} threads take turns on {cores} {_plural('core', cores)}"
        return _item("threads", True, message)
    return _item("threads", False, f"{threads.observed} threads compute, {requested} asked for")


def _device_item(fact: Facts, apart: bool) -> AuditItem:
    places = _joined(fact.devices)
    if len(fact.devices) > 1:
        return _item("device", False, f"its arrays are on {places}")
    return _item("device", not apart, f"computes on {places}" + ("; others do not" * apart))


def _tracked_item(fact: Facts) -> AuditItem:
    words = "its primal records for a derivative" if fact.tracked else "the primal records nothing"
    return _item("untracked primal", not fact.tracked, words)


def _converted_item(fact: Facts) -> AuditItem:
    words = "each call converts or moves inputs" if fact.converted else "nothing is moved in a call"
    return _item("inputs on device", not fact.converted, words)


def _item(name: str, ok: bool, message: str) -> AuditItem:
    return AuditItem(name=name, ok=ok, message=message)


def _joined(words: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
