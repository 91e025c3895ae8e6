import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from adbench.backends import get_backend
from adbench.backends.errors import ArgumentError, OutputError, UnsupportedError

pytestmark = pytest.mark.jax
X = np.array([0.5, -1.25, 2.0])
MODES = ["jit", "eager"]


@pytest.fixture(scope="module", autouse=True)
def _x64():
    get_backend("jax")


@jax.custom_vjp
def wrong_square(x):
    return x * x


wrong_square.defvjp(lambda x: (x * x, x), lambda x, g: (3 * x * g,))


@pytest.mark.parametrize("mode", MODES)
def test_a_planted_gradient_arrives_unjudged(bind, mode):
    bound = bind("jax", wrong_square, mode=mode, x=X)
    pulled = bound.vjp([X], [np.ones(3)])
    assert np.array_equal(pulled.outputs[0], X * X)
    assert np.array_equal(pulled.gradients[0], 3 * X)
    assert np.array_equal(bound.hvp([X], [np.ones(3)], [X])[0], 3 * X)
    with pytest.raises(UnsupportedError, match="no forward mode through a custom_vjp"):
        bound.jvp([X], [X])


@pytest.mark.parametrize("mode", MODES)
def test_derivatives_against_closed_forms(bind, mode):
    def f(x, w):
        return {"a": jnp.sin(x) * w, "b": (x * x).sum()}

    w = np.array([2.0, 3.0, -1.0])
    v, t, two = np.array([1.0, -0.5, 2.0]), np.array([0.25, 1.0, -1.0]), np.array(2.0)
    bound = bind("jax", f, mode=mode, data=("w",), x=X, w=w)
    assert [leaf.name for leaf in bound.outputs] == ["out['a']", "out['b']"]
    assert np.allclose(bound.value([X])[0], np.sin(X) * w, rtol=1e-15)
    pulled = bound.vjp([X], [v, two])
    assert np.allclose(pulled.gradients[0], np.cos(X) * w * v + 4 * X, rtol=1e-14)
    assert pulled.mutated == ()
    assert np.allclose(bound.jvp([X], [t])[0], np.cos(X) * w * t, rtol=1e-14)
    assert np.allclose(bound.jvp([X], [t])[1], (2 * X * t).sum(), rtol=1e-14)
    second = bound.hvp([X], [v, two], [t])[0]
    assert np.allclose(second, -np.sin(X) * w * v * t + 4 * t, rtol=1e-14)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16", ml_dtypes.bfloat16])
def test_dtypes_go_through_unchanged(bind, mode, dtype):
    x = np.ones(3, dtype)
    bound = bind("jax", lambda x: x * x, mode=mode, x=x)
    pulled = bound.vjp([x], [x])
    assert bound.outputs[0].dtype == x.dtype
    assert pulled.outputs[0].dtype == x.dtype
    assert pulled.gradients[0].dtype == x.dtype
    assert bound.jvp([x], [x])[0].dtype == x.dtype
    assert bound.hvp([x], [x], [x])[0].dtype == x.dtype
    assert pulled.gradients[0].tolist() == [2, 2, 2]


def test_a_dtype_that_jax_lacks(bind):
    with pytest.raises(ArgumentError, match="JAX has no dtype"):
        bind("jax", lambda x: x, x=np.ones(2, np.longdouble))


@pytest.mark.parametrize("mode", MODES)
def test_x64_switched_off_behind_the_back_is_caught(bind, mode):
    bound = bind("jax", jnp.sin, mode=mode, x=X)
    jax.config.update("jax_enable_x64", False)
    try:
        with pytest.raises(ArgumentError, match="switched off jax_enable_x64"):
            bound.value([X])
    finally:
        jax.config.update("jax_enable_x64", True)
    assert bound.value([X])[0].dtype == np.float64


def test_a_float32_function_runs_wholly_at_float64(bind):
    seen = []

    def f(x, d, i):
        seen.append((x.dtype, d.dtype, i.dtype))
        return x[i] * d[i]

    bound = bind(
        "jax", f, data=("d",), x=X.astype("f4"), d=np.full(3, 0.1, "f4"), i=np.array([0, 2])
    )
    out = bound.value([X])[0]
    assert [str(dtype) for dtype in seen[0]] == ["float32", "float32", "int64"]
    assert [str(dtype) for dtype in seen[-1]] == ["float64", "float64", "int64"]
    assert out.dtype == np.float64
    assert bound.vjp([X], [np.ones(2)]).gradients[0].dtype == np.float64


def test_compiles_once_for_all_values_of_one_dtype(bind):
    traces = []
    bound = bind("jax", lambda x: traces.append(1) or jnp.sin(x), x=X)
    for k in range(5):
        bound.value([X + k])
        bound.vjp([X + k], [X])
    assert len(traces) == 2


