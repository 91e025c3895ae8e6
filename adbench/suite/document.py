"""YAML text to plain data, with the place of every key and value; executes nothing.

The text is composed to ruamel.yaml's node graph and converted here, because only nodes carry the
position of each scalar. Only the types of JSON come out: a tag that would build anything else is
refused.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, StringMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from adbench.suite.expressions import is_tail
from adbench.suite.problems import Problem, SuiteError

Path = tuple[str | int, ...]
"""The way to a value: ("cases", 0, "inputs", "x")."""

MAX_VALUES = 100_000
"""Values in one file, aliases counted as often as they are used: refuses alias bombs."""
MAX_DEPTH = 50

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_TAG = "tag:yaml.org,2002:"
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both numbers count from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """A suite file as data, and where everything in it stands."""

    file: str
    raw: bytes
    text: str
    data: Any = None
    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    spoilt: set[Mark] = field(default_factory=set)
    """Places of what YAML itself has made unusable: nothing more is said of them."""
    tails: list[Path] = field(default_factory=list)
    """Keys such as `3)`, with no value: ends of shorthands that YAML has cut at a comma. The
    beginnings are complained of."""

    def complain(
        self, path: Path, message: str, hint: str = "", *, key: bool = False, offset: int = 0
    ) -> None:
        """Add a problem at the value (or the key) at `path`, or at the nearest thing above it.

        `offset` points into a value that is text, where the text stands in the file as it is.
        """
        mark = self.mark(path, key=key)
        if mark in self.spoilt:
            return
        text = self.get(path)
        if offset and isinstance(text, str) and mark.line <= len(self.lines):
            line = self.lines[mark.line - 1]
            start = mark.column - 1 + (line[mark.column - 1 : mark.column] in ("'", '"'))
            if line.startswith(text[:offset], start):
                mark = Mark(mark.line, start + offset + 1)
        self.problems.append(self.problem(mark, message, hint))

    def sorted_problems(self) -> list[Problem]:
        """The problems in the order of the file."""
        return sorted(self.problems, key=lambda p: (p.line or 0, p.column or 0))

    def mark(self, path: Path, *, key: bool = False) -> Mark:
        """Where the value (or the key) at `path` stands."""
        table = self.keys if key else self.values
        while path and path not in table:
            path = path[:-1]
        return table.get(path) or self.values.get(path) or Mark(1, 1)

    def problem(self, mark: Mark, message: str, hint: str = "") -> Problem:
        """A problem at a place of this file."""
        line = self.lines[mark.line - 1] if mark.line <= len(self.lines) else ""
        return Problem(self.file, mark.line, mark.column, message, line, hint)

    def get(self, path: Path) -> Any:
        """The raw data at `path`, or None where there is none."""
        value = self.data
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def read_document(file: FilePath, shown: str | None = None) -> Document:
    """Read a YAML file. Raises SuiteError where it cannot be read as one YAML document."""
    name = shown or str(file)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise SuiteError(
            [Problem(name, None, None, f"cannot be read: {error.strerror}")]
        ) from error
    return parse_document(raw, name)


def parse_document(raw: bytes, file: str) -> Document:
    """Parse YAML bytes; problems that leave the rest readable are collected in the document."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig", errors="replace")
        lines = _LINE_BREAK.split(good)
        message = f"not UTF-8: byte 0x{raw[error.start]:02x} cannot be decoded"
        problem = Problem(
            file, len(lines), len(lines[-1]) + 1, message, lines[-1], "save the file as UTF-8"
        )
        raise SuiteError([problem]) from error
    document = Document(file, raw, text, lines=_LINE_BREAK.split(text))
    node = _compose(document)
    if node is None or (isinstance(node, ScalarNode) and node.tag == _TAG + "null"):
        raise SuiteError(
            [document.problem(Mark(1, 1), "the file is empty", "`adbench init` writes a suite")]
        )
    _Converter(document).convert(node)
    return document


