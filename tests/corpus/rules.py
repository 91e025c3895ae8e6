"""A derivative rule with a fault, declared once and planted on every backend.

A declaration is a class that is read as a record of three functions, all in array API terms:
`forward(*inputs)`, `right(g, *inputs)` and `wrong(g, *inputs)`, where `g` is the cotangent (a
tuple of them where there are several outputs) and the result has one gradient for each
floating-point input. Complex rules are written in the transpose convention (JAX, autograd,
native); PyTorch's conjugate convention is that of the same rule with both ends conjugated.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from corpus.entry import BACKENDS, BackendName, Bug, Evidence, Function, InputFactory


@dataclass(frozen=True)
class Rule:
    """A function with a right and a wrong derivative rule, on no backend yet."""

    id: str
    category: str
    description: str
    diagnosis: str
    name: str
    forward: Function
    right: Function
    wrong: Function
    inputs: InputFactory
    backends: tuple[BackendName, ...] = BACKENDS
    complex: bool = False
    integers: frozenset[int] = frozenset()
    """Positions of the inputs that are indices."""
    options: dict[str, Any] = field(default_factory=dict)


class RuleBook:
    """The rules of one module, in the order of their declaration."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def plant(
        self,
        id: str,
        *,
        category: str,
        description: str,
        diagnosis: str,
        inputs: InputFactory,
        backends: tuple[BackendName, ...] = BACKENDS,
        complex: bool = False,
        integers: Iterable[int] = (),
        **options: Any,
    ) -> Callable[[type], type]:
        """Add the decorated declaration to the book."""

        def add(declaration: Any) -> Any:
            self.rules.append(
                Rule(
                    id=id,
                    category=category,
                    description=description,
                    diagnosis=diagnosis,
                    name=declaration.__name__,
                    forward=declaration.forward,
                    right=declaration.right,
                    wrong=declaration.wrong,
                    inputs=inputs,
                    backends=backends,
                    complex=complex,
                    integers=frozenset(integers),
                    options=options,
                )
            )
            return declaration

        return add

    def on(self, backend: BackendName) -> list[Bug]:
        """Every rule of the book that this backend can carry, planted there."""
        return [_planted(rule, backend) for rule in self.rules if backend in rule.backends]


def _planted(rule: Rule, backend: BackendName) -> Bug:
    realise = {
        "torch": torch_function,
        "jax": jax_function,
        "native": native_function,
        "manual": manual_gradient,
    }[backend]
    where = f"{rule.name}.wrong"
    return Bug(
        id=f"{backend}/{rule.id}",
        backend=backend,
        category=rule.category,
        description=rule.description,
        buggy=realise(rule, rule.wrong),
        fixed=realise(rule, rule.right),
        inputs=rule.inputs,
        formula=rule.forward,
        diagnosis=rule.diagnosis,
        where=where,
        primal=rule.forward if backend == "manual" else None,
        **{"evidence": Evidence(), **rule.options},
    )


def _tuple(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def _like(function: Function, rule: Rule) -> Function:
    """`function` under the name and signature of the rule's forward function."""

    @functools.wraps(rule.forward)
    def call(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(rule.forward).bind(*args, **kwargs)
        return function(*bound.arguments.values())

    call.__name__ = call.__qualname__ = rule.name
    return call


def _with_gaps(rule: Rule, gradients: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    """The gradients with None in the places of the indices."""
    supply = iter(gradients)
    return tuple(None if i in rule.integers else next(supply) for i in range(count))


def torch_function(rule: Rule, backward: Function) -> Function:
    """The rule as a `torch.autograd.Function` of its name."""
    import torch

    class Operation(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            ctx.save_for_backward(*inputs)
            return rule.forward(*inputs)

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> Any:
            inputs = ctx.saved_tensors
            g = cotangents if len(cotangents) > 1 else cotangents[0]
            if rule.complex:
                gradients = tuple(v.conj() for v in _tuple(backward(g.conj(), *inputs)))
            else:
                gradients = _tuple(backward(g, *inputs))
            return _with_gaps(rule, gradients, len(inputs))

    Operation.__name__ = Operation.__qualname__ = rule.name
    return _like(Operation.apply, rule)


def jax_function(rule: Rule, backward: Function) -> Function:
    """The rule as a `jax.custom_vjp` function of its name."""
    import jax

    def forward(*inputs: Any) -> Any:
        return rule.forward(*inputs)

    forward.__name__ = forward.__qualname__ = rule.name
    function = jax.custom_vjp(forward)

    def forward_rule(*inputs: Any) -> Any:
        return rule.forward(*inputs), inputs

    def backward_rule(inputs: Any, g: Any) -> Any:
        return _with_gaps(rule, _tuple(backward(g, *inputs)), len(inputs))

    function.defvjp(forward_rule, backward_rule)
    return _like(function, rule)


def native_function(rule: Rule, backward: Function) -> Function:
    """The rule as a function of the native engine's `custom_vjp`."""
    from adbench.engine import custom_vjp

    def forward(*inputs: Any) -> Any:
        return rule.forward(*inputs)

    forward.__name__ = forward.__qualname__ = rule.name
    function = custom_vjp(forward)

    def forward_rule(*inputs: Any) -> Any:
        return rule.forward(*inputs), inputs

    def backward_rule(inputs: Any, g: Any) -> Any:
        return _with_gaps(rule, _tuple(backward(g, *inputs)), len(inputs))

    function.defvjp(forward_rule, backward_rule)
    return _like(function, rule)


def manual_gradient(rule: Rule, backward: Function) -> Function:
    """The rule as a hand-written gradient: `gradient(**inputs, cotangent=...)`."""
    names = list(inspect.signature(rule.forward).parameters)

    def gradient(*args: Any, cotangent: Any = 1.0, **kwargs: Any) -> Any:
        inputs = {**dict(zip(names, args, strict=False)), **kwargs}
        gradients = _tuple(backward(cotangent, *(inputs[name] for name in names)))
        return gradients if len(gradients) > 1 else gradients[0]

    gradient.__name__ = gradient.__qualname__ = f"{rule.name}_gradient"
    gradient.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
        + [inspect.Parameter("cotangent", inspect.Parameter.KEYWORD_ONLY, default=1.0)]
    )
    return gradient
