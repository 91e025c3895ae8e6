"""The page as a document: valid, whole, safe and small, whatever the record holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import html5lib
import pytest
from markupsafe import escape
from specimen import environment, specimen

from adbench.record.bench import Bench, Interval, Measurement, Memory
from adbench.record.file import parse_record
from adbench.record.model import (
    CaseResult,
    CheckResult,
    CurvePoint,
    DerivativeResult,
    ElementComparison,
    Failure,
    Finding,
    RunRecord,
    VCurve,
    Verdict,
)
from adbench.report.html import Source, bundle, render_html
from adbench.report.view.arrangement import arrange

HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{display:none}</style>",
    "</title></svg></td></li>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eabc\x00\x1b[31m\udc80\ufffe",
    "a\nb\rc\td",
    "&lt;b&gt; &amp;",
    "=cmd|' /C calc'!A0",
    "x" * 3000,
    "名前 é 👩‍👩‍👧",
    " ",
]
NAN = float("nan")


def parsed(page: str) -> Any:
    """The document's tree; html5lib raises for every parse error."""
    return html5lib.HTMLParser(strict=True).parse(page)


def rendered(*records: RunRecord) -> str:
    arranged = arrange(records)
    return render_html(
        arranged.record,
        comparison=arranged.comparison,
        past=arranged.past,
        commands=arranged.commands,
    )


def test_the_page_of_everything_is_valid(everything: RunRecord) -> None:
    parsed(render_html(everything))


@pytest.mark.parametrize(
    "records",
    [
        [specimen(6)],
        [specimen(6, bench=False)],
        [specimen(6, seed=1), specimen(6)],
        [specimen(4, seed=i, started=f"2026-01-0{i + 1}T00:00:00Z") for i in range(4)],
        [specimen(8, bench=False), specimen(6)],
    ],
    ids=["bench", "check", "comparison", "history", "merged"],
)
def test_every_kind_of_page_is_valid_and_its_links_lead_somewhere(
    records: list[RunRecord],
) -> None:
    tree = parsed(rendered(*records))
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    links = [e.get("href") for e in tree.iter(f"{HTML}a")]
    assert links
    assert {link[1:] for link in links} <= set(ids)


def test_the_parts_come_in_their_order(everything: RunRecord) -> None:
    past = [specimen(3, seed=i, started=f"2026-01-0{i + 1}T00:00:00Z") for i in range(3)]
    pages = [rendered(everything), rendered(*past[:2]), rendered(*past)]
    order = ["verdict", "attention", "matrix", "cases", "comparison", "history", "methods"]
    for page in pages:
        headings = re.findall(r"<h[12] id=([a-z]+)>", page)
        assert headings == [part for part in order if part in headings]
    assert {part for page in pages for part in re.findall(r"<h[12] id=([a-z]+)>", page)} == (
        set(order)
    )


def test_the_verdict_and_the_problems_are_in_words() -> None:
    page = rendered(specimen(30))
    assert "2 of 180 gradients wrong, 2 inconclusive, 1 regression" in page
    assert "AD gives −0.412, should be 0.412 ± 2e-9: sign flipped in 1 of 64 elements" in page
    assert "suites/logdet.py:12" in page
    command = "adbench check suites/models.yaml -k 'logdet[n=64]' --backend torch:eager"
    assert escape(command) in page
    assert "gradient ÷ primal grows with n" in page


