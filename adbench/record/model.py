"""The run record: what a run found, as data.

Every room that produces or reads results speaks these types. They are pydantic models, so a
record is one call away from JSON and back, and a truncated or foreign file is refused with a
reason. NaN and infinities are written as the strings "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from adbench.record.base import Model as _Model
from adbench.record.base import first_problems
from adbench.record.bench import Bench
from adbench.record.comparison import Comparison
from adbench.record.origin import Environment, Shard, SuiteInfo

if TYPE_CHECKING:
    from rich.console import RenderableType

SCHEMA_VERSION = 1


class Verdict(StrEnum):
    """What is known about one derivative, worst last when a report sorts by it."""

    PASS = "pass"
    KINK = "kink"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FAIL = "fail"


class SourceLocation(_Model):
    """A place in the user's code."""

    file: str
    line: int
    function: str = ""
    text: str = ""


class CheckOptions(_Model):
    """What a check is asked to do; recorded, so that it can be done again.

    `rtol` and `atol` are None for the tolerances derived from the dtype. Raises ValueError, in
    one line, for what is no such option.
    """

    derivatives: tuple[Literal["vjp", "jvp", "hvp"], ...] = ("vjp",)
    rtol: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    atol: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0)
    other_points: bool = True
    """Look at points derived from the given one too; off where the function does not survive
    them."""
    search: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Seconds to look for inputs where the VJP is wrong; needs hypothesis."""
    power: bool = False
    """Plant faults in the gradient and report which of them this check catches."""
    power_floor: float | None = Field(default=None, ge=0, le=1)
    """The share of planted faults below which a pass counts as inconclusive."""
    thorough: bool = False
    """More directions, weightings and points: more time, and less that can go unseen."""

    def __init__(self, **options: Any) -> None:
        try:
            super().__init__(**options)
        except ValidationError as error:
            raise ValueError(first_problems(error)) from None


class Finding(_Model):
    """One explained fact about a failing, or suspicious, derivative.

    `kind` is a stable slug that programs may match on; `message` is one sentence for a person.
    """

    kind: str
    level: Literal["fail", "error", "inconclusive", "note"]
    message: str
    derivative: str | None = None
    input: str | None = None
    """The leaf's name as a user writes it: `x`, `params['w']`, `layers[0]`."""
    index: tuple[int, ...] | None = None
    output: str | None = None
    ad: float | None = None
    numeric: float | None = None
    bound: float | None = None
    """Half-width of the numeric derivative's error interval: |true − numeric| ≤ bound."""
    tolerance: float | None = None
    diagnosis: str | None = None
    """What the difference looks like: "sign flipped", "factor 2", …"""
    where: SourceLocation | None = None


class CurvePoint(_Model):
    """One step of the ladder: the plain difference at this step and what it may be off by."""

    step: float
    value: float
    truncation: float
    roundoff: float


class VCurve(_Model):
    """Error against step for one element or direction: the picture behind a bound."""

    input: str
    index: tuple[int, ...] | None
    ad: float
    numeric: float
    bound: float
    chosen_step: float | None
    points: tuple[CurvePoint, ...]


class ElementComparison(_Model):
    """One element of a gradient beside its numeric derivative: what a report sets side by side."""

    input: str
    """The leaf's name as a user writes it."""
    index: tuple[int, ...]
    part: Literal["real", "imag"] = "real"
    ad: float
    numeric: float
    bound: float
    """Half-width of the numeric derivative's error interval."""
    tolerance: float
    """What AD may differ by beyond the bound."""


