"""Suite files, folders of them and what they include, read into Suite objects."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError, create_model

from adbench.suite.case import Case, Suite
from adbench.suite.cases import CaseBuilder
from adbench.suite.complaints import complain, describe
from adbench.suite.document import Document, Path, read_document
from adbench.suite.expressions import is_tail
from adbench.suite.forms import Identifier, Input
from adbench.suite.problems import Problem, SuiteError
from adbench.suite.schema import CaseEntry, FunctionEntry, Name, SuiteFile
from adbench.suite.source import nearby

SUFFIXES = (".yaml", ".yml")

# What is left of a file when its mistakes are taken out need not have the required keys.
_LenientCase = create_model(
    "LenientCase",
    __base__=CaseEntry,
    name=(Name, ""),
    function=(FunctionEntry, ""),
    inputs=(dict[Identifier, Input], {}),
)
_LenientFile = create_model(
    "LenientFile",
    __base__=SuiteFile,
    version=(int, 1),
    cases=(list[_LenientCase | None], []),  # type: ignore[valid-type]
)


def load_suites(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Suite]:
    """Read suite files and folders of suite files.

    In a folder, and the folders in it, every .yaml and .yml file is a suite, save those that
    another one there includes. Raises SuiteError with every mistake of every file.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    suites: list[Suite] = []
    problems: list[Problem] = []
    for path in given:
        try:
            suites += _load(FilePath(path))
        except SuiteError as error:
            problems += error.problems
    if problems:
        raise SuiteError(problems)
    return suites


def _load(path: FilePath) -> list[Suite]:
    if not path.is_dir():
        return [_Loader(path).load()[0]]
    files = list(_suite_files(path))
    if not files:
        raise SuiteError([Problem(str(path), None, None, "the folder has no .yaml file")])
    suites: dict[FilePath, Suite] = {}
    included: set[FilePath] = set()
    problems: list[Problem] = []
    for file in files:
        try:
            suite, others = _Loader(file).load()
        except SuiteError as error:
            problems += error.problems
        else:
            suites[file.resolve()] = suite
            included |= others
    if problems:
        raise SuiteError(problems)
    return [suite for file, suite in suites.items() if file not in included]


def _suite_files(folder: FilePath) -> Iterator[FilePath]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield FilePath(root) / name


