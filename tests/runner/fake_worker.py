"""A worker that only calls the function: the pool's tests need no backend and no check."""

import resource
import sys
import time

from adbench.record import CheckResult, Verdict
from adbench.runner import messages, outcomes, worker
from adbench.runner.failures import failure_of
from adbench.suite import load_function


def execute(task, started):
    started()
    begin = time.perf_counter()
    try:
        load_function(task.function)()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return outcomes.failed(task, failure_of(error, task, START), time.perf_counter() - begin)
    check = CheckResult(
        verdict=Verdict.PASS,
        reason="called",
        function=task.function.name,
        backend=task.backend,
        mode=task.mode,
    )
    return outcomes.checked(task, check, time.perf_counter() - begin)


if __name__ == "__main__":
    import os

    START = os.getcwd()
    if "--memory" in sys.argv:
        limit = 1 << 30
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if "--die" in sys.argv:
        print("the library cannot be loaded", file=sys.stderr)
        os.abort()
    if "--newer" in sys.argv:  # its results have a field that this version does not know

        class NewerResult(messages.Result):
            sincerity: float = 1.0

        worker.Result = NewerResult
    worker.main(execute)
