"""scipy.linalg's matrices of a structure: each element is one of the arguments', or zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from adbench.engine.array import like
from adbench.engine.rules.linalg import conj
from adbench.engine.scipy.declare import composed


@composed(scipy.linalg.block_diag, "scipy.linalg.block_diag")
def block_diag(*arrs: Any) -> Any:
    blocks = [np.atleast_2d(a) for a in arrs]
    width = sum(block.shape[-1] for block in blocks)
    rows, start = [], 0
    for block in blocks:
        stop = start + block.shape[-1]
        rows.append(np.pad(block, ((0, 0), (start, width - stop))))
        start = stop
    return np.concatenate(rows)


@composed(scipy.linalg.toeplitz, "scipy.linalg.toeplitz")
def toeplitz(c: Any, r: Any = None) -> Any:
    r = conj(c) if r is None else r
    n, m = np.shape(c)[-1], np.shape(r)[-1]
    # The diagonals from the lowest to the highest: c upside down, then r without its first.
    diagonals = np.concatenate([np.flip(c, -1), r[..., 1:]], axis=-1)
    return diagonals[..., n - 1 + np.subtract.outer(-np.arange(n), -np.arange(m))]


@composed(scipy.linalg.circulant, "scipy.linalg.circulant")
def circulant(c: Any) -> Any:
    n = np.shape(c)[-1]
    return c[..., np.subtract.outer(np.arange(n), np.arange(n)) % n]


@composed(scipy.linalg.hankel, "scipy.linalg.hankel")
def hankel(c: Any, r: Any = None) -> Any:
    r = 0 * c if r is None else r
    n, m = np.shape(c)[-1], np.shape(r)[-1]
    return np.concatenate([c, r[..., 1:]], axis=-1)[..., np.add.outer(np.arange(n), np.arange(m))]


@composed(scipy.linalg.companion, "scipy.linalg.companion")
def companion(a: Any) -> Any:
    n = a.shape[-1] - 1
    top = -a[..., 1:] / a[..., :1]
    below = np.broadcast_to(np.eye(n - 1, n, dtype=a.dtype, **like(a)), (*a.shape[:-1], n - 1, n))
    return np.concatenate([top[..., None, :], below], axis=-2)


@composed(scipy.linalg.khatri_rao, "scipy.linalg.khatri_rao")
def khatri_rao(a: Any, b: Any) -> Any:
    product = a[..., :, None, :] * b[..., None, :, :]
    return np.reshape(product, (*product.shape[:-3], -1, product.shape[-1]))
