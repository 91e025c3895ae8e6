"""The suite file's reference page, written from its JSON Schema.

`python -m adbench.suite.reference > docs/suite-reference.md` renews the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from adbench.suite.distributions import DISTRIBUTIONS
from adbench.suite.schema import json_schema

Schema = Mapping[str, Any]

_INTRODUCTION = """\
# Suite file reference

<!-- Written by `python -m adbench.suite.reference`; change the schema's descriptions instead. -->

A suite file is YAML 1.2: `1e-6` is a number, `NO` is text, a key given twice is an error. Anchors,
aliases and merge keys (`<<`) work. Functions and files are looked up beside the suite file. Nothing
in it is executed, except that the functions it names are imported and called.

```yaml
# yaml-language-server: $schema=schema.json
version: 1
name: example
cases:
  - name: least_squares
    function: model.py:least_squares
    inputs:
      w: normal(d)
      X: normal(n, d, requires_grad=false)
      y: {shape: n, distribution: uniform, low: -1, high: 1, requires_grad: false}
    params: {n: 20}
    matrix: {d: [2, 10]}
```

`adbench schema` prints the JSON Schema; an editor that reads it completes and checks suites.
`adbench validate` reports every mistake of a suite with its line and column.
"""

_SECTIONS = {
    "CaseEntry": "A case",
    "MatrixEntry": "`matrix`",
    "ToleranceEntry": "`tolerance`",
    "XFailEntry": "`xfail`",
    "DefaultsEntry": "`defaults`",
}
_NOTES = """\
Whole numbers written out (`[1, 2]`) become the case's dtype like any other number; an array of
integers says so: `{values: [1, 2], dtype: int64}`. Floating-point values and files are converted to
the case's dtype where no other is given.

Each array is drawn from a random stream of its own, keyed by the seed, the case's name and the
input's name: adding an input, or a grid point, leaves the others as they were. Numbers are drawn in
double precision and rounded to the dtype.
"""


def reference() -> str:
    """The page as Markdown."""
    schema = json_schema()
    definitions: Schema = schema["$defs"]
    parts = [_INTRODUCTION, "## The file\n", schema["description"] + "\n", _table(schema)]
    for name, title in _SECTIONS.items():
        definition = definitions[name]
        parts += [f"## {title}\n", definition["description"] + "\n", _table(definition)]
    parts += ["## An input\n", "An input is one of these:\n", *_input_forms(definitions)]
    parts += ["### One array as a mapping\n", _long_form(definitions)]
    parts += ["### Distributions\n", _distributions(), "### Values, dtypes and seeds\n", _NOTES]
    return "\n".join(parts)


def _table(schema: Schema) -> str:
    """A row for each key: its type, whether it must be given, what it means."""
    required = schema.get("required", ())
    rows = ["| key | type | meaning |", "|---|---|---|"]
    for key, value in schema["properties"].items():
        note = " **Required.**" if key in required else _default(value)
        rows.append(f"| `{key}` | {_cell(_type(value))} | {_cell(value['description'])}{note} |")
    if schema.get("additionalProperties") not in (None, False):
        values = _cell(_type(schema["additionalProperties"]))
        rows.append(f"| any other | {values} | A parameter and the values that it takes. |")
    return "\n".join(rows) + "\n"


def _default(schema: Schema) -> str:
    default = schema.get("default")
    if default is None:
        return ""
    shown = str(default).lower() if isinstance(default, bool) else default
    return f" Default: `{shown}`."


def _type(schema: Schema) -> str:
    """A schema's type in words."""
    match schema:
        case {"$ref": str() as reference}:
            return _NAMES.get(reference.rpartition("/")[2], "")
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"anyOf": forms}:
            return " or ".join(dict.fromkeys(filter(None, map(_type, forms))))
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"type": "object"}:
            values = [*schema.get("patternProperties", {}).values()]
            values += [schema["additionalProperties"]] if schema.get("additionalProperties") else []
            return f"mapping to {_type(values[0])}" if values else "mapping"
        case {"type": str() as kind}:
            return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
                kind, kind
            )
    return "any value"


_NAMES = {
    "CaseEntry": "[case](#a-case)",
    "DefaultsEntry": "[mapping](#defaults)",
    "ToleranceEntry": "[mapping](#tolerance)",
    "MatrixEntry": "[mapping](#matrix)",
    "XFailEntry": "[mapping](#xfail)",
    "Input": "[input](#an-input)",
    "JsonValue": "any value",
    "Expression": "whole number or expression",
    "NumberOrExpression": "number or expression",
    "Shape": "shape",
    "Values": "numbers",
}


def _input_forms(definitions: Schema) -> Iterable[str]:
    for form in definitions["Input"]["anyOf"]:
        if "description" in form:
            yield f"- **{_type(form).split(' of ')[0].split(' to ')[0]}**: {form['description']}"
    yield "- **number**, **true or false**: a scalar."
    yield "- **mapping that describes one array**: see the keys below.\n"
    yield "Inside `{ }` and `[ ]` YAML ends a value at a comma, so there the short form stands in"
    yield 'quotes: `{w: "normal(3, 3)"}`.\n'


def _long_form(definitions: Schema) -> str:
    """The keys of a mapping that describes one array, over all of its forms."""
    rows = ["| key | type | meaning |", "|---|---|---|"]
    shared: dict[str, Schema] = {}
    for name in ("ValuesInput", "FileInput", "NormalInput"):
        shared |= definitions[name]["properties"]
    parameters = DISTRIBUTIONS["normal"].parameters
    for key, value in shared.items():
        if key in parameters:
            continue
        value = {**definitions.get(str(value.get("$ref")).rpartition("/")[2], {}), **value}
        kind = "a name below" if key == "distribution" else _type(value)
        rows.append(f"| `{key}` | {_cell(kind)} | {_cell(value['description'])} |")
    rows.append("| a parameter of the distribution | number or expression | As below. |")
    return "\n".join(rows) + "\n"


def _distributions() -> str:
    rows = ["| distribution | parameters (default) | draws |", "|---|---|---|"]
    for name, distribution in DISTRIBUTIONS.items():
        parameters = "; ".join(
            f"`{key}`: {p.description}" + ("" if p.default is None else f" ({p.default:g})")
            for key, p in distribution.parameters.items()
        )
        rows.append(f"| `{name}` | {_cell(parameters)} | {_cell(distribution.description)} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