@dataclass(slots=True)
class _Loader:
    """Loads one suite file with what it includes."""

    file: FilePath
    documents: list[Document] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)
    names: dict[str, tuple[Document, Path]] = field(default_factory=dict)
    included: set[FilePath] = field(default_factory=set)
    digest: Any = field(default_factory=hashlib.sha256)

    def load(self) -> tuple[Suite, set[FilePath]]:
        """The suite, and the files that it includes. Raises SuiteError."""
        document = self._read(self.file)
        if document is None:
            raise SuiteError(self.unreadable)
        name = document.get(("name",))
        name = name if isinstance(name, str) else self.file.stem
        cases = self._cases(document, self.file.resolve(), name, ())
        if not cases and not self._problems():
            document.complain((), "there are no cases", "write one under `cases:`")
        if self._problems():
            raise SuiteError(self._problems())
        description = document.get(("description",)) or ""
        suite = Suite(
            name=name,
            description=description,
            path=str(self.file.resolve()),
            sha256=self.digest.hexdigest(),
            cases=tuple(cases),
        )
        return suite, self.included

    def _problems(self) -> list[Problem]:
        """Every mistake, file by file, in the order in which it stands there."""
        found = [p for document in self.documents for p in document.sorted_problems()]
        return self.unreadable + found

    def _read(self, file: FilePath) -> Document | None:
        try:
            document = read_document(file)
        except SuiteError as error:
            self.unreadable += error.problems
            return None
        self.documents.append(document)
        self.digest.update(document.raw)
        return document

    def _cases(
        self, document: Document, file: FilePath, suite: str, above: tuple[FilePath, ...]
    ) -> list[Case]:
        """The cases of one file, after those that it includes."""
        content, broken = _validate(document)
        cases: list[Case] = []
        for i, text in enumerate(content.include if content else ()):
            cases += self._include(document, ("include", i), text, file, suite, (*above, file))
        for i, entry in enumerate(content.cases if content else ()):
            if entry is None:
                continue
            path: Path = ("cases", i)
            builder = CaseBuilder(
                document,
                file.parent,
                suite,
                content.defaults,
                entry,
                path,
                broken.get(i, frozenset()),
            )
            built = builder.build()
            self._check_names(document, path, entry.name, built)
            cases += built
        if not document.problems:
            for tail in document.tails:  # of nothing that was cut
                document.complain(tail, f"{tail[-1]!r} has no value")
        return cases

    def _include(
        self,
        document: Document,
        path: Path,
        text: str,
        file: FilePath,
        suite: str,
        above: tuple[FilePath, ...],
    ) -> list[Case]:
        target = (file.parent / text).resolve()
        if target in above:
            circle = " → ".join(f.name for f in (*above[above.index(target) :], target))
            document.complain(path, f"the files include each other in a circle: {circle}")
            return []
        if not target.is_file():
            document.complain(path, f"{text} does not exist", nearby(target, text))
            return []
        if target in self.included:
            document.complain(path, f"{text} is included twice", "include it once")
            return []
        self.included.add(target)
        other = self._read(target)
        return [] if other is None else self._cases(other, target, suite, above)

    def _check_names(
        self, document: Document, path: Path, name: str, cases: Sequence[Case]
    ) -> None:
        """A case is selected, and its random numbers are drawn, by name."""
        if name in self.names:
            first, at = self.names[name]
            line = first.mark((*at, "name")).line
            hint = f"the other one is {FilePath(first.file).name}:{line}"
            document.complain((*path, "name"), f"duplicate case name {name!r}", hint)
        elif name:
            self.names[name] = (document, path)
        if len({case.name for case in cases}) < len(cases):
            document.complain((*path, "matrix"), "two points of the matrix have the same name")


def _validate(document: Document) -> tuple[Any, dict[int, frozenset[str]]]:
    """The file's content without its mistakes, and each case's keys that had one."""
    if not isinstance(document.data, dict):
        document.complain((), f"a suite file is a mapping, not {describe(document.data)}")
        return None, {}
    data = deepcopy(document.data)
    places = _remove_empty(document, data)
    try:
        return SuiteFile.model_validate(data), _broken(places)
    except ValidationError as error:
        places += complain(error, document, places)
    for place in sorted(map(_part, places), key=len):
        _remove(data, place)
    return _LenientFile.model_validate(data), _broken(places)


def _remove_empty(document: Document, data: dict[str, Any]) -> list[Path]:
    """Complain of keys without a value; null means something in `params` and `matrix` only."""
    places: list[Path] = []

    def walk(value: Any, path: Path) -> None:
        if path[:1] == ("cases",) and path[2:3] in (("params",), ("matrix",)) and len(path) > 3:
            return
        if value is None and path:
            places.append(path)
            if is_tail(path[-1]):
                document.tails.append(path)
                return
            what = f"{path[-1]!r} has no value" if isinstance(path[-1], str) else "an empty item"
            document.complain(path, what)
        for key, item in _items(value):
            walk(item, (*path, key))

    walk(data, ())
    for place in places:
        _remove(data, place)
    return places


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else ()


def _part(place: Path) -> Path:
    """The part of the file that is set aside for a mistake at this place."""
    if place[:1] == ("cases",):
        return place[: 4 if place[2:3] == ("inputs",) else 3]
    return place[: 2 if place[:1] == ("defaults",) else 1]


def _remove(data: Any, place: Path) -> None:
    """Take a value out; in a list, leave None in its place, for the others to keep theirs."""
    *way, last = place
    for part in way:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, list) and isinstance(last, int):
        data[last] = None
    elif isinstance(data, dict):
        data.pop(last, None)


def _broken(places: Iterable[Path]) -> dict[int, frozenset[str]]:
    keys: dict[int, set[str]] = {}
    for place in places:
        match place:
            case ("cases", int() as index, key, *_):
                keys.setdefault(index, set()).add(str(key))
    return {index: frozenset(names) for index, names in keys.items()}
