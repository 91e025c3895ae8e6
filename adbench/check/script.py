"""A failure as a script that shows it without adbench: plain PyTorch, JAX or NumPy.

The native engine is adbench's own, so that its script imports `adbench.grad`, and says so.
"""

from __future__ import annotations

import base64
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import optree
from numpy.typing import NDArray

from adbench.backends.protocol import Written
from adbench.check.pointed import coordinate_of
from adbench.check.probes import scales
from adbench.check.subject import Subject
from adbench.record.model import Finding

Array = NDArray[Any]

_STEP = 2.0**-17
_SHOWN = 1e-5
"""Relative difference that a plain central difference must show."""
_MOST = 200
"""Elements up to which an array is written out; larger ones are loaded from a file."""
_MOST_SAVED = 200_000
"""Elements up to which they are saved."""

_IMPORTS = {
    "torch": ("import torch",),
    "jax": ("import jax", "", 'jax.config.update("jax_enable_x64", True)'),
    "native": ("import adbench  # the engine whose derivative is in question",),
    "manual": (),
}


class Script(NamedTuple):
    """A script, and the arrays that it loads from the `.npz` file beside it, of the same name."""

    text: str = ""
    data: dict[str, Array] = {}  # noqa: RUF012  (never written to)

    def encoded(self) -> str:
        """The `.npz` file in base64; "" where there is nothing in it."""
        if not self.data:
            return ""
        file = BytesIO()
        np.savez_compressed(file, allow_pickle=False, **self.data)
        return base64.b64encode(file.getvalue()).decode("ascii")


def script(subject: Subject, findings: list[Finding], weights: Array) -> Script:
    """Python source that prints AD's derivative of one failing element and a central difference.

    Empty where no element fails, where the function cannot be had, or is too large even to be
    saved, or where so plain a difference does not show the failure.
    """
    backend = subject.backend.name
    written = subject.bound.written(subject.arrays(subject.x))
    if written is None or backend not in _IMPORTS:
        return Script()
    flat: list[Any] = optree.tree_leaves(written.arguments)  # type: ignore[arg-type]
    if sum(int(np.size(leaf)) for leaf in flat) + subject.outputs.size > _MOST_SAVED:
        return Script()
    for finding in findings:
        if finding.level != "fail" or finding.derivative != "vjp" or finding.input is None:
            continue
        coordinate = coordinate_of(subject, finding)
        for weight in _weightings(subject, finding, weights):
            if coordinate is not None and _shows(subject, coordinate, weight):
                writer = _Writer(subject, written, coordinate, weight)
                return Script(writer.text(finding), writer.saved)
    return Script()


def _weightings(subject: Subject, finding: Finding, weights: Array) -> Iterator[Array]:
    """One output alone where that is to blame, then what the check itself took."""
    if subject.outputs.size == 1:
        yield np.ones(1)
    for row in range(subject.outputs.size):
        if finding.output == subject.outputs.label(row):
            yield np.eye(subject.outputs.size)[row]
    yield from np.round(weights, 6)


def _shows(subject: Subject, coordinate: int, weight: Array) -> bool:
    h = _step(subject, coordinate)
    points = np.repeat(subject.x[None], 4, axis=0)
    points[:, coordinate] += h * np.array([1.0, -1.0, 2.0, -2.0])
    rise = subject.rows(points) @ weight
    fine, coarse = (rise[0] - rise[1]) / (2 * h), (rise[2] - rise[3]) / (4 * h)
    ad = float(subject.gradient(subject.x, weight)[coordinate])
    doubt = 10 * abs(fine - coarse) + _SHOWN * abs(fine)
    return bool(np.isfinite(fine)) and not abs(ad - fine) <= doubt


def _step(subject: Subject, coordinate: int) -> float:
    return float(scales(subject.x, subject.inputs)[coordinate] * _STEP)