def test_data_are_arguments_and_not_constants_of_the_program(bind):
    data = np.arange(1000.0)
    kinds = []
    bind(
        "jax",
        lambda x, d: kinds.append(isinstance(d, jax.core.Tracer)) or d * x.sum(),
        data=("d",),
        x=X,
        d=data,
    )
    assert kinds == [True]


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_equals_its_rows_and_compiles_once(bind, mode):
    traces = []

    def f(x, d):
        traces.append(1)
        return x * d, x.sum(), d

    bound = bind("jax", f, mode=mode, data=("d",), x=X, d=X)
    for size in (1, 2, 7, 64, 65, 130):
        rows = X + np.arange(size)[:, None]
        batched = bound.value_batch([rows])
        for k, row in enumerate(rows):
            for one, many in zip(bound.value([row]), batched, strict=True):
                assert len(many) == size
                assert np.allclose(one, many[k], rtol=1e-15)
    if mode == "jit":
        assert len(traces) == 2  # alone and batched


def test_what_would_not_fit_into_memory_is_not_batched(bind):
    def f(x):
        def body(carry, _):
            return carry + jnp.sum(jnp.outer(jnp.ones(2000), jnp.ones(2000)) * carry), None

        return jax.lax.scan(body, x[0], None, length=2)[0]

    with pytest.raises(UnsupportedError, match="makes an array of 31 MiB"):
        bind("jax", f, x=X).value_batch([np.stack([X, X])])


def test_what_vmap_cannot_batch_is_unsupported(bind):
    def f(x):
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    with pytest.raises(UnsupportedError, match=r"jax\.vmap"):
        bind("jax", f, x=X).value_batch([np.stack([X, X])])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: 3.0, "out is a Python float"),
        (lambda x: {"loss": x.sum(), "name": "a"}, r"out\['name'\] is a builtins.str"),
        (lambda x: None, "return statement"),
        (lambda x: x.argmax(), "out has dtype int64"),
        (lambda x: x[:0], r"no elements: out \(0,\)"),
    ],
)
def test_outputs_that_have_no_derivative(bind, mode, function, message):
    with pytest.raises(OutputError, match=message):
        bind("jax", function, mode=mode, x=X)


def test_a_branch_on_a_value_fails_as_jax_says_with_the_users_frame(bind):
    def branching(x):
        return x if x.sum() > 0 else -x

    with pytest.raises(jax.errors.TracerBoolConversionError) as caught:
        bind("jax", branching, x=X)
    assert any(entry.name == "branching" for entry in caught.traceback)
    assert bind("jax", branching, mode="eager", x=X).value([X])[0].tolist() == X.tolist()


def test_eager_a_branch_on_a_value_works_and_is_not_batched(bind):
    bound = bind("jax", lambda x: jnp.sum(x**2 if x[0] > 0 else -x), mode="eager", x=X)
    point = np.ones_like(X)
    np.testing.assert_array_equal(bound.vjp([point], [np.ones(())]).gradients[0], 2 * point)
    with pytest.raises(UnsupportedError, match="TracerBoolConversionError"):
        bound.value_batch([np.stack([point, point])])


def test_a_functions_own_exception_passes_through(bind):
    def f(x):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        bind("jax", f, x=X)


def test_a_complex_gradient_is_jaxs(bind):
    z = np.array([1 + 2j, -0.5 + 1j])
    c = np.array([0.3 - 0.7j, 2.0 + 1j])
    bound = bind("jax", lambda z: z * z, z=z)
    assert np.allclose(bound.vjp([z], [c]).gradients[0], 2 * z * c, rtol=1e-15)
    assert np.allclose(bound.jvp([z], [c])[0], 2 * z * c, rtol=1e-15)
    with pytest.raises(ArgumentError, match="complex"):
        bind("jax", jnp.sin, x=X).vjp([X], [X * 1j])


def test_an_output_that_is_an_input_does_not_share_its_memory(bind):
    x = X.copy()
    bound = bind("jax", lambda x: x, x=x)
    out = bound.value([x])[0]
    x[:] = 9
    assert np.array_equal(out, X)
    out[:] = 8
    assert np.array_equal(bound.value([X])[0], X)


def test_an_input_without_a_path_has_gradient_zero(bind):
    bound = bind("jax", lambda x, w: x.sum(), x=X, w=X)
    gradients = bound.vjp([X, X], [np.array(1.0)]).gradients
    assert gradients[0].tolist() == [1, 1, 1]
    assert gradients[1].tolist() == [0, 0, 0]


def test_native_arrays_and_trees_are_taken(bind):
    tree = {"w": jnp.asarray(X), "b": [jnp.asarray(2.0)]}
    bound = bind("jax", lambda p: (p["w"] * p["b"][0]).sum(), p=tree)
    assert [leaf.name for leaf in bound.inputs] == ["p['b'][0]", "p['w']"]
    gradients = bound.vjp([np.array(2.0), X], [np.array(1.0)]).gradients
    assert gradients[0] == X.sum()
    assert gradients[1].tolist() == [2, 2, 2]
