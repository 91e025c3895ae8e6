"""`adbench config`: which settings are in force, and where each comes from."""

import typer


def config(ctx: typer.Context) -> None:
    """Show each setting's value and where it comes from: environment, pyproject.toml or default.

    An option on the command line is stronger than each of them.
    """
    import sys

    from rich.text import Text

    from adbench.cli.settings import all_keys, settings
    from adbench.report.terminal import terminal
    from adbench.report.visible import visible

    keys = all_keys(ctx.find_root().command)
    found = settings(keys)
    console = terminal(sys.stdout)
    widest = max(len(key) for key in keys)
    for key in sorted(keys):
        setting = found.get(key)
        value = setting.value if setting else _default(keys[key])
        line = Text(f"{key:<{widest}} = ").append(visible(_toml(value)))
        line.append(f"  # {setting.source if setting else 'default'}", style="dim")
        console.print(line, soft_wrap=True)


def _default(option: object) -> object:
    default = getattr(option, "default", None)
    if getattr(option, "is_flag", False):
        return bool(default)
    return default


def _toml(value: object) -> str:
    """As it would stand in pyproject.toml; what is not set has no form there."""
    import json

    return "(not set)" if value is None else json.dumps(value, ensure_ascii=False)
