"""The autograd.Functions at work in a function, and where its adjoints get lost."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from adbench.backends.arrays import to_numpy
from adbench.backends.calling import Call
from adbench.backends.parts import Kept, is_users, part_call, place_of, user_place
from adbench.backends.protocol import BoundFunction, Lost, Part, Place

Tensor = Any


def rules_at_work(
    run: Callable[[], Sequence[Tensor]], bind: Callable[[Call], BoundFunction]
) -> list[Part]:
    """The parts that are met in `run`, a call of the function with gradients on.

    The graph tells which `autograd.Function`s there are; a second call shows what they are given.
    """
    classes = [node._forward_cls for node in nodes_of(run()) if is_rule(node)]
    kept = Kept()
    with _noting(dict.fromkeys(classes), kept):
        run()
    parts = []
    for rule, arguments, called in kept.calls:
        call = part_call(_as_function(rule), arguments, _arrays)
        if call is not None:
            parts.append(Part(rule.__qualname__, bind(call), place_of(rule.backward), called))
    return parts


def nodes_of(outputs: Sequence[Tensor]) -> list[Any]:
    """The nodes of the graph behind these tensors, each once."""
    waiting = [out.grad_fn for out in outputs]
    seen: dict[Any, None] = {}
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen[node] = None
            waiting += [following for following, _ in node.next_functions]
    return list(seen)


def is_rule(node: Any) -> bool:
    """Whether a node of the graph is an `autograd.Function`, written in Python."""
    return hasattr(node, "_forward_cls")


@contextmanager
def _noting(classes: dict[Any, None], kept: Kept) -> Iterator[None]:
    written = {cls: cls.__dict__.get("forward") for cls in classes}
    for cls in classes:
        cls.forward = staticmethod(_watched(cls, cls.forward, kept))
    try:
        yield
    finally:
        for cls, forward in written.items():
            if forward is None:
                del cls.forward
            else:
                cls.forward = forward


def _watched(cls: Any, forward: Callable[..., Any], kept: Kept) -> Callable[..., Any]:
    has_context = cls.setup_context is torch.autograd.Function.setup_context

    def noting(*arguments: Any, **named: Any) -> Any:
        given = arguments[1:] if has_context else arguments
        if not named:
            kept.add(cls, tuple(map(_copied, given)), user_place())
        return forward(*arguments, **named)

    return noting


def _copied(argument: Any) -> Any:
    return argument.detach().clone() if isinstance(argument, torch.Tensor) else argument


def _arrays(argument: Any) -> Any:
    return to_numpy(argument) if isinstance(argument, torch.Tensor) else None


def _as_function(cls: Any) -> Callable[..., Any]:
    def apply(*arguments: Any) -> Any:
        return cls.apply(*arguments)

    names = [*inspect.signature(cls.forward).parameters.values()]
    if cls.setup_context is torch.autograd.Function.setup_context:
        names = names[1:]
    apply.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    return apply


def first_lost(
    run: Callable[[], Sequence[Tensor]],
    pull: Callable[[Sequence[Tensor]], object],
) -> Lost | None:
    """The node that turned finite adjoints into others, and the line that made it."""
    lost: list[Any] = []

    def watched(node: Any) -> Callable[[Any, Any], None]:
        def hook(made: Sequence[Tensor], given: Sequence[Tensor]) -> None:
            if not lost and _finite(given) and not _finite(made):
                lost.append(node)

        return hook

    with _with_tracebacks():
        outputs = run()
        nodes = nodes_of(outputs)
        handles = [node.register_hook(watched(node)) for node in nodes]
        try:
            pull(outputs)
        finally:
            for handle in handles:
                handle.remove()
    if not lost:
        return None
    name = re.sub(r"Backward\d*$", "", lost[0].name())
    return Lost(name, _made_at(lost[0].metadata.get("traceback_", [])))


@contextmanager
def _with_tracebacks() -> Iterator[None]:
    """Each node of the graph keeps the traceback of the line that makes it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Anomaly Detection has been enabled")
        with torch.autograd.detect_anomaly(check_nan=False):
            yield


def _finite(tensors: Sequence[Tensor]) -> bool:
    return all(t is None or bool(torch.isfinite(t).all()) for t in tensors)


def _made_at(frames: Sequence[str]) -> Place | None:
    """The user's innermost line of a formatted traceback, the last of its frames."""
    for frame in reversed(frames):
        found = re.match(r'\s*File "(.*)", line (\d+), in (.*)\n\s*(.*)', frame)
        if found and is_users(found[1]):
            return Place(found[1], int(found[2]), found[3], found[4].strip())
    return None
