"""The other side of a comparison: a git revision in a worktree of its own, or another python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from adbench.runner.bench.client import Seat
from adbench.runner.tasks import Task
from adbench.suite import FunctionRef

_GIT_SECONDS = 120.0
_IMPORT_SECONDS = 120.0
_SHOWN = 3
_WORKER = "adbench.runner.bench.worker"


class AgainstError(Exception):
    """The other side cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class OtherSide:
    """Where and with what the other side's workers run."""

    name: str
    """The revision or the environment, as the record shows it."""
    seat: Callable[[Seat], Seat]
    """This side's seat to the other's."""
    task: Callable[[Task], Task]
    """This side's task to the other's: the same inputs, the functions as they are there."""


@contextmanager
def other_side(reference: str, tasks: Sequence[Task]) -> Iterator[OtherSide]:
    """The other side that `reference` names, for as long as the context lasts.

    A path of a python, or of an environment's folder, is an environment; everything else a git
    revision of the repository in which the tasks' functions lie. Raises AgainstError.
    """
    python = _python(reference)
    if python is not None:
        _require_adbench(python)
        yield OtherSide(
            reference, lambda seat: replace(seat, python=python, path=()), lambda task: task
        )
        return
    root = _repository(tasks)
    commit = _commit(root, reference)
    _refuse_changes(root)
    with tempfile.TemporaryDirectory(prefix="adbench-") as folder:
        tree = Path(folder).resolve() / root.name
        _git(root, "worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            _require_bench(tree, reference)
            yield OtherSide(
                reference, lambda seat: _moved_seat(seat, root, tree), _mover(root, tree)
            )
        finally:
            _git(root, "worktree", "remove", "--force", str(tree))


# Another environment.


def _python(reference: str) -> str | None:
    """The python that `reference` is, or that the environment's folder holds; else None."""
    path = Path(reference).expanduser()
    if path.is_dir():
        found = path / "bin" / "python"
        return str(found.absolute()) if found.exists() else None
    return str(path.absolute()) if path.is_file() and os.access(path, os.X_OK) else None


def _require_adbench(python: str) -> None:
    command = [python, "-P", "-c", f"import {_WORKER}; print({_WORKER}.__name__)"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_IMPORT_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        message = f"{python} cannot be run ({error}); name the python of an environment"
        raise AgainstError(message) from error
    if done.returncode or done.stdout.strip() != _WORKER:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise AgainstError(
            f"{python} has no adbench that can measure ({last}); install the same adbench there"
        )


# A git revision.


def _repository(tasks: Sequence[Task]) -> Path:
    """The repository of the functions, all of which must lie in one."""
    files = {_file(task) for task in tasks}
    roots = {_root(file.parent) for file in files if file is not None}
    if None in files or None in roots or len(roots) != 1:
        raise AgainstError(
            "--against REVISION needs functions in files of one git repository; "
            "give the python of another environment, or targets of one repository"
        )
    (root,) = roots
    assert root is not None
    return root


def _file(task: Task) -> Path | None:
    """The function's file; a module's is its folder, where it is looked for first."""
    function = task.function
    if function.file is not None:
        return Path(function.file).resolve()
    return Path(function.folder).resolve() / "module" if function.folder else None


def _root(folder: Path) -> Path | None:
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel")).resolve()
    except AgainstError:
        return None


def _commit(root: Path, reference: str) -> str:
    if reference.startswith("-"):  # git would take it for an option
        raise AgainstError(f"{reference!r} is no revision")
    try:
        return _git(root, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
    except AgainstError:
        raise AgainstError(
            f"{reference!r} is neither a revision of {root} nor the python of an environment; "
            "`git log --oneline` there shows its revisions"
        ) from None


def _refuse_changes(root: Path) -> None:
    """What is measured here must have a name too, or nobody can measure it again."""
    listing = _git(root, "status", "--porcelain", "--untracked-files=no")
    changed = [line[3:] for line in listing.splitlines()]
    if changed:
        shown = ", ".join(changed[:_SHOWN]) + (", …" if len(changed) > _SHOWN else "")
        raise AgainstError(
            f"the working tree has changes that are in no commit ({shown}); commit them first: "
            "both sides of a comparison have to be revisions"
        )


def _require_bench(tree: Path, reference: str) -> None:
    """In adbench's own repository, the other side's adbench measures itself."""
    package = tree / "adbench"
    ours = (package / "backends" / "protocol.py").is_file()
    if ours and not (package / "runner" / "bench" / "worker.py").is_file():
        raise AgainstError(f"adbench at {reference} cannot measure yet; name a later revision")


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise AgainstError(f"git cannot be run ({error}); --against REVISION needs it") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise AgainstError(f"git {arguments[0]} failed in {folder}: {said}")
    return done.stdout.rstrip("\n")


# From here to there.


def _moved_seat(seat: Seat, root: Path, tree: Path) -> Seat:
    """The same seat with every path of the repository in the worktree."""
    path = tuple(_moved(entry, root, tree) if entry else entry for entry in sys.path)
    folder = _moved(os.getcwd(), root, tree)
    return replace(seat, path=path, folder=folder if os.path.isdir(folder) else str(tree))


def _mover(root: Path, tree: Path) -> Callable[[Task], Task]:
    def moved(function: FunctionRef) -> FunctionRef:
        places = {
            name: _moved(value, root, tree)
            for name in ("file", "folder")
            if (value := getattr(function, name)) is not None
        }
        return function.model_copy(update=places)

    def move(task: Task) -> Task:
        case = task.case
        changed = {
            "functions": {name: moved(function) for name, function in case.functions.items()},
            "gradient": None if case.gradient is None else moved(case.gradient),
        }
        return task.model_copy(update={"case": case.model_copy(update=changed)})

    return move


def _moved(path: str, root: Path, tree: Path) -> str:
    """The path in the worktree, for one in the repository; not for an environment inside it."""
    absolute = Path(path).resolve()
    if not absolute.is_relative_to(root) or "site-packages" in absolute.parts:
        return path
    return str(tree / absolute.relative_to(root))
