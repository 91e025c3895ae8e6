"""Plain calls of each library's own AD, without adbench, to verify the corpus with."""

from __future__ import annotations

from typing import Any

import numpy as np

from corpus.entry import Array, Bug, Function, Hard, Inputs, differentiable

CONVENTION = {
    "native": "transpose",
    "torch": "conjugate",
    "jax": "transpose",
    "manual": "transpose",
}


def as_list(result: Any) -> list[Any]:
    """One output or several, as a list."""
    return list(result) if isinstance(result, (tuple, list)) else [result]


def cotangents_like(shapes_and_dtypes: list[tuple[Any, Any]], seed: int, scale: float = 1.0) -> Any:
    """Standard normal cotangents times `scale`, complex where the output is."""
    rng = np.random.default_rng(seed)
    result = []
    for shape, dtype in shapes_and_dtypes:
        weight = scale * rng.standard_normal(shape)
        if np.dtype(dtype).kind == "c":
            weight = weight + 1j * scale * rng.standard_normal(shape)
        result.append(np.asarray(weight, dtype=dtype))
    return result


def vjp(
    entry: Bug | Hard,
    backend: str,
    function: Function,
    inputs: Inputs,
    seed: int = 0,
    scale: float = 1.0,
) -> tuple[list[Array], dict[str, Array]]:
    """Random cotangents and what they pull back to, by input name."""
    active = differentiable(entry, inputs)
    return _VJP[backend](entry, function, inputs, active, seed, scale)


def _torch_vjp(
    entry: Any, function: Function, inputs: Inputs, active: dict[str, bool], seed: int, scale: float
) -> Any:
    import torch

    tensors = {
        name: torch.tensor(value).requires_grad_(active[name]) for name, value in inputs.items()
    }
    outputs = as_list(function(**tensors))
    like = [(tuple(y.shape), y.detach().numpy().dtype) for y in outputs]
    cotangents = cotangents_like(like, seed, scale)
    names = [name for name in tensors if active[name]]
    pairs = [
        (y, torch.tensor(c)) for y, c in zip(outputs, cotangents, strict=True) if y.requires_grad
    ]
    gradients = torch.autograd.grad(
        [y for y, _ in pairs],
        [tensors[name] for name in names],
        [c for _, c in pairs],
        allow_unused=True,
    )
    return cotangents, {
        name: np.zeros_like(inputs[name]) if g is None else g.detach().resolve_conj().numpy().copy()
        for name, g in zip(names, gradients, strict=True)
    }


def _jax_vjp(
    entry: Any, function: Function, inputs: Inputs, active: dict[str, bool], seed: int, scale: float
) -> Any:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        names = [name for name in inputs if active[name]]
        rest = {name: jnp.asarray(value) for name, value in inputs.items() if not active[name]}
        outputs, pullback = jax.vjp(
            lambda leaves: as_list(function(**leaves, **rest)),
            {name: jnp.asarray(inputs[name]) for name in names},
        )
        cotangents = cotangents_like([(y.shape, y.dtype) for y in outputs], seed, scale)
        (gradients,) = pullback([jnp.asarray(c) for c in cotangents])
        return cotangents, {name: np.asarray(gradients[name]) for name in names}


def _native_vjp(
    entry: Any, function: Function, inputs: Inputs, active: dict[str, bool], seed: int, scale: float
) -> Any:
    from adbench.engine import vjp as engine_vjp

    names = [name for name in inputs if active[name]]
    rest = {name: value for name, value in inputs.items() if not active[name]}

    def on_active(*leaves: Any) -> Any:
        return function(**dict(zip(names, leaves, strict=True)), **rest)

    outputs, pullback = engine_vjp(on_active, *(inputs[name].copy() for name in names))
    several = isinstance(outputs, (tuple, list))
    like = [(np.shape(y), np.asarray(y).dtype) for y in as_list(outputs)]
    cotangents = cotangents_like(like, seed, scale)
    gradients = pullback(type(outputs)(cotangents) if several else cotangents[0])
    return cotangents, {
        name: np.asarray(g) for name, g in zip(names, as_list(gradients), strict=True)
    }


def _manual_vjp(
    entry: Any, function: Function, inputs: Inputs, active: dict[str, bool], seed: int, scale: float
) -> Any:
    outputs = as_list(entry.primal(**{name: value.copy() for name, value in inputs.items()}))
    like = [(np.shape(y), np.asarray(y).dtype) for y in outputs]
    cotangents = cotangents_like(like, seed, scale)
    given = cotangents[0] if len(cotangents) == 1 else tuple(cotangents)
    result = function(**{name: value.copy() for name, value in inputs.items()}, cotangent=given)
    names = [name for name in inputs if active[name]]
    if isinstance(result, dict):
        return cotangents, {name: np.asarray(result[name]) for name in names}
    return cotangents, {name: np.asarray(g) for name, g in zip(names, as_list(result), strict=True)}


