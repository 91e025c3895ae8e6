"""The JSON Schema accepts what the loader accepts, and refuses what a schema can refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from ruamel.yaml import YAML

from adbench.backends import BACKENDS
from adbench.suite import SuiteError, json_schema, load_suites
from adbench.suite.schema import BackendMode, BackendName

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(json_schema())
BUNDLED = sorted((ROOT / "suites").glob("*.yaml"))


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def case(**fields: Any) -> dict[str, Any]:
    base = {"name": "c", "function": "model.py:anything", "inputs": {"x": "normal(3)"}}
    return {"version": 1, "cases": [{**base, **fields}]}


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    json.dumps(json_schema(), allow_nan=False)


@pytest.mark.parametrize("file", BUNDLED, ids=lambda file: file.stem)
def test_the_bundled_suites_are_valid(file: Path) -> None:
    assert list(VALIDATOR.iter_errors(read(file.read_text(encoding="utf-8")))) == []


INPUTS: list[Any] = [
    "normal(3)", "1+2j", 1, 1.5, True, [1, 2], [[1.0], ["1j"]], ["normal(2)", 1.0],
    {"a": 1.0, "b": {"c": ["normal(2)"]}},
    {"shape": 3}, {"shape": []}, {"shape": [2, "2*3"]}, {"shape": "2*3"},
    {"shape": 3, "distribution": "uniform", "low": -1, "high": "2*3"},
    {"shape": [2, 2], "distribution": "spd", "condition": 1e3, "dtype": "float32"},
    {"values": [1, [2]][0], "dtype": "int64"}, {"values": [[1, 2], [3, 4]], "requires_grad": False},
    {"values": "1+2j"}, {"file": "one.npy"}, {"file": "data.npz", "key": "x"},
]  # fmt: skip
VALID: list[dict[str, Any]] = [
    *(case(inputs={"x": form, "y": 1.0}) for form in INPUTS),
    case(params={"a": None, "b": [1, {"c": "d"}]}),
    case(matrix={"n": [1, None, "a", [2]]}),
    case(matrix={"n": [1, 2], "m": [3], "exclude": [{"n": 2}]}),
    case(function={"native": "model.py:anything", "jax": "json:dumps"}),
    case(backends=["native", "torch:compile"], derivatives=["vjp", "hvp"], tags=["a"]),
    case(xfail={"backend": "torch", "reason": "r"}),
    case(xfail=[{"backend": "jax:jit", "reason": "r"}]),
    case(tolerance={"rtol": 0, "atol": 1e-3}, seed=3, dtype="complex64", description="d"),
    case(gradient="model.py:objective_gradient"),
    {**case(), "defaults": {"seed": 1, "tolerance": {}, "tags": []}, "name": "s"},
    {"version": 1, "include": ["part.yaml"]},
]
INVALID: list[Any] = [
    *(
        case(inputs={"x": form})
        for form in (
            None, [], {}, {"shape": 1.5}, {"shape": [None]}, {"shape": 3, "mean": None},
            {"shape": 3, "std": True}, {"shape": 3, "low": 1}, {"distribution": "uniform"},
            {"shape": 3, "distribution": "nomal"}, {"shape": 3, "distribution": None},
            {"shape": 3, "dtype": "float23"}, {"shape": 3, "requires_grad": "yes"},
            {"shape": 3, "distribution": "integers"}, {"values": None}, {"values": []},
            {"values": {"a": 1}}, {"values": 1, "shape": 3}, {"file": 3}, {"a": {"b": None}},
        )
    ),
    case(inputs={}), case(inputs=[1]), case(inputs={"a-b": 1.0}), case(inputs={"1": 1.0}),
    case(name="a b"), case(name=3), case(name=""), case(name=None),
    case(function="f"), case(function=3), case(function={}), case(function={"torhc": "a.py:f"}),
    case(tag=["a"]), case(tags="a"), case(tags=[1]), case(tags=["a b"]),
    case(backends=[]), case(backends=["nativ"]), case(backends="native"),
    case(derivatives=["vjpp"]), case(derivatives=[]), case(dtype="int64"),
    case(seed=-1), case(seed=1.5), case(seed="1"), case(seed=True),
    case(tolerance={"rtol": -1}), case(tolerance={"rtol": "a"}), case(tolerance={"r": 1}),
    case(tolerance=1e-6), case(matrix={"n": []}), case(matrix={"n": 3}), case(matrix=[1]),
    case(matrix={"a-b": [1]}), case(matrix={"n": [1], "exclude": {"n": 1}}),
    case(matrix={"n": [1], "exclude": [{}]}), case(params=[1]), case(params={"a-b": 1}),
    case(xfail={"backend": "torch"}), case(xfail={"backend": "torch", "reason": ""}),
    case(xfail={"backend": "t", "reason": "r"}), case(xfail="torch"), case(gradient=3),
    {"version": 2, "cases": case()["cases"]}, {"cases": case()["cases"]}, {"version": 1},
    {"version": 1, "cases": []}, {"version": 1, "cases": ["a"]}, {"version": 1, "cases": {}},
    {**case(), "nmae": "s"}, {**case(), "defaults": {"dtyp": "float32"}},
    {**case(), "include": "a"}, [], "a", 3,
]  # fmt: skip


def accepted(folder: Path, document: Any) -> bool:
    (folder / "suite.yaml").write_text(json.dumps(document))
    try:
        load_suites(folder / "suite.yaml")
    except SuiteError:
        return False
    return True


@pytest.mark.parametrize("document", VALID, ids=lambda document: json.dumps(document)[13:90])
def test_both_accept(document: Any, folder: Path) -> None:
    (folder / "part.yaml").write_text(json.dumps(case()))
    assert accepted(folder, document)
    assert list(VALIDATOR.iter_errors(document)) == []


@pytest.mark.parametrize("document", INVALID, ids=lambda document: json.dumps(document)[13:90])
def test_both_refuse(document: Any, folder: Path) -> None:
    assert not accepted(folder, document)
    assert not VALIDATOR.is_valid(document)


def test_everything_has_a_description() -> None:
    schema = json_schema()
    definitions = schema["$defs"]

    def undescribed(name: str, schema: Any) -> list[str]:
        return [
            f"{name}.{key}"
            for key, value in schema.get("properties", {}).items()
            if "description" not in {**definitions.get(value.get("$ref", "")[8:], {}), **value}
        ]

    found = undescribed("suite", schema)
    for name, definition in schema["$defs"].items():
        found += undescribed(name, definition)
    assert found == []


def test_backends_and_modes_are_those_of_the_backends_room() -> None:
    with_modes = {name: backend.modes for name, backend in BACKENDS.items() if name != "manual"}
    with_mode = {f"{name}:{mode}" for name, modes in with_modes.items() for mode in modes}
    assert set(get_args(BackendMode)) == {*BACKENDS, *with_mode}
    assert set(get_args(BackendName)) == set(BACKENDS)
