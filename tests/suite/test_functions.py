"""Loading functions: files, siblings, packages, modules; what goes wrong on import."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from adbench.suite import FunctionLoadError, FunctionRef, call_params, load_function


def ref(file: Path, name: str = "f") -> FunctionRef:
    return FunctionRef(file=str(file), name=name)


def test_a_file_finds_its_siblings_and_is_executed_once(folder: Path) -> None:
    objective = load_function(ref(folder / "model.py", "objective"))
    loss = load_function(ref(folder / "model.py", "Model.loss"))
    import numpy as np

    assert objective(np.array([1.0, 2.0])) == 10.0
    assert loss(np.array([1.0, 2.0])) == 3.0
    assert load_function(ref(folder / "model.py", "objective")) is objective


def test_files_of_the_same_name_in_two_folders_do_not_meet(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.py").write_text(f"def f(): return {name!r}\n")
    assert [load_function(ref(tmp_path / n / "same.py"))() for n in ("a", "b")] == ["a", "b"]


def test_a_dataclass_in_a_file_is_importable_while_it_is_executed(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text(
        "from __future__ import annotations\nimport dataclasses\n"
        "@dataclasses.dataclass\nclass D:\n    x: int\n"
        "def f(): return D(3).x\n"
    )
    assert load_function(ref(tmp_path / "data.py"))() == 3


def test_a_file_in_a_package_has_its_relative_imports(tmp_path: Path) -> None:
    package = tmp_path / "some_package" / "inner"
    package.mkdir(parents=True)
    (tmp_path / "some_package/__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("from . import other\ndef f(): return other.value\n")
    (package / "other.py").write_text("value = 7\n")
    function = load_function(ref(package / "part.py"))
    assert function() == 7
    assert function.__module__ == "some_package.inner.part"


def test_a_module_is_found_in_its_folder(folder: Path) -> None:
    function = load_function(FunctionRef(module="helper", name="twice", folder=str(folder)))
    assert function(3) == 6
    assert load_function(FunctionRef(module="math", name="sqrt"))(4) == 2


def test_what_the_module_raises_is_the_cause(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import no_such_thing\n")
    with pytest.raises(FunctionLoadError, match="ModuleNotFoundError: No module") as caught:
        load_function(ref(tmp_path / "bad.py"))
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)
    assert not [name for name in sys.modules if name.startswith("bad_")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys\nsys.exit(3)\n", r"called sys\.exit\(3\)"),
        ("raise ValueError('no')\n", "raised ValueError: no"),
        ("def f(:\n", "raised SyntaxError"),
        ("def g(): pass\nfunc = 1\n", "has no 'f'"),
        ("f = 3\n", "is 'int', not a function"),
    ],
)
def test_a_module_that_does_not_give_the_function(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "m.py").write_text(text)
    with pytest.raises(FunctionLoadError, match=message):
        load_function(ref(tmp_path / "m.py"))


def test_missing_files_modules_and_names(tmp_path: Path) -> None:
    with pytest.raises(FunctionLoadError, match="does not exist"):
        load_function(ref(tmp_path / "gone.py"))
    with pytest.raises(FunctionLoadError, match="ModuleNotFoundError"):
        load_function(FunctionRef(module="no_such_module_at_all", name="f"))
    with pytest.raises(FunctionLoadError, match="did you mean 'sqrt'"):
        load_function(FunctionRef(module="math", name="sqtr"))


def test_a_failed_import_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text("raise ValueError\n")
    with pytest.raises(FunctionLoadError):
        load_function(ref(tmp_path / "late.py"))
    (tmp_path / "late.py").write_text("def f(): return 'mended'\n")
    assert load_function(ref(tmp_path / "late.py"))() == "mended"


def test_params_are_those_that_the_signature_takes() -> None:
    def plain(x, gamma, *, how="a"):  # type: ignore[no-untyped-def]
        return x

    def anything(x, **kwargs):  # type: ignore[no-untyped-def]
        return x

    def positional(x, gamma, /):  # type: ignore[no-untyped-def]
        return x

    params = {"gamma": 1.0, "how": "b", "n": 3, "x": 2}
    assert call_params(plain, params, {"x": 0}) == {"gamma": 1.0, "how": "b"}
    assert call_params(anything, params, {"x": 0}) == {"gamma": 1.0, "how": "b", "n": 3}
    assert call_params(positional, params, {"x": 0}) == {}
    assert call_params(dict.fromkeys, {"n": 3}) == {}
