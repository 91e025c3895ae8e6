"""Which cases changed files may affect: all that they do, and few others."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from adbench.runner import RunOptions, plan
from adbench.runner.changed import Changes
from adbench.runner.changed_git import RevisionError, changed_files, code_of, toplevel
from adbench.suite import load_suites

FILES = {
    "suites/a.yaml": """\
version: 1
include: [shared/common.yaml]
cases:
  - {name: alone, function: alone.py:f, inputs: {x: normal(2)}, backends: [native]}
  - {name: helped, function: helped.py:f, inputs: {x: normal(2)}, backends: [native]}
  - {name: packaged, function: 'pkg.inner.deep:f', inputs: {x: normal(2)}, backends: [native]}
  - {name: dynamic, function: dynamic.py:f, inputs: {x: normal(2)}, backends: [native]}
""",
    "suites/shared/common.yaml": """\
version: 1
cases:
  - {name: common, function: ../alone.py:f, inputs: {x: normal(2)}, backends: [native]}
""",
    "suites/alone.py": "import numpy as np\n\ndef f(x):\n    return np.sum(x)\n",
    "suites/helped.py": "from helper import g\n\ndef f(x):\n    return g(x)\n",
    "suites/helper.py": "def g(x):\n    from lazily import h\n    return h(x)\n",
    "suites/lazily.py": "def h(x):\n    return x.sum()\n",
    "suites/dynamic.py": "import importlib\n\nh = importlib.import_module('laz' + 'ily').h\n\n"
    "def f(x):\n    return h(x)\n",
    "pkg/__init__.py": "from pkg import other\n",
    "pkg/other.py": "",
    "pkg/unused.py": "",
    "pkg/inner/__init__.py": "",
    "pkg/inner/deep.py": "from ..top import g\nfrom . import sibling as s\n\n"
    "def f(x):\n    return g(x) + s.h(x)\n",
    "pkg/inner/sibling.py": "def h(x):\n    return x.sum()\n",
    "pkg/top.py": "def g(x):\n    return x.sum()\n",
    "pyproject.toml": "",
    "README.md": "",
    "docs/page.md": "",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def affected(project: Path, *changed: str) -> set[str]:
    tasks = plan(load_suites(project / "suites" / "a.yaml"), RunOptions())
    changes = Changes(project, {project / name for name in changed})
    return {task.case.name for task in tasks if changes.affects(task)}


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ("suites/alone.py", {"alone", "common"}),
        ("suites/helped.py", {"helped"}),
        ("suites/helper.py", {"helped"}),
        ("suites/lazily.py", {"helped"}),
        ("suites/a.yaml", {"alone", "helped", "packaged"}),
        ("suites/shared/common.yaml", {"common"}),
        ("pkg/inner/deep.py", {"packaged"}),
        ("pkg/inner/sibling.py", {"packaged"}),
        ("pkg/top.py", {"packaged"}),
        ("pkg/__init__.py", {"packaged"}),
        ("pkg/other.py", {"packaged"}),
        ("pkg/unused.py", set()),
        ("README.md", set()),
        ("docs/page.md", set()),
        ("docs/made.png", set()),
        ("suites/data.csv", {"alone", "common", "helped"}),
        ("pyproject.toml", {"alone", "common", "helped", "packaged"}),
        ("uv.lock", {"alone", "common", "helped", "packaged"}),
    ],
)
def test_what_a_file_affects(project: Path, changed: str, names: set[str]) -> None:
    assert affected(project, changed) == names | {"dynamic"}


def test_a_name_made_at_run_time_is_a_doubt(project: Path) -> None:
    assert affected(project) == {"dynamic"}


@pytest.mark.parametrize(
    "text",
    [
        "import sys\nsys.path.append('elsewhere')\n",
        "exec('import lazily')\n",
        "m = __import__('lazily')\n",
        "from importlib.util import spec_from_file_location\nspec_from_file_location('a', 'b')\n",
        "import pkg.gone\n",
        "this is no Python\n",
        "from . import relative_without_package\n",
    ],
)
def test_what_the_text_does_not_tell_is_a_doubt(project: Path, text: str) -> None:
    tasks = plan(load_suites(project / "suites" / "a.yaml"), RunOptions())
    (project / "suites" / "alone.py").write_text(text)
    doubtful = {t.case.name for t in tasks if Changes(project, set()).affects(t)}
    assert {"alone", "common"} <= doubtful


def test_a_model_in_evaluation_mode_is_no_doubt(project: Path) -> None:
    (project / "suites" / "alone.py").write_text("def f(x):\n    model.eval()\n    return x\n")
    assert affected(project) == {"dynamic"}


def test_a_deleted_module_affects_who_imports_it(project: Path) -> None:
    (project / "suites" / "lazily.py").unlink()
    assert affected(project, "suites/lazily.py") == {"helped", "dynamic"}
    (project / "pkg" / "top.py").unlink()
    assert "packaged" in affected(project, "pkg/top.py")


def test_a_changed_submodule_affects_who_imports_from_it(project: Path) -> None:
    assert affected(project, "pkg") == {"packaged", "dynamic"}


def test_a_circle_of_imports_ends(project: Path) -> None:
    (project / "suites" / "lazily.py").write_text("import helper\n\ndef h(x):\n    return x\n")
    assert affected(project, "suites/helped.py") == {"helped", "dynamic"}


def test_data_files_of_a_case_count(project: Path) -> None:
    import numpy as np

    np.save(project / "x.npy", np.ones(2))
    (project / "suites" / "a.yaml").write_text(
        "version: 1\ncases:\n  - name: data\n    function: alone.py:f\n"
        "    inputs: {x: {file: ../x.npy}}\n    backends: [native]\n"
    )
    assert affected(project, "x.npy") == {"data"}
    assert affected(project, "pkg/top.py") == set()


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=n", "-c", "user.email=e@e", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(project: Path) -> Path:
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "one")
    return project


def test_committed_uncommitted_new_renamed_and_deleted_files_have_changed(repository) -> None:
    (repository / "suites" / "alone.py").write_text("# committed\n")
    git(repository, "commit", "-q", "-a", "-m", "two")
    (repository / "pkg" / "top.py").write_text("# not committed\n")
    (repository / "pkg" / "new file.py").write_text("")
    git(repository, "mv", "pkg/unused.py", "pkg/renamed.py")
    (repository / "suites" / "lazily.py").unlink()
    found = changed_files(repository / "suites", "HEAD~1")
    assert {path.relative_to(repository).as_posix() for path in found} == {
        "suites/alone.py",
        "pkg/top.py",
        "pkg/new file.py",
        "pkg/unused.py",
        "pkg/renamed.py",
        "suites/lazily.py",
    }


def test_an_unchanged_tree_has_no_changed_files(repository: Path) -> None:
    assert changed_files(repository, "HEAD") == set()


@pytest.mark.parametrize("revision", ["nope", "v9", "--help", "HEAD~9", ""])
def test_a_revision_that_does_not_exist_says_what_to_do(repository: Path, revision: str) -> None:
    with pytest.raises(RevisionError, match="fetch-depth: 0"):
        changed_files(repository, revision)


def test_outside_of_git_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(RevisionError, match="not in a git repository"):
        toplevel(tmp_path)


def test_the_code_is_known_by_its_revision_and_by_what_is_not_committed(repository: Path) -> None:
    clean = code_of(repository)
    assert clean is not None
    assert git(repository, "rev-parse", "HEAD").startswith(clean)
    path = repository / "pkg" / "top.py"
    path.write_text("a = 1\n")
    one = code_of(repository)
    path.write_text("a = 2\n")
    assert len({clean, one, code_of(repository)}) == 3
    path.write_text("a = 1\n")
    assert code_of(repository) == one
