"""What a function's derivative is made of: its graph, its adjoint program, and what they hold."""

from adbench.explain.api import explain_function
from adbench.explain.fold import FOLD_ABOVE, fold
from adbench.explain.subject import ExplainError

__all__ = ["FOLD_ABOVE", "ExplainError", "explain_function", "fold"]
