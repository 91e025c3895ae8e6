"""`adbench list`: which cases there are, on which backends, with which tags."""

from typing import TYPE_CHECKING

from adbench.cli.options import Backend, Select, Tag, Targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adbench.runner import Task

_NAME = 40
"""Names are aligned up to this width; a longer one pushes only its own line out."""


def list_cases(
    targets: Targets,
    select: Select = None,
    tag: Tag = None,
    backend: Backend = None,
) -> None:
    """List the cases, their backends and their tags; run nothing."""
    import sys

    from rich.cells import cell_len
    from rich.text import Text

    from adbench.cli.targets import planned, suites_of
    from adbench.report.terminal import terminal
    from adbench.report.visible import visible
    from adbench.runner import RunOptions

    options = RunOptions(select=select, tags=tag or (), backends=backend or ())
    tasks = planned(suites_of(targets), options)
    console = terminal(sys.stdout)
    for suite, cases in _by_case(tasks).items():
        console.print(Text(visible(suite), style="bold"), soft_wrap=True)
        widest = min(_NAME, max(cell_len(visible(case)) for case in cases))
        for case, of_case in cases.items():
            name = visible(case)
            line = Text(f"  {name}{' ' * (widest - cell_len(name))}")
            line.append(f"  {', '.join(_backend(task) for task in of_case)}", style="cyan")
            if tags := of_case[0].case.tags:
                line.append(f"  [{', '.join(visible(tag) for tag in tags)}]", style="dim")
            console.print(line, soft_wrap=True)
    count = len({(task.case.suite, task.case.name) for task in tasks})
    console.print(f"{count} {'case' if count == 1 else 'cases'}, {len(tasks)} checks")


def _by_case(tasks: "Sequence[Task]") -> "dict[str, dict[str, list[Task]]]":
    """Tasks by suite, then by case, in their order."""
    suites: dict[str, dict[str, list[Task]]] = {}
    for task in tasks:
        suites.setdefault(task.case.suite, {}).setdefault(task.case.name, []).append(task)
    return suites


def _backend(task: "Task") -> str:
    return f"{task.backend}:{task.mode}" + (" (xfail)" if task.xfail is not None else "")
