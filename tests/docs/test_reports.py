"""README quotes the rendered report of the bundled suites, as `make reports` wrote it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
REPORTS = ROOT / "reports"
QUOTED = re.compile(r"(<!-- reports: .* -->\n)(.*?)(<!-- end of reports -->)", re.DOTALL)


def quoted_figures() -> str:
    """The sentence, the machine and the geometric means of `reports/README.md`."""
    report = (REPORTS / "README.md").read_text(encoding="utf-8")
    sentence = re.search(r"^# (.+)$", report, re.MULTILINE)
    assert sentence, "reports/README.md has no verdict: renew it with make reports"
    told = re.findall(r"^- ((?:machine|libraries|noise floor): [^(\n]+)", report, re.MULTILINE)
    facts = [fact.strip() for fact in told]
    means = re.findall(r"^(Geometric mean, .+)$", report, re.MULTILINE)
    lines = [f"**{sentence[1]}**", *facts, *means]
    return "\n".join(["", *(f"> {line}  " for line in lines[:-1]), f"> {lines[-1]}", "", ""])


def test_the_readme_quotes_the_reports_as_they_were_made() -> None:
    readme = README.read_text(encoding="utf-8")
    assert len(QUOTED.findall(readme)) == 1
    current = QUOTED.sub(lambda found: f"{found[1]}{quoted_figures()}{found[3]}", readme)
    if os.environ.get("ADBENCH_GOLDEN"):
        README.write_text(current, encoding="utf-8")
    else:
        assert readme == current, "renew it: make golden"


@pytest.mark.parametrize("name", ["index.html", "README.md"])
def test_the_reports_show_no_path_of_the_machine_that_made_them(name: str) -> None:
    text = (REPORTS / name).read_text(encoding="utf-8")
    assert not re.search(r"/(tmp|home|root|work)/", text)


def test_the_reports_are_of_modest_size() -> None:
    files = [path for path in REPORTS.rglob("*") if path.is_file() and path.suffix != ".json"]
    assert {"index.html", "README.md", "results.csv"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) < 3_000_000
