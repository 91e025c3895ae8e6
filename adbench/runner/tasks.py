"""Cases to tasks: which case runs on which backend, in which mode, checked how."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from adbench.backends import BACKENDS, parse_backend
from adbench.record.model import CheckOptions
from adbench.runner.paths import shown_path
from adbench.runner.select import quote
from adbench.suite import Case, FunctionRef


class Task(BaseModel):
    """One case on one backend in one mode: all that a worker needs, here or elsewhere."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")

    case: Case
    backend: str
    mode: str
    device: str = "cpu"
    options: CheckOptions = CheckOptions()
    require: bool = False
    """Whether a backend that is missing here is an error instead of skipped."""
    reproduce: str = ""

    @property
    def name(self) -> str:
        """`suite/case@backend:mode`, as in the record."""
        return f"{self.case.suite}/{self.case.name}@{self.backend}:{self.mode}"

    @property
    def function(self) -> FunctionRef:
        """The function that this backend differentiates."""
        function = function_for(self.case, self.backend)
        assert function is not None  # `expand` makes no task without one
        return function

    @property
    def xfail(self) -> str | None:
        """Why the suite expects a failure on this backend, or None."""
        for expected in self.case.xfail:
            if expected.backend in (self.backend, f"{self.backend}:{self.mode}"):
                return expected.reason
        return None


def expand(
    cases: Iterable[Case],
    backends: Sequence[str] = (),
    *,
    device: str = "cpu",
    check: CheckOptions | None = None,
    require: bool = False,
    dtype: str | None = None,
) -> list[Task]:
    """Every task of `cases` on the chosen backends, in the cases' order.

    `backends` are names with or without a mode, or "all" (also when empty): every backend in its
    default mode, or in the modes that a case itself asks for. What `check` sets explicitly
    overrides the case; `dtype` is the override that made these cases, for `reproduce`.
    Raises ValueError for a backend or mode that does not exist.
    """
    chosen = _choices(backends)
    check = check or CheckOptions()
    return [
        Task(
            case=case,
            backend=backend,
            mode=mode,
            device=device,
            options=_options(case, check),
            require=require,
            reproduce=_reproduce(case, backend, mode, device, check, dtype),
        )
        for case in cases
        for backend, mode in _meant(case, chosen)
    ]


def function_for(case: Case, backend: str) -> FunctionRef | None:
    """The case's function for a backend; a hand-written gradient belongs to a NumPy function."""
    names = ("manual", "native", "*") if backend == "manual" else (backend, "*")
    return next((case.functions[name] for name in names if name in case.functions), None)


def _choices(backends: Sequence[str]) -> list[tuple[str, str | None]]:
    """Backend names, each with the mode asked for or None."""
    chosen: dict[tuple[str, str | None], None] = {}
    for text in backends or ("all",):
        if text == "all":
            chosen.update({(name, None): None for name in BACKENDS})
        else:
            chosen[_choice(text)] = None
    return list(chosen)


def _choice(text: str) -> tuple[str, str | None]:
    name, mode = parse_backend(text)
    return name, mode if ":" in text else None


def _meant(case: Case, chosen: Sequence[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    """Backends and modes that are both chosen and meant by the case; no mode fits any mode."""
    own = [_choice(text) for text in case.backends] if case.backends is not None else None
    pairs: dict[tuple[str, str], None] = {}
    for name, mode in chosen:
        if function_for(case, name) is None or (name == "manual" and case.gradient is None):
            continue
        for own_name, own_mode in own if own is not None else [(name, None)]:
            if own_name == name and (mode is None or own_mode is None or mode == own_mode):
                pairs[name, mode or own_mode or BACKENDS[name].modes[0]] = None
    yield from pairs


def _options(case: Case, check: CheckOptions) -> CheckOptions:
    """The case's own wishes, under those that were set explicitly for the run."""
    own = {
        "derivatives": case.derivatives,
        "rtol": case.tolerance.rtol,
        "atol": case.tolerance.atol,
        "seed": case.seed,
        "power_floor": case.power,
    }
    given = {name: getattr(check, name) for name in check.model_fields_set}
    given = {name: value for name, value in given.items() if value is not None}
    return CheckOptions.model_validate(own | given)


def _reproduce(
    case: Case, backend: str, mode: str, device: str, check: CheckOptions, dtype: str | None
) -> str:
    """The command line that runs this task alone, quoted for a shell."""
    words = ["adbench", "check", *_target(case)]
    words += ["--backend", f"{backend}:{mode}", "--seed", str(case.seed)]
    if dtype is not None:
        words += ["--dtype", dtype]
    if device != "cpu":
        words += ["--device", device]
    if "derivatives" in check.model_fields_set:
        words += [word for name in check.derivatives for word in ("--derivative", name)]
    for name in ("rtol", "atol"):
        if name in check.model_fields_set and (value := getattr(check, name)) is not None:
            words += [f"--{name}", repr(value)]
    if check.search:
        words += ["--search", f"{check.search:g}"]
    words += [f"--{name}" for name in ("power", "thorough") if getattr(check, name)]
    return shlex.join(words)


def _target(case: Case) -> list[str]:
    if Path(case.file).suffix in (".yaml", ".yml"):
        return [_operand(shown_path(case.file)), "-k", quote(case.name)]
    function = next(iter(case.functions.values()))
    place = shown_path(function.file) if function.file else function.module
    words = [_operand(f"{place}:{function.name}")]
    for argument in case.args:
        words += ["--arg", argument]
    return words


def _operand(text: str) -> str:
    """A target that no command line takes for an option."""
    return f"./{text}" if text.startswith("-") else text
