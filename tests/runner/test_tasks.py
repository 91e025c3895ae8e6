"""Cases become tasks on the backends that are both chosen and meant."""

import math
import os
import shlex
from pathlib import Path

import pytest

from adbench.record import CheckOptions
from adbench.runner import Task, expand
from adbench.suite import FunctionRef, InputSpec
from adbench.suite.case import Tolerance, XFail

F = FunctionRef(file="/m/model.py", name="f")


def places(tasks):
    return [f"{task.backend}:{task.mode}" for task in tasks]


@pytest.mark.parametrize(
    ("own", "chosen", "expected"),
    [
        (None, [], ["native:eager", "torch:eager", "jax:jit"]),
        (None, ["all"], ["native:eager", "torch:eager", "jax:jit"]),
        (None, ["torch"], ["torch:eager"]),
        (None, ["torch:compile", "native"], ["torch:compile", "native:eager"]),
        (None, ["torch", "torch:eager"], ["torch:eager"]),
        (None, ["jax:eager", "all"], ["jax:eager", "native:eager", "torch:eager", "jax:jit"]),
        (("jax",), [], ["jax:jit"]),
        (("jax",), ["torch"], []),
        (("jax",), ["jax:eager"], ["jax:eager"]),
        (("torch:compile",), [], ["torch:compile"]),
        (("torch:compile",), ["torch"], ["torch:compile"]),
        (("torch:compile",), ["torch:eager"], []),
        (("torch:eager", "torch:compile"), ["torch"], ["torch:eager", "torch:compile"]),
        ((), [], []),
    ],
)
def test_backends_chosen_and_meant(make_case, own, chosen, expected):
    assert places(expand([make_case(backends=own)], chosen)) == expected


def test_a_backend_without_a_function_of_its_own_is_left_out(make_case):
    case = make_case(functions={"torch": F, "native": F})
    assert places(expand([case])) == ["native:eager", "torch:eager"]


def test_each_backend_gets_its_own_function(make_case):
    general = FunctionRef(module="m", name="g")
    tasks = expand([make_case(functions={"*": general, "torch": F})])
    assert {task.backend: task.function for task in tasks} == {
        "native": general, "torch": F, "jax": general,
    }  # fmt: skip


def test_a_gradient_is_checked_too(make_case):
    case = make_case(gradient=FunctionRef(file="/m/model.py", name="df"))
    assert places(expand([case])) == ["native:eager", "torch:eager", "jax:jit", "manual:eager"]
    assert places(expand([case], ["manual"])) == ["manual:eager"]
    assert places(expand([case], ["native"])) == ["native:eager"]
    alone = make_case(gradient=case.gradient, backends=("manual",))
    assert places(expand([alone])) == ["manual:eager"]


def test_a_gradient_alone_needs_a_numpy_function(make_case):
    case = make_case(functions={"torch": F}, gradient=F)
    assert places(expand([case])) == ["torch:eager"]


@pytest.mark.parametrize("name", ["tensorflow", "torch:", "torch:jit", "", "Torch"])
def test_an_unknown_backend_is_refused(make_case, name):
    with pytest.raises(ValueError, match=r"no (backend|mode)"):
        expand([make_case()], [name])


def test_the_cases_wishes_hold_unless_the_run_says_otherwise(make_case):
    case = make_case(
        derivatives=("vjp", "hvp"), tolerance=Tolerance(rtol=1e-3, atol=1e-4), seed=7,
        backends=("native",),
    )  # fmt: skip
    (task,) = expand([case])
    assert task.options == CheckOptions(derivatives=("vjp", "hvp"), rtol=1e-3, atol=1e-4, seed=7)
    (task,) = expand([case], check=CheckOptions(rtol=0.5, derivatives=("jvp",)))
    assert task.options == CheckOptions(derivatives=("jvp",), rtol=0.5, atol=1e-4, seed=7)
    (task,) = expand([make_case(power=0.9, backends=("native",))])
    assert task.options.power_floor == 0.9
    (task,) = expand([case], check=CheckOptions(rtol=None))
    assert task.options.rtol == 1e-3


def test_xfail_names_a_backend_or_a_mode(make_case):
    case = make_case(
        xfail=(XFail(backend="torch", reason="a"), XFail(backend="jax:eager", reason="b"))
    )
    found = {
        f"{task.backend}:{task.mode}": task.xfail
        for task in expand([case], ["all", "torch:compile", "jax:eager"])
    }
    assert found == {
        "native:eager": None, "torch:eager": "a", "torch:compile": "a",
        "jax:jit": None, "jax:eager": "b",
    }  # fmt: skip


def test_a_task_survives_json_with_its_extremes(make_case):
    case = make_case(
        inputs={"x": [InputSpec(values=[math.inf, -0.0, 5e-324]), {"y": InputSpec(shape=())}]},
        params={"cut": -math.inf, "name": "ü\n'"}, backends=("native",),
    )  # fmt: skip
    (task,) = expand([case])
    assert Task.model_validate_json(task.model_dump_json()) == task


class TestReproduce:
    def words(self, case, **options):
        (task,) = expand([case], ["native"], **options)
        return shlex.split(task.reproduce)

    def test_a_suites_case(self, make_case, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        case = make_case("gmm[d=2]", file=str(tmp_path / "sui tes" / "x.yaml"), seed=3)
        assert self.words(case) == [
            "adbench", "check", "sui tes/x.yaml", "-k", "gmm[d=2]",
            "--backend", "native:eager", "--seed", "3",
        ]  # fmt: skip

    def test_a_suite_elsewhere_is_absolute(self, make_case, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        words = self.words(make_case("a", file="/elsewhere/x.yml"))
        assert words[2] == "/elsewhere/x.yml"

    def test_hostile_names_are_quoted(self, make_case, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        case = make_case("a'b; rm -rf $HOME", file=str(tmp_path / "-x.yaml"))
        words = self.words(case)
        assert words[2] == "./-x.yaml"
        assert words[4] == '"a\'b; rm -rf $HOME"'

    def test_a_bare_function_keeps_its_args(self, make_case, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        case = make_case(
            "loss", functions={"*": FunctionRef(file=str(tmp_path / "model.py"), name="loss")},
            file=str(tmp_path / "model.py"), args=("x=normal(3, 4)",),
        )  # fmt: skip
        assert self.words(case, dtype="float32")[2:] == [
            "model.py:loss", "--arg", "x=normal(3, 4)", "--backend", "native:eager",
            "--seed", "0", "--dtype", "float32",
        ]  # fmt: skip

    def test_a_function_of_a_module(self, make_case):
        case = make_case(
            "loss", functions={"*": FunctionRef(module="package.model", name="Model.loss")},
            file=os.fspath(Path("package/model.py").resolve()),
        )  # fmt: skip
        assert self.words(case)[2] == "package.model:Model.loss"

    def test_what_the_command_line_set_is_kept(self, make_case):
        words = self.words(make_case(), device="cuda", check=CheckOptions(rtol=1e-5, atol=0.0))
        assert words[-6:] == ["--device", "cuda", "--rtol", "1e-05", "--atol", "0.0"]
        check = CheckOptions(search=2.5, power=True, thorough=True)
        words = self.words(make_case(), check=check)
        assert words[-4:] == ["--search", "2.5", "--power", "--thorough"]
