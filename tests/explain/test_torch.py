"""The autograd graph: against NumPy, and against what PyTorch's own hooks see."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

rng = np.random.default_rng(0)


def mlp(w, x):
    h = torch.tanh(x @ w)
    return torch.sum(h * h)


def deep(x):
    for _ in range(3):
        x = torch.exp(-(x**2)) * x[:, :1]
    return x.sum()


def logits(x):
    return torch.nn.functional.cross_entropy(x, torch.tensor([0, 2]))


def test_every_node_has_its_operation_shape_value_adjoint_rule_and_line(explain, find):
    w, x = rng.normal(size=2), rng.normal(size=(3, 2))
    found = explain(mlp, "torch", w=w, x=x)
    h = np.tanh(x @ w)
    tanh, product = find(found, "TanhBackward0"), find(found, "MulBackward0")
    assert (tanh.shape, tanh.dtype) == ((3,), "float64")
    np.testing.assert_allclose(tanh.value.values, h)
    np.testing.assert_allclose(tanh.adjoint.values, 2 * h)
    assert [e.derivative for e in product.inputs] == ["g * y", "g * x"]
    line = mlp.__code__.co_firstlineno + 1
    assert (tanh.where.line, tanh.where.function) == (line, "mlp")
    assert tanh.where.file.endswith("tests/explain/test_torch.py")
    by_w, by_x = (n.adjoint.values for n in found.graph.nodes if n.role == "input")
    np.testing.assert_allclose(by_w, x.T @ (2 * h * (1 - h**2)))
    np.testing.assert_allclose(by_x, np.outer(2 * h * (1 - h**2), w).ravel())


def test_nodes_stand_before_those_that_read_them(explain):
    found = explain(deep, "torch", x=rng.normal(size=(4, 3)))
    seen = set()
    for node in found.graph.nodes:
        assert {edge.source for edge in node.inputs} <= seen
        seen.add(node.id)


@pytest.mark.parametrize(
    ("function", "shapes"), [(mlp, [(2,), (3, 2)]), (deep, [(4, 3)]), (logits, [(2, 3)])]
)
def test_bytes_are_those_that_saved_tensors_hooks_count(explain, function, shapes):
    inputs = [rng.normal(size=shape) for shape in shapes]
    storages = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = (storage.nbytes(), tensor)  # kept, so that none is reused
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = function(*(torch.tensor(a, requires_grad=True) for a in inputs))
    names = function.__code__.co_varnames
    found = explain(function, "torch", **dict(zip(names, inputs, strict=False)))
    assert found.graph.keeps == sum(size for size, _ in storages.values())
    del out


def test_what_a_composite_function_computes_inside_is_shown(explain, find):
    found = explain(logits, "torch", x=rng.normal(size=(2, 3)))
    inner = find(found, "LogSoftmaxBackward0")
    assert inner.where.line == logits.__code__.co_firstlineno + 1
    assert inner.value is None  # Python never sees it
    assert inner.adjoint.norm == pytest.approx(np.sqrt(0.5))


def test_functions_of_the_users_own_and_writing_in_place(explain, find):
    class Huber(torch.autograd.Function):
        @staticmethod
        def forward(ctx, r):
            ctx.save_for_backward(r)
            return (r**2).sum() / 2

        @staticmethod
        def backward(ctx, g):
            (r,) = ctx.saved_tensors
            return g * r

    def f(x):
        x[0] *= 3.0
        return Huber.apply(x)

    found = explain(f, "torch", x=np.array([1.0, 2.0]))
    huber = find(found, "HuberBackward")
    assert huber.keeps == 16
    assert huber.value.values == (6.5,)
    assert found.graph.nodes[0].adjoint.values == (9.0, 2.0)


def test_leaves_of_the_functions_own_are_told_apart(explain):
    weight = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    found = explain(lambda x: (x * weight).sum(), "torch", x=np.ones(2))
    assert [n.operation for n in found.graph.nodes if n.role == "input"] == [
        "x",
        "a leaf that is no input",
    ]
    assert weight.grad is None


def test_a_value_taken_out_of_the_graph_is_told(explain):
    def f(x):
        return x.sum() * x[0].item()

    found = explain(f, "torch", x=np.array([2.0, 3.0]))
    (note,) = found.notes
    line = f.__code__.co_firstlineno + 1
    assert note.startswith("item() at ")
    assert f"test_torch.py:{line} takes a value out of the graph" in note
    assert found.graph.nodes[0].adjoint.values == (2.0, 2.0)


def test_complex_adjoints_are_torchs(explain):
    z = np.array([1.0 + 2.0j])
    found = explain(lambda z: z * z, "torch", z=z)
    assert found.graph.nodes[0].adjoint.values == (2.0, -4.0)
    assert any("conj(d_z)" in note for note in found.notes)


@pytest.mark.slow
def test_compiled_functions_show_the_eager_graph(explain):
    found = explain(mlp, "torch:compile", steps=0, w=np.ones(2), x=np.ones((3, 2)))
    assert any(n.operation == "TanhBackward0" for n in found.graph.nodes)
    assert any("eager" in note for note in found.notes)
