"""Validation errors of the suite model as problems: a place in the file, plain words, a hint."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from adbench.suite import forms, schema
from adbench.suite.distributions import DISTRIBUTIONS
from adbench.suite.document import Document, Path
from adbench.suite.problems import did_you_mean

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
}
_REFERENCE = "write file.py:function or package.module:function"
_PATTERNS = {
    r"^[^\s/@\[\],:*?]+$": "is no name: leave out spaces and / @ [ ] , : * ?",
    forms.IDENTIFIER: "is no name that a Python function can take",
}
_HINTS: dict[str, str] = {
    "version": "this adbench reads version 1",
    "name": "give the case a name",
    "function": _REFERENCE,
    "inputs": "as in inputs: {x: normal(3)}",
    "shape": "as in shape: [3, 4]; [] is a scalar",
}


def complain(error: ValidationError, document: Document, known: Collection[Path]) -> list[Path]:
    """Add a problem for each validation error to the document; returns where they stand.

    `known` are places whose mistakes are already there.
    """
    places: list[Path] = []
    for details in error.errors(include_url=False):
        if details["type"] == "none_required":
            continue  # the other half of "this type or nothing", which says it better
        path, rest = _resolve(document, details["loc"])
        if path not in known:
            places.append((*path, rest[-1]) if details["type"] == "missing" else path)
            _complain_one(document, details, path, rest)
    return places


def _resolve(document: Document, loc: tuple[int | str, ...]) -> tuple[Path, list[str]]:
    """Where in the data an error's location is, and the parts of it that are not in the data.

    pydantic puts the names of union branches among the keys; those resolve to nothing.
    """
    value: Any = document.data
    path: list[int | str] = []
    rest: list[str] = []
    for part in loc:
        inside = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(inside, dict) and part in inside:
            value = inside[part]
            path.append(part)
            rest.clear()
        else:
            rest.append(str(part))
    return tuple(path), rest


def _complain_one(document: Document, details: ErrorDetails, path: Path, rest: list[str]) -> None:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    last = str(path[-1]) if path else ""
    match kind:
        case "extra_forbidden":
            known = _keys_at(details["loc"])
            document.complain(
                path,
                f"unknown key {last!r}",
                did_you_mean(last, known, "the keys here are"),
                key=True,
            )
        case "missing":
            missing = rest[-1]
            document.complain(path, f"the key {missing!r} is missing", _HINTS.get(missing, ""))
        case "literal_error":
            _complain_choice(document, path, value, str(context.get("expected", "")), rest)
        case "union_tag_invalid" | "union_tag_not_found":
            _complain_input(document, path, value)
        case "string_pattern_mismatch":
            pattern = str(context.get("pattern", ""))
            message = _PATTERNS.get(pattern, "is no reference to a function")
            hint = "" if pattern in _PATTERNS else _REFERENCE
            of_key = "[key]" in rest or pattern == forms.IDENTIFIER
            document.complain(path, f"{value!r} {message}", hint, key=of_key)
        case "too_short":
            document.complain(path, _too_short(last), key=bool(path and isinstance(path[-1], str)))
        case "greater_than_equal":
            document.complain(path, f"{value} is less than {context['ge']}")
        case "finite_number":
            document.complain(path, f"{value} is no finite number")
        case "expected":
            document.complain(path, f"{details['msg']}, found {describe(value)}")
        case _ if kind in _EXPECTED:
            document.complain(path, f"expected {_EXPECTED[kind]}, found {describe(value)}")
        case _:
            document.complain(path, details["msg"])


def _complain_choice(
    document: Document, path: Path, value: Any, expected: str, rest: list[str]
) -> None:
    if path == ("version",):
        document.complain(path, f"unsupported version: {describe(value)}", _HINTS["version"])
        return
    known = re.findall(r"'([^']*)'", expected)
    if not isinstance(value, str):
        hint = "one of " + ", ".join(known[:12])
        document.complain(path, f"expected text, found {describe(value)}", hint)
        return
    what = "backend" if "native" in known else str(path[-1]).removesuffix("s")
    if isinstance(path[-1], int) and what != "backend":
        what = str(path[-2]).removesuffix("s")
    document.complain(
        path, f"unknown {what} {value!r}", did_you_mean(value, known, "one of"), key="[key]" in rest
    )


def _complain_input(document: Document, path: Path, value: Any) -> None:
    name = value.get("distribution") if isinstance(value, dict) else None
    if isinstance(name, str):
        document.complain(
            (*path, "distribution"),
            f"unknown distribution {name!r}",
            did_you_mean(name, list(DISTRIBUTIONS), "distributions", 20),
        )
    else:
        document.complain(
            path, f"expected an input, found {describe(value)}", "as in normal(3, 4), or numbers"
        )


def _too_short(key: str) -> str:
    if key == "cases":
        return "there are no cases"
    return f"{key!r} is empty"


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that a mapping may have, given the location of an unknown one in it."""
    models: dict[str, type[BaseModel]] = {
        **{forms.TAG + name: model for name, model in forms.DISTRIBUTION_MODELS.items()},
        forms.TAG + "values": forms.ValuesInput,
        forms.TAG + "file": forms.FileInput,
        "defaults": schema.DefaultsEntry,
        "tolerance": schema.ToleranceEntry,
        "xfail": schema.XFailEntry,
    }
    for part in reversed(loc[:-1]):
        if isinstance(part, str) and part in models:
            return list(models[part].model_fields)
    return list((schema.CaseEntry if "cases" in loc[:1] else schema.SuiteFile).model_fields)


def describe(value: Any) -> str:
    """A value as a person would name it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            shown = value if len(value) <= 40 else value[:37] + "…"
            return f"the text {shown!r}"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return type(value).__name__