def _compose(document: Document) -> Node | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ReusedAnchorWarning)
            node: Node | None = YAML(typ="safe", pure=True).compose(document.text)
    except ReusedAnchorWarning as warning:
        # Legal, and as silent as a duplicate key. Only the warning's text says where it is.
        *_, (line, column) = re.findall(r"line (\d+), column (\d+)", str(warning))
        mark = Mark(int(line), int(column))
        hint = "an alias would mean the nearest one above it; give one of them another name"
        message = "an anchor of this name is already defined"
        raise SuiteError([document.problem(mark, message, hint)]) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message, hint = _explain(error)
        if "end of stream" in message or "<stream end>" in message:
            # The end of the file is not where a bracket or a quote was forgotten.
            mark = error.context_mark or mark
            inside = mark is not None and mark.index < len(document.text.rstrip())
            message = "what begins here is not closed" if inside else "the file ends too early"
            hint = "close the bracket or the quotes"
        raise SuiteError([document.problem(_mark(mark), message, hint)]) from error
    except ReaderError as error:
        before = _LINE_BREAK.split(document.text[: error.position])
        code = ord(document.text[error.position])
        message = f"the character U+{code:04X} is not allowed in YAML"
        mark = Mark(len(before), len(before[-1]) + 1)
        raise SuiteError([document.problem(mark, message)]) from error
    except RecursionError as error:
        problem = document.problem(Mark(1, 1), "the values are nested too deeply")
        raise SuiteError([problem]) from error
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        # ruamel.yaml lets some of its own slips through on malformed directives and tags.
        problem = document.problem(Mark(1, 1), f"not valid YAML: {error}")
        raise SuiteError([problem]) from error
    return node


def _explain(error: MarkedYAMLError) -> tuple[str, str]:
    """The parser's message in the words of the person who wrote the file."""
    problem = error.problem or error.context or "not valid YAML"
    if "'\\t'" in problem:
        return "a tab stands where YAML wants spaces", "indent with spaces"
    if "mapping values are not allowed" in problem:
        return (
            "a second ':' on this line, or wrong indentation",
            "put text that contains ': ' in quotes",
        )
    if "found another document" in problem:
        return "a suite file is one YAML document; a second begins here", "remove the '---'"
    if "undefined alias" in problem:
        return problem.removeprefix("found "), "define it first: `key: &name value`"
    hint = "check the indentation and the brackets" if "expected" in problem else ""
    context = f" {error.context}" if error.context and error.problem else ""
    return f"not valid YAML{context}: {problem}", hint


def _mark(mark: StringMark | None) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark is not None else Mark(1, 1)


