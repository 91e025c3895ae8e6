"""The command line's reference page, written from the commands themselves.

`python -m adbench.cli.reference > docs/command-line.md` renews the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from adbench.cli.exits import EXIT_CODES
from adbench.cli.main import app

_INTRODUCTION = """\
# Command line

<!-- Written by `python -m adbench.cli.reference`; change the commands' own help instead. -->

| command | what it does |
|---|---|
{commands}

`adbench COMMAND --help` says the same in the terminal. `adbench --version` shows the version, and
`adbench --install-completion` teaches your shell the commands, options and backends.
"""

_EXITS = """\
## Exit codes

| code | meaning |
|---|---|
{codes}

## How it looks

On a terminal there is a progress bar; piped, or with `CI` set, each result is a line on standard
error. Colour is off where `NO_COLOR` is set, and never carries a meaning by itself. Reports go to
standard output.
"""


def reference() -> str:
    """The whole page in Markdown."""
    commands = dict(_commands(typer.main.get_command(app)))
    rows = [
        f"| [`{name}`](#adbench-{name.replace(' ', '-')}) | {_cell(_summary(command))} |"
        for name, command in commands.items()
    ]
    parts = [_INTRODUCTION.format(commands="\n".join(rows))]
    parts += [_section(name, command) for name, command in commands.items()]
    codes = re.findall(r"^ *(\d+)  (.+)$", EXIT_CODES, re.MULTILINE)
    parts.append(_EXITS.format(codes="\n".join(f"| {code} | {words} |" for code, words in codes)))
    return "\n".join(parts)


def _commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its full name, those of a group in its place."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    usage = " ".join(
        ["adbench", name, *(["[OPTIONS]"] if options else []), *map(_usage, arguments)]
    )
    lines = [f"## adbench {name}", "", f"`{usage}`", "", _paragraphs(command.help), ""]
    if arguments or options:
        lines += ["| argument or option | meaning |", "|---|---|"]
        lines += [f"| `{a.metavar}` | {_cell(a.help)} |" for a in arguments]
        lines += [f"| {_spelling(o)} | {_cell(_meaning(o))} |" for o in options]
        lines.append("")
    return "\n".join(lines)


def _usage(argument: Any) -> str:
    return f"{argument.metavar}..." if argument.nargs == -1 else str(argument.metavar)


def _spelling(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in sorted(option.opts, key=len, reverse=True))
    value = "" if option.is_flag else f" `{_cell(option.metavar)}`"
    return names + value


def _meaning(option: Any) -> str:
    default = option.default
    shown = f" Default: `{default}`." if default not in (None, False) else ""
    return f"{option.help}{shown}"


def _summary(command: Any) -> str:
    return _paragraphs(command.help).split("\n\n")[0]


def _paragraphs(text: str) -> str:
    """Each paragraph on one line."""
    return "\n\n".join(" ".join(p.split()) for p in text.split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
