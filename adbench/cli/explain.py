"""`adbench explain`: what is a gradient made of, and what does it keep in memory?"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adbench.record.graph import Explanation
    from adbench.runner import Task


class Format(StrEnum):
    """How an explanation can be written."""

    TEXT = "text"
    HTML = "html"
    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"
    PYTHON = "python"


_SUFFIXES = {
    ".html": Format.HTML,
    ".svg": Format.SVG,
    ".mmd": Format.MERMAID,
    ".dot": Format.DOT,
    ".gv": Format.DOT,
    ".py": Format.PYTHON,
}
_DRAWN = 3000
"""Nodes of which a picture, or a description of one, is still made."""


def explain(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A function of a file (model.py:loss) or of a module (package.module:loss), or "
            "a suite file with --select.",
        ),
    ],
    arg: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SPEC", help="An input, as in `check`; repeatable."),
    ] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend",
            "-b",
            metavar="NAME[:MODE]",
            help="native (a tape and the adjoint program), torch (the autograd graph) or jax (the "
            "jaxprs), or all; repeatable. Default: the first that the case is meant for.",
        ),
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(metavar="DTYPE", help="The inputs' dtype, such as float32.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Seeds inputs, and weights of several outputs."),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option("--select", "-k", metavar="EXPR", help="The case of a suite, as in `check`."),
    ] = None,
    step: Annotated[
        int,
        typer.Option(metavar="N", min=0, help="How many updates of gradient descent to follow."),
    ] = 1,
    rate: Annotated[
        float, typer.Option(metavar="R", help="The learning rate of these updates.")
    ] = 0.1,
    fold: Annotated[
        bool | None,
        typer.Option(
            "--fold/--no-fold",
            help="One node a source line, those that keep most memory first. Default: for graphs "
            "of more than 60 nodes.",
        ),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option(
            "--format",
            metavar="text|html|svg|mermaid|dot|python",
            help="How to write it; python is the adjoint program as NumPy source. Default: by "
            "the suffix of -o, else text.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="Write to a file."),
    ] = None,
) -> None:
    """Show a function's graph, its adjoint program, and gradient descent with it.

    Follows the four steps with numbers: build the graph, forward, backward, update. Each node
    has its operation, shape, local derivative, value, adjoint, the bytes that it keeps alive, and
    your line. Runs in this process.
    """
    import math
    import sys
    from contextlib import redirect_stdout

    from adbench.cli.exits import INTERRUPTED
    from adbench.cli.targets import refuse

    if not math.isfinite(rate):
        refuse(f"error: --rate must be a number, not {rate}")
    chosen = format or _SUFFIXES.get(output.suffix if output else "", Format.TEXT)
    tasks = _tasks(target, arg or (), backend or (), dtype, seed, select)
    if len(tasks) > 1 and chosen not in (Format.TEXT, Format.HTML):
        names = ", ".join(task.backend for task in tasks)
        refuse(f"error: {chosen.value} shows one backend, not {names}; name one by --backend")
    try:
        # What the function prints must not get among what is asked for.
        with redirect_stdout(sys.stderr):
            explanations = [_explained(task, step, rate, fold, chosen) for task in tasks]
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if output is None:
        _print(explanations, chosen)
    else:
        _save(_text(explanations, chosen), output)


def _tasks(
    target: str,
    args: "Sequence[str]",
    backends: "Sequence[str]",
    dtype: str | None,
    seed: int | None,
    select: str | None,
) -> "list[Task]":
    """One task a backend, all of one case; anything else ends the command."""
    from adbench.cli.exits import UNAVAILABLE
    from adbench.cli.targets import planned, refuse, suites_of
    from adbench.runner import RunOptions

    options = RunOptions(backends=backends, select=select, dtype=dtype)
    tasks = planned(suites_of([target], args=args, dtype=dtype, seed=seed), options)
    cases = list(dict.fromkeys(task.case.name for task in tasks))
    if len(cases) > 1:
        listed = "\n".join(f"  {name}" for name in cases[:20])
        more = f"\n  … and {len(cases) - 20} more" if len(cases) > 20 else ""
        refuse(
            f"error: explain follows one case, and {len(cases)} are selected:\n{listed}{more}\n"
            f"choose one: adbench explain {target} --select NAME"
        )
    if backends and "all" not in backends:
        return tasks
    from adbench.backends import unavailable

    here = [t for t in tasks if t.backend != "manual" and unavailable(t.backend) is None]
    if not here:
        needed = ", ".join(dict.fromkeys(task.backend for task in tasks))
        refuse(f"error: this case needs {needed}, which cannot be explained here", UNAVAILABLE)
    return here if backends else here[:1]


def _explained(
    task: "Task", steps: int, rate: float, fold: bool | None, format: Format
) -> "Explanation":
    """The explanation of one task; what goes wrong ends the command with one clear line."""
    import os

    from adbench.backends import BackendUnavailableError
    from adbench.cli.exits import UNAVAILABLE
    from adbench.cli.targets import refuse
    from adbench.explain import ExplainError
    from adbench.record.explain import explain_failure
    from adbench.runner.failures import failure_of

    start = os.getcwd()
    try:
        return _folded(_followed(task, steps, rate, format), fold)
    except BackendUnavailableError as error:
        refuse(f"error: {error}", UNAVAILABLE)
    except ExplainError as error:
        refuse(f"error: {task.name}: {error}", UNAVAILABLE)
    except (Exception, SystemExit) as error:  # the user's function may call sys.exit
        failure = explain_failure(failure_of(error, task, start))
        refuse(f"error: {task.name}: {failure}", UNAVAILABLE)


def _followed(task: "Task", steps: int, rate: float, format: Format) -> "Explanation":
    from adbench.backends import get_backend
    from adbench.explain import explain_function
    from adbench.suite import call_params, load_function, make_inputs

    # The library comes first: a user's folder on sys.path could hide a module that it imports.
    backend = None if task.backend == "manual" else get_backend(task.backend, task.mode)
    if backend is None:
        from adbench.explain import ExplainError

        raise ExplainError("a gradient written by hand has no graph; explain it on native")
    function = load_function(task.function)
    arguments, differentiable = make_inputs(task.case)
    params = call_params(function, task.case.params, arguments)
    return explain_function(
        backend,
        function,
        arguments,
        differentiable,
        params,
        name=task.function.name,
        seed=task.case.seed,
        steps=steps,
        rate=rate,
        program={Format.PYTHON: True, Format.HTML: None}.get(format, False),
    )


def _folded(explanation: "Explanation", wanted: bool | None) -> "Explanation":
    """The explanation with its graphs folded, where that is wanted or they are big."""
    from adbench.explain import FOLD_ABOVE
    from adbench.explain import fold as fold_graph

    graphs = {"graph": explanation.graph, "gradient": explanation.gradient}
    update: dict[str, object] = {}
    for name, graph in graphs.items():
        if graph is None:
            continue
        count = len(graph.nodes)
        if wanted or count > (FOLD_ABOVE if wanted is None else _DRAWN):
            update[name] = fold_graph(graph)
            if wanted is False and name == "graph":
                why = f"{count:,} nodes are too many to be shown one by one: folded by source line"
                update["notes"] = (*explanation.notes, why)
    return explanation.model_copy(update=update)


def _print(explanations: "Sequence[Explanation]", format: Format) -> None:
    import sys

    from adbench.report.graph_text import print_graph
    from adbench.report.terminal import hush, terminal

    console = terminal(sys.stdout)
    if format is Format.TEXT:
        print_graph(explanations, console)
        return
    try:
        sys.stdout.write(_text(explanations, format))
        sys.stdout.flush()
    except BrokenPipeError:
        hush(sys.stdout)


def _text(explanations: "Sequence[Explanation]", format: Format) -> str:
    """The explanation in a format; python ends the command where there is no program."""
    first = explanations[0]
    if format is Format.TEXT:
        from adbench.report.graph_text import graph_text

        return graph_text(explanations)
    if format is Format.HTML:
        from adbench.report.graph_html import graph_html

        return graph_html(explanations)
    if format is Format.SVG:
        from adbench.report.graph_svg import graph_svg

        return str(graph_svg(first))
    if format is Format.MERMAID:
        from adbench.report.graph_mermaid import graph_mermaid

        return graph_mermaid(first)
    if format is Format.DOT:
        from adbench.report.graph_dot import graph_dot

        return graph_dot(first)
    return _program(first)


def _program(explanation: "Explanation") -> str:
    from adbench.cli.exits import UNAVAILABLE
    from adbench.cli.targets import refuse

    if not explanation.program:
        if explanation.backend != "native":
            refuse("error: only native has an adjoint program; use --backend native")
        refuse("\n".join(f"error: {note}" for note in explanation.notes), UNAVAILABLE)
    return explanation.program


def _save(text: str, path: Path) -> None:
    from adbench.cli.targets import refuse
    from adbench.record import write_text

    path = path.expanduser()
    if path.is_dir():
        refuse(f"error: {path} is a folder: name a file in it")
    try:
        write_text(path, text)
    except OSError as error:
        refuse(f"error: {path} cannot be written ({error.strerror or error})")
    typer.echo(f"wrote {path}", err=True)
