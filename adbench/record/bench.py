"""What a gradient costs, as data: times, memory, growth, and the proof that they are fair."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from adbench.record.base import Model

What = Literal["vjp", "jvp", "hvp", "primal"]


class Interval(Model):
    """An estimate with the interval that holds it; the unit is the field's that it stands in."""

    value: float
    low: float
    high: float


class CompileStage(Model):
    """One stage of getting ready: tracing, lowering, compiling, the first execution."""

    name: str
    seconds: float


class BreakEven(Model):
    """After how many calls a compiled mode has paid for its compilation."""

    against: str
    """The uncompiled mode of the same backend, `torch:eager`."""
    calls: float | None
    """None where it never pays."""


class Retraces(Model):
    """Compilations for other values of the same shapes, which control flow that depends on data
    brings about."""

    points: int
    """How many sets of values were tried."""
    compilations: int


class Memory(Model):
    """Peak memory of one gradient above its inputs, in bytes."""

    peak: int
    method: str
    """Which counter: `tracemalloc`, `torch profiler`, `jax memory analysis`, …"""
    cross_check: int | None = None
    """The same by another count: on a CPU the kernel's high-water mark of a fresh process."""
    reserved: int | None = None
    """What the allocator took from the device for it; on a GPU only."""
    inputs: int = 0
    """Bytes of the inputs themselves."""


class Threads(Model):
    """How many threads computed: asked for, and seen at work."""

    requested: int
    observed: int
    """Threads that used more than a tenth of what the busiest one did while the function ran."""
    cores: tuple[int, ...] = ()
    """The cores that the worker was pinned to."""


class AuditItem(Model):
    """One condition of a fair comparison, and whether it held."""

    name: str
    """`dtype`, `threads`, `device`, `untracked primal`, `inputs on device`, `same value`."""
    ok: bool
    message: str


class Measurement(Model):
    """What one derivative of one case costs on one backend in one mode."""

    suite: str
    case: str
    """The full name, grid point included."""
    base: str = ""
    """The case's name without its grid point: what a curve over sizes is drawn of."""
    backend: str
    mode: str
    dtype: str
    device: str = "cpu"
    params: dict[str, Any] = Field(default_factory=dict)
    parameter: str | None = None
    """The size parameter's name, where the case has one: a key of `params`."""
    size: float | None = None
    """The size parameter's value."""
    inputs: int = 0
    """Numbers in the active inputs."""
    what: What = "vjp"
    status: Literal["measured", "wrong", "unfair", "failed", "skipped", "unfinished"]
    """`wrong`: its check did not pass; `unfair`: the audit blocked it; `unfinished`: the budget
    or Ctrl-C ended it."""
    reason: str = ""
    steady: Interval | None = None
    """Seconds of one derivative, warm."""
    primal: Interval | None = None
    """Seconds of the primal on this backend and mode, without derivative tracking."""
    numpy_primal: Interval | None = None
    """Seconds of the primal in plain NumPy, where the function runs there."""
    ratio: Interval | None = None
    """The gradient's time over the primal's, of the same backend and mode."""
    relative: Interval | None = None
    """This time over the reference's, the median of paired ratios."""
    reference: str | None = None
    """What `relative` is relative to, `torch:eager`."""
    rank: int | None = None
    """1 is the fastest of the case; those that cannot be told apart share a rank."""
    first_call: float | None = None
    """Seconds of the first call, compilation and all."""
    compile: tuple[CompileStage, ...] = ()
    break_even: BreakEven | None = None
    retraces: int | None = None
    """How often it compiled again after its first call."""
    data_retraces: Retraces | None = None
    """What it compiled for other data of the same shapes; None for what compiles nothing."""
    numeric: Interval | None = None
    """Seconds of the same gradient by forward differences, n + 1 primals."""
    memory: Memory | None = None
    threads: Threads | None = None
    samples: int = 0
    restarts: int = 0
    voided: int = 0
    """Samples thrown away because something compiled within them."""
    calls_per_sample: int = 0
    warnings: tuple[str, ...] = ()
    audit: tuple[AuditItem, ...] = ()

    @property
    def task(self) -> str:
        """The same identity as the check's: `suite/case@backend:mode`."""
        return f"{self.suite}/{self.case}@{self.backend}:{self.mode}"


class Growth(Model):
    """How time or memory grows with a case's size: the exponent of a power law, fitted."""

    suite: str
    base: str
    """The case's name without its grid point."""
    point: str = ""
    """The rest of the grid point, where there is more to it than the size: `D=2,K=5`."""
    backend: str
    mode: str
    what: What = "vjp"
    parameter: str
    """The size parameter's name."""
    quantity: Literal["time", "memory", "ratio", "numeric"]
    """`ratio` is gradient over primal; `numeric` the time of forward differences."""
    exponent: Interval
    sizes: tuple[float, ...]
    flagged: str = ""
    """Why a person should look, such as a ratio that grows with the size."""


class SideBySide(Model):
    """One task measured at two revisions, interleaved in one run: `bench --against`."""

    task: str
    what: What = "vjp"
    ratio: Interval
    """Time here over time there."""
    margin: float
    """The relative difference that has to be exceeded, noise floor included."""
    verdict: Literal["same", "regression", "improvement", "inconclusive"]
    memory_here: int | None = None
    memory_there: int | None = None


class Bench(Model):
    """Everything that a bench run knows beside the checks that came first."""

    what: tuple[What, ...] = ("vjp",)
    budget: float | None = None
    """Seconds that the run was given."""
    measurements: tuple[Measurement, ...] = ()
    growth: tuple[Growth, ...] = ()
    noise_floor: float | None = None
    """Half-width, relative, of the interval of an A/A comparison in this very run."""
    against: str | None = None
    """The revision or environment that was measured beside this one."""
    side_by_side: tuple[SideBySide, ...] = ()
    governor: str | None = None
    load: tuple[float, ...] = ()
    """The machine's load averages as the run began."""
    allocator: dict[str, str] = Field(default_factory=dict)
    raw: str | None = None
    """The file with every raw sample, relative to the record."""
    overhead: float | None = None
    """The share of the wall time that was neither timed work, warm-up nor import."""
    warnings: tuple[str, ...] = ()
