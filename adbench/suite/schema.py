"""The suite file as pydantic models: what may stand in it, and the JSON Schema made from that."""

from __future__ import annotations

import functools
import operator
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StrictBool,
    StrictInt,
    StrictStr,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from adbench.suite.distributions import DISTRIBUTIONS, CaseDType, Distribution, DType

BACKEND_MODES: dict[str, tuple[str, ...]] = {
    "native": ("eager", "compiled"),
    "torch": ("eager", "compile"),
    "jax": ("jit", "eager"),
    "manual": (),
}
"""The backends and modes that a suite may name; each backend's first mode is its default."""

TAG = "\0"
"""Begins the tags that pydantic puts into an error's location; no key in a YAML file can."""

BackendName = Literal["native", "torch", "jax", "manual"]
BackendMode = Literal[
    "native", "native:eager", "native:compiled",
    "torch", "torch:eager", "torch:compile",
    "jax", "jax:jit", "jax:eager",
    "manual",
]  # fmt: skip

Name = Annotated[StrictStr, Field(pattern=r"^[^\s/@\[\],:*?]+$")]
# ASCII and beyond: `σ` is a name in Python. Spelt out, as JSON Schema's \w is ASCII only.
IDENTIFIER = r"^[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*$"
Identifier = Annotated[StrictStr, Field(pattern=IDENTIFIER)]
Reference = Annotated[
    StrictStr,
    Field(
        pattern=r"^[^:]+:[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$",
        description="A function in a file beside this one, `model.py:loss`, or in a module that "
        "can be imported, `package.module:loss`.",
    ),
]


