"""PyTorch: VJPs by `autograd.grad`, JVPs by forward mode, eager or through `torch.compile`.

Conventions. A complex gradient is PyTorch's: df = Re(Σ conj(g)·v). None means that autograd
found no path from the input to the outputs. The function gets tensors that require grad but
are not leaves, so that writing into them is seen as a mutation, not stopped by autograd's rule
about leaves. Batches run through `torch.func.vmap`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Literal

import torch
from torch.autograd import forward_ad

from adbench.backends.arrays import Array
from adbench.backends.batching import in_chunks, rows_per_call
from adbench.backends.calling import Call, Outputs, reject
from adbench.backends.errors import BackendUnavailableError, UnsupportedError
from adbench.backends.protocol import (
    Arrays,
    Backend,
    BoundFunction,
    Cut,
    Lost,
    Narrowing,
    Part,
    Pullback,
    Timed,
    Tree,
    Written,
)
from adbench.backends.registry import unavailable
from adbench.backends.same_arrays import by_array
from adbench.backends.torch_autograd import (
    LargestArray,
    first_line,
    load_forward_mode,
    pull_back,
    quiet,
    refuse_once_differentiable,
    second_derivative,
)
from adbench.backends.torch_batched import Batched, many_rows, vmapped_vjp
from adbench.backends.torch_holomorphic import OnlyHolomorphic, no_way_out
from adbench.backends.torch_parts import first_lost, is_rule, nodes_of, rules_at_work
from adbench.backends.torch_precision import Narrowings
from adbench.backends.torch_tensors import (
    array_of,
    arrays_of,
    device_named,
    tensor_of,
    tensors_like,
    unchanged,
)

Tensor = Any


_LEAST_ROWS = 8
"""Rows of a batch from which `vmap` saves more than it costs."""


class TorchBackend(Backend):
    """PyTorch on a CPU or GPU. The mode `compile` runs the function through `torch.compile`."""

    name = "torch"
    modes = ("eager", "compile")
    convention: ClassVar[Literal["conjugate"]] = "conjugate"

    def __init__(self, mode: str | None = None, device: str = "cpu") -> None:
        super().__init__(mode, device)
        self._device = device_named(device)

    @classmethod
    def unavailable(cls) -> BackendUnavailableError | None:
        return unavailable(cls.name)

    def bind(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Tree],
        differentiable: Mapping[str, Tree],
        params: Mapping[str, Any],
    ) -> BoundFunction:
        call = Call(function, arguments, differentiable, params)
        if self.mode == "eager":
            return TorchFunction(call, self._device)
        from adbench.backends.torch_compile import bind_compiled

        return bind_compiled(call, self._device)


class TorchFunction(BoundFunction):
    """A function run and differentiated by eager PyTorch."""

    def __init__(self, call: Call, device: Any) -> None:
        self._call = call
        self._device = device
        self._data_cache: dict[tuple[Any, ...], list[Tensor]] = {}
        self._keeps_data = True
        self._differentiates_twice = False
        self._rows: int | None = None
        self._tracks = False
        self._outputs = Outputs()
        self.inputs = call.inputs
        self.point = call.point
        first = self._learn([call.arrays[i] for i in call.active])
        self.outputs = self._outputs.describe(first)

    def _learn(self, x: Arrays) -> list[Array]:
        try:
            return self.value(x)
        except RuntimeError as error:
            # A function that calls autograd.grad itself (a force, a PDE residual) or registers
            # hooks has no value without tracking, so it is always given tracked tensors.
            if "grad" not in str(error):
                raise
            self._tracks = True
            return self.value(x)

    def value(self, x: Arrays) -> list[Array]:
        with torch.set_grad_enabled(self._tracks):
            seen = [self._tensor(a) for a in x]
            if self._tracks:
                seen = [tensor.requires_grad_().clone() for tensor in seen]
            with self._data(x) as data:
                return [array_of(out) for out in self._run(seen, data)]

    def vjp(self, x: Arrays, cotangents: Arrays) -> Pullback:
        with torch.enable_grad(), self._data(x) as data:
            leaves = [self._tensor(a).requires_grad_() for a in x]
            seen = [leaf.clone() for leaf in leaves]
            outs = self._run(seen, data)
            outputs = [array_of(out) for out in outs]
            given = self._like(cotangents, outs)
            before = [array_of(cotangent) for cotangent in given]
            gradients = pull_back(outs, leaves, given)
            return Pullback(
                outputs,
                arrays_of(gradients),
                self._mutated(x, seen, data, before, given),
            )

    def jvp(self, x: Arrays, tangents: Arrays) -> list[Array]:
        load_forward_mode()
        try:
            return self._forward_mode(x, tangents)
        except NotImplementedError:
            return self._double_backward(x, tangents)
        except RuntimeError as error:
            # A function that uses forward mode itself cannot have it nested around it.
            if "Nested forward mode" not in str(error):
                raise
            return self._double_backward(x, tangents)

    def _forward_mode(self, x: Arrays, tangents: Arrays) -> list[Array]:
        with self._data(x) as data:
            primals = [self._tensor(a) for a in x]
            if self._tracks:
                primals = [primal.requires_grad_() for primal in primals]
            outs = self._push_forward_dual(primals, data, self._like(tangents, primals))
            return [array_of(out.tangent, like=out.primal) for out in outs]

    def _push_forward_dual(
        self, primals: Sequence[Tensor], data: Sequence[Tensor], directions: Sequence[Tensor]
    ) -> list[Any]:
        with forward_ad.dual_level(), torch.set_grad_enabled(self._tracks):
            duals = list(map(forward_ad.make_dual, primals, directions))
            return [forward_ad.unpack_dual(out) for out in self._run(duals, data)]

    def _double_backward(self, x: Arrays, tangents: Arrays) -> list[Array]:
        """Jt as the derivative, in the cotangent u, of ⟨vjp(u), t⟩, which is linear in u."""
        with torch.enable_grad(), self._data(x) as data:
            leaves, outs = self._recorded(x, data)
            dummies = [torch.zeros_like(out).requires_grad_() for out in outs]
            with second_derivative("forward mode, nor double backward"):
                gradients = pull_back(outs, leaves, dummies, create_graph=True)
                refuse_once_differentiable(gradients)
                pushed = pull_back(gradients, dummies, self._like(tangents, leaves))
            return [array_of(p, like=out) for p, out in zip(pushed, outs, strict=True)]

    def hvp(self, x: Arrays, cotangents: Arrays, tangents: Arrays) -> list[Array | None]:
        """By double backward, ∇⟨vjp(x), tangents⟩: a right gradient's Jacobian is symmetric, so
        that this is the derivative along the tangents."""
        with torch.enable_grad(), self._data(x) as data:
            leaves, outs = self._recorded(x, data)
            weights = self._like(cotangents, outs)
            if first := not self._differentiates_twice:
                weights = [weight.requires_grad_() for weight in weights]
            with second_derivative("double backward"):
                gradients = pull_back(outs, leaves, weights, create_graph=True)
                if first:
                    refuse_once_differentiable(gradients)
                seconds = pull_back(gradients, leaves, self._like(tangents, leaves))
            self._differentiates_twice = True
            return arrays_of(seconds)

    def timed(self, what: str, cotangents: Arrays = (), tangents: Arrays = ()) -> Timed:
        """The leaves themselves are handed over, with no copy for each call as in a check."""
        leaves = [self._tensor(a) for a in self.point]
        data = [self._tensor(a) for a in self._call.data([a.dtype for a in self.point])]
        weights = [self._tensor(a) for a in cotangents]
        directions = [self._tensor(a) for a in tangents]
        tracked = what in ("vjp", "hvp") or self._tracks
        if tracked:
            leaves = [leaf.requires_grad_() for leaf in leaves]
        operations: dict[str, Callable[[], Sequence[Any]]] = {
            "primal": lambda: self._run(leaves, data),
            "vjp": lambda: pull_back(self._run(leaves, data), leaves, weights),
            "jvp": lambda: self._timed_jvp(leaves, data, directions),
            "hvp": lambda: self._timed_hvp(leaves, data, weights, directions),
        }
        operation = operations[what]

        def call() -> tuple[Any, ...]:
            with torch.set_grad_enabled(tracked):
                return tuple(operation())

        def move(values: Arrays) -> None:
            leaves[:] = [self._tensor(a).requires_grad_(tracked) for a in values]

        made = Timed(call, tuple(leaves), tuple(data), tracked=tracked, move=move)
        if self._device.type == "cuda":
            return replace(made, wait=lambda _: torch.cuda.synchronize(self._device))
        return made

    def _timed_jvp(
        self, leaves: Sequence[Tensor], data: Sequence[Tensor], directions: Sequence[Tensor]
    ) -> list[Tensor]:
        return [dual.tangent for dual in self._push_forward_dual(leaves, data, directions)]

    def _timed_hvp(
        self,
        leaves: Sequence[Tensor],
        data: Sequence[Tensor],
        weights: Sequence[Tensor],
        directions: Sequence[Tensor],
    ) -> list[Tensor | None]:
        with second_derivative("double backward"):
            gradients = pull_back(self._run(leaves, data), leaves, weights, create_graph=True)
            return pull_back(gradients, leaves, directions)

    def written(self, x: Arrays) -> Written:
        return self._call.described(x)

    def parts(self, x: Arrays) -> list[Part]:
        with torch.enable_grad(), self._data(x) as data:
            return rules_at_work(
                lambda: self._run(self._tracked(x), data),
                lambda call: TorchFunction(call, self._device),
            )

    def lost(self, x: Arrays, cotangents: Arrays) -> Lost | None:
        with torch.enable_grad(), quiet(), self._data(x) as data:
            leaves = self._tracked(x)
            return first_lost(
                lambda: self._run(leaves, data),
                lambda outs: pull_back(outs, leaves, self._like(cotangents, outs)),
            )

    def _recorded(self, x: Arrays, data: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The leaves to differentiate by, and the outputs for copies of them."""
        leaves = [self._tensor(a).requires_grad_() for a in x]
        return leaves, self._run([leaf.clone() for leaf in leaves], data)

    def _tracked(self, x: Arrays) -> list[Tensor]:
        return [self._tensor(a).requires_grad_().clone() for a in x]

    def vjp_batch(self, x: Arrays, cotangents: Arrays, *, points: bool) -> Pullback:
        with quiet(), torch.enable_grad():
            made = self._vmapped(x, cotangents) if points else self._many_rows(x, cotangents)
        outputs, gradients = made
        return Pullback(
            [array_of(out) for out in outputs],
            arrays_of(gradients),
        )

    def _vmapped(self, x: Arrays, cotangents: Arrays) -> Batched:
        with self._data([a[0] for a in x]) as data:
            return vmapped_vjp(
                lambda *seen: tuple(self._run(seen, data)),
                [self._tensor(a) for a in x],
                [self._tensor(c) for c in cotangents],
            )

    def _many_rows(self, x: Arrays, cotangents: Arrays) -> Batched:
        with self._data(x) as data:
            leaves, outs = self._recorded(x, data)
            return many_rows(outs, leaves, self._like(cotangents, outs))

    def batches_by_rule(self, x: Arrays, cotangents: Arrays) -> bool:
        with torch.enable_grad(), self._data(x) as data:
            return any(map(is_rule, nodes_of(self._run(self._tracked(x), data))))

    def holomorphic(self, x: Arrays) -> list[Array]:
        with torch.set_grad_enabled(self._tracks), quiet(), self._data(x) as data:
            leaves = [self._tensor(a) for a in x]
            with no_way_out(), OnlyHolomorphic(leaves):
                outs = self._run(leaves, data)
            return [array_of(out) for out in outs]

    def cuts(self, x: Arrays) -> list[Cut]:
        from adbench.backends.torch_cuts import cuts_met

        with torch.enable_grad(), self._data(x) as data:
            return cuts_met(lambda: self._recorded(x, data)[1])

    def uncut(self, x: Arrays, cotangents: Arrays, which: Collection[int]) -> list[Array | None]:
        from adbench.backends.torch_cuts import without

        with torch.enable_grad(), self._data(x) as data:
            leaves, outs = without(which, lambda: self._recorded(x, data))
            gradients = pull_back(outs, leaves, self._like(cotangents, outs))
            return arrays_of(gradients)

    def narrowings(self, x: Arrays, cotangents: Arrays | None) -> list[Narrowing]:
        with torch.enable_grad(), quiet(), self._data(x) as data:
            leaves = self._tracked(x)
            seen = Narrowings()
            with seen:
                outs = self._run(leaves, data)
                if cotangents is not None:
                    pull_back(outs, leaves, self._like(cotangents, outs))
            return seen.found

    def same_arrays(self, x: Arrays, other: Arrays) -> list[list[Array] | None]:
        with torch.set_grad_enabled(self._tracks), self._data(x) as data:

            def make(arrays: Arrays) -> list[Tensor]:
                tensors = [self._tensor(a) for a in arrays]
                return [t.requires_grad_().clone() for t in tensors] if self._tracks else tensors

            def write(tensor: Tensor, numbers: Array) -> None:
                tensor.data.copy_(self._tensor(numbers))

            def run(active: list[Tensor]) -> list[Array]:
                return [array_of(out) for out in self._run(active, data)]

            return by_array(run, make, write, x, other)

    def apply(self, active: Sequence[Any]) -> list[Any]:
        return self._outputs.flatten(self._call.as_written(active))

    def value_batch(self, x: Arrays) -> list[Array]:
        with quiet():
            if self._rows is None:
                largest = self._largest([a[0] for a in x])
                self._rows = rows_per_call(largest, most=1024, least=_LEAST_ROWS)
            return in_chunks(self._batch, x, self._rows)

    def _largest(self, x: Arrays) -> int:
        """Bytes of the largest tensor that one evaluation takes or makes."""
        given = max(a.nbytes for a in x)
        rows_per_call(given, most=1024, least=_LEAST_ROWS)  # or it need not be made
        with LargestArray() as largest:
            try:
                self.value(x)
            except Exception as error:
                raise UnsupportedError(f"one of the batch: {first_line(error)}") from error
        return max(given, int(largest.bytes))

    def _batch(self, x: Arrays) -> list[Array]:
        with torch.no_grad(), self._data(x) as data:
            batched = torch.func.vmap(lambda *seen: tuple(self._run(seen, data)))
            try:
                outs = batched(*[self._tensor(a) for a in x])
            except Exception as error:
                raise UnsupportedError(f"torch.func.vmap: {first_line(error)}") from error
            return [array_of(out) for out in outs]

    def _run(self, active: Sequence[Tensor], data: Sequence[Tensor]) -> list[Tensor]:
        value = self._call(self._call.merge(active, data))
        leaves = self._outputs.flatten(value)
        for name, leaf in zip(self._outputs.names, leaves, strict=True):
            if not isinstance(leaf, torch.Tensor):
                raise reject(name, leaf, "a torch.Tensor")
        return leaves

    @contextmanager
    def _data(self, x: Arrays) -> Iterator[list[Tensor]]:
        """The data tensors for active leaves of these dtypes, made anew if the function wrote
        into them: what one call did must not reach the next."""
        key = tuple(a.dtype for a in x)
        tensors = self._data_cache.pop(key, None)
        if tensors is None:
            arrays = self._call.data(key)
            tensors = [self._tensor(a) for a in arrays]
            yield tensors
            # Writing through .numpy() or .data leaves no trace in the version counter.
            self._keeps_data = self._keeps_data and unchanged(arrays, tensors)
        else:
            yield tensors
        if self._keeps_data and not any(tensor._version for tensor in tensors):
            self._data_cache[key] = tensors

    def _mutated(
        self,
        x: Arrays,
        seen: Sequence[Tensor],
        data: Sequence[Tensor],
        before: Arrays,
        cotangents: Sequence[Tensor],
    ) -> tuple[str, ...]:
        given = self._call.merge(x, self._call.data([a.dtype for a in x]))
        after = self._call.merge(seen, data)
        names = [
            leaf.name
            for leaf, a, tensor in zip(self._call.leaves, given, after, strict=True)
            if not unchanged([a], [tensor])
        ]
        if not unchanged(before, cotangents):
            names.append("cotangent")
        return tuple(names)

    def _tensor(self, array: Array) -> Tensor:
        return tensor_of(array, self._device)

    def _like(self, arrays: Arrays, tensors: Sequence[Tensor]) -> list[Tensor]:
        return tensors_like(arrays, tensors, self._device)
