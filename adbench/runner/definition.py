"""What a case is made of, in words and source text, for the people who read the record."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from adbench.record.model import Definition
from adbench.runner.paths import shown_path
from adbench.suite import Case
from adbench.suite.case import InputSpec

_LINES = 60
_VALUES = 60
"""Characters of values given inline: enough to recognise them."""


def definition_of(case: Case, function: Callable[..., Any] | None) -> Definition:
    """The case's description and inputs as its suite gives them, and the function's source."""
    return Definition(
        base=case.base,
        description=case.description,
        inputs=dict(_inputs(case.inputs)),
        code=source_of(function) if function is not None else "",
    )


def source_of(function: Callable[..., Any]) -> str:
    """The function's source, its first lines where it is long; "" where there is none."""
    try:
        lines, _ = inspect.getsourcelines(inspect.unwrap(function))
    except (OSError, TypeError, ValueError, IndexError, SyntaxError):  # built in, or made by exec
        return ""
    text = textwrap.dedent("".join(lines[:_LINES])).rstrip()
    return text if len(lines) <= _LINES else f"{text}\n… {len(lines) - _LINES} more lines"


def _inputs(tree: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, InputSpec):
        yield name, _words(tree)
    elif isinstance(tree, dict):
        for key, part in tree.items():
            yield from _inputs(part, f"{name}[{key!r}]" if name else str(key))
    else:
        for place, part in enumerate(tree):
            yield from _inputs(part, f"{name}[{place}]")


def _words(spec: InputSpec) -> str:
    """`normal(3, 4, std=2)`, `[1.0, 2.0]` or `data.npz:x`; then what is out of the ordinary."""
    if spec.file:
        said = shown_path(spec.file) + (f":{spec.key}" if spec.key else "")
    elif spec.values is not None:
        said = str(spec.values)
        said = f"{said[:_VALUES]} …" if len(said) > _VALUES else said
    else:
        given = [*map(str, spec.shape or ()), *(f"{k}={v:g}" for k, v in spec.parameters.items())]
        said = f"{spec.distribution}({', '.join(given)})"
    extras = [spec.dtype] if spec.dtype else []
    extras += [] if spec.requires_grad else ["not differentiated"]
    return ", ".join([said, *extras])
