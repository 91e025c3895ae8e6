"""What is recorded of the machine agrees with the machine, and costs no heavy import."""

import json
import os
import subprocess
import sys
from importlib import metadata

from adbench.record import available_cores, environment


def test_versions_are_those_installed():
    found = environment()
    assert found.versions["numpy"] == metadata.version("numpy")
    assert found.versions["adbench"] == metadata.version("adbench-grad")
    assert found.python == ".".join(str(part) for part in sys.version_info[:3])
    assert found.memory_bytes > 2**28


def test_it_imports_none_of_the_libraries_it_names():
    program = (
        "import json, sys; from adbench.record import environment; found = environment(); "
        "print(json.dumps([sorted({'numpy', 'torch', 'jax', 'scipy'} & set(sys.modules)), "
        "found.threads, sorted(found.versions)]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    imported, threads, versions = json.loads(done.stdout)
    assert imported == []
    assert threads == {}
    assert "numpy" in versions


def test_threads_are_those_of_the_libraries_loaded():
    program = (
        "import numpy, threadpoolctl; from adbench.record import environment; "
        "limit = threadpoolctl.threadpool_limits(1); print(set(environment().threads.values()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"{1}"


def test_cores_follow_the_affinity():
    allowed = os.sched_getaffinity(0)
    assert 1 <= available_cores() <= len(allowed)
    program = (
        "import os; from adbench.record import available_cores; "
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(available_cores())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"1"


def test_only_variables_that_matter_are_recorded(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    variables = environment().variables
    assert variables["OMP_NUM_THREADS"] == "3"
    assert "XLA_FLAGS" not in variables
    assert "s3cret" not in environment().model_dump_json()


def test_the_git_revision_says_when_files_differ(tmp_path):
    assert environment(tmp_path).git is None

    def git(*words):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words],
            cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip

    git("init", "-q")
    assert environment(tmp_path).git is None
    (tmp_path / "f.py").write_text("1")
    git("add", "f.py")
    git("commit", "-qm", "one")
    git("tag", "v1")
    clean = environment(tmp_path).git
    assert len(clean) == 12
    assert int(clean, 16) >= 0
    (tmp_path / "f.py").write_text("2")
    assert environment(tmp_path).git == f"{clean}-dirty"
    assert environment(tmp_path / "not there").git is None