class ArrayDigest(_Model):
    """An array as a baseline keeps it: whole where it is small, in figures where it is not.

    A complex array is read as real numbers, each element's real part before its imaginary part.
    """

    name: str
    """The leaf's name as a user writes it; an output's is `out`, `out[0]`, …"""
    shape: tuple[int, ...]
    dtype: str
    values: tuple[float, ...] | None = None
    """Every element in C order; None where there are too many."""
    norm: float | None = None
    """The Euclidean norm."""
    projections: tuple[float, ...] = ()
    """Dot products with seeded vectors of random signs, which a change of any element moves."""
    largest: tuple[tuple[tuple[int, ...], float], ...] = ()
    """The elements largest in magnitude, each with its index; a complex one's index ends in 0 for
    its real and 1 for its imaginary part."""
    noise: tuple[float, ...] = ()
    """How far each of `values` moves when the inputs move by their last bits; or the norm, the
    projections and the largest elements, in this order. Empty where it was not measured."""


class InputsDigest(_Model):
    """What a function was given, so that a later run can tell whether it is given the same."""

    sha256: str
    """Of names, shapes, dtypes, every bit of every number, and the parameters."""
    leaves: dict[str, str] = Field(default_factory=dict)
    """Each array by name, such as `float64[3, 4]`; `data` behind it says not differentiated."""
    numbers: int = 0
    """How many numbers the arrays hold."""
    figures: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Each array's Euclidean norm and its dot products with three seeded vectors of signs: what is
    left to compare where bits differ, as those of a matrix product do from machine to machine."""
    parameters: str = ""
    """A digest of the parameters alone."""


class DerivativeResult(_Model):
    """The verdict on one derivative (`vjp`, `jvp` or `hvp`) of one function."""

    derivative: str
    verdict: Verdict
    reason: str
    resolution: float | None = None
    """Smallest relative error that a pass would have detected (dimensionless)."""
    compared: int = 0
    """How many elements or directions were compared."""
    method: str = ""
    v_curve: VCurve | None = None
    worst: tuple[ElementComparison, ...] = ()
    """The elements that differ most, measured in bound + tolerance, worst first; at most five."""
    taylor_slope: float | None = None
    """How fast the Taylor remainder shrinks with the step: 2 where the gradient is right, 1 where
    it is wrong; None where it drowns in rounding, or was not asked."""
    second_opinion: str = ""
    """What the complex step said where the differences were in doubt, see `check/complex_step.py`;
    "" where it was not asked."""
    batched: str = ""
    """How the batched (`vmap`) gradient compares with the looped one: "the same over points and
    cotangents", "the same over cotangents", "differs …", "not offered"; "" where it was not asked,
    see `check/batched.py`."""


class CheckResult(_Model):
    """What `adbench.check` returns: is this gradient right, how sure is that, and if not, why.

    `resolution` is the smallest relative error that a pass could have detected; `evaluations`
    counts calls of the user's function made for the numeric derivative.
    """

    verdict: Verdict
    reason: str
    function: str
    backend: str
    mode: str
    dtype: str = ""
    seed: int = 0
    derivatives: tuple[DerivativeResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    resolution: float | None = None
    rtol: float | None = None
    atol: float | None = None
    power: dict[str, bool] | None = None
    """By planted fault, whether this check would have caught it; None where none was planted. A
    fault that would not change this gradient is not listed."""
    evaluations: int = 0
    batched_calls: int = 0
    seconds: float = 0.0
    where: SourceLocation | None = None
    value: tuple[float, ...] | None = None
    """The primal's first elements, for a person to recognise."""
    script: str = ""
    """Python source that shows a failure without adbench; "" where there is none, or where the
    function does not fit into one."""
    script_data: str = ""
    """The `.npz` file that the script loads, which stands beside it under the same name, in
    base64; "" where it loads none."""
    outputs: tuple[ArrayDigest, ...] = ()
    """The primal, as a baseline keeps it; empty where the check is not for a run record."""
    gradient: tuple[ArrayDigest, ...] = ()
    """The gradient of the seeded weighting of the outputs, one entry an active leaf; a baseline
    compares these."""

    @property
    def ok(self) -> bool:
        """Whether the gradient may be trusted: a pass, or a subgradient at a kink."""
        return self.verdict in (Verdict.PASS, Verdict.KINK)

    # The words live beside the data; imported late, for they are written in its terms.
    def __str__(self) -> str:
        from adbench.record.explain import explain

        return explain(self)

    def __rich__(self) -> RenderableType:
        from adbench.record.explain import rich_result

        return rich_result(self)

    def _repr_html_(self) -> str:
        from adbench.record.explain import html_result

        return html_result(self)


