"""The jaxprs: against NumPy, and against what JAX's own pullback holds."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
jnp = jax.numpy
pytestmark = pytest.mark.jax

rng = np.random.default_rng(0)


def mlp(w, x):
    h = jnp.tanh(x @ w)
    return jnp.sum(h * h)


def test_every_node_has_its_operation_shape_value_adjoint_rule_and_line(explain, find):
    w, x = rng.normal(size=2), rng.normal(size=(3, 2))
    found = explain(mlp, "jax", w=w, x=x)
    h = np.tanh(x @ w)
    tanh, product = find(found, "tanh"), find(found, "mul")
    assert (tanh.shape, tanh.dtype) == ((3,), "float64")
    np.testing.assert_allclose(tanh.value.values, h)
    np.testing.assert_allclose(tanh.adjoint.values, 2 * h)
    assert [e.derivative for e in product.inputs] == ["g * y", "g * x"]
    line = mlp.__code__.co_firstlineno + 1
    assert (tanh.where.line, tanh.where.function) == (line, "mlp")
    by_w, by_x = (n.adjoint.values for n in found.graph.nodes if n.role == "input")
    np.testing.assert_allclose(by_w, x.T @ (2 * h * (1 - h**2)))
    np.testing.assert_allclose(by_x, np.outer(2 * h * (1 - h**2), w).ravel())


def test_the_gradient_has_a_graph_of_its_own(explain):
    found = explain(lambda x: jnp.sum(jnp.sin(x)), "jax", x=np.array([1.0, 2.0]))
    operations = [n.operation for n in found.gradient.nodes]
    assert found.gradient.title == "jaxpr of the gradient"
    assert "cos" in operations
    (output,) = found.gradient.outputs
    assert output.name == "gradient of x"
    (result,) = [n for n in found.gradient.nodes if n.id == output.node]
    assert result.shape == (2,)


def test_jitted_functions_are_opened_and_keep_the_callers_line(explain):
    def f(x):
        y = jnp.where(x > 0, x * x, 0.0)
        z = jnp.where(x > 1, x, 0.0)
        return jnp.sum(y + z)

    found = explain(f, "jax", x=np.array([-1.0, 0.5, 2.0]))
    selects = [n for n in found.graph.nodes if n.operation == "select_n"]
    first = f.__code__.co_firstlineno
    assert [n.where.line for n in selects] == [first + 1, first + 2]
    assert found.graph.nodes[0].adjoint.values == (0.0, 1.0, 5.0)
    assert not any("jit" in n.operation for n in found.graph.nodes)


def test_a_function_that_is_jitted_itself_is_opened_too(explain, find):
    @jax.jit
    def f(x):
        return jnp.sum(jnp.sin(x))

    found = explain(f, "jax", x=np.ones(2))
    assert find(found, "sin").where.function.endswith("f")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: jnp.sum(jnp.sin(x) * x),
        lambda x: jnp.prod(x[:3]) + jnp.max(x),
        lambda x: jax.nn.logsumexp(x) + jnp.sum(jax.nn.relu(x)),
        lambda x: jax.lax.fori_loop(0, 3, lambda i, c: jnp.sin(c), x).sum(),
        lambda x: jnp.linalg.det(jnp.outer(x, x) + jnp.eye(4)),
        lambda x: jnp.sum(jax.lax.cond(x[0] > 0, jnp.sin, jnp.cos, x)),
        lambda x: jnp.sum(jax.lax.stop_gradient(x) * x + jnp.round(x)),
    ],
)
def test_the_gradient_that_was_followed_is_that_of_jax_grad(explain, f):
    x = rng.normal(size=4)
    found = explain(f, "jax", steps=0, x=x)
    expected = jax.grad(f)(jnp.asarray(x))
    np.testing.assert_allclose(
        found.graph.nodes[0].adjoint.values, expected, rtol=1e-12, atol=1e-15
    )
    assert not any("two calls" in note for note in found.notes)


@pytest.mark.parametrize(
    "f", [lambda x: jnp.sum(jnp.sin(x)), lambda x: jnp.sum(jnp.exp(x) * jnp.cos(x))]
)
def test_bytes_are_those_that_the_pullback_of_jax_holds(explain, f):
    x = rng.normal(size=1000)
    _, pullback = jax.vjp(f, jnp.asarray(x))
    held = {a.unsafe_buffer_pointer(): a.nbytes for a in jax.tree.leaves(pullback)}
    assert explain(f, "jax", steps=0, x=x).graph.keeps == sum(held.values())


def test_a_custom_vjp_is_one_node_with_its_own_rule(explain):
    @jax.custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, g: (jnp.clip(g, -1, 1),))
    found = explain(lambda x: jnp.sum(5.0 * clipped(x)), "jax", x=np.ones(2))
    assert found.graph.nodes[0].adjoint.values == (1.0, 1.0)


def test_random_keys_are_no_arrays_of_numbers(explain):
    def f(x):
        return jnp.sum(x * jax.random.normal(jax.random.key(0), x.shape))

    found = explain(f, "jax", steps=0, x=np.ones(3))
    expected = jax.grad(f)(jnp.ones(3))
    np.testing.assert_allclose(found.graph.nodes[0].adjoint.values, expected)


@pytest.mark.parametrize("mode", ["jax:jit", "jax:eager"])
def test_a_function_that_reads_values_cannot_be_traced(explain, mode):
    from adbench.explain import ExplainError

    def f(x):
        return jnp.sum(x) if x[0] > 0 else -jnp.sum(x)

    with pytest.raises(
        ExplainError, match=r"cannot trace the function \(.*test_jax.py:\d+\): "
    ) as e:
        explain(f, mode, x=np.ones(2))
    assert "\n" not in str(e.value)


def test_too_many_equations_are_not_run_one_by_one(explain, monkeypatch):
    import adbench.explain.jax

    monkeypatch.setattr(adbench.explain.jax, "MOST", 3)
    found = explain(lambda x: jnp.sum(jnp.sin(jnp.sin(jnp.sin(x)))), "jax", steps=0, x=np.ones(2))
    assert [n.value for n in found.graph.nodes[1:]] == [None] * 4
    assert any("more than 3 equations" in note for note in found.notes)
    assert not any("two calls" in note for note in found.notes)