def test_every_picture_and_table_says_what_it_is() -> None:
    tree = parsed(rendered(specimen(6)))
    pictures = list(tree.iter(f"{SVG}svg"))
    assert len(pictures) > 6
    for picture in pictures:
        assert picture.get("role") == "img"
        assert picture[0].tag == f"{SVG}title"
        assert picture[0].text
    heads = list(tree.iter(f"{HTML}th"))
    assert heads
    assert all(head.get("scope") in ("col", "row", "rowgroup") for head in heads)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(name: str, result: Callable, record: Callable) -> None:
    finding = Finding(
        kind="value", level="fail", message=name, input=name, ad=1.0, numeric=2.0, diagnosis=name
    )
    failure = Failure(kind="exception", type=name, message=name, printed=name)
    run = record(
        result(name, verdict=Verdict.FAIL, suite=name, reason=name, findings=(finding,)),
        result(f"{name}2", verdict=Verdict.ERROR, failure=failure, suite=name, reproduce=name),
        result("plain", "torch", suite=name),
        command=name,
        environment=environment(processor=name, git=name, variables={name: name}),
    )
    page = rendered(run)
    tree = parsed(page)
    page.encode()
    assert len(list(tree.iter(f"{HTML}script"))) == 1
    assert len(list(tree.iter(f"{HTML}style"))) == 1
    assert not list(tree.iter(f"{HTML}img"))
    for element in tree.iter():
        assert not [key for key in element.attrib if str(key).startswith("on")]
    if "x" * 100 not in name and name.strip():
        shown = name.replace("\n", r"\n").replace("\r", r"\r").replace("\t", r"\t")
        if shown.isprintable():
            assert shown in "".join(tree.itertext())


def test_no_case(record: Callable) -> None:
    page = rendered(record())
    parsed(page)
    assert "nothing was checked" in page
    assert "id=methods" in page
    assert "matrix-table>" not in page.split("<script>")[0]


def test_one_case(result: Callable, record: Callable) -> None:
    page = rendered(record(result("only")))
    parsed(page)
    assert "The gradient is right" in page
    assert "Needs attention" not in page


def test_all_fail(result: Callable, record: Callable) -> None:
    page = rendered(record(*(result(f"c{i}", verdict=Verdict.FAIL) for i in range(150))))
    parsed(page)
    assert "150 of 150 gradients wrong" in page
    assert page.count("<li class=bad>") >= 1


def test_many_different_problems_are_counted(result: Callable, record: Callable) -> None:
    results = [result(f"c{i}", verdict=Verdict.FAIL, reason=f"reason {i}") for i in range(150)]
    assert "And 50 more" in rendered(record(*results))


def test_all_are_skipped(result: Callable, record: Callable) -> None:
    page = rendered(record(*(result(f"c{i}", verdict=Verdict.SKIPPED) for i in range(5))))
    parsed(page)
    assert "Nothing was checked: every task was skipped" in page


def nan_record(record: Callable) -> RunRecord:
    """NaN and infinities in every number that there is."""
    curve = VCurve(
        input="x",
        index=(),
        ad=NAN,
        numeric=NAN,
        bound=NAN,
        chosen_step=NAN,
        points=tuple(
            CurvePoint(step=s, value=NAN, truncation=NAN, roundoff=float("inf"))
            for s in (1e-3, NAN, 0.0, -1.0)
        ),
    )
    element = ElementComparison(
        input="x", index=(0,), ad=NAN, numeric=float("-inf"), bound=NAN, tolerance=NAN
    )
    finding = Finding(
        kind="nonfinite", level="fail", message="not finite", ad=NAN, numeric=NAN, bound=NAN
    )
    check = CheckResult(
        verdict=Verdict.FAIL,
        reason="not finite",
        function="f",
        backend="native",
        mode="eager",
        findings=(finding,),
        resolution=NAN,
        derivatives=(
            DerivativeResult(
                derivative="vjp",
                verdict=Verdict.FAIL,
                reason="NaN",
                resolution=NAN,
                v_curve=curve,
                worst=(element,),
            ),
        ),
    )
    nothing = Interval(value=NAN, low=NAN, high=float("inf"))
    measured = [
        Measurement(
            suite="s",
            case=f"f[n={n}]",
            base="f",
            backend="native",
            mode="eager",
            dtype="float64",
            size=size,
            status="measured",
            steady=nothing,
            primal=nothing,
            ratio=nothing,
            first_call=NAN,
            numeric=nothing,
            memory=Memory(peak=0, method="none"),
        )
        for n, size in ((1, NAN), (2, 0.0))
    ]
    shared: dict[str, Any] = {
        "suite": "s",
        "backend": "native",
        "mode": "eager",
        "dtype": "float64",
        "seed": 0,
        "verdict": Verdict.FAIL,
        "reason": "not finite",
    }
    results = [CaseResult(case=f"f[n={n}]", check=check, seconds=NAN, **shared) for n in (1, 2)]
    bench = Bench(measurements=tuple(measured), noise_floor=NAN, load=(NAN,))
    return record(*results, seconds=NAN, kind="bench", bench=bench)


