"""A case: one function, its inputs and how to check it, with nothing left to look up.

A Case is plain data (it crosses process and machine boundaries as JSON): functions are
references, inputs are descriptions. `adbench.suite.inputs` makes the arrays and
`adbench.suite.functions` loads the functions, in the worker that needs them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

Derivative = Literal["vjp", "jvp", "hvp"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FunctionRef(_Model):
    """A function in a file (`model.py:loss`) or in a module (`package.module:loss`)."""

    file: str | None = None
    """Absolute path; exactly one of `file` and `module` is set."""
    module: str | None = None
    name: str
    """Attribute name; may be dotted (`Model.loss`)."""

    def __str__(self) -> str:
        return f"{self.file or self.module}:{self.name}"


class InputSpec(_Model):
    """One input array: drawn from a distribution, given inline, or read from a file."""

    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    """None: the case's dtype."""
    distribution: str = "normal"
    parameters: dict[str, float] = Field(default_factory=dict)
    values: Any = None
    """Nested lists of numbers, or a number; then `shape` and `distribution` are not used."""
    file: str | None = None
    """Absolute path of a .npy or .npz file."""
    key: str | None = None
    """Which array of the .npz file."""
    requires_grad: bool = True


InputTree = TypeAliasType("InputTree", "InputSpec | list[InputTree] | dict[str, InputTree]")


class Tolerance(_Model):
    rtol: float | None = None
    atol: float | None = None


class XFail(_Model):
    """A failure that is expected on a backend ("torch") or on one mode ("torch:compile")."""

    backend: str
    reason: str


class Case(_Model):
    """One grid point of one case of one suite."""

    suite: str
    name: str
    """Full name, unique in the suite, grid point included: `gmm[d=2,k=5]`."""
    base: str
    """The name without the grid point."""
    description: str = ""
    functions: dict[str, FunctionRef]
    """By backend name; the key "*" serves every backend that has no entry of its own."""
    gradient: FunctionRef | None = None
    """A hand-written gradient, checked as the backend `manual`."""
    inputs: dict[str, InputTree]
    params: dict[str, Any] = Field(default_factory=dict)
    derivatives: tuple[Derivative, ...] = ("vjp",)
    backends: tuple[str, ...] | None = None
    """Backends, or backend:mode, that this case is meant for; None: all."""
    tolerance: Tolerance = Tolerance()
    tags: tuple[str, ...] = ()
    xfail: tuple[XFail, ...] = ()
    seed: int = 0
    dtype: str = "float64"
    file: str
    """The suite file (absolute), or the file of a bare function."""
    line: int = 1
