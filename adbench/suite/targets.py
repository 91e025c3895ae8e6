"""What a person names on the command line (suites, folders, functions) to suites of cases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from adbench.suite.arguments import ARG, parse_args
from adbench.suite.case import Case, FunctionRef, InputSpec, Suite
from adbench.suite.distributions import CASE_DTYPES
from adbench.suite.infer import EXAMPLES, what_to_write
from adbench.suite.loader import SUFFIXES, load_suites
from adbench.suite.problems import Problem, SuiteError, did_you_mean
from adbench.suite.source import (
    Signature,
    UnknownFunctionError,
    find_function,
    nearby,
    read_source,
    signature_of,
    source_of,
)


def resolve_targets(
    targets: Sequence[str],
    *,
    args: Sequence[str] = (),
    dtype: str | None = None,
    seed: int | None = None,
) -> list[Suite]:
    """The suites that the targets name, in their order; the same target twice counts once.

    A target is a suite file, a folder of suite files, `file.py:function` or
    `package.module:function`. `args` (`NAME=normal(3,4)`, `x=0.5`, `x=[1,2]`, `x=@file.npy`) are
    inputs of the functions. `dtype` and `seed` override the cases' own. Nothing of the user's is
    imported. Raises SuiteError with every mistake.
    """
    problems = _check_overrides(dtype, seed)
    inputs = parse_args(args, problems)
    suites: dict[str, Suite] = {}
    functions: list[tuple[str, FunctionRef]] = []
    for target in dict.fromkeys(targets):
        try:
            if _is_suite(target):
                for suite in load_suites(target):
                    suites.setdefault(suite.path, suite)
            else:
                functions.append((target, _function(target)))
        except SuiteError as error:
            problems += error.problems
    if not problems:
        _check_names(inputs, functions, args, problems)
    for target, ref in functions:
        _add(suites, _bare(target, ref, inputs, args, problems))
    _check_suite_names(suites.values(), problems)
    if problems:
        raise SuiteError(problems)
    update = {key: value for key, value in (("dtype", dtype), ("seed", seed)) if value is not None}
    return [
        suite.model_copy(
            update={"cases": tuple(case.model_copy(update=update) for case in suite.cases)}
        )
        for suite in suites.values()
    ]


def _check_overrides(dtype: str | None, seed: int | None) -> list[Problem]:
    problems = []
    if dtype is not None and dtype not in CASE_DTYPES:
        hint = did_you_mean(dtype, CASE_DTYPES, "one of")
        problems.append(Problem("--dtype", None, None, f"unknown dtype {dtype!r}", hint=hint))
    if seed is not None and seed < 0:
        problems.append(Problem("--seed", None, None, f"{seed} is less than 0"))
    return problems


def _is_suite(target: str) -> bool:
    path = Path(target)
    # No text at all is a variable that was never set, and not the current folder.
    return target != "" and (path.is_dir() or path.suffix in SUFFIXES)


def _function(target: str) -> FunctionRef:
    """The function that a target names. Raises SuiteError."""
    path = Path(target)
    if ":" not in target:
        if path.suffix == ".py" and path.is_file():
            raise SuiteError([_which_function(target, path)])
        if path.suffix == ".py":
            message, hint = f"{target} does not exist", nearby(path.resolve(), target)
        else:
            message = f"{target!r} is neither a suite, a folder of suites, nor a function"
            hint = "write suite.yaml, folder, file.py:function or package.module:function"
        raise SuiteError([Problem(target, None, None, message, hint=hint)])
    try:
        return find_function(target, Path.cwd())
    except UnknownFunctionError as error:
        raise SuiteError([Problem(target, None, None, error.message, hint=error.hint)]) from error


def _which_function(target: str, path: Path) -> Problem:
    try:
        names = read_source(path.resolve()).functions()
    except UnknownFunctionError as error:
        return Problem(target, None, None, error.message, hint=error.hint)
    hint = " or ".join(f"{target}:{name}" for name in names if name != EXAMPLES)
    message = "a file is no target by itself: which of its functions?"
    return Problem(target, None, None, message, hint=hint or f"{path.name} defines no function")


def _check_names(
    inputs: Mapping[str, InputSpec],
    functions: Sequence[tuple[str, FunctionRef]],
    args: Sequence[str],
    problems: list[Problem],
) -> None:
    """Every `--arg` must be an input of a function among the targets."""
    if inputs and not functions:
        message = "gives an input to a function, and no target is one"
        hint = "as in adbench check model.py:loss --arg 'x=normal(3)'"
        problems.append(Problem(ARG, None, None, message, hint=hint))
        return
    signatures = [signature_of(ref) for _, ref in functions]
    if any(s is None or s.takes_any or s.takes_more for s in signatures):
        return
    known = list(dict.fromkeys(name for s in signatures if s is not None for name in s.names))
    for name, text in zip(inputs, args, strict=False):
        if name not in known:
            hint = did_you_mean(name, known, "the function takes")
            message = f"no function among the targets takes {name!r}"
            problems.append(Problem(ARG, None, 1, message, text, hint))


def _bare(
    target: str,
    ref: FunctionRef,
    inputs: Mapping[str, InputSpec],
    args: Sequence[str],
    problems: list[Problem],
) -> Suite:
    """A suite of the one function, its inputs as far as `--arg` gives them."""
    signature, source = signature_of(ref), source_of(ref)
    taken = {
        name: spec
        for name, spec in inputs.items()
        if signature is None
        or signature.takes_any
        or signature.takes_more
        or name in signature.names
    }
    if signature is not None and (source is None or not source.may_define(EXAMPLES)):
        # A value that could not be read has been told of already.
        mentioned = {text.partition("=")[0].strip() for text in args}
        missing = [name for name in _missing(signature, taken) if name not in mentioned]
        if missing:
            problems.append(
                Problem(target, None, None, what_to_write(ref, missing, signature.names))
            )
    path = str(source.path) if source is not None else str(ref.module)
    node = source.nodes.get(ref.name) if source is not None else None
    case = Case(
        suite=_module_name(ref),
        name=ref.name,
        base=ref.name,
        functions={"*": ref},
        inputs=dict(taken),
        infer_inputs=True,
        args=tuple(text for text in args if text.partition("=")[0].strip() in taken),
        file=path,
        line=node.lineno if node is not None else 1,
    )
    content = source.path.read_bytes() if source is not None else b""
    return Suite(
        name=case.suite, path=path, sha256=hashlib.sha256(content).hexdigest(), cases=(case,)
    )


def _missing(signature: Signature, given: Mapping[str, InputSpec]) -> list[str]:
    """The parameters that certainly get no value: no default, no hint, no `--arg`."""
    if not signature.names and not signature.takes_any:
        return []
    without = signature.required - signature.annotated - given.keys()
    return [name for name in signature.names if name in without]


def _module_name(ref: FunctionRef) -> str:
    return Path(ref.file).stem if ref.file is not None else str(ref.module)


def _add(suites: dict[str, Suite], suite: Suite) -> None:
    """Functions of one module share a suite."""
    before = suites.get(suite.path)
    if before is None:
        suites[suite.path] = suite
    elif suite.cases[0].name not in {case.name for case in before.cases}:
        suites[suite.path] = before.model_copy(update={"cases": before.cases + suite.cases})


def _check_suite_names(suites: Iterable[Suite], problems: list[Problem]) -> None:
    """A result is known by suite and case, so two suites cannot share a name."""
    paths: dict[str, str] = {}
    for suite in suites:
        other = paths.setdefault(suite.name, suite.path)
        if other != suite.path:
            message = f"the suite's name, {suite.name!r}, is also that of {other}"
            hint = "give one of them another `name`, or check them apart"
            problems.append(Problem(suite.path, None, None, message, hint=hint))
