"""The adjoint program of a function: value and gradient as one list of NumPy calls.

The compiled executor's recorder notes what the tape and its sweep do, and its passes simplify
it: the program is the plan that a compiled gradient replays, before memory is assigned to it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adbench.backends import trees
from adbench.backends.protocol import Array
from adbench.engine import DifferentiationError
from adbench.engine.array import plain, underlying
from adbench.engine.inspect import Followed, Place, follow
from adbench.engine.plan.placed import PlacedRecorder
from adbench.engine.plan.program import Call, Guard, Program, same
from adbench.engine.plan.recorded import RecordedArray
from adbench.engine.plan.recorder import UnrecordableError
from adbench.engine.plan.simplify import simplify
from adbench.engine.tape import Parts
from adbench.explain.subject import ExplainError, Subject, is_number, seed


@dataclass
class AdjointProgram:
    """A program with what is needed to read it.

    `names` has what values are called that stand for something: inputs, results of the forward
    pass (`v7`, by the graph's numbering), their adjoints (`d_v7`). `places` has the user's line
    of each value of the forward pass, `helps` the record whose adjoint a value of the backward
    pass helps to pass on.
    """

    program: Program
    parameters: list[tuple[int, str, Array]] = field(default_factory=list)
    """Inputs as (value, name, what they were): active, passive, then cotangents."""
    active: int = 0
    outputs: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    helps: dict[int, int] = field(default_factory=dict)
    operations: dict[int, str] = field(default_factory=dict)
    """The tape's operations by record, for the comments of the backward pass."""
    ignored: tuple[str, ...] = ()
    """The floating-point errors that the function, or a rule, silences."""


def adjoint_program(subject: Subject, operations: Mapping[int, str]) -> AdjointProgram:
    """The program at the subject's point; `operations` are the tape's, by record.

    Raises ExplainError, with the reason in one line, where a program would not be what the
    function does: it cannot be recorded, or two calls do not leave the same one.
    """
    first, second = _recorded(subject), _recorded(subject)
    if (difference := _difference(first.program, second.program)) is not None:
        raise ExplainError(difference)
    first.operations = dict(operations)
    simplify(first.program)
    return first


def _recorded(subject: Subject) -> AdjointProgram:
    recorder = PlacedRecorder()
    try:
        return _record(subject, recorder)
    except UnrecordableError as error:
        raise ExplainError(_reason(error)) from None
    except DifferentiationError:
        if recorder.failure is not None:
            raise ExplainError(_reason(recorder.failure)) from None
        raise


def _reason(error: UnrecordableError) -> str:
    place = f" ({error.location.file}:{error.location.line})" if error.location else ""
    return f"the function {error.reason}{place}"


def _record(subject: Subject, recorder: PlacedRecorder) -> AdjointProgram:
    call, bound = subject.call, subject.bound
    found = AdjointProgram(recorder.program)
    taken: set[str] = set()

    def enter(name: str, array: Array) -> RecordedArray:
        entered = recorder.input(np.array(array))
        found.parameters.append((entered.id, _identifier(name, taken), np.array(array)))
        return entered

    active = [enter(leaf.name, a) for leaf, a in zip(bound.inputs, bound.point, strict=True)]
    data = [enter(call.leaves[i].name, call.arrays[i]) for i in call.passive]
    found.active = len(active)
    cotangents: list[Any] = list(subject.cotangents)
    if not is_number(bound.outputs):
        cotangents = [
            enter(f"cotangent_{leaf.name}", c)
            for leaf, c in zip(bound.outputs, subject.cotangents, strict=True)
        ]

    def function(*leaves: Any) -> list[Any]:
        return trees.flatten_leaves(call(call.merge(leaves, data)))[0]

    def recorded(cotangent: Any) -> RecordedArray:
        # Recorded, so that no sum of cotangents begins in a plain array, which cannot be written.
        if isinstance(cotangent, RecordedArray):
            return cotangent
        return recorder.constant(cotangent)

    adjoints: dict[int, Any] = {}

    def forward_done(followed: Followed) -> None:
        recorder.helping = len(followed.records) - 1

    def arrives(record: int, adjoint: Any) -> None:
        recorder.helping = record
        if not isinstance(adjoint, Parts):
            adjoints[record] = adjoint

    followed = follow(
        function,
        active,
        lambda values: [
            recorded(seed(c, underlying(v))) for c, v in zip(cotangents, values, strict=True)
        ],
        arrives,
        forward_done,
    )
    if recorder.failure is not None:
        raise recorder.failure
    _name(found, followed, adjoints)
    outputs = [recorder.number(plain(v)) for v in followed.results]
    gradients = [recorder.number(g) for g in followed.gradients]
    recorder.program.outputs = [*outputs, *gradients]
    recorder.open = False
    found.outputs = [leaf.name for leaf in bound.outputs]
    found.places, found.helps = recorder.places, recorder.helps
    found.ignored = tuple(sorted(recorder.ignored))
    return found


def _name(found: AdjointProgram, followed: Followed, adjoints: dict[int, Any]) -> None:
    """Name the values that the graph knows: inputs, results and their adjoints."""
    taken = {name for _, name, _ in found.parameters}
    inputs = [name for _, name, _ in found.parameters[: found.active]]

    def name(value: Any, wanted: str) -> None:
        if isinstance(value, RecordedArray) and value.id not in found.names:
            found.names[value.id] = _free(wanted, taken)

    for number, parameter, _ in found.parameters:
        found.names[number] = parameter
    for record, value in followed.values.items():
        name(plain(value), f"v{record}")
    for record, adjoint in adjoints.items():
        of = inputs[record] if record < len(inputs) else f"v{record}"
        name(adjoint, f"d_{of}")


def _identifier(name: str, taken: set[str]) -> str:
    """A name of a variable that is not taken yet: `params['w'][0]` becomes `params_w_0`."""
    # Python reads identifiers in this form, so that only it tells whether two are the same.
    normal = unicodedata.normalize("NFKC", name)
    words = "".join(c if f"a{c}".isidentifier() else " " for c in normal).split()
    identifier = "_".join(words)
    if not identifier.isidentifier():
        identifier = f"x{identifier}"
    if identifier in _RESERVED or _is_ours(identifier):
        identifier += "_"
    return _free(identifier, taken)


def _free(name: str, taken: set[str]) -> str:
    """The name, lengthened until no other has it; then it is taken."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


_RESERVED = frozenset(
    "False None True and as assert async await break class continue def del elif else except "  # noqa: SIM905
    "finally for from global if import in is lambda nonlocal not or pass raise return try while "
    "with yield np special array unpacked value_and_gradient float int complex bool slice "
    "round len abs print zlib base64 math operator isinstance ValueError zip".split()
)


def _is_ours(name: str) -> bool:
    """Whether the program itself gives such names to values: v7, t7, c7."""
    return name[0] in "vtc" and name[1:].isdigit()


def _difference(first: Program, second: Program) -> str | None:
    """Why two recordings are not of one program; None where they are."""
    changed = "takes another way in the next call, for the same inputs"
    if len(first.steps) != len(second.steps) or first.outputs != second.outputs:
        return f"the function {changed}"
    for a, b in zip(first.steps, second.steps, strict=True):
        if type(a) is Guard and type(b) is Guard:
            if a.id != b.id or not same(a.expected, b.expected):
                return f"the function {changed}"
        elif type(a) is not type(b) or (type(a) is Call and a != b):
            return f"the function {changed}"
    for number in first.constants:
        if not same(first.values[number], second.values[number]):
            place = first.places.get(number)
            where = f" ({place.file}:{place.line})" if place else ""
            return f"the function uses another number in each call, such as a random one{where}"
    return None
