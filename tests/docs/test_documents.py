"""Every block of code in README and docs/ runs, and prints what the document says.

`ADBENCH_GOLDEN=1 pytest tests/docs` writes the outputs that came into the documents; read the
diff then.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from documents import Block, DifferenceError, blocks, matches, renewed, run_document

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TESTED_BY_THEIR_GENERATOR = ("suite-reference.md", "command-line.md")


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.jax
@pytest.mark.parametrize(
    "path", [p for p in DOCUMENTS if p.name not in TESTED_BY_THEIR_GENERATOR], ids=lambda p: p.stem
)
def test_the_code_of_the_document_does_what_it_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    try:
        if os.environ.get("ADBENCH_GOLDEN"):
            renewed(path, tmp_path)
        else:
            run_document(path, tmp_path)
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(tmp_path):
                del sys.modules[name]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.stem)
def test_no_block_is_of_a_kind_that_nobody_runs(path: Path) -> None:
    for block in blocks(path.read_text(encoding="utf-8")):
        assert block.language in ("python", "yaml", "toml", "console", "sh", "text"), (
            f"{path.name}:{block.line}: a block of {block.language!r}"
        )


def document(folder: Path, *fences: tuple[str, str]) -> Path:
    path = folder / "page.md"
    path.write_text("\n".join(f"```{info}\n{text}```\n" for info, text in fences))
    return path


def test_a_block_knows_its_title_and_its_line() -> None:
    (block,) = blocks('# Page\n\n- in a list\n\n    ```python title="f.py"\n    x = 1\n    ```\n')
    assert block == Block("python", "f.py", "x = 1\n", 6)


def test_a_wrong_output_is_seen(tmp_path: Path) -> None:
    path = document(tmp_path, ("python", "print(2)\n"), ("text", "3\n"))
    with pytest.raises(DifferenceError, match=r"page.md:6: (.|\n)*shown\n3\n--- came\n2\n"):
        run_document(path, tmp_path)


def test_python_blocks_share_a_namespace_and_files_are_written(tmp_path: Path) -> None:
    path = document(
        tmp_path,
        ('python title="value.py"', "VALUE = 7\n"),
        ("python", "from pathlib import Path\n"),
        ("python", f"print(Path({str(tmp_path)!r}, 'value.py').read_text())\n"),
        ("text", "VALUE = 7\n"),
    )
    run_document(path, tmp_path)


def test_a_raising_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run_document(document(tmp_path, ("python", "1 / 0\n")), tmp_path)


def test_commands_are_run_and_know_the_last_exit_code(tmp_path: Path) -> None:
    path = document(tmp_path, ("console", "$ (exit 4)\n$ echo $?\n4\n"))
    run_document(path, tmp_path)
    path = document(tmp_path, ("console", "$ echo one\ntwo\n"))
    with pytest.raises(DifferenceError):
        run_document(path, tmp_path)


def test_a_suite_that_does_not_load_fails(tmp_path: Path) -> None:
    path = document(tmp_path, ('yaml title="s.yaml"', "version: 1\ncases: [{nam: x}]\n"))
    with pytest.raises(Exception, match="unknown key 'nam'"):
        run_document(path, tmp_path)


def test_what_is_not_run_is_known(tmp_path: Path) -> None:
    run_document(document(tmp_path, ("sh", "make check\n")), tmp_path)
    with pytest.raises(AssertionError, match="not run by any test"):
        run_document(document(tmp_path, ("sh", "rm -rf build\n")), tmp_path)


def test_changing_figures_do_not_matter_and_others_do() -> None:
    assert matches("1 pass · 346 evaluations · 3.0 s\n", "1 pass · 9 evaluations · 0.21 s\n")
    assert matches("AD 1, numeric -1 ± 5.5e-15\n", "AD 1, numeric -1 ± 2e-16\n")
    assert not matches("AD 1, numeric -1 ± 5.5e-15\n", "AD 1, numeric 1 ± 5.5e-15\n")
    assert matches("a\n…\nz\n", "a\nb\nc\nz\n")
    assert not matches("a\n…\nz\n", "a\nb\nc\n")


def test_an_output_is_renewed_in_place(tmp_path: Path) -> None:
    path = document(tmp_path, ("python", "print(2)\n"), ("text", "3\n4\n"))
    folder = tmp_path / "folder"
    folder.mkdir()
    assert renewed(path, folder) == "```python\nprint(2)\n```\n\n```text\n2\n```\n"
