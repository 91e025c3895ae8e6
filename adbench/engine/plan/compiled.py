"""A derivative that is recorded, replayed, or left to the tape.

The first call with arguments of some structure, shapes and dtypes is run on recorded arrays.
So is the second: only where both left the same program is that program replayed from then on,
so that random numbers, clocks and counters are found out. Before each replay, what the function
captured is compared with what it was; in it, every value that a branch depended on.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import optree

from adbench.engine.array import Recorded, TracedArray
from adbench.engine.plan.captures import MANY, Captures, TooManyError
from adbench.engine.plan.emit import Emitter
from adbench.engine.plan.layout import Layout
from adbench.engine.plan.program import Call, Guard
from adbench.engine.plan.recorder import Recorder, UnrecordableError
from adbench.engine.plan.recording import Recording, is_input, record
from adbench.engine.plan.report import Fallback, PlanReport, Report
from adbench.engine.plan.simplify import simplify
from adbench.engine.plan.source import DIVERGED

PATHS = 8
"""How many programs are kept for one signature; more, and the tape is the better executor."""
CHANGES = 8
"""How often captured values may change before the function is left to the tape."""


class Plan:
    """A program ready to run. Each thread that runs it at the same time has its own memory."""

    def __init__(self, recording: Recording) -> None:
        simplify(recording.program)
        layout = Layout.of(recording.program)
        self.steps = sum(type(step) is Call for step in layout.steps)
        self.guards = tuple(step for step in layout.steps if type(step) is Guard)
        self.replay = Emitter(layout).replay(recording.rebuilder())
        self._idle = [self.replay.run]
        if recording.ignored:
            silent = np.errstate(**dict.fromkeys(recording.ignored, "ignore"))  # type: ignore[arg-type]
            self.run = silent(self.run)  # type: ignore[method-assign]

    def run(self, leaves: Sequence[Any]) -> Any:
        """The result, or DIVERGED."""
        try:
            function = self._idle.pop()
        except IndexError:
            function = self.replay.elsewhere()
        try:
            return function(*leaves)
        finally:
            self._idle.append(function)


@dataclass(slots=True)
class Entry:
    """What is known of calls with one signature."""

    signature: str
    plans: list[Plan] = field(default_factory=list)
    traces: list[Recording] = field(default_factory=list)
    fallback: Fallback | None = None


class Compiled:
    """A derivative in compiled mode; called like the eager one, `report()` tells what became.

    Args:
        eager: the derivative on the tape, a function of trees of arrays.
        function: the user's function, whose captured values are watched.
        argnums: the positional arguments that are differentiated by; None is all.
    """

    CAPTURED = ("_function",)
    """What another compiled function that calls this one depends on."""

    def __init__(
        self,
        eager: Callable[..., Any],
        function: Callable[..., Any],
        argnums: int | Sequence[int] | None,
    ) -> None:
        functools.update_wrapper(self, eager)
        self._eager = eager
        self._function = function
        self._argnums = (argnums,) if isinstance(argnums, int) else argnums
        self._entries: dict[Any, Entry] = {}
        self._captures: Captures | None = None
        self._changes = 0
        self._recordings = 0
        self._fallback: Fallback | None = None
        self._lock = threading.RLock()
        self.recorded_last = False
        """Whether the last call was recorded rather than replayed or left to the tape."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As the eager function."""
        if self.recorded_last:
            self.recorded_last = False
        if self._fallback is not None:
            return self._eager(*args, **kwargs)
        leaves: Any = args
        key: Any = None if kwargs else _array_key(args)
        if key is None:
            args = self._strong(args)
            leaves, treedef = optree.tree_flatten((args, kwargs))  # type: ignore[arg-type]
            key = self._key(leaves, treedef)
            if key is None:
                return self._eager(*args, **kwargs)
            leaves = [leaf for leaf in leaves if is_input(leaf)]
        entry = self._entries.get(key)
        if entry is not None and entry.plans and self._captures.unchanged():  # type: ignore[union-attr]
            result = entry.plans[0].run(leaves)
            if result is not DIVERGED:
                return result
            for plan in entry.plans[1:]:
                result = plan.run(leaves)
                if result is not DIVERGED:
                    entry.plans.remove(plan)
                    entry.plans.insert(0, plan)
                    return result
        if not self._lock.acquire(blocking=False):
            return self._eager(*args, **kwargs)  # another thread is recording
        try:
            return self._recorded(key, args, kwargs)
        finally:
            self._lock.release()

    def next(self, *args: Any) -> Literal["replay", "record", "tape"]:
        """What a call with these arguments would do, as far as that is known before it."""
        args = self._strong(args)
        flat: Any = optree.tree_flatten((args, {}))  # type: ignore[arg-type]
        key = _array_key(args) or self._key(*flat)
        entry = self._entries.get(key)
        if key is None or self._fallback is not None:
            return "tape"
        if entry is None or self._captures is None or not self._captures.unchanged():
            return "record"
        return "tape" if entry.fallback is not None else "replay" if entry.plans else "record"

    @property
    def recordings(self) -> int:
        """How many calls have been recorded so far."""
        return self._recordings

    def report(self) -> Report:
        """The plans, the conditions they depend on, and what was left to the tape and why."""
        entries = list(self._entries.values())
        plans = [
            PlanReport(
                entry.signature,
                plan.steps,
                sum(map(len, plan.replay.pages)),
                plan.guards,
            )
            for entry in entries
            for plan in entry.plans
        ]
        fallbacks = [entry.fallback for entry in entries if entry.fallback is not None]
        if self._fallback is not None:
            fallbacks.append(self._fallback)
        return Report(self._recordings, tuple(plans), tuple(fallbacks))

    # Signatures.

    def _strong(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Python numbers that are differentiated by as NumPy scalars, as on the tape."""
        active = range(len(args)) if self._argnums is None else self._argnums
        strong = list(args)
        for place in active:
            if -len(args) <= place < len(args) and type(args[place]) is not np.ndarray:
                strong[place] = optree.tree_map(_scalar, args[place])
        return tuple(strong)

    def _key(self, leaves: list[Any], treedef: Any) -> Any:
        """What a program depends on besides values; None where recording is of no use."""
        parts: list[Any] = [treedef]
        for leaf in leaves:
            if type(leaf) is np.ndarray and leaf.dtype.kind in "biufc":
                parts.append((leaf.shape, leaf.dtype))
            elif isinstance(leaf, (TracedArray, Recorded, np.ndarray)):
                return None
            elif isinstance(leaf, np.generic) or type(leaf) in (float, complex):
                parts.append(type(leaf))
            else:
                parts.append((type(leaf), leaf))
        key = tuple(parts)
        try:
            hash(key)
        except TypeError:
            return None
        return key

    # Recording.

    def _recorded(self, key: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record a call; a plan is made when two calls left the same program."""
        if self._captures is None or not self._captures.unchanged():
            if self._captures is not None:
                self._changed(self._captures)
            try:
                self._captures = Captures(self._function)
            except TooManyError:
                reason = f"captures more than {MANY} values"
                self._fallback = Fallback("every call", reason, None)
                return self._eager(*args, **kwargs)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(_signature(args, kwargs))
        if entry.fallback is not None or self._fallback is not None:
            return self._eager(*args, **kwargs)
        recorder = Recorder()
        self._recordings += 1
        try:
            result, trace = record(self._eager, recorder, args, kwargs)
        except UnrecordableError as error:
            entry.fallback = Fallback(entry.signature, error.reason, error.location)
            return self._eager(*args, **kwargs)
        except Exception as error:
            recorder.open = False
            result = self._eager(*args, **kwargs)  # the user's own exception comes from here
            failure = recorder.failure
            reason = failure.reason if failure else f"raised {type(error).__name__}: {error}"
            place = failure.location if failure else getattr(error, "location", None)
            entry.fallback = Fallback(entry.signature, reason, place)
            return result
        self._file(entry, trace)
        self.recorded_last = True
        return result

    def _file(self, entry: Entry, trace: Recording) -> None:
        for known in entry.traces:
            difference = known.difference(trace)
            if difference is False:
                entry.traces.remove(known)
                self._plan(entry, trace)
                break
            if difference is not True:
                entry.plans, entry.traces = [], []
                entry.fallback = Fallback(entry.signature, *difference)
                return
        else:
            trace.program.forget()
            entry.traces.append(trace)
        if len(entry.plans) + len(entry.traces) > PATHS:
            guard = next(iter(trace.program.guards()), None)
            entry.plans, entry.traces = [], []
            entry.fallback = Fallback(
                entry.signature,
                f"took more than {PATHS} different ways, depending on values",
                guard.location if guard else None,
            )

    def _plan(self, entry: Entry, trace: Recording) -> None:
        try:
            entry.plans.insert(0, Plan(trace))
        except Exception as error:  # a fault of ours must not take a right result away
            reason = f"could not be planned ({type(error).__name__}: {error})"
            entry.fallback = Fallback(entry.signature, reason, None)

    def _changed(self, captures: Captures) -> None:
        self._changes += 1
        self._entries.clear()
        if self._changes > CHANGES:
            self._fallback = Fallback(
                "every call", f"captures {captures.changed()!r}, which changes between calls", None
            )


def _array_key(args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The signature of a call with arrays only, which is the usual one and soon made."""
    if len(args) == 1:
        (a,) = args
        return (a.shape, a.dtype) if type(a) is np.ndarray else None
    parts = []
    for a in args:
        if type(a) is not np.ndarray:
            return None
        parts.append((a.shape, a.dtype))
    return tuple(parts)


def _scalar(leaf: Any) -> Any:
    return np.asarray(leaf)[()] if type(leaf) in (float, complex) else leaf


def _signature(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Arguments as shapes and dtypes, for reading."""

    def show(leaf: Any) -> str:
        if isinstance(leaf, np.ndarray):
            return f"{leaf.dtype}[{', '.join(map(str, leaf.shape))}]"
        return type(leaf).__name__ if is_input(leaf) else repr(leaf)

    leaves: list[Any] = optree.tree_leaves((args, kwargs))  # type: ignore[arg-type]
    shown = [show(leaf) for leaf in leaves]
    return f"({', '.join(shown)})"
