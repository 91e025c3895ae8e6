"""Arithmetic over a case's parameters (`d*(d-1)//2`) and the input shorthand (`normal(3, std=2)`).

Both are parsed with Python's `ast` and evaluated by a closed list of node types: names are looked
up among the parameters, and nothing is called.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adbench.suite.distributions import DISTRIBUTIONS, DTYPES
from adbench.suite.problems import did_you_mean

_OPERATORS: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
}
_LARGEST = 2**53
"""Beyond it whole numbers are not exact as floats, and no array has so many elements."""


class ExpressionError(ValueError):
    """A bad expression: `message` and `hint`, and `offset`, where in the text it goes wrong.

    `unknown` is the name of a parameter that there is not, where that is what is wrong.
    """

    def __init__(
        self, message: str, offset: int = 0, hint: str = "", unknown: str | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.offset, self.hint, self.unknown = message, offset, hint, unknown


@dataclass(frozen=True, slots=True)
class Shorthand:
    """`distribution(shape…, parameter=value…, dtype=…, requires_grad=…)`, parsed, not evaluated."""

    distribution: str
    shape: tuple[Expression, ...] = ()
    parameters: dict[str, Expression] = field(default_factory=dict)
    dtype: str | None = None
    requires_grad: bool | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """An arithmetic expression: the text that it stands in, and its tree."""

    text: str
    tree: ast.expr

    def names(self) -> set[str]:
        """The parameters that it reads."""
        return {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}

    def number(self, known: Mapping[str, Any]) -> float:
        """Its value. Raises ExpressionError."""
        return float(self._evaluate(self.tree, known))

    def size(self, known: Mapping[str, Any]) -> int:
        """Its value as the length of an axis: a whole number, zero or more."""
        value = self._evaluate(self.tree, known)
        if isinstance(value, float):
            hint = "use // for whole division" if "/" in self.text else ""
            raise ExpressionError(
                f"an axis has length {value}; it must be a whole number",
                _offset(self.text, self.tree),
                hint,
            )
        if value < 0:
            raise ExpressionError(
                f"an axis has negative length {value}", _offset(self.text, self.tree)
            )
        return value

    def _evaluate(self, node: ast.expr, known: Mapping[str, Any]) -> int | float:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return value
            case ast.Name(id=name):
                return self._lookup(name, known, node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                value = self._evaluate(operand, known)
                return -value if isinstance(op, ast.USub) else value
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self._combine(
                    node, op, self._evaluate(left, known), self._evaluate(right, known)
                )
        raise AssertionError(node)

    def _lookup(self, name: str, known: Mapping[str, Any], node: ast.expr) -> int | float:
        offset = _offset(self.text, node)
        if name not in known:
            hint = did_you_mean(name, sorted(known), "this case's parameters")
            raise ExpressionError(
                f"unknown parameter {name!r}",
                offset,
                hint or "define it in `params` or `matrix`",
                unknown=name,
            )
        value = known[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ExpressionError(f"the parameter {name!r} is {value!r}, not a number", offset)
        return value

    def _combine(
        self, node: ast.expr, op: ast.operator, left: int | float, right: int | float
    ) -> int | float:
        offset = _offset(self.text, node)
        symbol, function = _OPERATORS[type(op)]
        if symbol == "**" and (abs(right) > 64 or abs(left) > _LARGEST):
            raise ExpressionError(f"{left} ** {right} is too large", offset)
        try:
            value = function(left, right)
        except ZeroDivisionError:
            raise ExpressionError(f"{left} {symbol} {right} divides by zero", offset) from None
        except OverflowError:
            raise ExpressionError(f"{left} {symbol} {right} is too large", offset) from None
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise ExpressionError(f"{left} {symbol} {right} is too large", offset)
        if not isinstance(value, int | float):
            raise ExpressionError(f"{left} {symbol} {right} is not a real number", offset)
        return value


def constant(value: int | float) -> Expression:
    """A plain number as an expression."""
    return Expression(str(value), ast.Constant(value))


def parse_expression(text: str) -> Expression:
    """Parse arithmetic. Raises ExpressionError where it is none; names are not looked up yet."""
    text = text.replace("\n", " ")
    tree = _parse(text)
    _require_arithmetic(text, tree)
    return Expression(text, tree)


def parse_complex(text: str) -> complex | None:
    """The number that the text writes (`1+2j`, `nan`, `-1e-3`), or None where it writes none."""
    try:
        return complex(text.replace(" ", ""))
    except ValueError:
        return None


def looks_like_shorthand(text: str) -> bool:
    """Whether the text means to be `distribution(…)`, rightly spelt or not."""
    return re.match(r"\s*[A-Za-z_]\w*\s*\(", text) is not None


def is_head(text: object) -> bool:
    """Whether this is the beginning of a shorthand that YAML has cut at a comma: `normal(3`."""
    return isinstance(text, str) and text.count("(") > text.count(")")


def is_tail(text: object) -> bool:
    """Whether this is the end of such a shorthand: `3)`."""
    return isinstance(text, str) and text.count("(") < text.count(")")


def parse_shorthand(text: str) -> Shorthand:
    """Parse `distribution(shape…, parameter=value…)`. Raises ExpressionError."""
    text = text.replace("\n", " ")
    if text.count("(") > text.count(")"):
        raise ExpressionError("this '(' is not closed", text.index("("), "add ')'")
    call = _parse(text)
    names = list(DISTRIBUTIONS)
    if isinstance(call, ast.Name) and call.id in DISTRIBUTIONS:
        raise ExpressionError(f"{call.id} has no shape", 0, f"write {call.id}(3) or {call.id}()")
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        hint = did_you_mean(text, names, "distributions")
        raise ExpressionError(f"{text!r} is not an input", 0, f"write normal(3, 4); {hint}")
    name = call.func.id
    if name not in DISTRIBUTIONS:
        raise ExpressionError(
            f"unknown distribution {name!r}", 0, did_you_mean(name, names, "distributions", 20)
        )
    shape = tuple(_part(text, node) for node in call.args)
    parameters: dict[str, Expression] = {}
    dtype: str | None = None
    requires_grad: bool | None = None
    for keyword in call.keywords:
        name_of, offset = keyword.arg or "**", _offset(text, keyword)
        if name_of == "dtype":
            dtype = _dtype(text, keyword.value)
        elif name_of == "requires_grad":
            requires_grad = _boolean(text, keyword.value)
        elif name_of in DISTRIBUTIONS[name].parameters:
            parameters[name_of] = _part(text, keyword.value)
        else:
            known = [*DISTRIBUTIONS[name].parameters, "dtype", "requires_grad"]
            raise ExpressionError(
                f"{name} has no parameter {name_of!r}",
                offset,
                did_you_mean(name_of, known, "its parameters"),
            )
    return Shorthand(name, shape, parameters, dtype, requires_grad)


def _part(text: str, node: ast.expr) -> Expression:
    _require_arithmetic(text, node)
    return Expression(text, node)


def _dtype(text: str, node: ast.expr) -> str:
    name = node.id if isinstance(node, ast.Name) else getattr(node, "value", None)
    if name not in DTYPES:
        shown = ast.unparse(node).strip("'")
        raise ExpressionError(
            f"unknown dtype {shown!r}", _offset(text, node), did_you_mean(shown, DTYPES, "dtypes")
        )
    return str(name)


def _boolean(text: str, node: ast.expr) -> bool:
    shown = ast.unparse(node)
    if shown.lower() not in ("true", "false"):
        raise ExpressionError(f"requires_grad is true or false, not {shown}", _offset(text, node))
    return shown.lower() == "true"


def _require_arithmetic(text: str, node: ast.expr) -> None:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return None
        case ast.Name():
            return None
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _require_arithmetic(text, operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            _require_arithmetic(text, left)
            return _require_arithmetic(text, right)
    raise ExpressionError(
        f"{ast.unparse(node)!r} is not arithmetic",
        _offset(text, node),
        "use numbers, parameters, parentheses and + - * / // % **",
    )


def _parse(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(text.lstrip(), mode="eval").body
    except SyntaxError as error:
        lead = len(text) - len(text.lstrip())
        raise ExpressionError(
            f"cannot read {text!r}: {error.msg}", lead + max(0, (error.offset or 1) - 1)
        ) from None
    except (ValueError, RecursionError, MemoryError, Warning):
        raise ExpressionError(f"cannot read {text!r}") from None


def _offset(text: str, node: ast.expr | ast.keyword) -> int:
    """The node's offset in characters; `ast` counts UTF-8 bytes, after the leading spaces."""
    lead = len(text) - len(text.lstrip())
    before = text.lstrip().encode()[: node.col_offset]
    return lead + len(before.decode(errors="ignore"))
