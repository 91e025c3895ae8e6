"""The sample calls, beside the tests that use them; one thread for their small matrices."""

import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """On 3×3 matrices a second thread is only waited for: 20 ms a call where cores are busy."""
    with threadpool_limits(1, user_api="blas"):
        yield
