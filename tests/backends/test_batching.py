import numpy as np
import pytest

from adbench.backends.batching import in_chunks, rows_per_call
from adbench.backends.errors import UnsupportedError

MIB = 2**20


@pytest.mark.parametrize(
    ("bytes_per_row", "most", "rows"),
    [(0, 64, 64), (8, 64, 64), (MIB, 64, 4), (MIB + 1, 64, 2), (2 * MIB, 1024, 2)],
)
def test_rows_fit_the_budget(bytes_per_row, most, rows):
    assert rows_per_call(bytes_per_row, most) == rows


def test_a_batch_of_one_is_none():
    with pytest.raises(UnsupportedError, match="makes an array of 17 MiB"):
        rows_per_call(17 * MIB, 64)


def test_a_batch_of_fewer_than_the_least_is_none():
    assert rows_per_call(MIB // 2, 64, least=8) == 8
    with pytest.raises(UnsupportedError, match="too much for a batch"):
        rows_per_call(MIB, 64, least=8)


@pytest.mark.parametrize("size", [1, 3, 4, 5, 9])
def test_chunks_are_put_together_again(size):
    sizes = []

    def evaluate(x):
        sizes.append(len(x[0]))
        return [x[0] * x[1], x[1].sum(axis=1)]

    a, b = np.arange(3.0 * size).reshape(size, 3), np.ones((size, 3))
    product, total = in_chunks(evaluate, [a, b], 4)
    assert np.array_equal(product, a)
    assert np.array_equal(total, np.full(size, 3.0))
    assert max(sizes) <= 4
    assert sum(sizes) == size
