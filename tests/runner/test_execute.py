"""One task done for real: verdicts, and each way in which it cannot be done."""

import sys
import textwrap

import pytest

from adbench.record import Verdict
from adbench.runner import expand
from adbench.runner.execute import execute
from adbench.suite import FunctionRef, InputSpec
from adbench.suite.case import XFail

MODEL = """
import numpy as np

def loss(x):
    return (x * x).sum()

def right(x):
    return 2 * x

def wrong(x):
    return -2 * x

def raises(x):
    return inner(x)

def inner(x):
    raise ValueError("shapes do not match")

def text(x):
    return "text"

def exits(x):
    import sys
    sys.exit("bye")

def deep(x):
    return deeper(x)

def deeper(x):
    return deep(x)

def itself(x):
    return itself(x)

def scaled(x, factor):
    return (factor * x).sum()

def by_factor(x, factor):
    return np.full_like(x, factor)
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(MODEL)
    return path


@pytest.fixture
def attempt(make_case, model, monkeypatch):
    monkeypatch.chdir(model.parent)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(function="loss", gradient="right", file=None, backend="manual", **changes):
        file = str(file or model)
        fields = {
            "functions": {"*": FunctionRef(file=file, name=function)},
            "gradient": FunctionRef(file=str(model), name=gradient),
            "file": str(model.parent / "s.yaml"),
        }
        required = changes.pop("require", False)
        device = changes.pop("device", "cpu")
        case = make_case(function, **(fields | changes))
        (task,) = expand([case], [backend], require=required, device=device)
        calls = []
        result = execute(task, lambda: calls.append(1))
        assert len(calls) <= 1
        assert result.task == task.name
        assert result.reproduce.startswith("adbench check s.yaml -k ")
        return result

    return run


def test_a_right_gradient(attempt):
    result = attempt(seed=5, params={}, tags=("t",))
    assert result.verdict is Verdict.PASS
    assert result.reason == result.check.reason
    assert result.failure is None
    assert result.check.function == "loss"
    assert (result.check.where.file, result.check.where.line) == ("model.py", 4)
    assert result.check.where.text == "def loss(x):"
    assert (result.seed, result.check.seed, result.tags) == (5, 5, ("t",))
    assert result.source.file == "s.yaml"


def test_a_wrong_gradient(attempt):
    result = attempt(gradient="wrong")
    assert result.verdict is Verdict.FAIL
    assert not result.expected
    assert result.check.findings


def test_parameters_reach_function_and_gradient(attempt):
    result = attempt("scaled", "by_factor", params={"factor": 2.5, "unused": 1})
    assert result.verdict is Verdict.PASS
    assert result.params == {"factor": 2.5, "unused": 1}


def test_an_announced_failure_is_expected_and_its_absence_is_not(attempt):
    announced = (XFail(backend="manual", reason="issue 7"),)
    found = attempt(gradient="wrong", xfail=announced)
    assert (found.verdict, found.expected, found.xfail) == (Verdict.FAIL, True, "issue 7")
    found = attempt(gradient="right", xfail=announced)
    assert (found.verdict, found.expected) == (Verdict.PASS, False)
    assert "issue 7" in found.reason
    assert "remove the xfail" in found.reason


def test_an_exception_of_the_function_has_the_users_frames_only(attempt):
    result = attempt("raises")
    assert result.verdict is Verdict.ERROR
    assert result.reason == "ValueError: shapes do not match"
    assert result.failure.kind == "exception"
    frames = [(frame.file, frame.function, frame.text) for frame in result.failure.frames]
    assert frames == [
        ("model.py", "raises", "return inner(x)"),
        ("model.py", "inner", 'raise ValueError("shapes do not match")'),
    ]


def test_an_output_that_has_no_derivative(attempt):
    result = attempt("text")
    assert result.failure.kind == "output"
    assert result.failure.frames == ()


def test_sys_exit(attempt):
    result = attempt("exits")
    assert (result.failure.kind, result.verdict) == ("exit", Verdict.ERROR)
    assert "sys.exit('bye')" in result.reason


def test_a_deep_recursion_shows_its_two_ends(attempt):
    result = attempt("deep")
    assert result.failure.type == "RecursionError"
    assert {frame.function for frame in result.failure.frames} == {"deep", "deeper"}
    assert len(result.failure.frames) == 20


def test_a_function_that_calls_itself_is_named_once(attempt):
    result = attempt("itself")
    assert result.failure.type == "RecursionError"
    assert [frame.function for frame in result.failure.frames] == ["itself"]


def test_a_finding_names_its_file_as_the_record_does(attempt):
    result = attempt("loss", gradient="wrong")
    places = {finding.where.file for finding in result.check.findings if finding.where}
    assert places == {"model.py"}


def test_a_missing_function_suggests_the_nearest(attempt):
    result = attempt("los")
    assert result.verdict is Verdict.ERROR
    assert "did you mean 'loss'" in result.failure.message
    assert result.failure.frames == ()


@pytest.mark.parametrize(
    ("source", "kind", "type_name", "line"),
    [
        ("import nothing_like_it", "exception", "ModuleNotFoundError", 1),
        ("x = 1\nraise RuntimeError('at import')", "exception", "RuntimeError", 2),
        ("x = 1\ndef loss(x:\n", "exception", "SyntaxError", 2),
        ("import sys\nsys.exit(2)", "exit", "SystemExit", 2),
        ("raise MemoryError", "memory", "MemoryError", 1),
        ("raise RuntimeError('RESOURCE_EXHAUSTED: Out of memory')", "memory", "RuntimeError", 1),
    ],
)
def test_a_module_that_cannot_be_imported(attempt, tmp_path, source, kind, type_name, line):
    file = tmp_path / "broken.py"
    file.write_text(source)
    result = attempt(file=file)
    assert (result.failure.kind, result.failure.type) == (kind, type_name)
    assert (result.failure.frames[-1].file, result.failure.frames[-1].line) == ("broken.py", line)


def test_a_file_that_is_not_there(attempt, tmp_path):
    result = attempt(file=tmp_path / "none.py")
    assert "none.py does not exist" in result.reason


def test_an_input_that_cannot_be_made(attempt, tmp_path):
    result = attempt(inputs={"x": InputSpec(file=str(tmp_path / "none.npy"))})
    assert result.failure.kind == "input"
    assert "none.npy" in result.reason


def test_nothing_to_differentiate(attempt):
    result = attempt(inputs={"x": InputSpec(shape=(2,), requires_grad=False)})
    assert result.failure.kind == "input"


def test_a_missing_device_is_skipped_unless_required(attempt):
    skipped = attempt(device="cuda")
    assert skipped.verdict is Verdict.SKIPPED
    assert skipped.expected
    required = attempt(device="cuda", require=True)
    assert required.verdict is Verdict.ERROR
    assert required.failure.kind == "missing"
    assert required.reason.startswith("required, but ")


def test_what_could_not_be_tried_has_not_failed_as_announced(attempt, monkeypatch):
    announced = (XFail(backend="manual", reason="issue 7"), XFail(backend="jax", reason="8"))
    assert attempt("raises", xfail=announced).expected
    assert attempt(device="cuda", xfail=announced).expected  # skipped
    assert not attempt(device="cuda", xfail=announced, require=True).expected

    def broken(*_, **__):
        raise ImportError("libcudart.so.12: cannot open shared object file")

    monkeypatch.setattr("adbench.runner.execute.get_backend", broken)
    result = attempt(xfail=announced, backend="jax")
    assert result.failure.kind == "startup"
    assert result.reason.startswith("ImportError: libcudart.so.12")
    assert not result.expected


def test_ctrl_c_is_not_a_result(attempt, tmp_path):
    file = tmp_path / "interrupted.py"
    file.write_text("def loss(x):\n    raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        attempt(file=file)


def test_a_library_of_the_users_own_counts_when_it_is_checked(attempt, tmp_path):
    folder = tmp_path / "site-packages"
    folder.mkdir()
    file = folder / "installed.py"
    file.write_text(textwrap.dedent(MODEL))
    assert attempt("raises", file=file).failure.frames[-1].function == "inner"