class _Converter:
    """Turns nodes into data, marking every place on the way."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = 0
        self.above: set[int] = set()

    def convert(self, node: Node) -> None:
        self.document.data = self._value(node, ())

    def _stop(self, node: Node, message: str) -> SuiteError:
        problem = self.document.problem(_mark(node.start_mark), message)
        return SuiteError([*self.document.problems, problem])

    def _complain(self, node: Node, message: str, hint: str = "") -> None:
        mark = _mark(node.start_mark)
        self.document.spoilt.add(mark)
        self.document.problems.append(self.document.problem(mark, message, hint))

    def _count(self, node: Node) -> None:
        self.count += 1
        if self.count > MAX_VALUES:
            raise self._stop(
                node,
                f"more than {MAX_VALUES:,} values, aliases counted; put large data in a .npy file",
            )

    def _value(self, node: Node, path: Path) -> Any:
        self._count(node)
        if len(path) > MAX_DEPTH:
            raise self._stop(node, f"values are nested deeper than {MAX_DEPTH} levels")
        if id(node) in self.above:
            raise self._stop(node, "an alias inside its own anchor")
        self.document.values.setdefault(path, self._place(node, path))
        self.above.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            if isinstance(node, ScalarNode):
                return self._scalar(node)
            self._check_tag(node, "seq")
            return [self._value(item, (*path, i)) for i, item in enumerate(node.value)]
        finally:
            self.above.discard(id(node))

    def _place(self, node: Node, path: Path) -> Mark:
        """An absent value (`key:`) has no place of its own: its key's is the useful one."""
        if node.start_mark.index == node.end_mark.index and path in self.document.keys:
            return self.document.keys[path]
        return _mark(node.start_mark)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        self._check_tag(node, "map")
        result: dict[str, Any] = {}
        for key_node, value_node in self._entries(node, path):
            key = self._key(key_node)
            if key in result:
                continue
            self.document.keys[*path, key] = _mark(key_node.start_mark)
            result[key] = self._value(value_node, (*path, key))
        return result

    def _entries(self, node: MappingNode, path: Path) -> list[tuple[Node, Node]]:
        """The node's own entries, then the merged ones that it does not override."""
        own: list[tuple[Node, Node]] = []
        merged: list[tuple[Node, Node]] = []
        seen: dict[str, Node] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged += self._merged(value_node, path)
                continue
            key = self._key(key_node)
            if key in seen:
                if not (is_tail(key) and value_node.tag == _TAG + "null"):
                    self._complain_of_duplicate(key, key_node, seen[key])
                continue
            seen[key] = key_node
            own.append((key_node, value_node))
        return own + merged

    def _complain_of_duplicate(self, key: str, node: Node, first: Node) -> None:
        line = _mark(first.start_mark).line
        hint = f"it is first given on line {line}; keep one of the two"
        self._complain(node, f"duplicate key {key!r}", hint)

    def _merged(self, node: Node, path: Path) -> list[tuple[Node, Node]]:
        parts = node.value if isinstance(node, SequenceNode) else [node]
        entries: list[tuple[Node, Node]] = []
        for part in parts:
            if not isinstance(part, MappingNode):
                self._complain(part, "'<<' merges mappings, and this is not one")
            elif id(part) in self.above:
                raise self._stop(part, "an alias inside its own anchor")
            else:
                self._count(part)
                self.above.add(id(part))
                entries += self._entries(part, path)
                self.above.discard(id(part))
        return entries

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise self._stop(node, "a key is text; this one is a list or a mapping")
        if not isinstance(self._scalar(node), str):
            self._complain(node, f"a key is text: write '{node.value}' in quotes")
        return str(node.value)

    def _check_tag(self, node: Node, *allowed: str) -> None:
        if node.tag not in {_TAG + name for name in allowed}:
            tag = str(node.tag).replace(_TAG, "!!")
            self._complain(
                node, f"the tag {tag} is not allowed here", "a suite file holds plain data only"
            )

    def _scalar(self, node: ScalarNode) -> str | int | float | bool | None:
        text = str(node.value)
        match str(node.tag).removeprefix(_TAG):
            case "str" | "timestamp" | "merge":
                return text
            case "null":
                return None
            case "bool" if text.lower() in ("true", "yes", "on", "false", "no", "off"):
                return text.lower() in ("true", "yes", "on")
            case "int" | "float" as kind:
                return self._number(node, text.replace("_", ""), kind)
            case _:
                self._check_tag(node, "str", "int", "float", "bool", "null")
                return text

    def _number(self, node: ScalarNode, text: str, kind: str) -> int | float | str:
        try:
            if kind == "float":
                return float(re.sub(r"^([+-]?)\.(inf|nan)$", r"\1\2", text, flags=re.IGNORECASE))
            base = {"0x": 16, "0o": 8, "0b": 2}.get(text.lstrip("+-")[:2].lower(), 10)
            number = int(text, base)
        except ValueError:
            self._complain(node, f"{_shorten(text)} is not a number")
            return text
        if abs(number) >= _INT64:
            hint = "a floating-point number is written with a point, such as 1.0e20"
            self._complain(node, f"{_shorten(text)} does not fit in 64 bits", hint)
            return 0
        return number


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "…"
