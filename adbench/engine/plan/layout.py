"""How long each value's memory is needed.

A layout is what is left of a program once its recorded values are dropped.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from adbench.engine.plan import functions as pure
from adbench.engine.plan.memory import Spec
from adbench.engine.plan.program import Guard, Program, Step, reads, refs

FOREVER = 1 << 60


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
        return cls(
            program.inputs,
            program.outputs,
            program.steps,
            {n: program.values[n] for n in used if n in program.constants},
            {n: Spec.of(program.values[n]) for n in used},
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
