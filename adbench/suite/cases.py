"""One case of a suite file to its Case objects: the grid, the functions, the inputs' sizes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel

from adbench.suite import schema
from adbench.suite.case import Case, FunctionRef, InputSpec, InputTree, Tolerance, XFail
from adbench.suite.distributions import DISTRIBUTIONS
from adbench.suite.document import Document, Path
from adbench.suite.expressions import (
    ExpressionError,
    is_head,
    is_tail,
    parse_complex,
    parse_expression,
    parse_shorthand,
)
from adbench.suite.problems import did_you_mean
from adbench.suite.source import (
    UnknownFunctionError,
    find_function,
    nearby,
    signature_of,
)
from adbench.suite.specs import is_box, spec_from_text, unsuitable

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
    _used: set[str] = field(default_factory=set)
    _complained: set[Path] = field(default_factory=set)

    def build(self) -> list[Case]:
        """A Case for each grid point."""
        entry, defaults = self.entry, self.defaults
        functions = self._references()
        gradient = self._reference(entry.gradient, (*self.path, "gradient"))
        if not entry.inputs and "inputs" not in self.broken and "inputs" not in self._raw():
            self.document.complain(
                self.path, "the key 'inputs' is missing", "as in inputs: {x: normal(3)}"
            )
        backends = entry.backends or defaults.backends
        self._check_xfail(backends)
        mark = self.document.mark(self.path)
        common: dict[str, Any] = {
            "suite": self.suite,
            "base": entry.name,
            "description": entry.description,
            "functions": functions,
            "gradient": gradient,
            "derivatives": tuple(entry.derivatives or defaults.derivatives or ("vjp",)),
            "backends": tuple(backends) if backends else None,
            "tolerance": _tolerance(entry.tolerance, defaults.tolerance),
            "tags": tuple(dict.fromkeys([*defaults.tags, *entry.tags])),
            "xfail": tuple(XFail(backend=x.backend, reason=x.reason) for x in entry.xfail),
            "seed": defaults.seed if entry.seed is None else entry.seed,
            "dtype": entry.dtype or defaults.dtype or "float64",
            "file": str(self.folder / FilePath(self.document.file).name),
            "line": mark.line,
        }
        cases = []
        for point in self._points():
            params = {**entry.params, **point}
            inputs = {
                name: self._tree(value, (*self.path, "inputs", name), params)
                for name, value in entry.inputs.items()
            }
            name = entry.name + _label(point)
            cases.append(Case(name=name, inputs=inputs, params=params, **common))
        self._check_params()
        return cases

    def _raw(self) -> Mapping[str, Any]:
        raw = self.document.get(self.path)
        return raw if isinstance(raw, dict) else {}

    def _complain(self, path: Path, message: str, hint: str = "", *, offset: int = 0) -> None:
        """Once a place: a mistake would otherwise be met again at every grid point."""
        if path in self._complained:
            return
        self._complained.add(path)
        self.document.complain(path, message, hint, offset=offset)

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
            self._complain(path, error.message, error.hint, offset=offset)
            return None
        self._functions.append(ref)
        return ref

    def _check_xfail(self, backends: list[schema.BackendMode] | None) -> None:
        chosen = {name.partition(":")[0] for name in backends or ()}
        for i, entry in enumerate(self.entry.xfail):
            if chosen and entry.backend.partition(":")[0] not in chosen:
                place = (*self.path, "xfail")
                at = (*place, i, "backend") if isinstance(self._raw()["xfail"], list) else place
                self._complain(
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
        axes: dict[str, list[Any]] = dict(matrix.__pydantic_extra__ or {})
        if not axes:
            self._complain(path, "the matrix is empty", "as in matrix: {n: [2, 10]}")
            return []
        for name in axes:
            if not name.isidentifier():
                self._complain(
                    (*path, name), f"{name!r} is no name that a Python function can take"
                )
            if name in self.entry.params:
                self._complain(
                    (*path, name), f"{name!r} is also in `params`", "keep one of the two"
                )
        total = 1
        for values in axes.values():
            total *= len(values)
        if total > MAX_POINTS:
            self._complain(path, f"the matrix has {total:,} points; at most {MAX_POINTS:,} are run")
            return []
        points = [
            dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())
        ]
        self._check_excludes(matrix.exclude, axes, points)
        left = [p for p in points if not any(_matches(p, e) for e in matrix.exclude)]
        if not left:
            self._complain((*path, "exclude"), "every point of the matrix is excluded")
        return left

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
                self._complain(path, "no point of the matrix matches this")

    # -- inputs ------------------------------------------------------------------------------

    def _tree(self, value: Any, path: Path, params: Mapping[str, Any]) -> InputTree:
        match value:
            case dict():
                return {k: self._tree(item, (*path, k), params) for k, item in value.items()}
            case list() if _is_values(value):
                return self._values(value, path)
            case list():
                return self._list(value, path, params)
            case str():
                return self._shorthand(value, path, params)
            case int() | float():
                return InputSpec(values=value)
            case schema.ValuesInput():
                return self._long_values(value, path)
            case schema.FileInput():
                return self._file(value, path)
            case BaseModel():
                return self._long(value, path, params)
        raise AssertionError(value)

    def _list(self, value: list[Any], path: Path, params: Mapping[str, Any]) -> list[InputTree]:
        inputs: list[InputTree] = []
        cut = False
        for i, item in enumerate(value):
            # What follows `normal(3` up to its `)` is no input of its own.
            if not cut:
                inputs.append(self._tree(item, (*path, i), params))
            cut = (cut and not is_tail(item)) or is_head(item)
        return inputs

    def _values(self, value: Any, path: Path) -> InputSpec:
        if not is_box(value):
            self._complain(path, "the rows of this array differ in length")
        return InputSpec(values=value)

    def _long_values(self, value: schema.ValuesInput, path: Path) -> InputSpec:
        if not _is_values(value.values):
            self._complain((*path, "values"), "expected a number or nested lists of numbers")
        elif not is_box(value.values):
            self._complain((*path, "values"), "the rows of this array differ in length")
        self._check_requires_grad(value.dtype, value.model_fields_set, value.requires_grad, path)
        return InputSpec(values=value.values, dtype=value.dtype, requires_grad=value.requires_grad)

    def _file(self, value: schema.FileInput, path: Path) -> InputSpec:
        file = (self.folder / value.file).resolve()
        if file.suffix not in (".npy", ".npz"):
            self._complain((*path, "file"), f"{value.file!r} is neither a .npy nor a .npz file")
        elif not file.is_file():
            self._complain((*path, "file"), f"{value.file} does not exist", nearby(file))
        self._check_requires_grad(value.dtype, value.model_fields_set, value.requires_grad, path)
        return InputSpec(
            file=str(file), key=value.key, dtype=value.dtype, requires_grad=value.requires_grad
        )

    def _shorthand(self, text: str, path: Path, params: Mapping[str, Any]) -> InputSpec:
        if is_head(text) and (whole := self._uncut(text, path)) is not None:
            self._complain(
                path,
                "inside { } and [ ] YAML ends a value at the first comma",
                f'put it in quotes: "{whole}"',
            )
            return InputSpec()
        try:
            if parse_complex(text) is None:
                shorthand = parse_shorthand(text)
                for part in (*shorthand.shape, *shorthand.parameters.values()):
                    self._used |= part.names()
                self._check_requires_grad(
                    shorthand.dtype or DISTRIBUTIONS[shorthand.distribution].dtype,
                    {"requires_grad"} if shorthand.requires_grad is not None else set(),
                    shorthand.requires_grad is True,
                    path,
                )
            return spec_from_text(text, params)
        except ExpressionError as error:
            if not self._about_broken(error):
                self._complain(path, error.message, error.hint, offset=error.offset)
            return InputSpec()

    def _uncut(self, text: str, path: Path) -> str | None:
        """The whole shorthand that YAML has cut, if it stands on one line."""
        mark = self.document.mark(path)
        rest = self.document.lines[mark.line - 1][mark.column - 1 :]
        if not rest.startswith(text) or not rest[len(text) :].lstrip().startswith(","):
            return None
        ends = (i + 1 for i, c in enumerate(rest) if c == ")" and not is_head(rest[: i + 1]))
        end = next(ends, None)
        return rest[:end] if end is not None else None

    def _long(self, value: Any, path: Path, params: Mapping[str, Any]) -> InputSpec:
        """One array in the long form of a distribution."""
        shape = []
        single = not isinstance((self.document.get(path) or {}).get("shape"), list)
        for i, size in enumerate(value.shape):
            where = (*path, "shape") if single else (*path, "shape", i)
            shape.append(self._evaluate(size, where, params, size=True))
        parameters = {}
        for name in DISTRIBUTIONS[value.distribution].parameters:
            if name in value.model_fields_set:
                parameters[name] = self._evaluate(getattr(value, name), (*path, name), params)
        dtype = value.dtype or DISTRIBUTIONS[value.distribution].dtype
        self._check_requires_grad(dtype, value.model_fields_set, value.requires_grad, path)
        if None in shape or None in parameters.values():
            return InputSpec()
        spec = InputSpec(
            shape=tuple(shape),
            distribution=value.distribution,
            parameters=parameters,
            dtype=value.dtype,
            requires_grad=value.requires_grad,
        )
        wrong = unsuitable(spec)
        if wrong is not None:
            self._complain(path, wrong)
        return spec

    def _evaluate(
        self, value: Any, path: Path, params: Mapping[str, Any], size: bool = False
    ) -> Any:
        try:
            expression = parse_expression(str(value))
            self._used |= expression.names()
            return expression.size(params) if size else expression.number(params)
        except ExpressionError as error:
            if not self._about_broken(error):
                self._complain(path, error.message, error.hint, offset=error.offset)
            return None

    def _about_broken(self, error: ExpressionError) -> bool:
        """Whether a parameter only seems unknown, because where it stands is itself wrong."""
        return error.unknown is not None and not self.broken.isdisjoint({"params", "matrix"})

    def _check_requires_grad(
        self, dtype: str | None, given: set[str], requires_grad: bool, path: Path
    ) -> None:
        whole = dtype is not None and not dtype.startswith(("float", "complex"))
        if whole and requires_grad and "requires_grad" in given:
            where = (*path, "requires_grad")
            self._complain(where, f"an array of dtype {dtype} has no derivative")

    # -- parameters --------------------------------------------------------------------------

    def _check_params(self) -> None:
        """Refuse a parameter that neither a size nor any of the functions reads: a slip."""
        if not self.broken.isdisjoint({"inputs", "function", "gradient"}) or not self._functions:
            return
        signatures = [signature_of(ref) for ref in self._functions]
        known = [s for s in signatures if s is not None]
        if len(known) < len(signatures) or any(s.takes_any for s in known):
            return
        taken = list(dict.fromkeys(name for s in known for name in s.names))
        for key in ("params", "matrix"):
            declared = self._raw().get(key)
            for name in declared if isinstance(declared, dict) else ():
                if name in self._used or name in taken or (key, name) == ("matrix", "exclude"):
                    continue
                free = [n for n in taken if n not in self.entry.inputs]
                self.document.complain(
                    (*self.path, key, name),
                    f"nothing uses {name!r}: no shape, and the function does not take it",
                    did_you_mean(name, free, "the function takes"),
                    key=True,
                )


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


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _is_values(value: Any) -> bool:
    """Whether this is a number, or lists of numbers all the way down."""
    if isinstance(value, list):
        return bool(value) and all(_is_values(item) for item in value)
    if isinstance(value, str):
        return parse_complex(value) is not None
    return isinstance(value, int | float)
