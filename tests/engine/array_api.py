"""The array API standard on traced arrays, judged by array-api-strict.

array-api-strict is the standard's own strict implementation. What exists, and with which
parameters, is read from it. A call of `array_api_calls.py` passes if on traced arrays it gives the
structure, dtypes, shapes and values that the strict namespace gives, and the derivative that
differences of the strict namespace's values give.

`python tests/engine/array_api.py` prints docs/array-api.md.
"""

import importlib.util
import inspect
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import array_api_compat
import array_api_strict
import numpy as np

from adbench.engine import DifferentiationError, vjp

spec = importlib.util.spec_from_file_location(
    "array_api_calls", Path(__file__).with_name("array_api_calls.py")
)
table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(table)
CALLS, INPUTS, CONSTANTS, DTYPES = table.CALLS, table.INPUTS, table.CONSTANTS, table.DTYPES

Call: TypeAlias = Callable[..., Any]

REFUSED = {
    "array.__float__": "a `float` would be detached from the tape",
    "array.__complex__": "a `complex` would be detached from the tape",
    "array.__dlpack__": "memory that another library reads would be detached from the tape",
}
"""What a traced array refuses on purpose, by an error that says what to do instead."""

STRICTLY = {("isin", 1): lambda xp, i: xp.logical_not(xp.isin(i, 2))}
"""Calls of which array-api-strict 2.6.1 does another: its isin leaves `invert` unread."""


def standard() -> list[str]:
    """Everything that the strict implementation has and that is not its own business."""
    own = {"Device", "ArrayAPIStrictFlags", "linalg", "fft"}
    names = [
        n
        for n in array_api_strict.__all__
        if n not in own and "flags" not in n and (not n.startswith("__") or n.endswith("info__"))
    ]
    names += [f"linalg.{n}" for n in array_api_strict.linalg.__all__]
    names += [f"fft.{n}" for n in array_api_strict.fft.__all__]
    names += [f"array.{n}" for n in members() if n not in ("__array__", "__buffer__", "__iter__")]
    return names


def members() -> Iterator[str]:
    """The array object's attributes and operators, without those of every Python class."""
    cls = type(array_api_strict.asarray(1.0))
    common = {*dir(object), "__module__", "__weakref__", "__annotations__", "__slots__"}
    compared = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}
    for name in dir(cls):
        if name.startswith("_") and not name.startswith("__"):
            continue
        if name in compared or name not in common:
            yield name


def function_of(xp: Any, name: str) -> Any:
    for part in name.split("."):
        xp = getattr(xp, part)
    return xp


def inputs_of(call: Call) -> list[str]:
    parameters = inspect.signature(call).parameters.values()
    return [p.name for p in parameters if p.default is p.empty][1:]


