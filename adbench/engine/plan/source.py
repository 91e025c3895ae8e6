"""Source code in the making: its statements, and names for the objects that it refers to.

"Static" values lie in arrays that are made with the code. Others are local variables in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from adbench.engine.plan.layout import Layout
from adbench.engine.plan.memory import Arena, Spec
from adbench.engine.plan.program import Fixed, Ref, Template, fill, refs, same

DIVERGED = object()
"""What a run returns when a guard does not hold."""
INLINE = (int, bool, str, type(None), type(Ellipsis))
"""Types of what is written into the code as it is."""


class Source:
    """The statements of a function, and the objects that its names stand for."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.arena = Arena()
        self.space: dict[str, Any] = {"DIVERGED": DIVERGED, "same": same}
        self.literals: dict[str, Any] = {}
        self.lines: list[str | tuple[Any, tuple[Any, ...]]] = []
        """Statements, and calls all of whose operands are static."""
        self.static: dict[int, Any] = {}
        self.boxes: dict[int, str] = {}
        self.names: dict[Any, str] = {}
        self._zeros: dict[int, bool] = {}
        for number, value in layout.constants.items():
            if type(value) is np.ndarray:
                self.static[number] = value

    def statements(self) -> Iterator[str]:
        """The source's lines. Static calls in a row are looped over, which takes no compiling."""
        for static, group in itertools.groupby(self.lines, lambda line: type(line) is tuple):
            if static:
                yield f"for f, a in {self.name(tuple(group), 'k')}: f(*a)"
            else:
                yield from map(str, group)

    def do(self, function: Any, *operands: str) -> None:
        """Call a function for what it writes into an operand."""
        try:
            self.lines.append((function, tuple(map(self.object, operands))))
        except KeyError:
            self.lines.append(f"{self.name(function, 'f')}({', '.join(operands)})")

    def object(self, source: str) -> Any:
        """What static source stands for; raises KeyError for a local variable."""
        return self.space[source] if source in self.space else self.literals[source]

    def name(self, thing: Any, prefix: str) -> str:
        """A name in the generated function's globals."""
        key = (prefix, id(thing))
        if key not in self.names:
            name = f"{prefix}{len(self.names)}"
            self.names[key] = name
            self.space[name] = thing
        return self.names[key]

    def operand(self, template: Template) -> str:
        """Source for an argument."""
        if type(template) is Ref:
            number = template.id
            if number in self.static:
                return self.name(self.static[number], "b")
            if number in self.layout.constants:
                return self.name(self.layout.constants[number], "k")
            return f"v{number}"
        if type(template) is Fixed:
            value = template.value
            if type(value) not in INLINE:
                return self.name(value, "k")
            self.literals[repr(value)] = value
            return repr(value)
        if all(n in self.static or n in self.layout.constants for n in refs(template)):
            return self.name(self.known(template), "k")
        items = [self.operand(item) for item in template.items]
        if template.kind is slice:
            return f"slice({', '.join(items)})"
        inside = "".join(item + ", " for item in items)
        return f"({inside})" if template.kind is tuple else f"[{inside}]"

    def known(self, template: Template) -> Any:
        """An argument all of whose values are static."""
        return fill(
            template, lambda n: self.static[n] if n in self.static else self.layout.constants[n]
        )

    def is_known(self, *templates: Template) -> bool:
        """Whether arguments consist of static values only."""
        return all(
            n in self.static or n in self.layout.constants for t in templates for n in refs(t)
        )

    def array(self, template: Template, like: Any = None) -> str:
        """Source for an operand of a ufunc: numbers in 0-d arrays, which it reads faster.

        `like` is the dtype that a Python number takes there; None leaves it as it is.
        """
        number = template.id if type(template) is Ref else None
        if number is None or number in self.layout.constants:
            value = self.known(template)
            if type(value) in (int, float) and like is not None:
                return self.constant(np.array(value, dtype=like))
            if isinstance(value, np.generic):
                return self.constant(np.array(value))
            return self.operand(template)
        spec = self.layout.specs[number]
        if spec.shape is not None or spec.dtype is None:
            return self.operand(template)
        return self.box(number)

    def constant(self, array: Any) -> str:
        """A name for a small array that is a constant of the code."""
        key = (array.dtype, array.tobytes())
        if key not in self.names:
            self.names[key] = self.name(array, "b")
        return self.names[key]

    def box(self, number: int) -> str:
        """A 0-d array that holds a number, stored when it is first asked for."""
        if number not in self.boxes:
            dtype = self.layout.specs[number].dtype
            spec = Spec((), dtype, (), dtype.itemsize)
            box = self.arena.array(self.arena.take(spec.nbytes), spec)
            self.boxes[number] = self.name(box, "b")
            self.lines.append(f"{self.boxes[number]}[()] = v{number}")
        return self.boxes[number]

    def is_zero(self, number: int) -> bool:
        """Whether a value is an array of zeros."""
        value = self.layout.constants.get(number)
        if number not in self._zeros:
            self._zeros[number] = type(value) is np.ndarray and not value.any()
        return self._zeros[number]

    def spec(self, template: Template) -> Spec | None:
        """The spec of an operand that is a value."""
        return self.layout.specs[template.id] if type(template) is Ref else None
