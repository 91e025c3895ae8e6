"""One case of a suite file to its Case objects: the grid, the functions, the inputs' sizes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from adbench.suite import schema
from adbench.suite.case import Case, FunctionRef, Tolerance, XFail
from adbench.suite.case_inputs import InputBuilder
from adbench.suite.document import Document, Path
from adbench.suite.problems import did_you_mean
from adbench.suite.source import (
    UnknownFunctionError,
    find_function,
    signature_of,
)

MAX_POINTS = 10_000
"""Grid points of one case."""


@dataclass(slots=True)
class CaseBuilder:
    """Builds the cases of one entry; mistakes go to the document.

    `broken` names the entry's keys that did not validate: nothing is concluded from their absence.
    """

    document: Document
    folder: FilePath
    suite: str
    defaults: schema.DefaultsEntry
    entry: schema.CaseEntry
    path: Path
    broken: frozenset[str]
    _functions: list[FunctionRef] = field(default_factory=list)

    def build(self) -> list[Case]:
        """A Case for each grid point."""
        entry, defaults = self.entry, self.defaults
        before = len(self.document.problems)
        functions = self._references()
        gradient = self._reference(entry.gradient, (*self.path, "gradient"))
        backends = entry.backends or defaults.backends
        self._check_xfail(backends)
        mark = self.document.mark(self.path)
        common: dict[str, Any] = {
            "suite": self.suite,
            "base": entry.name,
            "description": entry.description,
            "functions": functions,
            "gradient": gradient,
            "size": entry.size,
            "derivatives": tuple(entry.derivatives or defaults.derivatives or ("vjp",)),
            "backends": tuple(backends) if backends else None,
            "tolerance": _tolerance(entry.tolerance, defaults.tolerance),
            "power": defaults.power if entry.power is None else entry.power,
            "tags": tuple(dict.fromkeys([*defaults.tags, *entry.tags])),
            "xfail": tuple(XFail(backend=x.backend, reason=x.reason) for x in entry.xfail),
            "seed": defaults.seed if entry.seed is None else entry.seed,
            "dtype": entry.dtype or defaults.dtype or "float64",
            "file": str(self.folder / FilePath(self.document.file).name),
            "line": mark.line,
        }
        builder = InputBuilder(
            self.document, self.folder, not self.broken.isdisjoint({"params", "matrix"})
        )
        cases = []
        for point in self._points():
            params = {**entry.params, **point}
            inputs = {
                name: builder.build(value, (*self.path, "inputs", name), params)
                for name, value in entry.inputs.items()
            }
            name = entry.name + _label(point)
            cases.append(Case(name=name, inputs=inputs, params=params, **common))
        if not self.broken and len(self.document.problems) == before:
            self._check_params(builder.used)
            self._check_size()
        return cases

    def _raw(self) -> Mapping[str, Any]:
        raw = self.document.get(self.path)
        return raw if isinstance(raw, dict) else {}

    # -- functions ---------------------------------------------------------------------------

    def _references(self) -> dict[str, FunctionRef]:
        given = self.entry.function
        path = (*self.path, "function")
        pairs = {"*": (given, path)} if isinstance(given, str) else {}
        if isinstance(given, dict):
            pairs = {backend: (text, (*path, backend)) for backend, text in given.items()}
        found = {}
        for backend, (text, where) in pairs.items():
            ref = self._reference(text, where)
            if ref is not None:
                found[backend] = ref
        return found

    def _reference(self, text: str | None, path: Path) -> FunctionRef | None:
        if not text:
            return None
        try:
            ref = find_function(text, self.folder)
        except UnknownFunctionError as error:
            name = text.rpartition(":")[2]
            offset = len(text) - len(name) if error.in_name else 0
            self.document.complain(path, error.message, error.hint, offset=offset)
            return None
        self._functions.append(ref)
        return ref

    def _check_xfail(self, backends: list[schema.BackendMode] | None) -> None:
        chosen = {name.partition(":")[0] for name in backends or ()}
        for i, entry in enumerate(self.entry.xfail):
            if chosen and entry.backend.partition(":")[0] not in chosen:
                place = (*self.path, "xfail")
                at = (*place, i, "backend") if isinstance(self._raw()["xfail"], list) else place
                self.document.complain(
                    at,
                    f"the case does not run on {entry.backend!r}",
                    f"its backends are {', '.join(backends or ())}",
                )

    # -- the grid ----------------------------------------------------------------------------

    def _points(self) -> list[dict[str, Any]]:
        matrix = self.entry.matrix
        if matrix is None:
            return [{}]
        path = (*self.path, "matrix")
        axes = self._axes()
        if not axes:
            self.document.complain(path, "the matrix is empty", "as in matrix: {n: [2, 10]}")
            return []
        for name in axes:
            if name in self.entry.params:
                self.document.complain(
                    (*path, name), f"{name!r} is also in `params`", "keep one of the two"
                )
        total = 1
        for values in axes.values():
            total *= len(values)
        if total > MAX_POINTS:
            message = f"the matrix has {total:,} points; at most {MAX_POINTS:,} are run"
            self.document.complain(path, message)
            return []
        points = [
            dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())
        ]
        self._check_excludes(matrix.exclude, axes, points)
        left = [p for p in points if not any(_matches(p, e) for e in matrix.exclude)]
        if not left:
            self.document.complain((*path, "exclude"), "every point of the matrix is excluded")
        return left

    def _axes(self) -> dict[str, list[Any]]:
        matrix = self.entry.matrix
        return dict(matrix.__pydantic_extra__ or {}) if matrix is not None else {}

    def _check_excludes(
        self, excludes: list[dict[str, Any]], axes: Mapping[str, Any], points: list[dict[str, Any]]
    ) -> None:
        for i, exclude in enumerate(excludes):
            path = (*self.path, "matrix", "exclude", i)
            unknown = [name for name in exclude if name not in axes]
            for name in unknown:
                self.document.complain(
                    (*path, name),
                    f"the matrix has no {name!r}",
                    did_you_mean(name, list(axes), "it has"),
                    key=True,
                )
            if not unknown and not any(_matches(point, exclude) for point in points):
                self.document.complain(path, "no point of the matrix matches this")

    # -- parameters --------------------------------------------------------------------------

    def _check_params(self, used: Set[str]) -> None:
        """Refuse a parameter that neither a size nor any of the functions reads: a slip."""
        signatures = [signature_of(ref) for ref in self._functions]
        known = [s for s in signatures if s is not None]
        if len(known) < len(signatures) or any(s.takes_any for s in known):
            return
        taken = list(dict.fromkeys(name for s in known for name in s.names))
        for key in ("params", "matrix"):
            declared = self._raw().get(key)
            for name in declared if isinstance(declared, dict) else ():
                if name in used or name in taken or (key, name) == ("matrix", "exclude"):
                    continue
                free = [n for n in taken if n not in self.entry.inputs]
                self.document.complain(
                    (*self.path, key, name),
                    f"nothing uses {name!r}: no shape, and the function does not take it",
                    did_you_mean(name, free, "the function takes"),
                    key=True,
                )

    def _check_size(self) -> None:
        """Growth is fitted over the logarithm of the size."""
        if (size := self.entry.size) is None:
            return
        params, axes = self.entry.params, self._axes()
        if size not in params and size not in axes:
            self.document.complain(
                (*self.path, "size"),
                f"neither `params` nor `matrix` has {size!r}",
                did_you_mean(size, [*params, *axes], "they have"),
            )
        values: dict[Path, Any] = {("params", size): params[size]} if size in params else {}
        values |= {("matrix", size, i): value for i, value in enumerate(axes.get(size, ()))}
        for path, value in values.items():
            if not _is_size(value):
                message = f"as a size, {value!r} is no number above 0"
                self.document.complain((*self.path, *path), message)


def _tolerance(own: schema.ToleranceEntry, defaults: schema.ToleranceEntry) -> Tolerance:
    return Tolerance(
        rtol=defaults.rtol if own.rtol is None else own.rtol,
        atol=defaults.atol if own.atol is None else own.atol,
    )


def _matches(point: Mapping[str, Any], pattern: Mapping[str, Any]) -> bool:
    return all(name in point and point[name] == value for name, value in pattern.items())


def _label(point: Mapping[str, Any]) -> str:
    """The grid point as a name's ending: `[d=2,k=5]`."""
    if not point:
        return ""
    return "[" + ",".join(f"{name}={_short(value)}" for name, value in point.items()) + "]"


def _short(value: Any) -> str:
    text = {True: "true", False: "false", None: "null"}.get(value) if _plain(value) else None
    text = text or (value if isinstance(value, str) else repr(value))
    return "".join("_" if c.isspace() or c in "/@[],:*?" else c for c in text)


def _is_size(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, bool)
