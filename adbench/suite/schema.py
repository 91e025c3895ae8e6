"""The suite file as pydantic models: what may stand in it, and the JSON Schema made from that."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    StrictInt,
    StrictStr,
    Tag,
)
from pydantic.json_schema import SkipJsonSchema

from adbench.suite.distributions import CaseDType
from adbench.suite.forms import IDENTIFIER, TAG, Identifier, Input, Strict, listed

BackendName = Literal["native", "torch", "jax", "manual"]
BackendMode = Literal[
    "native", "native:eager", "native:compiled",
    "torch", "torch:eager", "torch:compile",
    "jax", "jax:jit", "jax:eager",
    "manual",
]  # fmt: skip

Name = Annotated[StrictStr, Field(pattern=r"^[^\s/@\[\],:*?]+$")]
Reference = Annotated[
    StrictStr,
    Field(
        pattern=r"^[^:]+:[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$",
        description="A function in a file beside this one, `model.py:loss`, or in a module that "
        "can be imported, `package.module:loss`.",
    ),
]


Bound = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Seed = Annotated[StrictInt, Field(ge=0)]


class ToleranceEntry(Strict):
    """What difference between derivative and reference is acceptable, beyond the error bound."""

    rtol: Bound | SkipJsonSchema[None] = Field(
        default=None, description="Relative to the reference; from the dtype where not given."
    )
    atol: Bound | SkipJsonSchema[None] = Field(
        default=None, description="Absolute; from the dtype where not given."
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
    power: Share | SkipJsonSchema[None] = Field(default=None, description="As in a case.")
    tags: Tags = Field(default_factory=list, description="Added to each case's own.")
    seed: Seed = Field(default=0, description="As in a case.")


def _function_form(value: Any) -> str:
    return TAG + ("mapping" if isinstance(value, dict) else "text")


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
    size: Identifier | SkipJsonSchema[None] = Field(
        default=None,
        description="The parameter that says how much work this is, one of `params` or `matrix`, "
        "with numbers above 0: `adbench bench` fits how time and memory grow with it.",
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
    power: Share | SkipJsonSchema[None] = Field(
        default=None,
        description="The share of planted faults that the check must catch, such as 0.95; a pass "
        "below it counts as inconclusive.",
    )
    tags: Tags = Field(default_factory=list, description="Words to select cases by.")
    xfail: Annotated[
        list[XFailEntry],
        BeforeValidator(listed, json_schema_input_type=XFailEntry | list[XFailEntry]),
    ] = Field(default_factory=list, description="Failures that are expected, each with its reason.")
    seed: Seed | SkipJsonSchema[None] = Field(
        default=None, description="Seeds the inputs and the check's random directions."
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
