"""`adbench doctor`: what can differentiate here, and how to get what cannot."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from adbench.cli.exits import UNAVAILABLE

if TYPE_CHECKING:
    from rich.console import Console

_SECONDS = 120.0
"""A cold import of a large library from a slow disk takes this long at the very most."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One backend: what it has here, or (`trouble`) why it cannot be used and what to do."""

    name: str
    facts: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    remedy: str = ""


def doctor() -> None:
    """Show which backends work here, and how to get the others.

    Each backend is shown with its version, modes, devices and thread counts, after it has
    differentiated x² in a process of its own. The exit code is 3 when one of them is missing or
    does not work.
    """
    import sys

    from adbench.backends import BACKENDS
    from adbench.record import environment
    from adbench.report.terminal import terminal

    here = environment()
    console = terminal(sys.stdout)
    console.print(f"adbench {here.versions['adbench']} on Python {here.python} ({sys.executable})")
    console.print(f"{here.platform}, {here.processor}")
    console.print(f"{here.cores} cores, {here.memory_bytes / 2**30:.1f} GiB of memory")
    for variable, value in here.variables.items():
        console.print(f"{variable}={value}")
    healthy = True
    for name in BACKENDS:
        if name != "manual":  # a hand-written gradient needs nothing but itself
            diagnosis = diagnose(name)
            healthy = healthy and not diagnosis.trouble
            _show(diagnosis, console)
    if not healthy:
        raise typer.Exit(UNAVAILABLE)


def diagnose(name: str) -> Diagnosis:
    """Try a backend out in its own process."""
    import json
    import subprocess
    import sys

    from adbench.backends import BACKENDS, unavailable

    entry = BACKENDS[name]
    missing = unavailable(name)
    if missing is not None:
        return Diagnosis(name, {}, missing.reason, missing.install)
    command = [sys.executable, "-m", "adbench.cli.probe", name]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Diagnosis(name, {}, f"no answer within {_SECONDS:.0f} s", entry.install)
    # A library may print before the answer, or after it.
    answers = [line for line in done.stdout.splitlines() if line.startswith('{"version"')]
    if done.returncode or not answers:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        return Diagnosis(name, {}, f"it is installed but does not work: {last}", entry.install)
    found = json.loads(answers[-1])
    if not found["right"]:
        return Diagnosis(name, {}, "its derivative of x² at 3 is not 6", entry.install)
    facts = {
        "version": f"{entry.library} {found['version']}",
        "modes": ", ".join(entry.modes),
        "devices": ", ".join(found["devices"]),
        "threads": ", ".join(f"{pool} {count}" for pool, count in found["threads"].items()),
    }
    return Diagnosis(name, facts)


def _show(diagnosis: Diagnosis, console: "Console") -> None:
    from rich.text import Text

    from adbench.report.visible import visible

    console.print()
    word, style = ("! unavailable", "bold magenta") if diagnosis.trouble else ("✓ works", "green")
    console.print(Text.assemble((f"{diagnosis.name:<8}", "bold"), (word, style)))
    rows = diagnosis.facts or {"why": diagnosis.trouble, "get it": diagnosis.remedy}
    for label, value in rows.items():
        if value:
            console.print(Text(f"  {label:<9}{visible(value)}"), soft_wrap=True)
