"""The command line's `--arg NAME=VALUE` to inputs; mistakes show the text with a caret."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adbench.suite.case import InputSpec
from adbench.suite.expressions import ExpressionError, parse_complex
from adbench.suite.problems import Problem
from adbench.suite.source import nearby
from adbench.suite.specs import is_box, spec_from_text

ARG = "--arg"


def parse_args(args: Sequence[str], problems: list[Problem]) -> dict[str, InputSpec]:
    """The inputs by name; mistakes are added to `problems`.

    A value is what an input in a suite file can be in one line: `normal(3, 4)`, `0.5`, `1+2j`,
    `[[1, 2], [3, 4]]`, or `@file.npy` and `@file.npz:key`, relative to the current folder.
    """
    inputs: dict[str, InputSpec] = {}
    for text in args:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            hint = "write NAME=VALUE, as in 'x=normal(3, 4)', x=0.5, x=[1,2], x=@data.npy"
            problems.append(Problem(ARG, None, 1, f"{text!r} names no input", text, hint))
        elif name in inputs:
            problems.append(Problem(ARG, None, 1, f"{name!r} is given twice", text))
        elif not value.strip():
            column = len(text) + 1
            hint = f"as in {name}=0.5"
            problems.append(Problem(ARG, None, column, f"{name!r} has no value", text, hint))
        else:
            try:
                inputs[name] = parse_value(value)
            except ExpressionError as error:
                column = len(text) - len(value) + error.offset + 1
                problems.append(Problem(ARG, None, column, error.message, text, error.hint))
    return inputs


def parse_value(text: str) -> InputSpec:
    """One input from its text. Raises ExpressionError."""
    stripped = text.strip()
    if stripped.startswith("@"):
        return _file(stripped[1:])
    if parse_complex(stripped) is None and stripped[:1] in ("[", "("):
        return InputSpec(values=_list(text))
    return spec_from_text(text, {})


def _file(text: str) -> InputSpec:
    name, _, key = text.partition(":")
    path = Path(name).resolve()
    if path.suffix not in (".npy", ".npz"):
        raise ExpressionError(f"{name!r} is neither a .npy nor a .npz file", 1)
    if not path.is_file():
        raise ExpressionError(f"{name} does not exist", 1, nearby(path, name))
    return InputSpec(file=str(path), key=key or None)


def _list(text: str) -> Any:
    try:
        values = _as_data(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        raise ExpressionError(
            f"{text!r} is no list of numbers", 0, "as in [1, 2] or [[1, 2], [3, 4]]"
        ) from None
    if not is_box(values):
        raise ExpressionError("the rows of this array differ in length")
    return values


def _as_data(value: Any) -> Any:
    """Lists and numbers as JSON can hold them; a complex number becomes text."""
    if isinstance(value, list | tuple):
        return [_as_data(item) for item in value]
    if isinstance(value, complex):
        return str(value).strip("()")
    if isinstance(value, bool | int | float):
        return value
    raise ValueError(value)
