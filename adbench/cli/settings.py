"""Settings outside of the command line: `[tool.adbench]` of pyproject.toml, and `ADBENCH_…`.

Each key is an option's long name without its dashes, or `targets`. The command line is stronger
than the environment, and that than the file, which is the nearest pyproject.toml with such a table
from the current folder upwards. Paths in the file are relative to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand

PREFIX = "ADBENCH_"
_TABLE = "tool.adbench"
_PATHS = ("baseline", "targets")
_ONCE = ("help", "dry-run", "json", "record")
"""Options that are meant for one call."""
_HEADER = re.compile(r"^\s*\[\s*tool\s*\.\s*[\"']?adbench[\"']?\s*\]")
_OTHER_HEADER = re.compile(r"^\s*\[")


@dataclass(frozen=True, slots=True)
class Setting:
    """One value, and where it comes from."""

    key: str
    value: Any
    source: str
    """`pyproject.toml:12:1` or the name of an environment variable."""
    folder: Path | None = None
    """What relative paths are relative to; None for the current folder."""


class Configured(TyperCommand):
    """A command whose options may stand in pyproject.toml, or in the environment, as well."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # Help, and completion in a shell, have to work whatever a file says.
        if not ctx.resilient_parsing and not {"--help", "-h"} & set(args):
            known = _options(self)
            values = {}
            for setting in settings(all_keys(ctx.find_root().command)).values():
                if (param := known.get(setting.key)) is not None:
                    values[param.name] = _converted(param, setting, ctx)
            ctx.default_map = values
            if not args and "targets" in values:
                return self._with_targets_of_the_file(ctx, args)
        return super().parse_args(ctx, args)

    def _with_targets_of_the_file(self, ctx: Any, args: list[str]) -> list[str]:
        """Without arguments a command shows its help, unless it knows what to do."""
        before, self.no_args_is_help = self.no_args_is_help, False
        try:
            return super().parse_args(ctx, args)
        finally:
            self.no_args_is_help = before


def settings(keys: Mapping[str, Any]) -> dict[str, Setting]:
    """Every setting by key: the file's, then the environment's over them.

    A mistake in the file ends the command with exit code 2. `keys` are those that there are.
    """
    found = {setting.key: setting for setting in _of_file(keys)}
    for key, param in keys.items():
        name = variable(key)
        if name in os.environ:
            value = os.environ[name]
            found[key] = Setting(key, _words(value) if _many(param) else value, name)
    return found


def variable(key: str) -> str:
    """The environment variable of a key: `ADBENCH_FAIL_FAST`."""
    return PREFIX + key.upper().replace("-", "_")


def all_keys(command: Any) -> dict[str, Any]:
    """By key, an option that has it, of any command below this one that takes settings."""
    found: dict[str, Any] = {}
    for child in getattr(command, "commands", {}).values():
        for key, param in all_keys(child).items():
            found.setdefault(key, param)
    if isinstance(command, Configured):
        for key, param in _options(command).items():
            found.setdefault(key, param)
    return found


def _options(command: Any) -> dict[str, Any]:
    """A command's options by key, and its targets."""
    found = {}
    for param in command.params:
        longest = max(param.opts, key=len).lstrip("-")
        if param.param_type_name == "option" and longest not in _ONCE:
            found[longest] = param
        elif param.name == "targets":
            found["targets"] = param
    return found


def _many(param: Any) -> bool:
    return bool(getattr(param, "multiple", False) or param.nargs == -1)


def _words(text: str) -> list[str]:
    import shlex

    try:
        return shlex.split(text)
    except ValueError:  # a quote that is never closed
        return [text]


def _converted(param: Any, setting: Setting, ctx: Any) -> Any:
    """The value as the option takes it; one that it does not take ends the command."""
    value, many = setting.value, _many(param)
    if many and not isinstance(value, list):
        value = [value]
    if isinstance(value, dict) or (isinstance(value, list) and not many):
        _refuse(setting, f"{setting.key} takes one value", "write one")
    if getattr(param, "is_flag", False) and not isinstance(value, bool | str):
        _refuse(setting, f"{setting.key} is {value!r}", "write true or false")
    if setting.folder is not None and setting.key in _PATHS:
        value = [_from(setting.folder, v) for v in value] if many else _from(setting.folder, value)
    if not getattr(param, "is_flag", False):
        value = [str(v) for v in value] if many else str(value)
    try:
        param.process_value(ctx, value)
    except typer.BadParameter as error:
        _refuse(setting, f"{setting.key}: {error.message}", "")
    return value


def _from(folder: Path, value: Any) -> Any:
    """A path of the file as seen from the current folder; what is no path stays as it is."""
    if not isinstance(value, str):
        return value
    path, colon, name = value.partition(":")
    inside = folder / path
    if colon and not inside.exists():
        return value
    return os.path.relpath(inside) + colon + name


def _of_file(keys: Mapping[str, Any]) -> Iterator[Setting]:
    import tomllib

    for folder in (Path.cwd(), *Path.cwd().parents):
        path = folder / "pyproject.toml"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if "adbench" not in text:
            continue
        try:
            table = tomllib.loads(text).get("tool", {}).get("adbench")
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"at line (\d+), column (\d+)", str(error))
            line, column = (int(place[1]), int(place[2])) if place else (1, 1)
            _refuse_at(path, text, line, column, f"this is no TOML: {error}", "")
        if isinstance(table, dict):
            for key, value in table.items():
                line, column = _place(text, key)
                if key not in keys:
                    _unknown(path, text, line, column, key, keys)
                yield Setting(key, value, f"{_shown(path)}:{line}:{column}", folder)
            return


def _place(text: str, key: str) -> tuple[int, int]:
    """Line and column of a key of the table; of the table where the key is written otherwise."""
    quoted = re.escape(key)
    own = re.compile(rf"^(\s*)[\"']?{quoted}[\"']?\s*[=.]")
    dotted = re.compile(rf"^(\s*)tool\s*\.\s*adbench\s*\.\s*[\"']?{quoted}[\"']?\s*=")
    inside, header = False, (1, 1)
    for number, line in enumerate(text.splitlines(), 1):
        if _HEADER.match(line):
            inside, header = True, (number, 1)
        elif _OTHER_HEADER.match(line):
            inside = False
            if re.match(rf"^\s*\[+\s*tool\s*\.\s*adbench\s*\.\s*[\"']?{quoted}\b", line):
                return number, 1
        elif match := (own.match(line) if inside else dotted.match(line)):
            return number, len(match[1]) + 1
    return header


def _unknown(
    path: Path, text: str, line: int, column: int, key: str, keys: Mapping[str, Any]
) -> NoReturn:
    from adbench.suite.problems import did_you_mean

    hint = did_you_mean(key, sorted(keys), "there are", most=50)
    _refuse_at(path, text, line, column, f"there is no setting {key!r} in [{_TABLE}]", hint)


def _refuse_at(path: Path, text: str, line: int, column: int, message: str, hint: str) -> NoReturn:
    from adbench.cli.targets import refuse
    from adbench.suite import Problem

    lines = text.splitlines()
    source = lines[line - 1] if line <= len(lines) else ""
    refuse(str(Problem(_shown(path), line, column, message, source, hint)))


def _refuse(setting: Setting, message: str, hint: str) -> NoReturn:
    from adbench.cli.targets import refuse

    refuse(f"{setting.source}: error: {message}" + (f"\n  hint: {hint}" if hint else ""))


def _shown(path: Path) -> str:
    return os.path.relpath(path)
