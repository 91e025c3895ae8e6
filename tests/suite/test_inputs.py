"""Arrays from descriptions: distributions, dtypes, streams, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adbench.suite import Case, FunctionRef, InputError, InputSpec, make_inputs
from adbench.suite.distributions import CASE_DTYPES, DISTRIBUTIONS, DTYPES
from adbench.suite.expressions import ExpressionError
from adbench.suite.specs import spec_from_text


def case_of(inputs: dict[str, Any], **fields: Any) -> Case:
    return Case(
        suite="s", name="c", base=fields.pop("base", "c"), file="f.yaml",
        functions={"*": FunctionRef(file="f.py", name="f")}, inputs=inputs, **fields,
    )  # fmt: skip


def array_of(text: str, **fields: Any) -> np.ndarray[Any, Any]:
    extra = {"other": InputSpec(values=1.0)}
    arguments, _ = make_inputs(case_of({"x": spec_from_text(text, {}), **extra}, **fields))
    array: np.ndarray[Any, Any] = arguments["x"]
    return array


def test_moments_of_the_random_distributions() -> None:
    n = 40_000  # the bounds are five standard errors
    normal = array_of(f"normal({n}, mean=2, std=3)")
    assert abs(normal.mean() - 2) < 5 * 3 / n**0.5
    assert abs(normal.std() - 3) < 5 * 3 / (2 * n) ** 0.5
    uniform = array_of(f"uniform({n}, low=-1, high=3)")
    assert uniform.min() >= -1
    assert uniform.max() < 3
    assert abs(uniform.mean() - 1) < 5 * 4 / (12 * n) ** 0.5
    logarithm = np.log(array_of(f"lognormal({n}, mean=1, std=0.5)"))
    assert abs(logarithm.mean() - 1) < 5 * 0.5 / n**0.5
    assert abs(array_of(f"bernoulli({n}, p=0.25)").mean() - 0.25) < 5 * (0.1875 / n) ** 0.5
    signs = array_of(f"signs({n})")
    assert set(signs) == {-1.0, 1.0}
    assert abs(signs.mean()) < 5 / n**0.5
    integers = array_of("integers(1000, low=-2, high=3)")
    assert set(integers) == {-2, -1, 0, 1, 2}
    assert integers.dtype == np.int64


def test_the_regular_distributions_are_numpys() -> None:
    assert np.array_equal(array_of("zeros(2, 3)"), np.zeros((2, 3)))
    assert np.array_equal(array_of("ones()"), np.ones(()))
    assert np.array_equal(array_of("constant(2, value=1.5)"), [1.5, 1.5])
    line = array_of("linspace(2, 3, start=-1, stop=1)")
    assert np.array_equal(line, np.linspace(-1, 1, 6).reshape(2, 3))
    assert np.array_equal(array_of("arange(4, start=1, step=0.5)"), [1.0, 1.5, 2.0, 2.5])
    assert np.array_equal(array_of("eye(2, 3)"), np.eye(2, 3))
    assert np.array_equal(array_of("eye(4, 2, 2)"), np.broadcast_to(np.eye(2), (4, 2, 2)))
    assert sorted(array_of("permutation(9)")) == list(range(9))


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("shape", ["1, 1", "5, 5", "3, 4, 4"])
def test_spd_has_the_condition_asked_for(shape: str, dtype: str) -> None:
    a = array_of(f"spd({shape}, condition=1e4)", dtype=dtype)
    assert np.array_equal(a, np.conj(np.swapaxes(a, -1, -2)))
    eigenvalues = np.linalg.eigvalsh(a)
    assert np.allclose(eigenvalues[..., -1], 1.0, rtol=1e-12)
    if a.shape[-1] > 1:
        assert np.allclose(eigenvalues[..., 0], 1e-4, rtol=1e-9)
        assert np.iscomplexobj(a) == (dtype == "complex128")


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_orthogonal_matrices_are_orthogonal(dtype: str) -> None:
    q = array_of("orthogonal(3, 5, 5)", dtype=dtype)
    product = q @ np.conj(np.swapaxes(q, -1, -2))
    assert np.allclose(product, np.eye(5), atol=1e-14)
    assert np.iscomplexobj(q) == (dtype == "complex128")


def test_complex_draws_have_independent_parts() -> None:
    z = array_of("normal(10000, dtype=complex)")
    assert z.dtype == np.complex128
    assert abs(np.corrcoef(z.real, z.imag)[0, 1]) < 0.05
    assert abs(z.imag.std() - 1) < 0.05


@pytest.mark.parametrize(
    ("case_dtype", "text", "expected"),
    [
        ("float32", "normal(3)", "float32"),
        ("float32", "normal(3, dtype=complex)", "complex64"),
        ("float64", "normal(3, dtype=complex)", "complex128"),
        ("complex64", "normal(3)", "complex64"),
        ("complex64", "normal(3, dtype=complex)", "complex64"),
        ("float32", "normal(3, dtype=float64)", "float64"),
        ("float32", "integers(3, high=5)", "int64"),
        ("float32", "integers(3, high=5, dtype=int8)", "int8"),
        ("float32", "bernoulli(3)", "bool"),
        ("float32", "bernoulli(3, dtype=float32)", "float32"),
        ("float16", "uniform(3)", "float16"),
    ],
)
def test_dtypes(case_dtype: str, text: str, expected: str) -> None:
    assert array_of(text, dtype=case_dtype).dtype == np.dtype(expected)


def test_a_float32_case_sees_the_numbers_of_the_float64_case_rounded() -> None:
    double = array_of("normal(50)")
    assert np.array_equal(array_of("normal(50)", dtype="float32"), double.astype(np.float32))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_every_distribution_draws_its_shape_in_every_case_dtype(name: str) -> None:
    shape = {"vector": "4", "square": "2, 3, 3"}.get(DISTRIBUTIONS[name].shapes, "2, 3")
    given = {"integers": ", high=5", "constant": ", value=2"}.get(name, "")
    for dtype in CASE_DTYPES:
        array = array_of(f"{name}({shape}{given})", dtype=dtype)
        assert str(array.shape) == f"({shape}{',' if name == 'permutation' else ''})"
        assert array.dtype == np.dtype(DISTRIBUTIONS[name].dtype or dtype)
        assert np.isfinite(array).all()


def test_draws_are_those_of_the_documented_stream() -> None:
    # Seeded by PCG64 with SHA-256 of "seed\0case\0leaf", little-endian: computed without adbench.
    import hashlib

    key = hashlib.sha256(b"3\0c\0x").digest()
    expected = np.random.Generator(np.random.PCG64(int.from_bytes(key, "little")))
    assert np.array_equal(array_of("normal(4)", seed=3), expected.standard_normal(4))


def test_streams_are_keyed_by_seed_case_and_leaf_and_by_nothing_else() -> None:
    spec = InputSpec(shape=(5,))
    alone = make_inputs(case_of({"x": spec}))[0]["x"]
    with_others = make_inputs(case_of({"a": spec, "x": spec, "t": {"x": [spec]}}))[0]
    assert np.array_equal(with_others["x"], alone)
    assert not np.array_equal(with_others["a"], alone)
    assert not np.array_equal(with_others["t"]["x"][0], alone)
    assert not np.array_equal(make_inputs(case_of({"x": spec}, seed=1))[0]["x"], alone)
    assert not np.array_equal(make_inputs(case_of({"x": spec}, base="d"))[0]["x"], alone)


def test_trees_keep_their_structure_and_say_what_is_differentiated() -> None:
    tree = {
        "w": InputSpec(shape=(2,)),
        "l": [InputSpec(values=[1, 2]), {"i": InputSpec(values=[1], dtype="int32")}],
        "d": InputSpec(shape=(2,), requires_grad=False),
        "b": InputSpec(values=[True, False]),
    }
    arguments, differentiable = make_inputs(case_of({"t": tree}))
    assert differentiable == {"t": {"w": True, "l": [True, {"i": False}], "d": False, "b": False}}
    assert arguments["t"]["l"][0].dtype == np.float64
    assert arguments["t"]["l"][1]["i"].dtype == np.int32
    assert arguments["t"]["b"].dtype == np.bool_


def test_inline_values() -> None:
    case = case_of(
        {
            "z": InputSpec(values=["1+2j", 3.0]),
            "n": InputSpec(values=["nan", 1.0]),
            "s": InputSpec(values="1-1j"),
        },
        dtype="float32",
    )
    arguments, _ = make_inputs(case)
    assert arguments["z"].dtype == np.complex64
    assert np.array_equal(arguments["z"], np.array([1 + 2j, 3], np.complex64))
    assert arguments["s"] == np.complex64(1 - 1j)
    with pytest.raises(InputError, match="complex values cannot become float64"):
        make_inputs(case_of({"z": InputSpec(values="1j", dtype="float64")}))


def test_nothing_to_differentiate_is_an_error() -> None:
    with pytest.raises(InputError, match="nothing to differentiate"):
        make_inputs(case_of({"n": InputSpec(values=[1], dtype="int64")}))


def test_files(folder: Path) -> None:
    def read(name: str, **fields: Any) -> Any:
        spec = InputSpec(file=str(folder / name), **fields)
        return make_inputs(case_of({"x": spec, "y": InputSpec(values=1.0)}))[0]["x"]

    assert np.array_equal(read("data.npz", key="x"), [0.0, 1.0, 2.0])
    assert read("data.npz", key="n").dtype == np.int64
    assert read("one.npy").dtype == np.float64
    assert read("one.npy", dtype="float32").dtype == np.float32
    with pytest.raises(InputError, match=r"data\.npz holds 2 arrays; say which: key: x \| n"):
        read("data.npz")
    with pytest.raises(InputError, match="no array 'X'; did you mean 'x'"):
        read("data.npz", key="X")
    with pytest.raises(InputError, match="holds one array, without keys"):
        read("one.npy", key="x")
    with pytest.raises(InputError, match="does not exist"):
        read("gone.npy")
    np.save(folder / "object.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="unpickling can run code"):
        read("object.npy")
    np.save(folder / "words.npy", np.array(["a"]))
    with pytest.raises(InputError, match="not an array of numbers"):
        read("words.npy")
    for content in (b"", b"hello", b"PK\x03\x04 broken", b"\x93NUMPY\x01\x00"):
        (folder / "bad.npz").write_bytes(content)
        with pytest.raises(InputError, match=r"bad\.npz"):
            read("bad.npz")


def assert_inside(offset: int, text: str) -> None:
    assert 0 <= offset <= len(text)


@given(st.text("abdk01239+-*/%().,= norm'\"[]{}_µ", max_size=30), st.integers(-3, 9))
@settings(max_examples=300, deadline=None)
def test_the_shorthand_is_read_or_refused_with_a_place(text: str, k: int) -> None:
    try:
        spec = spec_from_text(text, {"k": k, "d": 2.5})
    except ExpressionError as error:
        offset = error.offset
        assert_inside(offset, text)
    else:
        assert spec.values is not None or spec.shape is not None


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 50))
def test_expressions_compute_as_python_does(a: int, b: int, c: int) -> None:
    from adbench.suite.expressions import parse_expression

    text = "a*(b-1)//c + -a % c - b**2"
    known = {"a": a, "b": b, "c": c}
    assert parse_expression(text).number(known) == eval(text, {}, known)


def test_all_dtypes_are_numpys() -> None:
    for name in DTYPES:
        assert name == "complex" or np.dtype(name).name == name