def test_nan_everywhere(record: Callable) -> None:
    run = nan_record(record)
    page = rendered(run)
    parsed(page)
    assert "2 of 2 gradients wrong" in page
    parsed(rendered(run, run))
    parsed(rendered(run, run, run))
    assert bundle([Source(run)], "data").files["results.csv"].count("\n") == 3


def test_a_record_of_an_older_schema(everything: RunRecord, tmp_path: Any) -> None:
    """Fields that came later are missing: what is there is shown."""
    data = json.loads(everything.model_dump_json(exclude_defaults=True))
    data["schema_version"] = 1
    for result in data["results"]:
        for later in ("definition", "inputs", "tags", "params"):
            result.pop(later, None)
        if result.get("check"):
            for later in ("derivatives", "worst", "gradient", "outputs", "value", "batched_calls"):
                result["check"].pop(later, None)
    old = parse_record(tmp_path / "old.json", data)
    page = rendered(old)
    parsed(page)
    assert "2 of 9 gradients wrong" in page
    parsed(rendered(old, everything))


@pytest.mark.parametrize("sizes", [True, False])
def test_fifty_cases_on_six_modes_are_less_than_500_kilobytes(sizes: bool) -> None:
    page = rendered(specimen(50, 6, sizes=sizes))
    assert len(page.encode()) < 500_000
    assert page.count("<svg") >= (80 if sizes else 145)


def test_nothing_is_fetched() -> None:
    page = rendered(specimen(6))
    addresses = re.findall(r"(?:src|href|action|url)\s*[=(]\s*[\"']?([^\s\"'>)]+)", page)
    assert addresses
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert "default-src 'none'" in page
    assert "@import" not in page


def test_the_script_is_a_few_kilobytes() -> None:
    script = rendered(specimen(2)).split("<script>")[1].split("</script>")[0]
    assert 4_000 < len(script) < 10_000
    assert "eval(" not in script
    assert "innerHTML" not in script


def test_data_lie_beside_the_page() -> None:
    run = specimen(3)
    made = bundle([Source(run, "run", samples='{"a": []}\n')], "a b-data")
    assert set(made.files) == {"run.json", "run.samples.json", "results.csv", "measurements.csv"}
    for name in made.files:
        assert f"a%20b-data/{name}" in made.page
    assert made.files["results.csv"].count("\n") == len(run.results) + 1


def test_the_record_beside_the_page_is_the_record(tmp_path: Any) -> None:
    run = specimen(3)
    made = bundle([Source(run, "run")], "data")
    assert parse_record(tmp_path / "run.json", json.loads(made.files["run.json"])) == run


def test_records_of_one_name_do_not_overwrite_each_other() -> None:
    made = bundle([Source(specimen(2), "run"), Source(specimen(2, seed=1), "run")], "data")
    assert {"1-run.json", "2-run.json"} <= set(made.files)


def test_ties_are_shown_as_ties() -> None:
    run = specimen(1, 2)
    assert run.bench is not None
    tied = [m.model_copy(update={"rank": 1}) for m in run.bench.measurements]
    bench = run.bench.model_copy(update={"measurements": tuple(tied)})
    page = rendered(run.model_copy(update={"bench": bench}))
    assert len(re.findall(r"<b class=\"t k\d\">= \d", page)) == 2


def test_only_right_gradients_are_ranked() -> None:
    tree = parsed(rendered(specimen(2)))
    rows = [e for e in tree.iter(f"{HTML}tr") if e.get("data-case") is not None]
    wrong = ["".join(cell.itertext()) for cell in rows[1] if "fail" in "".join(cell.itertext())]
    assert wrong
    assert all("×" not in text for text in wrong)