class Spy:
    """The strict namespace, noting which parameters of its functions are used."""

    def __init__(self, used: dict[str, set[str]], space: Any = array_api_strict, at: str = ""):
        self._used, self._space, self._at = used, space, at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._space, name)
        if inspect.ismodule(found):
            return Spy(self._used, found, f"{name}.")
        if not inspect.isfunction(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            bound = inspect.signature(found).bind(*args, **kwargs)
            self._used.setdefault(f"{self._at}{name}", set()).update(bound.arguments)
            return found(*args, **kwargs)

        return call


def unused_parameters() -> list[str]:
    """Parameters of the standard's functions that no call gives."""
    used: dict[str, set[str]] = {}
    for given in CALLS.values():
        for call in given:
            call(Spy(used), *(array_api_strict.asarray(INPUTS[n]) for n in inputs_of(call)))
    missing = []
    for name in standard():
        if name.startswith("array.") or name in (*CONSTANTS, *DTYPES):
            continue
        parameters = inspect.signature(function_of(array_api_strict, name)).parameters
        missing += [f"{name}({p})" for p in sorted({*parameters} - used.get(name, set()))]
    return missing


class Outcome(NamedTuple):
    """What became of one call: a reason, or none if it passed."""

    name: str
    number: int
    reason: str


def leaves(value: Any) -> list[Any]:
    return [leaf for v in value for leaf in leaves(v)] if type(value) in (list, tuple) else [value]


def named_leaves(value: Any) -> list[Any]:
    """Results as a flat list; a named tuple's fields have to have the standard's names."""
    if hasattr(value, "_fields"):
        return [part for name in value._fields for part in named_leaves(getattr(value, name))]
    return leaves(value)


def in_numpy(leaf: Any) -> Any:
    return np.asarray(leaf) if hasattr(leaf, "dtype") and hasattr(leaf, "shape") else leaf


def strict(call: Call, arrays: list[np.ndarray]) -> list[Any]:
    value = call(array_api_strict, *map(array_api_strict.asarray, arrays))
    return [in_numpy(leaf) for leaf in named_leaves(value)]


def judge(name: str, number: int) -> str:
    """Why a call does not do what the standard says; "" if it does."""
    call = CALLS[name][number]
    arrays = [INPUTS[n] for n in inputs_of(call)]
    traced = [k for k, a in enumerate(arrays) if a.dtype.kind in "fc"]
    expected = strict(STRICTLY.get((name, number), call), arrays)
    seen: list[Any] = []

    def f(*given: Any) -> Any:
        operands = list(arrays)
        for k, a in zip(traced, given, strict=False):
            operands[k] = a
        first = operands[traced[0]] if traced else given[0]
        # What of the result is no array, and what is piecewise constant, leaves by the side.
        seen[:] = named_leaves(call(array_api_compat.array_namespace(first), *operands))
        return [s for s in seen if getattr(getattr(s, "dtype", None), "kind", "") in ("f", "c")]

    primals = [arrays[k] for k in traced] or [np.asarray(1.0)]
    try:
        value, pullback = vjp(f, *primals)
    except DifferentiationError as error:
        return str(error).splitlines()[0]
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    floats = iter(value)
    results = [next(floats) if getattr(getattr(s, "dtype", None), "kind", "") in ("f", "c") else s
               for s in seen]  # fmt: skip
    wrong = unlike(list(map(in_numpy, results)), expected)
    return wrong or wrong_slope(name, number, call, arrays, traced, expected, pullback)


def unlike(results: list[Any], expected: list[Any]) -> str:
    if len(results) != len(expected):
        return f"{len(results)} results, not {len(expected)}"
    for actual, right in zip(results, expected, strict=True):
        if not isinstance(right, np.ndarray):
            if isinstance(actual, np.ndarray) or not (actual == right or actual != actual):
                return f"{actual!r}, not {right!r}"
            continue
        if not isinstance(actual, np.ndarray):
            return f"a {type(actual).__name__}, not an array"
        if actual.dtype != right.dtype or actual.shape != right.shape:
            return f"{actual.dtype}{actual.shape}, not {right.dtype}{right.shape}"
        tolerance = 1e-6 if right.dtype in (np.float32, np.complex64) else 1e-12
        if not np.allclose(actual, right, rtol=tolerance, atol=tolerance, equal_nan=True):
            return "other values"
    return ""


def wrong_slope(
    name: str,
    number: int,
    call: Call,
    arrays: list[np.ndarray],
    traced: list[int],
    expected: list[Any],
    pullback: Any,
) -> str:
    """Compare the pullback with central differences of the strict namespace's values."""
    draw = np.random.default_rng(zlib.crc32(f"{name}{number}".encode()))

    def noise(like: np.ndarray) -> np.ndarray:
        v = draw.normal(size=like.shape)
        v = v + 1j * draw.normal(size=like.shape) if like.dtype.kind == "c" else v
        return np.asarray(v).astype(like.dtype)

    floats = [k for k, e in enumerate(expected) if getattr(e, "dtype", np.dtype(int)).kind in "fc"]
    cotangents = [noise(expected[k]) for k in floats]
    gradients = pullback(cotangents)
    narrow = any(expected[k].dtype.itemsize < 8 for k in floats)
    narrow = narrow or any(arrays[k].dtype.itemsize < 8 for k in traced)
    h, tolerance = (1e-2, 2e-3) if narrow else (1e-5, 1e-7)
    for k, gradient in zip(traced, gradients, strict=False):
        direction = noise(arrays[k])
        ends = []
        for sign in (1, -1):
            moved = list(arrays)
            moved[k] = (arrays[k] + sign * h * direction).astype(arrays[k].dtype)
            ends.append(strict(call, moved))
        slope = sum(
            np.sum(np.real(c * (ends[0][n].astype(complex) - ends[1][n]) / (2 * h)))
            for n, c in zip(floats, cotangents, strict=True)
        )
        ours = np.sum(np.real(gradient * direction))
        if not np.isclose(ours, slope, rtol=tolerance, atol=tolerance):
            return f"derivative by {inputs_of(call)[k]} is {ours}, not {slope}"
    return ""


def outcomes() -> list[Outcome]:
    return [
        Outcome(name, number, judge(name, number))
        for name, given in CALLS.items()
        for number in range(len(given))
    ]


SECTIONS = {
    "the array object": lambda name: name.startswith("array."),
    "linear algebra extension": lambda name: name.startswith("linalg."),
    "Fourier transform extension": lambda name: name.startswith("fft."),
    "constants and dtypes": lambda name: name in (*CONSTANTS, *DTYPES),
    "functions": lambda name: True,
}


def section_of(name: str) -> str:
    return next(section for section, has in SECTIONS.items() if has(name))


def page(found: list[Outcome]) -> str:
    """docs/array-api.md."""
    names = standard()
    failed = {o.name for o in found if o.reason}
    rows = []
    for section in SECTIONS:
        here = [n for n in names if section_of(n) == section]
        made = [o for o in found if section_of(o.name) == section]
        rows.append(
            f"| {section} | {sum(n not in failed for n in here)} of {len(here)} | "
            f"{sum(not o.reason for o in made)} of {len(made)} |"
        )
    passed = sum(n not in failed for n in names)
    calls_passed = sum(not o.reason for o in found)
    version, share = array_api_strict.__array_api_version__, 100 * passed / len(names)
    refused = [f"| `{n}` | {why} |" for n, why in REFUSED.items()]
    return f"""# The array API standard

<!-- Written by `make array-api`. -->

A function that is written against the [Python array API standard](https://data-apis.org/array-api/)
(`xp = array_api_compat.array_namespace(x)`) runs on the engine. How much of the standard does is
measured: `make array-api` calls everything in version {version} of it, each parameter of each
function at least once, on traced arrays. What there is to call, and what it returns, is read from
array-api-strict, the standard's own strict implementation. A call passes if structure, dtypes,
shapes and values are the same, and if the derivative is that of differences of the strict
implementation's values.

**{passed} of {len(names)} pass ({share:.1f} %), in {calls_passed} of {len(found)} calls.**

| part of the standard | names that pass | calls that pass |
|---|---|---|
{chr(10).join(rows)}
| all | {passed} of {len(names)} | {calls_passed} of {len(found)} |

What does not pass is refused on purpose, by an error that says what to do instead:

| name | why |
|---|---|
{chr(10).join(refused)}

The standard's own test suite, array-api-tests, is not on the package index, so it is not what is
run here. It tries many more shapes and special values of each function; those are NumPy's here,
since a traced array's values are computed by NumPy.
"""


if __name__ == "__main__":
    print(page(outcomes()), end="")
