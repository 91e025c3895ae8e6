"""YAML suite files and bare functions, read into cases."""

from adbench.suite.arrays import InputError
from adbench.suite.case import Case, FunctionRef, InputSpec, Suite
from adbench.suite.functions import FunctionLoadError, call_params, load_function
from adbench.suite.inputs import make_inputs
from adbench.suite.loader import load_suites
from adbench.suite.problems import Problem, SuiteError
from adbench.suite.schema import json_schema
from adbench.suite.targets import resolve_targets

__all__ = [
    "Case",
    "FunctionLoadError",
    "FunctionRef",
    "InputError",
    "InputSpec",
    "Problem",
    "Suite",
    "SuiteError",
    "call_params",
    "json_schema",
    "load_function",
    "load_suites",
    "make_inputs",
    "resolve_targets",
]
