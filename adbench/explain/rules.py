"""Derivative rules for other backends' operations: those of the engine's table, by name.

PyTorch and JAX do not show the formulas that their operations are differentiated by. Where one
computes what a primitive of the engine computes, that primitive's rule is shown.
"""

from __future__ import annotations

from adbench.engine.inspect import formula_text
from adbench.engine.operation import Rule
from adbench.engine.primitive import PRIMITIVES

Table = dict[str, str]
"""An operation's name on its backend -> the primitive that computes the same."""

_BOTH: Table = {
    "abs": "absolute",
    "acos": "arccos",
    "acosh": "arccosh",
    "add": "add",
    "add_any": "add",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "cos": "cos",
    "cosh": "cosh",
    "div": "divide",
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log10": "log10",
    "log1p": "log1p",
    "log2": "log2",
    "mul": "multiply",
    "neg": "negative",
    "reciprocal": "reciprocal",
    "sin": "sin",
    "sinh": "sinh",
    "sqrt": "sqrt",
    "square": "square",
    "sub": "subtract",
    "tan": "tan",
    "tanh": "tanh",
}
TORCH = _BOTH | {
    "maximum": "maximum",
    "mean": "mean",
    "minimum": "minimum",
    "mm": "matmul",
    "mv": "matmul",
    "pow": "power",
    "sum": "sum",
}
JAX = _BOTH | {
    "integer_pow": "power",
    "max": "maximum",
    "min": "minimum",
    "pow": "power",
    "reduce_sum": "sum",
}


def rule_text(table: Table, operation: str, operand: int) -> tuple[str, str]:
    """(name of the operand, formula) of an operation's rule; empty where none is known."""
    primitive = PRIMITIVES.get(table.get(operation, ""))
    if primitive is None or operand >= len(primitive.rules):
        return "", ""
    rule = primitive.rules[operand]
    text = formula_text(rule.formula) if isinstance(rule, Rule) else ""
    return primitive.arrays[operand], text
