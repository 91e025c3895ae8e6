"""The committed reference page is the one that the schema makes."""

from __future__ import annotations

from pathlib import Path

from adbench.suite import load_suites
from adbench.suite.distributions import DISTRIBUTIONS
from adbench.suite.reference import reference
from adbench.suite.schema import CaseEntry, SuiteFile

PAGE = Path(__file__).parents[2] / "docs" / "suite-reference.md"


def test_the_page_is_current() -> None:
    renew = "renew it: python -m adbench.suite.reference > docs/suite-reference.md"
    assert PAGE.read_text(encoding="utf-8") == reference(), renew


def test_the_page_names_every_key_and_every_distribution() -> None:
    page = reference()
    for name in (*SuiteFile.model_fields, *CaseEntry.model_fields, *DISTRIBUTIONS):
        assert f"| `{name}` |" in page


def test_every_table_row_has_three_cells() -> None:
    for line in reference().splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 4, line


def test_the_example_of_the_page_is_a_suite(folder: Path) -> None:
    example = reference().split("```yaml\n")[1].split("```")[0]
    (folder / "model.py").write_text("def least_squares(w, X, y): return sum((X @ w - y) ** 2)\n")
    (folder / "example.yaml").write_text(example)
    (suite,) = load_suites("example.yaml")
    assert [case.name for case in suite.cases] == ["least_squares[d=2]", "least_squares[d=10]"]
