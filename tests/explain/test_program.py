"""Adjoint programs run by themselves, and give the engine's gradient."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from adbench.backends import get_backend
from adbench.explain import ExplainError
from adbench.explain.program import adjoint_program
from adbench.explain.source import program_source
from adbench.explain.subject import subject_of
from adbench.runner.tasks import expand
from adbench.suite import call_params, load_function, load_suites, make_inputs

SUITES = sorted((Path(__file__).parents[2] / "suites").glob("*.yaml"))

UNARY = [
    np.sin,
    np.tanh,
    np.square,
    np.negative,
    np.ravel,
    np.transpose,
    np.cumsum,
    lambda x: np.sum(x, axis=0) if np.ndim(x) else x,
    lambda x: x[..., ::-1] if np.ndim(x) else x,
    lambda x: x[np.array([0, -1, 0])] if np.ndim(x) else x,
    lambda x: np.exp(x - np.max(x)),
    lambda x: np.linalg.inv(np.outer(x, x) + np.eye(np.size(x))) if np.size(x) < 9 else x,
    lambda x: np.where(x > 0, x, 0.1 * x),
    lambda x: np.stack([x, x / 2]) if np.ndim(x) < 3 else x,
    lambda x: x if np.sum(x) > 0 else -x,
    lambda x: np.real(np.fft.fft(x)) if np.ndim(x) else x,
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    lambda x, y: x / (2 + np.square(y)),
    lambda x, y: np.outer(x, y)[:4, :3],
    lambda x, y: np.concatenate([np.ravel(x), np.ravel(y)])[:7],
    lambda x, y: np.ravel(x)[:2] @ np.ravel(y)[:2] if min(np.size(x), np.size(y)) > 1 else x * y,
    lambda x, y: written(x, y),
]


def written(x, y):
    z = np.zeros_like(x, shape=(5,))
    z[0] = np.sum(x)
    z[1:4] += np.mean(y)
    z[::2] *= 3.0
    return z


def random_function(seed):
    """A program of up to ten steps, each on the results so far."""
    rng = np.random.default_rng(seed)
    steps = []
    for n in range(2, 2 + rng.integers(1, 11)):
        if rng.random() < 0.6:
            steps.append((UNARY[rng.integers(len(UNARY))], (int(rng.integers(n)),)))
        else:
            pair = (int(rng.integers(n)), int(rng.integers(n)))
            steps.append((BINARY[rng.integers(len(BINARY))], pair))

    def function(x, y):
        stack = [x, y]
        for operation, places in steps:
            try:
                stack.append(operation(*(stack[i] for i in places)))
            except ValueError:  # shapes that do not go together
                stack.append(stack[-1] * 0.5)
        return sum(np.sum(v) for v in stack)

    shapes = [(), (1,), (3,), (2, 3), (3, 1)]
    x, y = (np.array(rng.normal(size=shapes[rng.integers(5)])) for _ in range(2))
    return function, x, y


def arrays(program):
    return [array for _, _, array in program.parameters]


def expected(subject):
    """The engine's own values and gradients."""
    pulled = subject.bound.vjp(subject.bound.point, subject.cotangents)
    return [*pulled.outputs, *pulled.gradients]


def same_bits(found, wanted):
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        # 0 and −0 are one number here: adding to zeros, which plans leave out, makes one of both.
        np.testing.assert_array_equal(a, b)


def close(found, wanted):
    """The same to rounding: BLAS adds in another order where memory lies in another way."""
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        rtol = 1e3 * np.finfo(a.dtype).eps
        scale = np.max(np.abs(b[np.isfinite(b)]), initial=0.0)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)


@pytest.mark.slow
@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_bundled_cases_give_the_engines_gradient_without_adbench(path, run_apart):
    tasks = expand([case for suite in load_suites(path) for case in suite.cases], ["native"])
    programs, wanted = [], []
    for task in tasks:
        function = load_function(task.function)
        arguments, differentiable = make_inputs(task.case)
        params = call_params(function, task.case.params, arguments)
        subject = subject_of(
            get_backend("native"), function, arguments, differentiable, params, seed=0
        )
        program = adjoint_program(subject, {})
        programs.append((program_source(program, task.name), arrays(program)))
        wanted.append(expected(subject))
    assert programs
    for found, want in zip(run_apart(programs), wanted, strict=True):
        close(found, want)


