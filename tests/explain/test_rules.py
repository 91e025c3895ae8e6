"""Rules as they read: every formula of the engine's table has words, and the right ones."""

import dis
import inspect

import numpy as np
import pytest

from adbench.engine.array import LOADERS
from adbench.engine.inspect import derivative_of, follow, formula_text
from adbench.engine.operation import Rule
from adbench.engine.primitive import PRIMITIVES
from adbench.explain.rules import JAX, TORCH, rule_text


def all_rules():
    while LOADERS:
        LOADERS.pop()()
    return [
        pytest.param(rule, id=f"{name}-{i}")
        for name, primitive in PRIMITIVES.items()
        for i, rule in enumerate(primitive.rules)
        if isinstance(rule, Rule)
    ]


def ingredients(function):
    """The names, constants and operators of a function, each in the order of its use."""
    code = function.__code__
    operators = [i.argrepr for i in dis.get_instructions(code) if i.opname == "BINARY_OP"]
    constants = {c for c in code.co_consts if not inspect.iscode(c)}
    return code.co_names, constants, operators


@pytest.mark.parametrize("rule", all_rules())
def test_every_formula_of_the_table_reads_as_it_is_written(rule):
    text = formula_text(rule.formula)
    assert text
    assert "\n" not in text
    assert not text.startswith("a function of")
    if rule.formula.__name__ == "<lambda>":
        # What is shown is this lambda and not its neighbour: compiled again, it is the same.
        names = rule.formula.__code__.co_varnames[: rule.formula.__code__.co_argcount]
        again = eval(f"lambda {', '.join(names)}: {text}", rule.formula.__globals__)
        assert ingredients(again) == ingredients(rule.formula)


@pytest.mark.parametrize("table", [TORCH, JAX])
def test_other_backends_operations_have_a_rule_for_each_operand(table):
    for operation, name in table.items():
        primitive = PRIMITIVES[name]
        for place, operand in enumerate(primitive.arrays):
            shown, text = rule_text(table, operation, place)
            assert shown == operand
            assert text or not isinstance(primitive.rules[place], Rule)
        assert rule_text(table, operation, len(primitive.arrays)) == ("", "")
    assert rule_text(table, "an operation of theirs", 0) == ("", "")


def test_indices_read_as_they_are_written():
    def f(x):
        picks = [x[1], x[..., 0], x[1:, ::2], x[np.array([0, 1])], x[None, -1]]
        return [sum(np.sum(p) for p in picks)]

    found = follow(f, [np.ones((3, 4))], lambda values: [np.float64(1)], lambda *_: None)
    texts = [
        derivative_of(edge).text
        for _, _, edges in found.records
        for edge in edges
        if derivative_of(edge).operation == "getitem"
    ]
    inside = [text.removeprefix("g placed at [").removesuffix("] in zeros") for text in texts]
    assert inside == ["1", "…, 0", "1:, ::2", "[0, 1]", "None, -1"]
