"""An adjoint program as Python source: plain NumPy, commented, that runs without adbench."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from adbench.engine.array import name_of
from adbench.engine.plan import functions as pure
from adbench.engine.plan.program import Call, Fixed, Guard, Many, Ref, Template
from adbench.engine.plan.recorder import shape_of
from adbench.explain.literals import UNPACKED, Literals, comment
from adbench.explain.program import AdjointProgram
from adbench.explain.subject import ExplainError

_WIDTH = 100
_SHOWN = 1000
"""Elements up to which the program comes with the inputs that it was recorded at."""


def program_source(adjoint: AdjointProgram, title: str, code: str = "") -> str:
    """The source of a module with one function, and a main part that calls it.

    The function takes the inputs, data and cotangents as arrays, and returns the outputs and the
    gradients. Raises ExplainError for a call that cannot be written as NumPy source.
    """
    return _Writer(adjoint).module(title, code)


class _Writer:
    def __init__(self, adjoint: AdjointProgram) -> None:
        self.adjoint = adjoint
        self.program = adjoint.program
        self.literals = Literals()
        self.names = dict(adjoint.names)
        self.specials = False
        self.modules: set[str] = set()
        self.constants: dict[Any, str] = {}
        """Names by dtype, shape and bytes."""
        self.definitions: list[str] = []

    # The module.

    def module(self, title: str, code: str) -> str:
        body = list(self.body())
        signature = ", ".join(name for _, name, _ in self.adjoint.parameters)
        head = [f'"""{_quotable(title)}']
        head += ["", *_DOCUMENTATION, '"""', ""]
        if code:
            head += ["# The function, as it was written:", "#"]
            head += [f"#     {comment(line)}".rstrip() for line in code.splitlines()]
            head += [""]
        lines = [f"def value_and_gradient({signature}):"]
        if self.adjoint.ignored:
            silent = ", ".join(f'{kind}="ignore"' for kind in self.adjoint.ignored)
            lines.insert(0, f"@np.errstate({silent})")
        lines += [f'    """{self.documentation()}"""']
        lines += [f"    {line}" if line else "" for line in body]
        main = self.main()
        imports = [f"import {name}\n" for name in sorted(self.modules)]
        if self.literals.packed:
            imports = ["import base64\n", *imports, "import zlib\n"]
        imports += ["\n"] if imports else []
        imports += ["import numpy as np\n"]
        if self.specials:
            imports += ["from scipy import special\n"]
        top = "\n".join(head) + "\n" + "".join(imports)
        if self.literals.packed:
            top += "\n\n" + UNPACKED
        constants = "".join(f"{line}\n" for line in self.definitions)
        if constants:
            top += "\n# Constants of the function.\n" + constants
        return top + "\n\n" + "\n".join(lines) + "\n\n\n" + "\n".join(main) + "\n"

    def documentation(self) -> str:
        adjoint = self.adjoint
        gradients = ", ".join(name for _, name, _ in adjoint.parameters[: adjoint.active])
        many = len(adjoint.outputs) > 1
        value = f"({', '.join(adjoint.outputs)})" if many else "value"
        return _quotable(f"Return {value}, and the gradients by {gradients}.")

    def main(self) -> list[str]:
        """Calls the function at the recorded inputs, where they are small enough to be written."""
        lines = ['if __name__ == "__main__":']
        parameters = self.adjoint.parameters
        if sum(array.size for *_, array in parameters) > _SHOWN:
            shapes = ", ".join(f"{name} {array.shape}" for _, name, array in parameters)
            return [
                *lines,
                f'    raise SystemExit("give value_and_gradient its inputs: {shapes}")',
            ]
        for _, name, array in parameters:
            lines.append(f"    {name} = {self.literals.array(array)}")
        names = [name for _, name, _ in parameters]
        lines.append(f"    value, *gradients = value_and_gradient({', '.join(names)})")
        lines.append('    print("value", value)')
        pairs = "[" + ", ".join(repr(name) for name in names[: self.adjoint.active]) + "]"
        lines.append(f"    for name, gradient in zip({pairs}, gradients):")
        lines.append('        print("gradient by", name)')
        lines.append("        print(gradient)")
        return lines

    # The function.

    def body(self) -> Iterator[str]:
        yield f"# Forward: {self.counted(False)}."
        backward, place, helped = False, None, None
        for step in self.program.steps:
            if type(step) is Guard:
                yield from self.guard(step)
                continue
            call: Any = step
            if not backward and self.is_backward(call.out):
                backward = True
                yield ""
                yield f"# Backward: {self.counted(True)}, from the output to the inputs."
                yield "# d_v is the derivative of the result with respect to v."
            if backward:
                helps = self.adjoint.helps.get(call.out)
                if helps is not None and helps != helped:
                    helped = helps
                    operation = self.adjoint.operations.get(helps)
                    if operation:
                        yield f"# v{helps}: {comment(operation)}"
            elif (here := self.adjoint.places.get(call.out)) is not None and here != place:
                place = here
                name = here.file.replace("\\", "/").rpartition("/")[2]
                yield comment(f"# {name}:{here.line}  {here.text}")[:_WIDTH]
            try:
                yield from self.call(call)
            except _UnwritableError as error:
                raise ExplainError(f"{error} has no form in plain NumPy") from None
        yield ""
        outputs = [self.operand(Ref(n)) for n in self.program.outputs]
        count = len(self.adjoint.outputs)
        value = outputs[0] if count == 1 else f"({', '.join(outputs[:count])})"
        yield f"return {', '.join([value, *outputs[count:]])}"

    def is_backward(self, number: int) -> bool:
        return number in self.adjoint.helps

    def counted(self, backward: bool) -> str:
        """How many operations a pass has, in words."""
        started, counts = False, [0, 0]
        for step in self.program.steps:
            if type(step) is Call:
                started = started or self.is_backward(step.out)
                counts[started] += 1
        count = counts[backward]
        return f"{count:,} operation" if count == 1 else f"{count:,} operations"

    def guard(self, guard: Guard) -> Iterator[str]:
        """A condition under which the program is what the function does."""
        value, expected = self.operand(Ref(guard.id)), guard.expected
        if type(expected) is bool:
            test = f"not {value}" if expected else value
        elif isinstance(expected, (np.ndarray, np.generic)):
            test = f"not np.array_equal({value}, {self.value(expected)}, equal_nan=True)"
        else:
            test = f"{value} != {self.value(expected)}"
        where = ""
        if guard.location is not None:
            name = guard.location.file.replace("\\", "/").rpartition("/")[2]
            where = f"{name}:{guard.location.line}: "
        yield f"if {test}:"
        message = f"{where}for these inputs the function takes another way than was recorded"
        yield f"    raise ValueError({comment(message)!r})"

    # Calls.

    def call(self, call: Call) -> Iterator[str]:
        function, out = call.function, self.name(call.out)
        if function in _WRITES:
            x, value, index = call.args
            yield f"{out} = {self.copy(x)}"
            place = self.operand(index) if function is pure.add_at else self.index(index)
            yield _WRITES[function].format(out=out, index=place, value=self.operand(value))
            return
        yield f"{out} = {self.expression(call)}"

    def copy(self, template: Template) -> str:
        """A copy that may be written into; of a constant that is all zeros, new zeros."""
        number = template.id if type(template) is Ref else None
        if number in self.program.constants:
            zeros = self.value(self.program.values[number])
            if zeros.startswith("np.zeros("):
                return zeros
        return f"{_grouped(self.operand(template))}.copy()"

    def expression(self, call: Call) -> str:
        function = call.function
        operands = [self.operand(a) for a in call.args]
        options = [f"{name}={self.operand(t)}" for name, t in call.kwargs]
        if function in pure.SYMBOLS and len(operands) == 2 and not options:
            left, right = (_grouped(o) for o in operands)
            return f"{left} {pure.SYMBOLS[function]} {right}"
        if function is np.matmul and not options:
            return f"{_grouped(operands[0])} @ {_grouped(operands[1])}"
        if function in (np.negative, operator.neg) and not options:
            return f"-{_grouped(operands[0])}"
        if function is pure.getitem:
            return f"{_grouped(operands[0])}[{self.index(call.args[1])}]"
        if function is pure.reshape:
            shape = operands[1]
            order = f", order={operands[2]}" if len(operands) > 2 and operands[2] != "'C'" else ""
            return f"{_grouped(operands[0])}.reshape({shape}{order})"
        if (reduction := _REDUCTIONS.get(_reduced(function))) is not None:
            options = [option for option in options if option != "axis=None"]
            return f"{reduction}({', '.join([*operands, *options])})"
        if function in _METHODS:
            return _METHODS[function].format(*map(_grouped, operands))
        return f"{self.function(function)}({', '.join([*operands, *options])})"

    def function(self, function: Any) -> str:
        """A public name of a function; raises _UnwritableError for one that has none."""
        owner = getattr(function, "__self__", None)
        if isinstance(owner, np.ufunc):
            return f"{self.function(owner)}.{function.__name__}"
        if function in _BUILTINS:
            return str(function.__name__)
        if getattr(function, "__module__", None) in ("math", "_operator", "operator"):
            module = "math" if function.__module__ == "math" else "operator"
            self.modules.add(module)
            return f"{module}.{function.__name__}"
        name = name_of(function)
        if name.startswith("numpy.") and _found(np, name.removeprefix("numpy.")) is function:
            return f"np.{name.removeprefix('numpy.')}"
        short = name.rpartition(".")[2]
        if getattr(np, short, None) is function:
            return f"np.{short}"
        if name.startswith("scipy.special"):
            self.specials = True
            return f"special.{_special_name(function, short)}"
        raise _UnwritableError(name)

    # Operands.

    def name(self, number: int) -> str:
        return self.names.setdefault(number, f"t{number}")

    def operand(self, template: Template) -> str:
        if type(template) is Ref:
            if template.id in self.program.constants:
                return self.constant(template.id)
            return self.name(template.id)
        if type(template) is Fixed:
            return self.value(template.value)
        assert type(template) is Many
        items = [self.operand(item) for item in template.items]
        if template.kind is slice:
            return f"slice({', '.join(items)})"
        if template.kind is tuple:
            return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
        return f"[{', '.join(items)}]"

    def index(self, template: Template) -> str:
        """An index as it stands between brackets."""
        if type(template) is Fixed and type(template.value) is tuple:
            template = Many(tuple, tuple(Fixed(type(item), item) for item in template.value))
        if type(template) is Many and template.kind is tuple and len(template.items) > 1:
            return ", ".join(map(self.index, template.items))
        if type(template) is Fixed and isinstance(template.value, slice):
            part = template.value
            ends = (Fixed(type(end), end) for end in (part.start, part.stop, part.step))
            template = Many(slice, tuple(ends))
        if type(template) is Many and template.kind is slice:
            start, stop, step = (
                "" if type(end) is Fixed and end.value is None else self.operand(end)
                for end in template.items
            )
            return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
        return self.operand(template)

    def constant(self, number: int) -> str:
        """A constant: small ones where they are used, larger ones once, before the function."""
        value = self.program.values[number]
        if not isinstance(value, np.ndarray) or value.size <= 1:
            return self.value(value)
        key = (value.dtype, value.shape, value.tobytes())
        if key not in self.constants:
            self.constants[key] = f"c{number}"
            self.definitions.append(f"c{number} = {self.literals.array(value)}")
        return self.constants[key]

    def value(self, value: Any) -> str:
        if isinstance(value, tuple):
            inside = ", ".join(map(self.value, value))
            return f"({inside}{',' if len(value) == 1 else ''})"
        try:
            return self.literals.value(value)
        except ValueError:
            if callable(value):
                return self.function(value)
            raise _UnwritableError(repr(value)) from None