_VJP = {"torch": _torch_vjp, "jax": _jax_vjp, "native": _native_vjp, "manual": _manual_vjp}


def jvp(
    backend: str, function: Function, inputs: Inputs, tangents: dict[str, Array]
) -> list[Array]:
    """The library's forward mode along `tangents`."""
    return {"torch": _torch_jvp, "jax": _jax_jvp}[backend](function, inputs, tangents)


def _torch_jvp(function: Function, inputs: Inputs, tangents: dict[str, Array]) -> list[Array]:
    import torch
    import torch.autograd.forward_ad as forward_ad

    with forward_ad.dual_level():
        duals = {
            name: forward_ad.make_dual(torch.tensor(value), torch.tensor(tangents[name]))
            for name, value in inputs.items()
        }
        outputs = as_list(function(**duals))
        moved = [forward_ad.unpack_dual(y).tangent for y in outputs]
        return [
            np.zeros(tuple(y.shape)) if t is None else t.numpy()
            for y, t in zip(outputs, moved, strict=True)
        ]


def _jax_jvp(function: Function, inputs: Inputs, tangents: dict[str, Array]) -> list[Array]:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        _, moved = jax.jvp(
            lambda leaves: as_list(function(**leaves)),
            ({name: jnp.asarray(value) for name, value in inputs.items()},),
            ({name: jnp.asarray(value) for name, value in tangents.items()},),
        )
        return [np.asarray(t) for t in moved]


def hvp(
    backend: str,
    function: Function,
    inputs: Inputs,
    cotangents: list[Array],
    tangents: dict[str, Array],
) -> dict[str, Array]:
    """d/dt of the VJP of `cotangents` along `tangents`, by double reverse mode."""
    second_order = {"torch": _torch_hvp, "jax": _jax_hvp, "native": _native_hvp}[backend]
    return second_order(function, inputs, cotangents, tangents)


def _torch_hvp(
    function: Function, inputs: Inputs, cotangents: list[Array], tangents: dict[str, Array]
) -> dict[str, Array]:
    import torch

    tensors = {name: torch.tensor(value).requires_grad_() for name, value in inputs.items()}
    leaves = list(tensors.values())
    weights = [torch.tensor(c) for c in cotangents]
    first = torch.autograd.grad(as_list(function(**tensors)), leaves, weights, create_graph=True)
    along = sum((g * torch.tensor(tangents[n])).sum() for n, g in zip(tensors, first, strict=True))
    if not along.requires_grad:
        return {name: np.zeros_like(value) for name, value in inputs.items()}
    second = torch.autograd.grad(along, leaves, allow_unused=True)
    return {
        name: np.zeros_like(inputs[name]) if g is None else g.numpy()
        for name, g in zip(tensors, second, strict=True)
    }


def _jax_hvp(
    function: Function, inputs: Inputs, cotangents: list[Array], tangents: dict[str, Array]
) -> dict[str, Array]:
    import jax
    import jax.numpy as jnp

    def weighted(leaves: Any) -> Any:
        outputs = as_list(function(**leaves))
        return sum(jnp.sum(y * c) for y, c in zip(outputs, cotangents, strict=True))

    def along(leaves: Any) -> Any:
        gradient = jax.grad(weighted)(leaves)
        return sum(jnp.sum(gradient[name] * tangents[name]) for name in leaves)

    with jax.enable_x64(True):
        leaves = {name: jnp.asarray(value) for name, value in inputs.items()}
        return {name: np.asarray(g) for name, g in jax.grad(along)(leaves).items()}


def _native_hvp(
    function: Function, inputs: Inputs, cotangents: list[Array], tangents: dict[str, Array]
) -> dict[str, Array]:
    from adbench.engine import hvp as engine_hvp

    names = list(inputs)

    def weighted(*leaves: Any) -> Any:
        outputs = as_list(function(**dict(zip(names, leaves, strict=True))))
        return sum(np.sum(y * c) for y, c in zip(outputs, cotangents, strict=True))

    products = engine_hvp(
        weighted, [inputs[name] for name in names], [tangents[name] for name in names]
    )
    return dict(zip(names, (np.asarray(p) for p in products), strict=True))
