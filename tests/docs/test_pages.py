"""The pages say what the code says: words, names, commands and links."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import blocks

import adbench
from adbench.backends import BACKENDS
from adbench.cli.exits import EXIT_CODES
from adbench.cli.reference import reference
from adbench.record import Verdict

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_command_line_page_is_current() -> None:
    renew = "renew it: python -m adbench.cli.reference > docs/command-line.md"
    assert text("command-line.md") == reference(), renew


def test_the_command_line_page_says_what_every_option_is_for() -> None:
    for line in reference().splitlines():
        if line.startswith("| `"):
            spelling, meaning = line.replace("\\|", "/").strip("| ").split(" | ")
            assert spelling
            assert meaning not in ("", "None"), line


def test_every_verdict_is_explained() -> None:
    page = text("verdicts.md")
    for verdict in Verdict:
        assert re.search(rf"\| `\S {verdict.value}` \|", page)


def kinds_of_findings() -> set[str]:
    """The string literals that the check room gives as `kind=`, conditional ones included."""
    kinds = set()
    for path in (ROOT / "adbench" / "check").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                for keyword in node.keywords:
                    if keyword.arg == "kind":
                        kinds |= set(strings_in(keyword.value))
    return kinds


def strings_in(node: ast.AST) -> Iterator[str]:
    """String constants that are a value, not those that are compared with one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from strings_in(node.body)
        yield from strings_in(node.orelse)


def test_every_kind_of_finding_is_explained() -> None:
    page = text("verdicts.md")
    kinds = kinds_of_findings()
    assert {"wrong-shape", "ties", "mutated-input", "nonlinear-cotangent"} <= kinds
    missing = [kind for kind in sorted(kinds) if f"| `{kind}` |" not in page]
    assert not missing, f"docs/verdicts.md lacks {missing}"


def diagnoses() -> set[str]:
    """The first fixed words of everything that a suspect yields."""
    words = set()
    for path in (ROOT / "adbench" / "check" / "diagnosis").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            value = node.value if isinstance(node, ast.Yield) else None
            if isinstance(value, ast.JoinedStr):
                value = value.values[0]
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                words.add(re.split(r"[:,]", value.value)[0].strip())
    return {word for word in words if len(word) > 3 and "(" not in word}


def test_every_diagnosis_is_explained() -> None:
    page = text("verdicts.md")
    found = diagnoses()
    assert {"transposed", "detached", "a broadcast was not summed over"} <= found
    missing = [words for words in sorted(found) if words not in page]
    assert not missing, f"docs/verdicts.md lacks {missing}"


def test_every_backend_and_mode_is_in_the_table() -> None:
    page = text("backends.md")
    for name, entry in BACKENDS.items():
        for mode in entry.modes:
            assert f"| `{name}:{mode}` |" in page


def test_every_public_name_is_in_the_python_api() -> None:
    page = text("python-api.md")
    for name in adbench.__all__:
        if name != "__version__":
            assert re.search(rf"^::: adbench\.\S*{name}$|\"adbench\.{name}\"", page, re.MULTILINE)


def test_the_readme_lists_the_exit_codes() -> None:
    readme = README.read_text(encoding="utf-8").replace("`", "")
    codes = re.findall(r"^ *(\d+)  (.+)$", EXIT_CODES, re.MULTILINE)
    assert len(codes) >= 7
    for code, words in codes:
        assert f"| {code} | {words} |" in readme


@pytest.mark.parametrize("path", [README, *sorted(DOCS.glob("*.md"))], ids=lambda p: p.stem)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for block in blocks(path.read_text(encoding="utf-8")):
        for line in block.text.splitlines():
            if block.language == "sh" and line.startswith("make "):
                assert set(line.partition("#")[0].split()[1:]) <= targets, line
    for inline in re.findall(r"`make ([a-z-]+)`", path.read_text(encoding="utf-8")):
        assert inline in targets


CORPUS = re.compile(r"(<!-- corpus: .* -->\n)(.*?)(<!-- end of corpus -->)", re.DOTALL)


def corpus_figures() -> str:
    """The rows and columns of the corpus's table that README quotes."""
    table = (ROOT / "tests" / "corpus" / "TABLE.md").read_text(encoding="utf-8")
    lines = [line for line in table.split("## Bugs")[0].splitlines() if line.startswith("| ")]
    header, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    wanted = ["checker", "backend", "found", "missed", "right functions accused", "median time"]
    columns = [header.index(name) for name in wanted]
    shown = [wanted] + [[row[i] for i in columns] for row in rows if row[1] in ("torch", "jax")]
    lines = [f"| {' | '.join(row)} |" for row in shown]
    return "\n".join(["", lines[0], "|---" * len(wanted) + "|", *lines[1:], "", ""])


def test_the_readme_quotes_the_corpus_as_it_was_measured() -> None:
    readme = README.read_text(encoding="utf-8")
    assert len(CORPUS.findall(readme)) == 1
    current = CORPUS.sub(rf"\1{corpus_figures()}\3", readme)
    if os.environ.get("ADBENCH_GOLDEN"):
        README.write_text(current, encoding="utf-8")
    else:
        assert readme == current, "renew it: make golden"


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", README.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:")[1]
    for path in DOCS.glob("*.md"):
        assert f": {path.name}\n" in navigation, path.name


@pytest.mark.parametrize("path", [README, *sorted(DOCS.glob("*.md"))], ids=lambda p: p.stem)
def test_no_page_shows_a_path_of_the_machine_that_made_it(path: Path) -> None:
    assert not re.search(r"/(tmp|home|root|work)/", path.read_text(encoding="utf-8"))
