"""What `--select` and `--tag` choose."""

import pytest

from adbench.runner import SelectError
from adbench.runner.select import quote, select

NAMES = ["gmm[d=2,k=5]", "gmm[d=10,k=5]", "gmm_full", "lstm", "matmul (2, 3)", "it's", "and", "Ünï"]


@pytest.fixture
def cases(make_case):
    tags = {"gmm_full": ("slow", "classic"), "lstm": ("classic",)}
    return [make_case(name, tags=tags.get(name, ())) for name in NAMES]


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("lstm", ["lstm"]),
        ("gmm", ["gmm[d=2,k=5]", "gmm[d=10,k=5]"]),  # a base name is exact; gmm_full is another
        ("gm", ["gmm[d=2,k=5]", "gmm[d=10,k=5]", "gmm_full"]),
        ("GM", ["gmm[d=2,k=5]", "gmm[d=10,k=5]", "gmm_full"]),
        ("gmm[d=2,k=5]", ["gmm[d=2,k=5]"]),
        ("gmm*", ["gmm[d=2,k=5]", "gmm[d=10,k=5]", "gmm_full"]),
        ("gmm[d=*,k=5]", ["gmm[d=2,k=5]", "gmm[d=10,k=5]"]),
        ("gmm[d=?,k=5]", ["gmm[d=2,k=5]"]),
        ("s/lstm", ["lstm"]),
        ("s/gmm*", ["gmm[d=2,k=5]", "gmm[d=10,k=5]", "gmm_full"]),
        ("classic", ["gmm_full", "lstm"]),
        ("classic and not slow", ["lstm"]),
        ("lstm or d=2", ["gmm[d=2,k=5]", "lstm"]),
        ("lstm or gmm_full and slow", ["gmm_full", "lstm"]),
        ("(lstm or gmm_full) and slow", ["gmm_full"]),
        ("not (gmm* or lstm)", ["matmul (2, 3)", "it's", "and", "Ünï"]),
        ("not not lstm", ["lstm"]),
        ("matmul (2, 3)", ["matmul (2, 3)"]),
        ("'matmul (2, 3)' or lstm", ["lstm", "matmul (2, 3)"]),
        ('"it\'s"', ["it's"]),
        ("'and'", ["and"]),
        ("and", ["and"]),
        ("ünï", ["Ünï"]),
        ("nothing", []),
        ("  lstm  ", ["lstm"]),
    ],
)
def test_expressions(cases, expression, chosen):
    assert [case.name for case in select(cases, expression)] == chosen


@pytest.mark.parametrize(
    ("expression", "words", "position"),
    [
        ("", "empty", 0),
        ("   ", "empty", 3),
        ("lstm and", "missing here", 8),
        ("or lstm", "missing before 'or'", 0),
        ("lstm gmm", "write `and` or `or` before 'gmm'", 5),
        ("(lstm", "closing parenthesis is missing", 5),
        ("lstm)", "closes nothing", 4),
        ("()", r"missing before '\)'", 1),
        ("lstm or 'x", "never closed", 8),
        ("not", "missing here", 3),
        ("(" * 200, "nested too deeply", 50),
        ("not " * 5000 + "x", "nested too deeply", 50 * 4),
    ],
)
def test_mistakes_are_shown_where_they_are(cases, expression, words, position):
    with pytest.raises(SelectError, match=words) as caught:
        select(cases, expression)
    assert str(caught.value).splitlines()[-1] == " " * (position + 2) + "^"


def test_tags_select_cases_that_have_any(cases):
    assert [case.name for case in select(cases, tags=["slow", "none"])] == ["gmm_full"]
    assert [case.name for case in select(cases, "lstm", ["classic"])] == ["lstm"]
    assert select(cases, "lstm", ["slow"]) == []
    assert select(cases) == cases


@pytest.mark.parametrize("name", [*NAMES, "not", "a b", "(x)", '"x', "x*"])
def test_quote_selects_exactly_that_case(make_case, name):
    every = [make_case(n) for n in {*NAMES, name, name + " or more", "x", "x2"}]
    for expression in (quote(name), f"({quote(name)})"):
        assert [case.name for case in select(every, expression)] == [name]
