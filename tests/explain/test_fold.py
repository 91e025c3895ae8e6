"""Folding: nothing is lost but the inside of a line."""

import numpy as np

from adbench.explain import fold


def looped(x, w):
    h = x
    for _ in range(20):
        z = h @ w
        h = np.tanh(z) + 0.1 * x
    return np.sum(h * h)


def graph_of(explain):
    return explain(looped, steps=0, x=np.ones((5, 3)), w=np.eye(3) / 2).graph


def test_one_node_a_line_and_every_operation_in_one(explain):
    graph = graph_of(explain)
    folded = fold(graph)
    first = looped.__code__.co_firstlineno
    lines = [n.where.line for n in folded.nodes if n.role != "input"]
    assert lines == [first + 3, first + 4, first + 5]
    assert folded.folded == len(graph.nodes) == 2 + 20 * 4 + 2
    assert sum(n.count for n in folded.nodes) == len(graph.nodes)
    assert dict(folded.nodes[3].members) == {"tanh": 20, "multiply": 20, "add": 20}


def test_memory_stays_the_same(explain):
    graph = graph_of(explain)
    folded = fold(graph)
    assert folded.keeps == graph.keeps == sum(n.keeps for n in folded.nodes)


def test_edges_between_lines_are_counted_and_a_loop_goes_back(explain):
    folded = fold(graph_of(explain))
    product, step, end = (n for n in folded.nodes if n.role != "input")
    reads = {n.id: {e.source: e.count for e in n.inputs} for n in (product, step, end)}
    assert reads[product.id][step.id] == 19
    assert reads[step.id][product.id] == 20
    assert reads[end.id] == {step.id: 2}
    assert folded.outputs[0].node == end.id


def test_a_line_with_one_operation_keeps_its_numbers(explain):
    def f(x):
        y = np.sin(x)
        return np.sum(y)

    folded = fold(explain(f, steps=0, x=np.ones(2)).graph)
    assert [n.operation for n in folded.nodes] == ["x", "sin", "sum"]
    assert all(n.value is not None for n in folded.nodes)


def test_very_many_lines_are_folded_to_functions(explain, monkeypatch):
    import importlib

    monkeypatch.setattr(importlib.import_module("adbench.explain.fold"), "MOST_LINES", 4)
    folded = fold(graph_of(explain))
    (node,) = [n for n in folded.nodes if n.role != "input"]
    assert node.operation == "looped"
    assert node.count == 82
