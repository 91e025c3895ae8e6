"""Nodes, numbers and bytes of a graph in words, the same in every format."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from adbench.record.graph import Content, Descent, Explanation, Graph, Node
from adbench.report.visible import visible

_DIGITS = 5
_MOST_MEMBERS = 3
_UNITS = ("B", "kB", "MB", "GB", "TB")


def references(graph: Graph) -> dict[int, str]:
    """What each node is called where others read it: inputs by name, the rest `v7`."""
    return {
        node.id: visible(node.operation) if is_named(node) else f"v{node.id}"
        for node in graph.nodes
    }


def is_named(node: Node) -> bool:
    """Whether a node is an input of the function, which has a name."""
    return node.role == "input" and not node.operation.startswith("a leaf")


def call_text(node: Node, names: dict[int, str]) -> str:
    """`multiply(v3, v4)`."""
    operands = ", ".join(names[edge.source] for edge in node.inputs)
    return f"{visible(node.operation)}({operands})"


def number_text(value: float) -> str:
    """A number with as many digits as a person compares."""
    return f"{value:.{_DIGITS}g}"


def content_text(content: Content | None, node: Node) -> str:
    """`0.5`, `[1, 2]` or, for more elements than can be read, `norm 3.2`; "" for none."""
    if content is None:
        return ""
    if content.values is None:
        return f"norm {number_text(content.norm)}"
    values = list(_numbers(content.values, node.dtype))
    return values[0] if node.shape == () and values else f"[{', '.join(values)}]"


def _numbers(values: Sequence[float], dtype: str) -> Iterator[str]:
    if not dtype.startswith("complex"):
        yield from map(number_text, values)
        return
    for real, imag in zip(values[::2], values[1::2], strict=True):
        yield f"{number_text(real)}{imag:+.{_DIGITS}g}j"


def shape_text(node: Node) -> str:
    """`(3, 2)`, with the dtype where it is not the usual one; "" for no array."""
    if node.shape is None:
        return ""
    shape = f"({', '.join(map(str, node.shape))}{',' if len(node.shape) == 1 else ''})"
    return shape if node.dtype in ("float64", "") else f"{shape} {node.dtype}"


def bytes_text(nbytes: int) -> str:
    """`24 B`, `1.2 kB`, `3.4 MB`, by thousands."""
    size = float(nbytes)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{nbytes} B" if unit == "B" else f"{size:.3g} {unit}"


def count_text(count: int, what: str) -> str:
    """`1 operation`, `1,200 operations`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def members_text(node: Node) -> str:
    """`300 operations: tanh ×100, add ×100, matmul ×100`; "" for a node that stands for itself."""
    if not node.members:
        return ""
    shown = ", ".join(f"{visible(name)} ×{count:,}" for name, count in node.members[:_MOST_MEMBERS])
    more = ", …" if len(node.members) > _MOST_MEMBERS else ""
    return f"{count_text(node.count, 'operation')}: {shown}{more}"


def place_text(node: Node) -> str:
    """`model.py:6`, or ""."""
    return "" if node.where is None else f"{visible(node.where.file)}:{node.where.line}"


def code_text(node: Node) -> str:
    """The user's line of code, or ""."""
    return "" if node.where is None else visible(node.where.text.strip())


def holders(graph: Graph) -> list[Node]:
    """The nodes, those that keep most bytes alive first."""
    return sorted(graph.nodes, key=lambda node: (-node.keeps, node.id))


def saved_text(node: Node) -> str:
    """`x, out`: what a node holds on to; "" where that has no names."""
    return ", ".join(dict.fromkeys(visible(item.name) for item in node.saved if item.name))


def heading(explanation: Explanation) -> str:
    """`loss on torch:eager (float64, seed 0)`."""
    details = ", ".join(filter(None, [explanation.dtype, f"seed {explanation.seed}"]))
    name = visible(explanation.function)
    return f"{name} on {explanation.backend}:{explanation.mode} ({details})"


def descent_words(explanations: Sequence[Explanation]) -> list[str]:
    """What gradient descent has shown: where the loss rose, and whether the backends agree."""
    words = []
    descents = [(e, e.descent) for e in explanations if e.descent is not None]
    for explanation, descent in descents:
        on = f" on {explanation.backend}" if len(descents) > 1 else ""
        if rises := rise_words(descent, on):
            words.append(rises)
        if descent.stopped:
            words.append(
                f"After update {len(descent.steps)}{on} the function raised "
                f"{visible(descent.stopped)}. Try a smaller --rate than {descent.rate:g}."
            )
    if len(descents) > 1:
        words.append(_agreement([(e.backend, descent) for e, descent in descents]))
    return words


def rise_words(descent: Descent, on: str = "") -> str:
    """That the loss rose, and which rate to try; "" where it fell."""
    if not descent.rises:
        return ""
    first = descent.rises[0]
    after = descent.steps[first].loss
    how = "rose" if math.isfinite(after) else f"became {after}"
    return (
        f"The loss {how} after update {first}{on}: a rate of {descent.rate:g} is too large here. "
        f"Try --rate {descent.rate / 10:g}."
    )


def _agreement(descents: Sequence[tuple[str, Descent]]) -> str:
    names = [name for name, _ in descents]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    lengths = {len(descent.steps) for _, descent in descents}
    if len(lengths) > 1:
        return f"{listed} do not take the same number of steps."
    worst = 0.0
    for steps in zip(*(descent.steps for _, descent in descents), strict=True):
        losses = [step.loss for step in steps]
        largest = max(map(abs, losses))
        if largest > 0 and math.isfinite(largest):
            worst = max(worst, (max(losses) - min(losses)) / largest)
        elif len({str(loss) for loss in losses}) > 1:
            worst = math.inf
    if worst == 0:
        return f"{listed} agree in every loss to the last bit."
    return f"{listed} agree in every loss to a relative {worst:.1g}."
