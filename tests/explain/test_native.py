"""The tape as a graph: against closed forms, NumPy's own results, and what tracemalloc counts."""

import threading
import tracemalloc

import numpy as np
import pytest

from adbench import engine
from adbench.engine import DifferentiationError, checkpoint, custom_vjp
from adbench.engine.array import TracedArray
from adbench.explain.native import native_graph

rng = np.random.default_rng(0)


def mlp(w, x):
    h = np.tanh(x @ w)
    return np.sum(h * h)


def test_every_node_has_its_operation_shape_value_adjoint_rule_and_line(explain, find):
    w, x = rng.normal(size=2), rng.normal(size=(3, 2))
    found = explain(mlp, w=w, x=x)
    h = np.tanh(x @ w)
    tanh, product = find(found, "tanh"), find(found, "multiply")
    assert [n.operation for n in found.graph.nodes] == [
        "w",
        "x",
        "matmul",
        "tanh",
        "multiply",
        "sum",
    ]
    assert [n.role for n in found.graph.nodes[:3]] == ["input", "input", "operation"]
    assert (tanh.shape, tanh.dtype) == ((3,), "float64")
    np.testing.assert_allclose(tanh.value.values, h)
    np.testing.assert_allclose(tanh.adjoint.values, 2 * h)
    np.testing.assert_allclose(product.adjoint.values, np.ones(3))
    (edge,) = tanh.inputs
    assert (edge.source, edge.operand, edge.derivative) == (2, "x", "g * (1 - out * out)")
    assert [e.derivative for e in product.inputs] == ["g * y", "g * x"]
    line = mlp.__code__.co_firstlineno + 1
    assert (tanh.where.line, tanh.where.function) == (line, "mlp")
    assert tanh.where.text == "h = np.tanh(x @ w)"
    assert tanh.where.file.endswith("tests/explain/test_native.py")
    assert found.graph.outputs[0].node == found.graph.nodes[-1].id
    assert found.value == pytest.approx(np.sum(h * h))


def test_large_arrays_are_told_by_their_norm(explain):
    x = rng.normal(size=100)
    found = explain(lambda x: np.sum(x * x), x=x)
    node = found.graph.nodes[0]
    assert node.value.values is None
    assert node.value.norm == pytest.approx(np.linalg.norm(x))
    assert node.adjoint.norm == pytest.approx(2 * np.linalg.norm(x))


def test_a_rule_that_is_not_in_every_book_is_cited(explain, find):
    found = explain(lambda a: np.linalg.det(a), a=np.eye(2))
    assert "Giles 2008" in find(found, "linalg.det").source


def test_functions_that_a_rule_names_are_told(explain):
    helpers = dict(explain(lambda x: np.sum(np.maximum(x, 0.0)), x=np.ones(2)).graph.helpers)
    assert helpers["spread"].startswith("The transpose of a sum: the cotangent repeated")
    assert helpers["balanced"].startswith("Share of the cotangent")
    assert dict(explain(lambda x: np.sin(x[0]), x=np.ones(2)).graph.helpers) == {}


def test_an_operation_with_several_results_has_a_node_for_each(explain, find):
    found = explain(lambda a: np.sum(np.linalg.svd(a)[1]), a=np.diag([1.0, 2.0]))
    svd = find(found, "linalg.svd")
    parts = [n for n in found.graph.nodes if n.operation.startswith("result")]
    assert svd.shape is None
    assert [p.shape for p in parts] == [(2, 2), (2,), (2, 2)]
    assert all(part.inputs[0].source == svd.id for part in parts)
    assert svd.where.line == parts[0].where.line
    assert svd.keeps > 0
    np.testing.assert_allclose(found.graph.nodes[0].adjoint.values, [1, 0, 0, 1], atol=1e-15)


def test_assignment_and_views(bind):
    def f(x):
        y = np.zeros_like(x)
        y[0] = x[1] ** 2
        tail = y[1:]
        tail += x[:-1]
        return np.sum(y * x)

    subject = bind(f, x=[1.0, 2.0, 3.0])
    graph, (gradient,) = native_graph(subject)
    # f = x₀x₁² + x₀x₁ + x₁x₂
    np.testing.assert_allclose(gradient, [4 + 2, 2 * 2 + 1 + 3, 2])
    assert {n.operation for n in graph.nodes} >= {"setitem", "getitem", "power"}
    index = next(e.derivative for n in graph.nodes for e in n.inputs if n.operation == "getitem")
    assert index == "g placed at [1] in zeros"


def test_a_rule_of_the_users_own(explain, find):
    @custom_vjp
    def clipped(x):
        return x * 1.0

    clipped.defvjp(lambda x: (x * 1.0, x), lambda x, g: (np.clip(g, -1, 1),))
    x = rng.normal(size=1000)
    found = explain(lambda x: np.sum(5.0 * clipped(np.sin(x))), x=x)
    node = next(n for n in found.graph.nodes if n.operation.endswith("clipped"))
    sin = find(found, "sin")
    assert [e.source for e in node.inputs] == [sin.id]
    assert node.where is not None
    assert 8000 <= node.keeps <= 16000  # the residual and the output
    cos = np.cos(x)
    assert found.graph.nodes[0].adjoint.norm == pytest.approx(np.linalg.norm(cos))


