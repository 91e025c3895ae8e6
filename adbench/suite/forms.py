"""The forms that an input may take in a suite file, as pydantic models."""

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

from adbench.suite.distributions import DISTRIBUTIONS, Distribution, DType

TAG = "\0"
"""Begins the tags that pydantic puts into an error's location; no key in a YAML file can."""

# ASCII and beyond: `σ` is a name in Python. Spelt out, as JSON Schema's \w is ASCII only.
IDENTIFIER = r"^[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*$"
Identifier = Annotated[StrictStr, Field(pattern=IDENTIFIER)]


def _expected(what: str) -> WrapValidator:
    """One message for a value that fits none of a union's types, in place of one for each."""

    def validate(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            return inner(value)
        except ValidationError:
            raise PydanticCustomError("expected", "expected " + what) from None

    return WrapValidator(validate)


def listed(value: Any) -> Any:
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
        BeforeValidator(listed, json_schema_input_type=Expression | list[Expression]),
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