def _expected(what: str) -> WrapValidator:
    """One message for a value that fits none of a union's types, in place of one for each."""

    def validate(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            return inner(value)
        except ValidationError:
            raise PydanticCustomError("expected", "expected " + what) from None

    return WrapValidator(validate)


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Number = Annotated[float, Field(strict=True)]
Expression = TypeAliasType(
    "Expression",
    Annotated[
        StrictInt | StrictStr,
        _expected("a whole number, or an expression such as 'd*(d-1)//2'"),
        Field(
            description="A whole number, or arithmetic over the case's parameters: `d*(d-1)//2`."
        ),
    ],
)
Shape = TypeAliasType(
    "Shape",
    Annotated[
        list[Expression],
        BeforeValidator(_listed, json_schema_input_type=Expression | list[Expression]),
        Field(
            description="The length of each axis; one number or expression for a vector; `[]` for "
            "a scalar."
        ),
    ],
)
NumberOrExpression = TypeAliasType(
    "NumberOrExpression",
    Annotated[
        StrictInt | Number | StrictStr,
        _expected("a number, or an expression such as '2*sigma'"),
        Field(description="A number, or arithmetic over the case's parameters."),
    ],
)


class Strict(BaseModel):
    """A mapping with no keys but these, and no value turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title=None)


class Array(Strict):
    """What every description of one array may say."""

    dtype: DType | SkipJsonSchema[None] = Field(
        default=None,
        description="The array's dtype, whatever the case's. `complex` is the complex dtype of the "
        "case's precision.",
    )
    requires_grad: StrictBool = Field(
        default=True,
        description="Whether the function is differentiated in this array; `false` for data. "
        "Integer and boolean arrays never are.",
    )


def _values_form(value: Any) -> str:
    return TAG + ("list" if isinstance(value, list) else "number")


_value_forms: Any = (
    Annotated[
        StrictInt | Number | StrictBool | StrictStr,
        _expected("a number, or nested lists of numbers"),
        Tag(TAG + "number"),
    ]
    | Annotated[list["Values"], Tag(TAG + "list"), Field(min_length=1)]
)
Values = TypeAliasType("Values", Annotated[_value_forms, Discriminator(_values_form)])


class ValuesInput(Array):
    """An array written out."""

    values: Values = Field(
        description="A number or nested lists of numbers; a complex number is text, `1+2j`."
    )


class FileInput(Array):
    """An array from a NumPy file; pickled objects are refused."""

    file: StrictStr = Field(description="A `.npy` or `.npz` file, beside the suite file.")
    key: StrictStr | SkipJsonSchema[None] = Field(
        default=None, description="Which array of a `.npz` file that holds several."
    )


def _distribution_model(name: str, distribution: Distribution) -> type[BaseModel]:
    """The long form of one distribution, its parameters as keys."""
    only: Any = Literal[name]
    tag = (
        (only, Field(default=name, description="The distribution; `normal` where none is given."))
        if name == "normal"
        else (only, Field(description="The distribution."))
    )
    fields: dict[str, Any] = {"shape": (Shape, ...), "distribution": tag}
    for key, parameter in distribution.parameters.items():
        default = ... if parameter.default is None else parameter.default
        described = Field(default, description=f"{_sentence(parameter.description)}")
        fields[key] = (NumberOrExpression, described)
    return create_model(
        f"{name.title()}Input",
        __base__=Array,
        __doc__=f"{_sentence(distribution.description)}",
        **fields,
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


DISTRIBUTION_MODELS = {
    name: _distribution_model(name, distribution) for name, distribution in DISTRIBUTIONS.items()
}
ARRAY_KEYS = ("shape", "distribution", "values", "file")
"""A mapping with one of these keys describes one array; any other is a tree of arrays."""


def _input_form(value: Any) -> str:
    """Which of the forms of an input this is; the tag of a distribution may name an unknown one."""
    match value:
        case str():
            return TAG + "text"
        case bool():
            return TAG + "bool"
        case int() | float():
            return TAG + "number"
        case list():
            return TAG + "list"
        case {"values": _}:
            return TAG + "values"
        case {"file": _}:
            return TAG + "file"
        case {"distribution": str() as name}:
            return TAG + name
        case {"distribution": _} | {"shape": _}:
            return TAG + "normal"
        case dict():
            return TAG + "mapping"
        case _:
            return TAG


def _function_form(value: Any) -> str:
    return TAG + ("mapping" if isinstance(value, dict) else "text")


_distributions = tuple(
    Annotated[model, Tag(TAG + name)] for name, model in DISTRIBUTION_MODELS.items()
)
_forms = (
    Annotated[
        StrictStr,
        Tag(TAG + "text"),
        Field(
            description="`distribution(shape…, parameter=value…, dtype=…, requires_grad=false)`, "
            "as in `normal(k, d, std=0.1)`; or a complex number, `1+2j`."
        ),
    ],
    Annotated[Number, Tag(TAG + "number")],
    Annotated[StrictBool, Tag(TAG + "bool")],
    Annotated[
        list["Input"],
        Tag(TAG + "list"),
        Field(
            min_length=1,
            description="Nested lists of numbers are the values of one array; any other list is a "
            "list of inputs.",
        ),
    ],
    Annotated[
        dict[str, "Input"],
        Tag(TAG + "mapping"),
        Field(
            min_length=1,
            description="Inputs by name, to any depth. The names `shape`, `distribution`, "
            "`values` and `file` are taken: a mapping with one of them describes one array.",
            json_schema_extra={"propertyNames": {"not": {"enum": list(ARRAY_KEYS)}}},
        ),
    ],
    Annotated[ValuesInput, Tag(TAG + "values")],
    Annotated[FileInput, Tag(TAG + "file")],
    *_distributions,
)
_any_form: Any = functools.reduce(operator.or_, _forms)
Input = TypeAliasType("Input", Annotated[_any_form, Discriminator(_input_form)])


class ToleranceEntry(Strict):
    """What difference between derivative and reference is acceptable, beyond the error bound."""

    rtol: Number | SkipJsonSchema[None] = Field(
        default=None, ge=0, description="Relative to the reference; from the dtype where not given."
    )
    atol: Number | SkipJsonSchema[None] = Field(
        default=None, ge=0, description="Absolute; from the dtype where not given."
    )


class XFailEntry(Strict):
    """A failure that is expected; a pass then fails the run."""

    backend: BackendMode = Field(description="The backend, or backend and mode, that fails.")
    reason: StrictStr = Field(min_length=1, description="Why.")


class MatrixEntry(BaseModel):
    """A grid of parameters: the case is checked at every combination of their values."""

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        frozen=True,
        json_schema_extra={"propertyNames": {"pattern": IDENTIFIER}},
    )
    __pydantic_extra__: dict[Identifier, Annotated[list[JsonValue], Field(min_length=1)]]

    exclude: list[Annotated[dict[Identifier, JsonValue], Field(min_length=1)]] = Field(
        default_factory=list,
        description="Combinations to leave out; each names some parameters and their values.",
    )


Backends = Annotated[list[BackendMode], Field(min_length=1)]
Derivatives = Annotated[list[Literal["vjp", "jvp", "hvp"]], Field(min_length=1)]
Tags = list[Name]


class DefaultsEntry(Strict):
    """What every case of this file has where it does not say otherwise."""

    dtype: CaseDType | SkipJsonSchema[None] = Field(default=None, description="As in a case.")
    backends: Backends | SkipJsonSchema[None] = Field(default=None, description="As in a case.")
    derivatives: Derivatives | SkipJsonSchema[None] = Field(
        default=None, description="As in a case."
    )
    tolerance: ToleranceEntry = Field(
        default=ToleranceEntry(), description="As in a case; a case may override one of the two."
    )
    tags: Tags = Field(default_factory=list, description="Added to each case's own.")
    seed: StrictInt = Field(default=0, ge=0, description="As in a case.")


FunctionEntry = Annotated[
    Annotated[Reference, Tag(TAG + "text")]
    | Annotated[
        dict[BackendName, Reference],
        Tag(TAG + "mapping"),
        Field(min_length=1, description="A function for each backend."),
    ],
    Discriminator(_function_form),
]


class CaseEntry(Strict):
    """One function, the inputs to call it with, and how to check its derivatives."""

    name: Name = Field(
        description="Unique in the suite; without spaces and without any of `/ @ [ ] , : * ?`."
    )
    description: StrictStr = Field(default="", description="For people; shown in reports.")
    function: FunctionEntry = Field(
        description="The function to differentiate: one reference for every backend, or one for "
        "each."
    )
    gradient: Reference | SkipJsonSchema[None] = Field(
        default=None,
        description="A hand-written gradient, checked like a backend, as `manual`: a function of "
        "the same arguments that returns one gradient for each differentiated input.",
    )
    inputs: dict[Identifier, Input] = Field(
        default_factory=dict,
        min_length=1,
        description="The arrays to call it with, by name: passed as keyword arguments where the "
        "function's signature has these names, otherwise in this order.",
    )
    params: dict[Identifier, JsonValue] = Field(
        default_factory=dict,
        description="Plain values passed as keyword arguments to a function that takes them; "
        "shapes and distributions may compute with those that are numbers.",
    )
    matrix: MatrixEntry | SkipJsonSchema[None] = Field(
        default=None,
        description="A grid: each key is a parameter, each value the list of values that it takes; "
        "`exclude` leaves combinations out.",
    )
    derivatives: Derivatives | SkipJsonSchema[None] = Field(
        default=None, description="What is checked: `vjp` where not given, `jvp`, `hvp`."
    )
    backends: Backends | SkipJsonSchema[None] = Field(
        default=None,
        description="The backends, or backend:mode, it is meant for; all if not given.",
    )
    tolerance: ToleranceEntry = Field(
        default=ToleranceEntry(), description="Acceptable differences; derived from the dtype."
    )
    tags: Tags = Field(default_factory=list, description="Words to select cases by.")
    xfail: Annotated[
        list[XFailEntry],
        BeforeValidator(_listed, json_schema_input_type=XFailEntry | list[XFailEntry]),
    ] = Field(default_factory=list, description="Failures that are expected, each with its reason.")
    seed: StrictInt | SkipJsonSchema[None] = Field(
        default=None, ge=0, description="Seeds the inputs and the check's random directions."
    )
    dtype: CaseDType | SkipJsonSchema[None] = Field(
        default=None, description="The inputs' dtype; `float64` where not given."
    )


class SuiteFile(Strict):
    """A suite of cases for `adbench check`. Save it beside the functions that it names."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["cases"]}, {"required": ["include"]}]}
    )

    version: Literal[1] = Field(description="The format's version: 1.")
    name: Name | SkipJsonSchema[None] = Field(
        default=None, description="The suite's name; the file's stem where not given."
    )
    description: StrictStr = Field(default="", description="For people; shown in reports.")
    defaults: DefaultsEntry = Field(
        default=DefaultsEntry(), description="Settings for every case of this file."
    )
    include: list[StrictStr] = Field(
        default_factory=list,
        description="Suite files, relative to this one, whose cases are added to this suite's. "
        "They keep their own defaults.",
    )
    cases: list[CaseEntry] = Field(
        default_factory=list, min_length=1, description="What is checked, in this order."
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a suite file.

    It says all that a schema can. What needs the rest of the file, or the files beside it, is
    checked by `load_suites` alone: that functions exist, that expressions can be evaluated, that
    names are unique.
    """
    schema = SuiteFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "adbench suite",
        **_tidy(schema),
    }


def _tidy(node: Any) -> Any:
    """Without the titles that pydantic makes up; a suite need match any one form, not just one."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {
        ("anyOf" if key == "oneOf" else key): _tidy(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
    }
    if "patternProperties" in result:
        result.setdefault("additionalProperties", False)
    if result.get("default") in (None, "", [], {}) or isinstance(result.get("default"), dict):
        result.pop("default", None)
    return result