class _Writer:
    def __init__(self, subject: Subject, written: Written, coordinate: int, weight: Array) -> None:
        self.subject = subject
        self.written = written
        self.weight = weight
        self.backend = subject.backend.name
        leaf, index, part = subject.inputs.place(coordinate)
        self.name = subject.inputs.leaves[leaf].name
        self.imaginary = part.startswith("imaginary")
        self.complex = bool(part)
        self.at = f"[{', '.join(map(str, index)) or '()'}]"
        self.step = _step(subject, coordinate)
        self.saved: dict[str, Array] = {}

    def text(self, finding: Finding) -> str:
        libraries = {"torch": "NumPy and PyTorch", "jax": "NumPy and JAX", "manual": "NumPy"}
        needs = libraries.get(self.backend, "NumPy and adbench, whose derivative is in question")
        lines = [f'"""{finding.message.replace(chr(34) * 3, "")}; this needs {needs}."""', ""]
        functions = [("function", self.written.function)]
        if self.written.gradient is not None:
            functions.append(("gradient", self.written.gradient))
        found = [_imported(name, function) for name, function in functions]
        folders = dict.fromkeys(folder for folder, _ in found if folder)
        if folders:
            lines += ["import sys", ""]
        lines += ["import numpy as np", *_IMPORTS[self.backend], ""]
        start = len(lines)
        lines += [f"sys.path.insert(0, {folder!r})" for folder in folders]
        lines += [line for _, line in found]
        lines += [""]
        for name, tree in self.written.arguments.items():
            lines.append(f"{name} = {self._literal(tree)}")
        names = ", ".join(f"{name!r}: {name}" for name in self.written.arguments)
        lines += [f"arguments = {{{names}}}", f"leaf = {self.name}"]
        trivial = self._single and self.subject.outputs.size == 1 and self.weight[0] == 1.0
        cotangent = self.written.takes_cotangent
        lines += [*([] if trivial and not cotangent else self._weights()), "", ""]
        if not self._single:
            lines += _LEAVES_OF
        if not self._flat:
            lines += _MAPPED
        lines += [*self._total(), "", "", *self._difference(), "", *self._ad(), ""]
        if self.saved:
            lines.insert(start, 'saved = np.load(Path(__file__).with_suffix(".npz"))')
            lines.insert(lines.index("import numpy as np"), "")
            lines.insert(lines.index("import numpy as np") - 1, "from pathlib import Path")
        return "\n".join(lines)

    def _literal(self, tree: Any) -> str:
        """A tree of arrays as Python source, exactly; of a large one, where it is loaded from."""
        if isinstance(tree, Mapping):
            parts = (f"{key!r}: {self._literal(part)}" for key, part in tree.items())
            return "{" + ", ".join(parts) + "}"
        if isinstance(tree, (list, tuple)):
            inside = ", ".join(map(self._literal, tree))
            if isinstance(tree, list):
                return f"[{inside}]"
            return f"({inside},)" if len(tree) == 1 else f"({inside})"
        array = np.asarray(tree)
        if array.size > _MOST:
            name = f"array_{len(self.saved)}"
            self.saved[name] = array
            return f"saved[{name!r}]"
        usual = array.dtype in (np.float64, np.complex128)
        text = repr(array.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
        return f"np.array({text}{'' if usual else f', dtype={array.dtype.name!r}'})"

    def _weights(self) -> list[str]:
        arrays = self.subject.outputs.unpack(self.weight)
        return [f"weights = [{', '.join(map(self._literal, arrays))}]"]

    def _total(self) -> list[str]:
        call = _call(self.written)
        lines = ["def total(arguments):", '    """What is differentiated: the outputs, weighed."""']
        outputs = self.subject.outputs
        if self._single and outputs.size == 1 and self.weight[0] == 1.0:
            return [*lines, f"    return {call}"]
        torch = self.backend == "torch"
        if self._single:
            weight = "torch.as_tensor(weights[0])" if torch else "weights[0]"
            return [*lines, f"    return ({call} * {weight}).sum()"]
        made = "[torch.as_tensor(weight) for weight in weights]" if torch else "weights"
        lines += [f"    pairs = list(zip(leaves_of({call}), {made}))"]
        if not any(leaf.dtype.kind == "c" for leaf in outputs.leaves):
            return [*lines, "    return sum((out * w).sum() for out, w in pairs)"]
        is_complex = "w.is_complex()" if torch else "w.dtype.kind == 'c'"
        return [
            *lines,
            "    real = sum((out.real * w.real).sum() for out, w in pairs)",
            f"    return real + sum((out.imag * w.imag).sum() for out, w in pairs if {is_complex})",
        ]

    @property
    def _single(self) -> bool:
        """Whether the function returns one real array, and no tree."""
        leaves = self.subject.outputs.leaves
        return len(leaves) == 1 and leaves[0].name == "out" and leaves[0].dtype.kind == "f"

    @property
    def _flat(self) -> bool:
        """Whether the arguments are arrays, and no trees."""
        return all(isinstance(tree, np.ndarray) for tree in self.written.arguments.values())

    def _given(self, change: str) -> str:
        """The arguments with each array `a` replaced."""
        if self._flat:
            return f"{{name: {change} for name, a in arguments.items()}}"
        return f"mapped(lambda a: {change}, arguments)"

    def _difference(self) -> list[str]:
        copy = {"torch": "torch.tensor(a)", "jax": "jax.numpy.asarray(a)"}
        given = self._given(copy.get(self.backend, "a.copy()"))
        step = "step * 1j" if self.imaginary else "step"
        return [
            "def value(shift):",
            f"    kept = leaf{self.at}.copy()",
            f"    leaf{self.at} += shift",
            f"    result = float(total({given}))",
            f"    leaf{self.at} = kept",
            "    return result",
            "",
            "",
            f"step = {self.step!r}",
            f"numeric = (value({step}) - value(-{step})) / (2 * step)",
        ]

    def _ad(self) -> list[str]:
        if self.backend == "torch":
            lines = [
                "target = torch.tensor(leaf, requires_grad=True)",
                f"total({self._given('target if a is leaf else torch.tensor(a)')}).backward()",
                "gradient = torch.zeros_like(target) if target.grad is None else target.grad",
                f"ad = gradient{self.at}",
            ]
        elif self.backend == "manual":
            lines = self._by_hand()
        else:
            grad = "jax.grad" if self.backend == "jax" else "adbench.grad"
            given = self._given("x if a is leaf else a")
            lines = [f"ad = {grad}(lambda x: total({given}))(leaf){self.at}"]
        if self.complex:
            # PyTorch's gradient is ∂/∂re + i·∂/∂im, that of the others its conjugate.
            sign = "-" if self.imaginary and self.backend != "torch" else ""
            lines.append(f"ad = {sign}ad.{'imag' if self.imaginary else 'real'}")
        return [*lines, 'print("AD     ", float(ad))', 'print("numeric", numeric)']

    def _by_hand(self) -> list[str]:
        active = [leaf.name for leaf in self.subject.inputs.leaves]
        cotangent = ", cotangent=weights[0]" if self.written.takes_cotangent else ""
        call = _call(self.written, "gradient", extra=cotangent)
        place = active.index(self.name)
        return [
            f"result = {call}",
            "if isinstance(result, dict):",
            f"    result = result[{self.name!r}]",
            "elif isinstance(result, (tuple, list)):",
            f"    result = result[{place}]",
            f"ad = np.asarray(0.0 * leaf if result is None else result){self.at}",
        ]


_LEAVES_OF = (
    "def leaves_of(tree):",
    "    if isinstance(tree, dict):",
    "        return [leaf for key in sorted(tree) for leaf in leaves_of(tree[key])]",
    "    if isinstance(tree, (list, tuple)):",
    "        return [leaf for part in tree for leaf in leaves_of(part)]",
    "    return [] if tree is None else [tree]",
    "",
    "",
)
_MAPPED = (
    "def mapped(change, tree):",
    "    if isinstance(tree, dict):",
    "        return {key: mapped(change, part) for key, part in tree.items()}",
    "    if isinstance(tree, (list, tuple)):",
    "        return type(tree)(mapped(change, part) for part in tree)",
    "    return change(tree)",
    "",
    "",
)


def _call(written: Written, name: str = "function", extra: str = "") -> str:
    try:
        parameters = inspect.signature(written.function).parameters
    except (TypeError, ValueError):
        parameters = {}  # type: ignore[assignment]
    keywords = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    by_name = all(n in parameters and parameters[n].kind in keywords for n in written.arguments)
    given = "**arguments" if by_name else "*arguments.values()"
    params = "".join(f", {key}={value!r}" for key, value in written.params.items())
    return f"{name}({given}{params}{extra})"


def _imported(name: str, function: Callable[..., Any]) -> tuple[str, str]:
    """The folder to import from, and the line that gives the function its name in the script."""
    inner = inspect.unwrap(function)
    home, qualname = getattr(inner, "__module__", ""), getattr(inner, "__qualname__", "<")
    module = sys.modules.get(home or "")
    file = getattr(module, "__file__", None)
    unknown = "", f"{name} = ...  # put {getattr(function, '__name__', 'the function')} here"
    if file is None or "<" in qualname or home == "__main__" or _reached(module, qualname) is None:
        return unknown
    top, *inside = qualname.split(".")
    path, spec = Path(file).resolve(), getattr(module, "__spec__", None)
    package = (spec.parent or "").split(".") if spec is not None and spec.parent else []
    inner_name = ".".join([top, *inside])
    dotted = home if package else path.stem
    folder = path.parents[len(package)] if package else path.parent
    line = f"from {dotted} import {top}" + (f" as {name}" if not inside else "")
    return str(folder), line if not inside else f"{line}\n{name} = {inner_name}"


def _reached(module: Any, qualname: str) -> Any:
    for part in qualname.split("."):
        module = getattr(module, part, None)
    return module
