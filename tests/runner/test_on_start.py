"""`on_start`: told of each task before its result, in workers and in this process alike."""

import pytest

from adbench.runner import RunOptions, run
from adbench.suite import FunctionRef, Suite

MODEL = "def loss(x):\n    return (x * x).sum()\n\ndef right(x):\n    return 2 * x\n"


@pytest.mark.parametrize("in_process", [False, True])
def test_each_task_is_announced_before_its_result(tmp_path, make_case, in_process):
    file = tmp_path / "model.py"
    file.write_text(MODEL)
    cases = tuple(
        make_case(
            name,
            functions={"*": FunctionRef(file=str(file), name="loss")},
            gradient=FunctionRef(file=str(file), name="right"),
            backends=("manual",),
        )
        for name in "abc"
    )
    suite = Suite(name="s", path=str(tmp_path / "s.yaml"), sha256="5" * 64, cases=cases)
    seen = []
    run(
        [suite],
        RunOptions(in_process=in_process, jobs=1),
        on_result=lambda result: seen.append(("ended", result.task)),
        on_start=lambda task: seen.append(("began", task.name)),
    )
    tasks = [f"s/{name}@manual:eager" for name in "abc"]
    assert seen == [(what, task) for task in tasks for what in ("began", "ended")]
