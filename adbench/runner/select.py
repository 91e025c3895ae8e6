"""Which cases a `--select` expression and `--tag` mean: words, globs, and, or, not, parentheses.

    expression = term ("or" term)*          term = factor ("and" factor)*
    factor     = "not" factor | "(" expression ")" | word

A word is text without spaces or parentheses, or anything in quotes. It means the cases of exactly
that name if there are any (with or without the grid point, alone or as `suite/case`) or with
exactly that tag; else, with `*` or `?` in it, those whose name fits the pattern; else those whose
name contains it. Brackets are no wildcards, because grid points are written with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from adbench.suite import Case

Predicate = Callable[[Case], bool]

_TOKEN = re.compile(r"""\s*(?:([()])|'([^']*)'|"([^"]*)"|([^\s()'"]+))""")
_RESERVED = ("and", "or", "not")
_MOST_NESTED = 50


class SelectError(ValueError):
    """An expression that cannot be read; the message shows where and what would be right."""

    def __init__(self, expression: str, position: int, what: str) -> None:
        super().__init__(f"--select: {what}\n  {expression}\n  {' ' * position}^")


def select(
    cases: Iterable[Case], expression: str | None = None, tags: Sequence[str] = ()
) -> list[Case]:
    """The cases that `expression` means and that carry any of `tags`, in their order.

    Raises SelectError when the expression cannot be read.
    """
    cases = list(cases)
    chosen: Predicate = _everything
    if expression is not None:
        whole = expression.strip()  # a name as the table shows it needs no quotes
        is_name = any(whole in _names(case) for case in cases)
        chosen = _Word(whole, cases) if is_name else _Parser(expression, cases).parse()
    wanted = set(tags)
    return [case for case in cases if chosen(case) and (not wanted or wanted & set(case.tags))]


def quote(name: str) -> str:
    """The expression that means exactly the case of this name."""
    if _TOKEN.fullmatch(name) and name not in _RESERVED and name[0] not in "()'\"":
        return name
    # A shell's own quotes are single: double ones need no escapes there. No quote can be escaped
    # here, but a pattern fits it.
    return f'"{name}"' if '"' not in name else f"'{name.replace(chr(39), '?')}'"


def _everything(_: Case) -> bool:
    return True


def _names(case: Case) -> set[str]:
    plain = {case.name, case.base}
    return plain | {f"{case.suite}/{name}" for name in plain}


class _Word:
    """One word, with the rules of the module's docstring applied to these cases."""

    def __init__(self, word: str, cases: Sequence[Case]) -> None:
        self._word = word
        pattern = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in word)
        self._pattern = re.compile(pattern, re.DOTALL)
        self._match: Predicate
        if any(self._exact(case) for case in cases):
            self._match = self._exact
        else:
            self._match = self._fits if "*" in word or "?" in word else self._contained

    def __call__(self, case: Case) -> bool:
        return self._match(case)

    def _exact(self, case: Case) -> bool:
        return self._word in _names(case) or self._word in case.tags

    def _fits(self, case: Case) -> bool:
        return any(self._pattern.fullmatch(name) for name in _names(case))

    def _contained(self, case: Case) -> bool:
        return self._word.casefold() in case.name.casefold()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    position: int
    quoted: bool = False


class _Parser:
    """Recursive descent over the grammar in the module's docstring."""

    def __init__(self, expression: str, cases: Sequence[Case]) -> None:
        self._expression = expression
        self._cases = cases
        self._tokens = list(self._scan())
        self._next = 0
        self._depth = 0

    def parse(self) -> Predicate:
        if not self._tokens:
            raise self._error("the expression is empty; write a case's name, a tag or a pattern")
        predicate = self._any()
        if self._next < len(self._tokens):
            found = self._tokens[self._next].text
            raise self._error(
                "this closes nothing"
                if found == ")"
                else f"write `and` or `or` before {found!r}, or quote a name that has spaces"
            )
        return predicate

    def _scan(self) -> Iterable[_Token]:
        position, end = 0, len(self._expression.rstrip())
        while position < end:
            match = _TOKEN.match(self._expression, position)
            if match is None:
                while self._expression[position].isspace():
                    position += 1
                raise SelectError(self._expression, position, "this quote is never closed")
            group = match.lastindex or 0
            yield _Token(match[group], match.start(group), quoted=group in (2, 3))
            position = match.end()

    def _any(self) -> Predicate:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return lambda case: any(part(case) for part in parts)

    def _all(self) -> Predicate:
        parts = [self._factor()]
        while self._take("and"):
            parts.append(self._factor())
        return lambda case: all(part(case) for part in parts)

    def _factor(self) -> Predicate:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise self._error("this is nested too deeply")
        try:
            if self._take("not"):
                negated = self._factor()
                return lambda case: not negated(case)
            if self._take("("):
                inside = self._any()
                if not self._take(")"):
                    raise self._error("a closing parenthesis is missing here")
                return inside
            return self._word()
        finally:
            self._depth -= 1

    def _word(self) -> Predicate:
        if self._next >= len(self._tokens):
            raise self._error("a name, a tag or a pattern is missing here")
        token = self._tokens[self._next]
        if not token.quoted and token.text in (*_RESERVED, ")", "("):
            raise self._error(f"a name, a tag or a pattern is missing before {token.text!r}")
        self._next += 1
        return _Word(token.text, self._cases)

    def _take(self, text: str) -> bool:
        if self._next < len(self._tokens):
            token = self._tokens[self._next]
            if token.text == text and not token.quoted:
                self._next += 1
                return True
        return False

    def _error(self, what: str) -> SelectError:
        ended = self._next >= len(self._tokens)
        position = len(self._expression) if ended else self._tokens[self._next].position
        return SelectError(self._expression, position, what)
