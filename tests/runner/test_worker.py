"""The worker's protocol, spoken by hand: JSON lines, whatever the functions print."""

import json
import math
import subprocess
import sys

import pytest
from pydantic import ValidationError

from adbench.record import Verdict
from adbench.runner import expand
from adbench.runner.messages import Hello, Result, RunTask, Started, from_worker
from adbench.suite import FunctionRef, InputSpec

MODEL = """
print("imported")

def loss(x, cut):
    print('{"type": "hello", "pid": 0}')
    return (x * x).sum()

def right(x):
    return 2 * x
"""


@pytest.fixture
def lines(tmp_path, make_case):
    """Two tasks as a runner sends them."""
    file = str(tmp_path / "model.py")
    (tmp_path / "model.py").write_text(MODEL)
    case = make_case(
        "loss",
        functions={"*": FunctionRef(file=file, name="loss")},
        gradient=FunctionRef(file=file, name="right"),
        inputs={"x": InputSpec(values=[0.5, -0.25, 1e3])},
        params={"cut": math.inf},
        backends=("manual",),
    )
    (task,) = expand([case])
    return [RunTask(id=number, task=task).line() for number in (7, 8)]


def test_tasks_in_messages_out_prints_apart(lines):
    done = subprocess.run(
        [sys.executable, "-m", "adbench.runner.worker"],
        input=b"".join(lines), capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0
    messages = [from_worker.validate_json(line) for line in done.stdout.splitlines()]
    hello, *rest = messages
    assert isinstance(hello, Hello)
    assert [(type(message), message.id) for message in rest] == [
        (Started, 7), (Result, 7), (Started, 8), (Result, 8),
    ]  # fmt: skip
    results = [message.result for message in rest if isinstance(message, Result)]
    assert {result.verdict for result in results} == {Verdict.PASS}
    assert results[0].params == {"cut": math.inf}
    assert rest[-1].threads
    printed = done.stderr.decode().splitlines()
    assert printed.count("imported") == 1
    assert set(printed) == {"imported", '{"type": "hello", "pid": 0}'}


def test_a_message_is_one_line(lines):
    for line in lines:
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert json.loads(line)["type"] == "run"


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"type": "bye"}', b'{"type": "hello"}', b"Segmentation fault"]
)
def test_what_is_no_message_is_refused(line):
    with pytest.raises(ValidationError):
        from_worker.validate_json(line)
