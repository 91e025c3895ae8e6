"""The inputs of a case at one grid point: forms of the file to descriptions of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel

from adbench.suite import forms
from adbench.suite.case import InputSpec, InputTree
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
from adbench.suite.source import nearby
from adbench.suite.specs import is_box, spec_from_text, unsuitable


@dataclass(slots=True)
class InputBuilder:
    """Builds input trees; mistakes go to the document, each place once.

    `params_broken` says that parameters may be missing only because their place is itself wrong.
    """

    document: Document
    folder: FilePath
    params_broken: bool
    used: set[str] = field(default_factory=set)
    """The parameters that a size or a distribution has read."""
    complained: set[Path] = field(default_factory=set)

    def _complain(self, path: Path, message: str, hint: str = "", *, offset: int = 0) -> None:
        # A mistake is met again at every grid point.
        if path not in self.complained:
            self.complained.add(path)
            self.document.complain(path, message, hint, offset=offset)

    def build(self, value: Any, path: Path, params: Mapping[str, Any]) -> InputTree:
        """The input at `path`, its expressions evaluated with `params`."""
        match value:
            case dict():
                return {k: self.build(item, (*path, k), params) for k, item in value.items()}
            case list() if _is_values(value):
                return self._values(value, path)
            case list():
                return self._list(value, path, params)
            case str():
                return self._shorthand(value, path, params)
            case int() | float():
                return InputSpec(values=value)
            case forms.ValuesInput():
                return self._long_values(value, path)
            case forms.FileInput():
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
                inputs.append(self.build(item, (*path, i), params))
            cut = (cut and not is_tail(item)) or is_head(item)
        return inputs

    def _values(self, value: Any, path: Path) -> InputSpec:
        if not is_box(value):
            self._complain(path, "the rows of this array differ in length")
        return InputSpec(values=value)

    def _long_values(self, value: forms.ValuesInput, path: Path) -> InputSpec:
        if not _is_values(value.values):
            self._complain((*path, "values"), "expected a number or nested lists of numbers")
        elif not is_box(value.values):
            self._complain((*path, "values"), "the rows of this array differ in length")
        self._check_requires_grad(value.dtype, value.model_fields_set, value.requires_grad, path)
        return InputSpec(values=value.values, dtype=value.dtype, requires_grad=value.requires_grad)

    def _file(self, value: forms.FileInput, path: Path) -> InputSpec:
        file = (self.folder / value.file).resolve()
        if file.suffix not in (".npy", ".npz"):
            self._complain((*path, "file"), f"{value.file!r} is neither a .npy nor a .npz file")
        elif not file.is_file():
            self._complain(
                (*path, "file"), f"{value.file} does not exist", nearby(file, value.file)
            )
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
                    self.used |= part.names()
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
            self.used |= expression.names()
            return expression.size(params) if size else expression.number(params)
        except ExpressionError as error:
            if not self._about_broken(error):
                self._complain(path, error.message, error.hint, offset=error.offset)
            return None

    def _about_broken(self, error: ExpressionError) -> bool:
        """Whether a parameter only seems unknown, because where it stands is itself wrong."""
        return error.unknown is not None and self.params_broken

    def _check_requires_grad(
        self, dtype: str | None, given: set[str], requires_grad: bool, path: Path
    ) -> None:
        whole = dtype is not None and not dtype.startswith(("float", "complex"))
        if whole and requires_grad and "requires_grad" in given:
            where = (*path, "requires_grad")
            self._complain(where, f"an array of dtype {dtype} has no derivative")


def _is_values(value: Any) -> bool:
    """Whether this is a number, or lists of numbers all the way down."""
    if isinstance(value, list):
        return bool(value) and all(_is_values(item) for item in value)
    if isinstance(value, str):
        return parse_complex(value) is not None
    return isinstance(value, int | float)
