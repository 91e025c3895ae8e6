"""`import adbench`: what it offers, when it imports it, and the name that is also a package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import adbench


@pytest.mark.parametrize("name", adbench.__all__)
def test_every_public_name_is_there_and_is_itself(name: str) -> None:
    value = getattr(adbench, name)
    assert value is not None
    assert name in dir(adbench)
    if callable(value) and name != "run":
        assert value.__name__ == name


def test_every_public_name_is_told_to_type_checkers() -> None:
    """The lazy table, `__all__` and the imports that mypy sees are one list."""
    source = Path(adbench.__file__).read_text(encoding="utf-8")
    seen = source.partition("if TYPE_CHECKING:")[2].partition("__all__")[0]
    for name in set(adbench.__all__) - {"check"}:
        assert name in seen


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'gard'"):
        adbench.gard  # noqa: B018


def isolated(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_import_is_light() -> None:
    code = "import sys, adbench; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    heavy = {"numpy", "torch", "jax", "pydantic", "rich", "scipy", "optree", "typer"}
    assert not heavy & set(isolated(code).split())


@pytest.mark.parametrize(
    "imports",
    [
        "import adbench.check",
        "import adbench.check.api",
        "from adbench.check import examine",
        "from adbench.check.examination import examine",
        "import adbench.check, importlib; importlib.import_module('adbench.check.findings')",
        "from adbench.check.api import check as other",
        "import adbench.runner.worker",
    ],
)
@pytest.mark.parametrize("first", ["import adbench", ""])
def test_check_stays_the_function_whatever_is_imported(first: str, imports: str) -> None:
    code = f"{first}\n{imports}\nimport adbench, types; "
    code += "print(type(adbench.check) is types.FunctionType, adbench.check.__name__)"
    assert isolated(code) == "True check"


def test_check_says_whether_a_gradient_is_right() -> None:
    x = np.array([1.0, -2.0, 3.0])
    right = adbench.check(lambda x: np.sum(x**3), x)
    wrong = adbench.check(lambda x: np.sum(x**3), x, gradient=lambda x: -3 * x**2)
    assert right.ok
    assert right.verdict is adbench.Verdict.PASS
    assert wrong.verdict is adbench.Verdict.FAIL
    assert "sign" in str(wrong)


def test_grad_is_the_closed_form() -> None:
    x = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(adbench.grad(lambda x: np.sum(x**3))(x), 3 * x**2, rtol=1e-15)