def test_a_checkpoint_keeps_less(explain):
    def block(x):
        for _ in range(5):
            x = np.sin(x)
        return x

    x = rng.normal(size=1000)
    plain = explain(lambda x: np.sum(block(x)), x=x)
    saving = explain(lambda x: np.sum(checkpoint(block)(x)), x=x)
    assert plain.graph.keeps == 5 * 8000
    assert saving.graph.keeps <= 2 * 8000
    assert saving.graph.nodes[0].adjoint == plain.graph.nodes[0].adjoint


def test_memory_is_counted_once_at_its_first_holder(explain, find):
    def f(x):
        y = np.sin(x)
        return np.sum(y * y + np.exp(y[:10]).sum())

    found = explain(f, x=np.ones(1000))
    assert find(found, "sin").keeps == 8000  # x
    assert find(found, "multiply").keeps == 8000  # y, which both of its operands are
    assert [item.first for item in find(found, "multiply").saved] == [True, False]
    assert find(found, "exp").keeps == 80
    assert found.graph.keeps == 8000 + 8000 + 80


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.tanh(np.sin(x) * x)),
        lambda x: np.sum(np.exp(x)[::2] ** 2),
        lambda x: np.max(x.reshape(100, 500) @ x.reshape(500, 100)),
        lambda x: np.sum(np.linalg.svd(x[:1600].reshape(40, 40))[1]) + np.sum(x**3),
        lambda x: np.sum(np.where(x > 0, np.log1p(x * x), x)),
    ],
)
def test_bytes_are_those_that_tracemalloc_counts(explain, f):
    x = rng.normal(size=50_000)
    engine.vjp(f, x)  # what is allocated once is none of the graph's
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    _, pullback = engine.vjp(f, x)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    del pullback
    keeps = explain(f, steps=0, x=x).graph.keeps
    # vjp copies its input, whether a rule reads it or not; the records themselves take some.
    assert keeps <= held + 1000
    assert held <= keeps + x.nbytes + 20_000


def test_several_outputs_are_weighted_and_that_is_said(explain):
    found = explain(lambda x: (x * 2, np.sum(x)), x=np.array([1.0, 2.0]))
    assert found.loss == ("a weighted sum of out[0] (2,), out[1] (), with random weights (seed 0)")
    d_out = [n.adjoint.values for n in found.graph.nodes if n.operation in ("multiply", "sum")]
    (by_x,) = [n.adjoint.values for n in found.graph.nodes if n.role == "input"]
    np.testing.assert_allclose(by_x, 2 * np.array(d_out[0]) + d_out[1][0])


def test_an_output_that_depends_on_nothing(explain):
    found = explain(lambda x: np.array(3.0), x=np.array([1.0, 2.0]))
    assert found.graph.outputs[0].node is None
    assert [n.operation for n in found.graph.nodes] == ["x"]
    assert found.graph.nodes[0].adjoint.values == (0.0, 0.0)


def test_a_function_that_keeps_state_is_told(explain):
    state = [1.0]

    def f(x):
        state[0] += 1
        return np.sum(x * state[0])

    found = explain(f, x=np.ones(2))
    assert any("two calls gave two gradients by x" in note for note in found.notes)
    assert found.program == ""


def test_what_the_engine_refuses_passes_through_and_leaves_it_as_it_was(explain):
    constructor = TracedArray.__init__
    with pytest.raises(DifferentiationError, match="float"):
        explain(lambda x: np.sum(x) * float(x[0]), x=np.ones(2))
    assert TracedArray.__init__ is constructor
    assert engine.grad(np.sum)(np.ones(2)).tolist() == [1.0, 1.0]


def test_other_threads_differentiate_meanwhile(explain):
    def slow(x):
        for _ in range(300):
            x = np.sin(x)
        return np.sum(x)

    found_there = []

    def work():
        gradient = engine.grad(lambda x: np.sum(x * x))
        found_there.extend(gradient(np.array([1.0, 2.0])).tolist() for _ in range(100))

    thread = threading.Thread(target=work)
    thread.start()
    found = explain(slow, steps=0, x=np.ones(2))
    thread.join()
    assert found_there == [[2.0, 4.0]] * 100
    assert len(found.graph.nodes) == 302


def test_a_function_that_explains_another_one(explain):
    def f(x):
        inner = explain(lambda y: np.sum(y * y), steps=0, y=np.ones(2))
        return np.sum(x) * len(inner.graph.nodes)

    found = explain(f, steps=0, x=np.ones(2))
    assert [n.operation for n in found.graph.nodes] == ["x", "sum", "multiply"]
    assert found.graph.nodes[0].adjoint.values == (3.0, 3.0)
