"""One function on one backend, explained: the graph, the adjoint program, gradient descent."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from adbench.backends.protocol import Array, Backend, Tree
from adbench.explain.descent import descend
from adbench.explain.places import location
from adbench.explain.subject import ExplainError, Subject, subject_of
from adbench.record.graph import Explanation, Graph
from adbench.record.model import SourceLocation

READABLE = 3000
"""Nodes up to which an adjoint program is written without being asked for."""
_EAGER = {
    "torch:compile": "the graph is that of eager PyTorch; torch.compile fuses it further",
    "jax:jit": "bytes are those of JAX op by op; under jit, XLA decides what is kept",
    "native:compiled": "the graph is that of the tape; the adjoint program is the compiled plan",
}


def explain_function(
    backend: Backend,
    function: Callable[..., Any],
    arguments: Mapping[str, Tree],
    differentiable: Mapping[str, Tree],
    params: Mapping[str, Any],
    *,
    name: str,
    seed: int = 0,
    steps: int = 1,
    rate: float = 0.1,
    program: bool | None = None,
) -> Explanation:
    """Explain `function` at its arguments (trees of arrays); see `Backend.bind` for the rest.

    `seed` chooses the weights of outputs that are not one number; `steps` and `rate` are those
    of gradient descent; `program` says whether to write the adjoint program, None to do so where
    it is short enough to be read. Raises ExplainError where a backend has no graph, what the
    backend raises for a function that it cannot differentiate, and the function's own exceptions.
    """
    if backend.name == "manual":
        raise ExplainError("a gradient written by hand has no graph; explain it on native")
    subject = _subject(backend, function, arguments, differentiable, params, seed)
    graph, gradient, found, seen = _graphs(backend, subject)
    notes = [note for mode, note in _EAGER.items() if mode == f"{backend.name}:{backend.mode}"]
    notes += [*_conventions(backend, subject), *seen, *_differences(subject, found)]
    source, code = "", _code(function)
    short = len(graph.nodes) <= READABLE
    if backend.name == "native" and (short if program is None else program):
        from adbench.explain.program import adjoint_program
        from adbench.explain.source import program_source

        operations = {node.id: node.operation for node in graph.nodes if node.role != "input"}
        try:
            adjoint = adjoint_program(subject, operations)
            source = program_source(adjoint, f"Value and gradient of {name}.", code)
        except ExplainError as error:
            notes.append(f"no adjoint program: {error}")
    descent = descend(backend, subject, steps, rate) if steps else None
    return Explanation(
        function=name,
        backend=backend.name,
        mode=backend.mode,
        dtype=", ".join(dict.fromkeys(str(leaf.dtype) for leaf in subject.inputs)),
        seed=seed,
        where=_definition(function),
        code=code,
        loss=subject.loss,
        value=subject.loss_of(subject.bound.value(subject.bound.point)),
        graph=graph,
        gradient=gradient,
        program=source,
        descent=descent,
        notes=tuple(notes),
    )


def _subject(
    backend: Backend,
    function: Callable[..., Any],
    arguments: Mapping[str, Tree],
    differentiable: Mapping[str, Tree],
    params: Mapping[str, Any],
    seed: int,
) -> Subject:
    try:
        return subject_of(backend, function, arguments, differentiable, params, seed)
    except Exception as error:
        if backend.name == "jax":
            from adbench.explain.jax import refuse_untraceable

            refuse_untraceable(error)
        raise


def _graphs(
    backend: Backend, subject: Subject
) -> tuple[Graph, Graph | None, list[Array], list[str]]:
    """The graph, that of the gradient, the gradient itself, and what is to be said about them."""
    if backend.name == "torch":
        from adbench.explain.torch import torch_graph

        graph, gradients, cuts = torch_graph(subject)
        return graph, None, gradients, cuts
    if backend.name == "jax":
        from adbench.explain.jax import MOST, jax_graphs

        graph, gradient, gradients = jax_graphs(subject)
        count = len(graph.nodes)
        few = f"more than {MOST:,} equations: no values, adjoints and bytes of each"
        return graph, gradient, gradients, [few] if count > MOST else []
    from adbench.explain.native import native_graph

    graph, gradients = native_graph(subject)
    return graph, None, gradients, []


def _conventions(backend: Backend, subject: Subject) -> list[str]:
    """How a complex adjoint is to be read; nothing for real functions."""
    if not any(leaf.dtype.kind == "c" for leaf in (*subject.inputs, *subject.bound.outputs)):
        return []
    product = "d_z·dz" if backend.convention == "transpose" else "conj(d_z)·dz"
    return [f"the adjoint d_z of a complex z means: the loss changes by Re Σ {product}"]


def _differences(subject: Subject, found: list[Array]) -> list[str]:
    """What must not be: a followed gradient that is not the one that the backend computes.

    A function that draws random numbers or keeps state gives another gradient in each call.
    """
    pulled = subject.bound.vjp(subject.bound.point, subject.cotangents)
    for leaf, mine, theirs in zip(subject.inputs, found, pulled.gradients, strict=True):
        expected = np.zeros_like(mine) if theirs is None else theirs
        wide = np.result_type(mine.dtype, np.float64) if mine.dtype.kind in "fc" else mine.dtype
        a, b = mine.astype(wide), np.asarray(expected).astype(wide)
        rounding = 1e3 * float(np.finfo(mine.dtype).eps) if mine.dtype.kind in "fc" else 1e-2
        scale = float(np.max(np.abs(b[np.isfinite(b)]), initial=0.0))
        if not np.allclose(a, b, rtol=rounding, atol=rounding * scale, equal_nan=True):
            return [
                f"two calls gave two gradients by {leaf.name}: the function draws random numbers "
                "or keeps state, and the graph is that of one call"
            ]
    return []


def _code(function: Callable[..., Any]) -> str:
    try:
        return inspect.getsource(inspect.unwrap(function)).rstrip()
    except (OSError, TypeError):
        return ""


def _definition(function: Callable[..., Any]) -> SourceLocation | None:
    """Where the function is defined; None for what has no Python code of its own."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return None
    return location(code.co_filename, code.co_firstlineno, code.co_qualname, "")