@pytest.mark.slow
def test_random_programs_give_the_engines_gradient_without_adbench(bind, run_apart):
    programs, wanted = [], []
    for seed in range(150):
        function, x, y = random_function(seed)
        subject = bind(function, x=x, y=y)
        program = adjoint_program(subject, {})
        programs.append((program_source(program, f"program {seed}"), arrays(program)))
        wanted.append(expected(subject))
    for found, want in zip(run_apart(programs), wanted, strict=True):
        close(found, want)


def test_programs_hold_at_other_inputs_than_the_recorded_ones(bind, run_apart):
    def f(x, a):
        return np.sum(np.tanh(a @ x) ** 2)

    rng = np.random.default_rng(0)
    subject = bind(f, data=["a"], x=rng.normal(size=3), a=rng.normal(size=(2, 3)))
    source = program_source(adjoint_program(subject, {}), "f")
    x, a = rng.normal(size=3), rng.normal(size=(2, 3))
    ((value, gradient),) = run_apart([(source, [x, a])])
    t = np.tanh(a @ x)
    np.testing.assert_allclose(value, np.sum(t**2), rtol=1e-14)
    np.testing.assert_allclose(gradient, a.T @ (2 * t * (1 - t**2)), rtol=1e-13)


def test_a_program_is_a_script_that_prints_its_gradient(bind, tmp_path):
    subject = bind(lambda x: np.sum(x * x), x=[1.0, 2.0])
    source = program_source(adjoint_program(subject, {}), 'a title\nof two lines """ \\')
    file = tmp_path / "adjoint.py"
    file.write_text(source)
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", file], capture_output=True, text=True, check=True
    )
    assert done.stdout == "value 5.0\ngradient by x\n[2. 4.]\n"