FailureKind = Literal[
    "exception", "exit", "crash", "timeout", "memory", "output", "input", "missing", "startup"
]
"""`missing`: the backend is not here though it is required; `startup`: its worker could not be
started. These two say nothing about the function."""


class Failure(_Model):
    """Why a task ended in an error: the exception and the user's own frames, innermost last."""

    kind: FailureKind
    type: str = ""
    message: str
    frames: tuple[SourceLocation, ...] = ()
    printed: str = ""
    """The tail of what the function printed before it failed."""


class Definition(_Model):
    """What a case is made of, as its suite and its source say it."""

    base: str
    """The case's name without its grid point."""
    description: str = ""
    inputs: dict[str, str] = Field(default_factory=dict)
    """By leaf, how it came about: `normal(3, 4)`, `[1.0, 2.0]`, `data.npz:x`."""
    code: str = ""
    """The function's source, or its first lines."""


class CaseResult(_Model):
    """One task's outcome: a case on one backend in one mode."""

    suite: str
    case: str
    """The case's full name, grid point included: `gmm[d=2,k=5]`."""
    backend: str
    mode: str
    dtype: str
    device: str = "cpu"
    seed: int
    tags: tuple[str, ...] = ()
    params: dict[str, Any] = Field(default_factory=dict)
    verdict: Verdict
    """After `xfail`: an expected failure is kept as found, see `expected`."""
    reason: str
    check: CheckResult | None = None
    failure: Failure | None = None
    xfail: str | None = None
    """The reason the suite gave for expecting a failure here; None when none is expected."""
    seconds: float = 0.0
    inputs: InputsDigest | None = None
    """None where the function could not be called, or by an adbench that did not keep it."""
    definition: Definition | None = None
    """None for a record made by an adbench that did not keep it."""
    source: SourceLocation | None = None
    """Where the case stands in its suite file, or the bare function in its module."""
    reproduce: str = ""
    """The command that runs this task alone."""

    @property
    def task(self) -> str:
        """The task's identity within a run: `suite/case@backend:mode`."""
        return f"{self.suite}/{self.case}@{self.backend}:{self.mode}"

    @property
    def expected(self) -> bool:
        """Whether this outcome is as it should be: right, undecided, or failing as announced.

        An announced failure that was skipped, or not decided, is no unexpected pass; a function
        that could not even be tried has not failed as announced.
        """
        if self.failure is not None and self.failure.kind in ("missing", "startup"):
            return False
        if self.xfail is not None:
            return self.verdict not in (Verdict.PASS, Verdict.KINK)
        return self.verdict not in (Verdict.FAIL, Verdict.ERROR)


class RunRecord(_Model):
    """Everything a report, a comparison or a baseline reads."""

    schema_version: Literal[1] = 1
    kind: Literal["check", "bench"] = "check"
    adbench_version: str
    started: str
    """UTC, ISO 8601."""
    seconds: float
    command: str
    environment: Environment
    suites: tuple[SuiteInfo, ...]
    results: tuple[CaseResult, ...]
    planned: int = 0
    """How many tasks were selected; an interrupted run has fewer results."""
    interrupted: bool = False
    """True when Ctrl-C or --fail-fast ended the run before its last task."""
    bench: Bench | None = None
    """What `adbench bench` measured; `results` then holds the checks that came first."""
    shard: Shard | None = None
    """None for a whole run."""
    comparison: Comparison | None = None
    """What is different from the baseline, where the run was asked to look."""

    def count(self, verdict: Verdict) -> int:
        """How many results have this verdict."""
        return sum(result.verdict is verdict for result in self.results)
