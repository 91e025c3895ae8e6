"""The words a person reads: values with enough digits, places, and nothing a page would obey."""

import io
import math

import pytest
from rich.console import Console

from adbench.record import (
    CheckResult,
    DerivativeResult,
    Failure,
    Finding,
    SourceLocation,
    Verdict,
    explain,
    explain_failure,
    explain_finding,
)
from adbench.record.explain import format_bound, format_values

WHERE = SourceLocation(file="model.py", line=12, function="loss", text="    return -x.sum()")


def result(**changes):
    finding = Finding(
        kind="value", level="fail", message="One of 6 elements is wrong.", derivative="vjp",
        input="params['w']", index=(1, 2), ad=-4.0, numeric=4.00000012, bound=3.14159e-9,
        tolerance=1e-7, diagnosis="sign flipped", where=WHERE,
    )  # fmt: skip
    fields = {
        "verdict": Verdict.FAIL, "reason": "1 of 6 elements is wrong", "function": "loss",
        "backend": "torch", "mode": "eager", "dtype": "float64", "findings": (finding,),
        "resolution": 3.2e-9, "evaluations": 1200, "seconds": 0.25,
        "derivatives": (
            DerivativeResult(derivative="vjp", verdict=Verdict.FAIL, reason="1 of 6", compared=6),
        ),
    }  # fmt: skip
    return CheckResult(**(fields | changes))


@pytest.mark.parametrize(
    ("ad", "numeric", "words"),
    [
        (-4.0, 4.00000012, ("-4", "4")),
        (4.00001, 4.0, ("4.00001", "4")),
        (1.23456789012, 1.23456789, ("1.23456789012", "1.23456789")),
        (1e-30, 2e-30, ("1e-30", "2e-30")),
        (math.nextafter(1.0, 2.0), 1.0, ("1.0000000000000002", "1")),
        (1.7e308, -1.7e308, ("1.7e+308", "-1.7e+308")),
        (5e-324, 0.0, ("4.941e-324", "0")),
        (0.0, 0.0, ("0", "0")),
        (math.nan, 1.0, ("nan", "1")),
        (None, 1 / 3, ("none", "0.3333")),
        (math.inf, -math.inf, ("inf", "-inf")),
    ],
)
def test_values_show_enough_digits_to_differ(ad, numeric, words):
    assert format_values(ad, numeric) == words


def test_different_doubles_never_look_the_same():
    import random

    numbers = random.Random(0)
    for _ in range(2000):
        a = numbers.uniform(-1, 1) * 10.0 ** numbers.randint(-300, 300)
        b = a * (1 + numbers.choice([1, -1]) * 10.0 ** -numbers.uniform(0, 16))
        shown = format_values(a, b)
        assert (shown[0] != shown[1]) == (a != b)


def test_bound_has_two_digits():
    assert format_bound(3.14159e-9) == " ± 3.1e-09"
    assert format_bound(0.0) == " ± 0"
    assert format_bound(math.inf) == " ± inf"
    assert format_bound(None) == ""


def test_a_finding_says_what_where_and_how_sure():
    assert explain_finding(result().findings[0]).splitlines() == [
        "One of 6 elements is wrong.",
        "  params['w'][1, 2]: AD -4, numeric 4 ± 3.1e-09; tolerance 1e-07",
        "  looks like: sign flipped",
        "  at model.py:12 in loss: return -x.sum()",
    ]


def test_a_finding_with_nothing_but_its_message_is_one_line():
    bare = Finding(kind="empty", level="error", message="Nothing to compare.")
    assert explain_finding(bare) == "Nothing to compare."
    scalar = Finding(kind="v", level="fail", message="m", input="x", index=(), ad=1.0)
    assert "x: AD 1" in explain_finding(scalar)


def test_a_place_is_named_once():
    finding = Finding(
        kind="v", level="fail", message="the gradient of x[3] is wrong", input="x", index=(3,),
        output="y[0]", ad=1.0, numeric=2.0,
    )  # fmt: skip
    assert explain_finding(finding).splitlines()[1] == "  output y[0]: AD 1, numeric 2"


VJP = DerivativeResult(derivative="vjp", verdict=Verdict.PASS, reason="agrees", compared=6)
JVP = DerivativeResult(derivative="jvp", verdict=Verdict.SKIPPED, reason="no forward mode")


def test_str_of_a_failure():
    text = str(result())
    assert text == explain(result())
    assert text.splitlines() == [
        "✗ fail: loss on torch:eager (float64, seed 0): 1 of 6 elements is wrong",
        "",
        *(f"  {line}" for line in explain_finding(result().findings[0]).splitlines()),
    ]


def test_str_of_a_pass_says_what_it_is_worth():
    passed = result(verdict=Verdict.PASS, reason="", findings=(), derivatives=(VJP, JVP))
    assert str(passed).splitlines() == [
        "✓ pass: loss on torch:eager (float64, seed 0)",
        "  vjp  ✓ pass: agrees",
        "  jvp  – skipped: no forward mode",
        "",
        "  A relative error above 3e-09 would have shown "
        "(6 values compared, 1,200 evaluations, 0.25 s).",
    ]


def test_a_result_says_its_reason_once():
    passed = result(
        verdict=Verdict.PASS, reason="vjp: agrees", findings=(), resolution=None, derivatives=(VJP,)
    )
    assert str(passed) == "✓ pass: loss on torch:eager (float64, seed 0): vjp: agrees"


def test_rich_shows_the_same_words():
    console = Console(file=io.StringIO(), width=200, color_system="truecolor", force_terminal=True)
    console.print(result())
    colored = console.file.getvalue()
    assert "\x1b[1;31m✗ fail" in colored
    plain = Console(file=io.StringIO(), width=200)
    plain.print(result())
    assert [line.rstrip() for line in plain.file.getvalue().splitlines()] == str(
        result()
    ).splitlines()


def test_html_escapes_everything_a_user_wrote():
    evil = "<script>alert('x')</script>"
    shown = result(
        function=evil, reason=evil,
        findings=(
            Finding(
                kind="v", level="fail", message=evil, input=evil, ad=1.0, diagnosis=evil,
                where=SourceLocation(file=evil, line=1, text=evil),
            ),
        ),
        derivatives=(
            DerivativeResult(derivative=evil, verdict="fail", reason=evil + "2"),
            DerivativeResult(derivative="jvp", verdict="pass", reason=evil),
        ),
    )._repr_html_()  # fmt: skip
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 9
    assert "✗ fail" in shown


def test_a_failure_shows_frames_and_what_was_printed():
    failure = Failure(
        kind="exception", type="ValueError", message="no", frames=(WHERE,), printed="a\nb\n"
    )
    assert explain_failure(failure).splitlines() == [
        "ValueError: no",
        "  at model.py:12 in loss: return -x.sum()",
        "  it had printed:",
        "  | a",
        "  | b",
    ]
    assert explain_failure(Failure(kind="timeout", message="Too long.")) == "Too long."