class _UnwritableError(Exception):
    """Something that no NumPy source stands for."""


def _quotable(text: str) -> str:
    """A text that can stand in a docstring: nothing in it ends or escapes anything."""
    return comment(text).replace("\\", "/").replace('"', "'")


def _special_name(function: Any, short: str) -> str:
    """A function of scipy.special by its public name; some of these are Python around a ufunc."""
    from scipy import special

    public = _WRAPPED.get(short, short)
    if getattr(special, public, None) is function or public in _WRAPPED.values():
        return public
    raise _UnwritableError(f"scipy.special.{short}")


def _reduced(function: Any) -> Any:
    """The ufunc whose `reduce` a function is, or None."""
    owner = getattr(function, "__self__", None)
    return owner if isinstance(owner, np.ufunc) and function.__name__ == "reduce" else None


def _found(module: Any, path: str) -> Any:
    for part in path.split("."):
        module = getattr(module, part, None)
    return module


def _grouped(text: str) -> str:
    """An operand in parentheses, unless it binds as tightly as a name does."""
    return text if text.isidentifier() or _is_closed(text) else f"({text})"


def _is_closed(text: str) -> bool:
    """Whether a text is a positive number, or a call, an item or a bracket as a whole."""
    depth = 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in " +-*/@%<>=":
            exponent = character in "+-" and text[i - 1 : i] == "e" and text[0].isdigit()
            if not exponent:
                return False
    return text != ""


_WRITES: dict[Callable[..., Any], str] = {
    pure.setitem: "{out}[{index}] = {value}",
    pure.add_at: "np.add.at({out}, {index}, {value})",
    pure.add_slice: "{out}[{index}] += {value}",
    pure.subtract_slice: "{out}[{index}] -= {value}",
}
_REDUCTIONS: dict[Any, str] = {
    np.add: "np.sum",
    np.multiply: "np.prod",
    np.maximum: "np.max",
    np.minimum: "np.min",
}
"""What NumPy calls `reduce` of these ufuncs."""
_WRAPPED = {"_zeta": "zeta", "_riemann_zeta": "zeta"}
"""ufuncs of scipy.special that its public functions call."""
_METHODS: dict[Callable[..., Any], str] = {
    pure.astype: "{0}.astype({1})",
    pure.copy: "{0}.copy()",
    shape_of: "{0}.shape",
    operator.truth: "bool({0})",
    operator.index: "int({0})",
}
_BUILTINS = (int, float, bool, complex, round, abs)
_DOCUMENTATION = (
    "The adjoint program: the function and its gradient as one list of NumPy calls, each value",
    "made once. Written by `adbench explain`; it needs NumPy and nothing of adbench.",
)
