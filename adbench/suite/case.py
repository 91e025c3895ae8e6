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
    # "constants": NaN and Infinity among `params` and `values` survive the way through JSON.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class FunctionRef(_Model):
    """A function in a file (`model.py:loss`) or in a module (`package.module:loss`)."""

    file: str | None = None
    """Absolute path; exactly one of `file` and `module` is set."""
    module: str | None = None
    name: str
    """Attribute name; may be dotted (`Model.loss`)."""
    folder: str | None = None
    """Where a module is looked for first; a file's own folder needs no mention."""

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
    """Nested lists of numbers, or a number (a complex one as text, `1+2j`); then `shape` and
    `distribution` are not used."""
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
    infer_inputs: bool = False
    """For a bare function: inputs that are not in `inputs` are found in the worker, from the
    function's type hints and defaults or from `example_inputs` beside it."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Every parameter of this grid point, sizes included; `call_params` keeps those that a
    function's signature takes."""
    size: str | None = None
    """Which of `params` says how much work this is; its value here is a number above 0."""
    derivatives: tuple[Derivative, ...] = ("vjp",)
    backends: tuple[str, ...] | None = None
    """Backends, or backend:mode, that this case is meant for; None: all."""
    tolerance: Tolerance = Tolerance()
    power: float | None = None
    """The share of planted faults that the check must catch."""
    tags: tuple[str, ...] = ()
    xfail: tuple[XFail, ...] = ()
    seed: int = 0
    dtype: str = "float64"
    args: tuple[str, ...] = ()
    """For a bare function: the `--arg` texts that gave `inputs`, to repeat the command."""
    file: str
    """The suite file (absolute), or the file of a bare function."""
    line: int = 1


class Suite(_Model):
    """A suite file with its includes, or a module whose bare functions were named as targets."""

    name: str
    description: str = ""
    path: str
    """Absolute path of the suite file, or of the bare functions' module."""
    sha256: str
    """Of the file's bytes, then of each included file's, in order."""
    cases: tuple[Case, ...]