def test_a_program_without_its_inputs_says_which_it_needs(bind, tmp_path):
    subject = bind(lambda x: np.sum(x * x), x=np.ones(2000))
    file = tmp_path / "adjoint.py"
    file.write_text(program_source(adjoint_program(subject, {}), "f"))
    done = subprocess.run([sys.executable, "-I", file], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "give value_and_gradient its inputs: x (2000,)\n"


def test_another_way_through_the_function_is_refused_not_miscomputed(bind):
    def f(x):
        return np.sum(x * x) if x[0] > 0 else np.sum(x)

    source = program_source(adjoint_program(bind(f, x=[1.0, 2.0]), {}), "f")
    namespace = {}
    exec(source, namespace)
    assert namespace["value_and_gradient"](np.array([3.0, 1.0]))[1].tolist() == [6.0, 2.0]
    with pytest.raises(ValueError, match=r"^test_program.py:\d+: .* another way"):
        namespace["value_and_gradient"](np.array([-3.0, 1.0]))


def test_comments_name_the_users_lines_and_the_adjoints(bind):
    def f(x):
        y = np.sin(x)
        return np.sum(y * y)

    subject = bind(f, x=[1.0, 2.0])
    source = program_source(adjoint_program(subject, {2: "multiply"}), "f", "def f(x): ...")
    line = f.__code__.co_firstlineno + 1
    assert f"# test_program.py:{line}  y = np.sin(x)\n    v1 = np.sin(x)\n" in source
    assert "    # v2: multiply\n" in source
    assert "d_x = " in source
    assert "#     def f(x): ...\n" in source


def test_names_cannot_be_mistaken_for_others(bind, run_apart):
    def f(tree):
        return np.sum(tree["np"] * tree["a b"]) + np.sum(tree["v1"] * tree["lambda"][0])

    tree = {"np": [1.0, 2.0], "a b": [3.0, 4.0], "v1": [5.0], "lambda": [np.array([6.0])]}
    subject = bind(f, tree=tree)
    program = adjoint_program(subject, {})
    names = [name for _, name, _ in program.parameters]
    assert len(set(names)) == 4
    assert all(name.isidentifier() for name in names)
    (found,) = run_apart([(program_source(program, "f"), arrays(program))])
    same_bits(found, expected(subject))


def test_one_letter_names_that_the_program_would_use_itself(bind, run_apart):
    def f(v1, t2, np_, value_and_gradient):
        return np.sum(v1 * t2) + np.sum(np_ * value_and_gradient)

    ones = np.array([1.0, 2.0])
    subject = bind(f, v1=ones, t2=ones, np_=ones, value_and_gradient=3 * ones)
    program = adjoint_program(subject, {})
    (found,) = run_apart([(program_source(program, "f"), arrays(program))])
    same_bits(found, expected(subject))


@pytest.mark.parametrize("names", [["d_x", "x_", "x"], ["x²", "x2", "ﬁ", "fi"], ["", "7", "def"]])
def test_names_that_come_close_to_each_other(bind, run_apart, names):
    def f(tree):
        return {'"""\\\n': sum((i + 1) * np.sum(np.sin(tree[n])) for i, n in enumerate(names))}

    subject = bind(f, tree={name: [float(i)] for i, name in enumerate(names)})
    program = adjoint_program(subject, {})
    (found,) = run_apart([(program_source(program, "f"), arrays(program))])
    close(found, expected(subject))


def test_several_outputs_take_cotangents(bind, run_apart):
    subject = bind(lambda x: {"a": 2 * x, "b": np.sum(x * x)}, x=[1.0, 2.0])
    program = adjoint_program(subject, {})
    assert [name for _, name, _ in program.parameters] == [
        "x",
        "cotangent_out_a",
        "cotangent_out_b",
    ]
    one, two = np.array([1.0, 10.0]), np.array(100.0)
    (found,) = run_apart([(program_source(program, "f"), [np.array([1.0, 2.0]), one, two])])
    assert found[2].tolist() == [2 + 200, 20 + 400]


@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_dtypes_are_kept(bind, run_apart, dtype):
    x = np.array([1.5, -2.5], dtype)
    subject = bind(lambda x: np.sum(np.sin(x) * x * 2), x=x)
    (found,) = run_apart([(program_source(adjoint_program(subject, {}), "f"), [x])])
    same_bits(found, expected(subject))


def test_large_constants_are_packed(bind, run_apart):
    table = np.random.default_rng(0).normal(size=(30, 20))
    x = np.linspace(0, 1, 20)
    subject = bind(lambda x: np.sum((table @ x) ** 2), x=x)
    source = program_source(adjoint_program(subject, {}), "f")
    assert "unpacked(" in source
    assert max(map(len, source.splitlines())) <= 100
    (found,) = run_apart([(source, [x])])
    close(found, expected(subject))


def test_scipy_functions_are_imported_from_scipy(bind, run_apart):
    special = pytest.importorskip("scipy.special")
    x = np.array([0.5, 2.5])
    subject = bind(lambda x: np.sum(special.digamma(x) + special.gammaln(x)), x=x)
    source = program_source(adjoint_program(subject, {}), "f")
    assert "from scipy import special\n" in source
    (found,) = run_apart([(source, [x])])
    same_bits(found, expected(subject))


def test_silenced_errors_stay_silent(bind, run_apart):
    def f(x):
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.sum(np.log(x) / x)

    source = program_source(adjoint_program(bind(f, x=[1.0, 2.0]), {}), "f")
    namespace = {}
    exec(source, namespace)
    value, gradient = namespace["value_and_gradient"](np.array([0.0, 1.0]))  # warnings are errors
    assert value == -np.inf
    assert gradient[1] == 1.0


def test_what_cannot_be_replayed_has_no_program(bind):
    rng = np.random.default_rng(0)
    calls = []

    def random(x):
        return np.sum(x * rng.normal(size=2))

    def longer(x):
        calls.append(0)
        for _ in calls:
            x = np.sin(x)
        return np.sum(x)

    def buffered(x):
        x[0] = 1.0
        return np.sum(x)

    for function, why in [
        (random, "another number in each call"),
        (longer, "another way in the next call"),
    ]:
        with pytest.raises(ExplainError, match=why):
            adjoint_program(bind(function, x=[1.0, 2.0]), {})
    assert adjoint_program(bind(buffered, x=[1.0, 2.0]), {})
