"""Cases, tasks and a worker command for the runner's tests."""

import sys
from pathlib import Path

import pytest

from adbench.runner import expand
from adbench.suite import Case, FunctionRef, InputSpec

HERE = Path(__file__).parent


@pytest.fixture
def make_case():
    def make(name="f", **changes):
        fields = {
            "suite": "s",
            "name": name,
            "base": name.partition("[")[0],
            "functions": {"*": FunctionRef(file=str(HERE / "hostile.py"), name=name)},
            "inputs": {"x": InputSpec(shape=(3,))},
            "file": str(HERE / "s.yaml"),
        }
        return Case(**(fields | changes))

    return make


@pytest.fixture
def hostile_tasks(make_case):
    """Tasks that call the named functions of hostile.py, on one backend or on one each."""

    def make(*names, backends=("native",)):
        cases = [
            make_case(name, backends=(backends[i % len(backends)],)) for i, name in enumerate(names)
        ]
        return expand(cases)

    return make


@pytest.fixture
def fake_worker():
    return [sys.executable, "-P", str(HERE / "fake_worker.py")]
