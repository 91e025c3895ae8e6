"""How long each value's memory is needed, and buffers that are used again.

A layout is what is left of a program once its recorded values are dropped.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from adbench.engine.plan import functions as pure
from adbench.engine.plan.program import Call, Guard, Program, Step, Template, reads, refs

FOREVER = 1 << 60


class Spec(NamedTuple):
    """What is known of a value before it is computed; `shape` is None for other than arrays."""

    shape: tuple[int, ...] | None
    dtype: Any
    strides: tuple[int, ...]
    nbytes: int

    @classmethod
    def of(cls, value: Any) -> Spec:
        """The spec of a value as it was recorded."""
        if type(value) is np.ndarray:
            return cls(value.shape, value.dtype, value.strides, value.nbytes)
        return cls(None, getattr(value, "dtype", None), (), 0)


class Buffers:
    """Memory for values, given back and used again; counts what it holds."""

    def __init__(self) -> None:
        self.free: dict[int, list[Any]] = {}
        self.nbytes = 0

    def take(self, spec: Spec) -> tuple[Any, Any]:
        """(block, array): an array laid out as in the recording, in a block of memory."""
        size = max(64, -(-spec.nbytes // 64) * 64)
        fitting = [n for n, blocks in self.free.items() if size <= n <= 2 * size and blocks]
        if fitting:
            block = self.free[min(fitting)].pop()
        else:
            memory = np.empty(size + 64, dtype=np.uint8)
            start = -memory.ctypes.data % 64
            block = memory[start : start + size]
            self.nbytes += size
        assert spec.shape is not None
        order = sorted(range(len(spec.shape)), key=lambda axis: -abs(spec.strides[axis]))
        laid_out = np.ndarray([spec.shape[axis] for axis in order], spec.dtype, block)
        return block, laid_out.transpose(np.argsort(order)) if order else laid_out

    def give(self, block: Any) -> None:
        """A block whose value is dead."""
        self.free.setdefault(len(block), []).append(block)


class Layout(NamedTuple):
    """What is left of a program once its recorded values are dropped."""

    inputs: list[int]
    outputs: list[int]
    steps: list[Step]
    constants: dict[int, Any]
    specs: dict[int, Spec]
    last: list[int]

    @classmethod
    def of(cls, program: Program) -> Layout:
        """The layout of a program, with the last step that uses each value's memory."""
        used = set(program.inputs) | set(program.outputs)
        for step in program.steps:
            used.update([step.id] if type(step) is Guard else [step.out, *reads(step)])
        # Most values look like others, and are named more than once: what is equal is kept once.
        specs: dict[Spec, Spec] = {}
        named: dict[Template, Template] = {}
        steps = [
            step._replace(args=tuple(named.setdefault(t, t) for t in step.args))
            if type(step) is Call
            else step
            for step in program.steps
        ]
        return cls(
            program.inputs,
            program.outputs,
            steps,
            {n: program.values[n] for n in used if n in program.constants},
            {
                n: specs.setdefault(spec, spec)
                for n in used
                for spec in [Spec.of(program.values[n])]
            },
            last_uses(program),
        )


def last_uses(program: Program) -> list[int]:
    """For each value the last step at which its memory is read, through views too."""
    last = [-1] * len(program.values)
    for output in program.outputs:
        last[output] = FOREVER
    for i in range(len(program.steps) - 1, -1, -1):
        step = program.steps[i]
        if type(step) is Guard:
            last[step.id] = max(last[step.id], i)
            continue
        function = step.function
        until = i if pure.has_own_memory(function) else max(i, last[step.out])
        operands = refs(step.args[0]) if function in pure.VIEWS else reads(step)
        for number in operands:
            last[number] = max(last[number], until)
        if function in pure.VIEWS:
            for number in reads(step):
                last[number] = max(last[number], i)
    return last
