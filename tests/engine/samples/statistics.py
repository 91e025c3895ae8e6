"""Sample calls of adbench/engine/rules/statistics.py."""

from typing import Any

import numpy as np
from samples.arrays import HOLES, arr

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "nanquantile": [
        (lambda a: np.nanquantile(np.where(HOLES, np.nan, a), [0.2, 0.7], axis=1), arr(2, 5)),
        (lambda a: np.nanquantile(a, 0.3, keepdims=True), arr(2, 3)),
    ],
    "nanpercentile": [(lambda a: np.nanpercentile(a, 30, axis=0), arr(4, 2))],
    "nanmedian": [(lambda a: np.nanmedian(np.where(HOLES, np.nan, a), axis=1), arr(2, 5))],
    "nancumprod": [(lambda a: np.nancumprod(a, axis=1), arr(2, 3))],
    "cumulative_sum": [(lambda a: np.cumulative_sum(a, axis=1, include_initial=True), arr(2, 3))],
    "cumulative_prod": [(lambda a: np.cumulative_prod(a, axis=0, include_initial=True), arr(3, 2))],
    "logaddexp.reduce": [
        (lambda a: np.logaddexp.reduce(a), arr(3, 2)),
        (lambda a: np.logaddexp.reduce(a, axis=(0, 1), keepdims=True), arr(3, 2)),
        (lambda a: np.logaddexp.reduce(a, axis=1), arr(0, 3)),
    ],
    "var": [
        (lambda a: np.var(a), arr(2, 3)),
        (lambda a: np.var(a, axis=1, ddof=1, keepdims=True), arr(2, 3)),
        (lambda a: np.var(a, axis=0, correction=1), arr(3, 2)),
        (lambda a: np.var(a, axis=1), arr(0, 3)),
    ],
    "std": [(lambda a: np.std(a, axis=0), arr(3, 2)), (lambda a: a.std(ddof=1), arr(3))],
    "average": [
        (lambda a: np.average(a), arr(3)),
        (lambda a, w: np.average(a, axis=1, weights=w), arr(2, 3), arr(3, low=0.5)),
        (lambda a, w: np.average(a, weights=w, returned=True), arr(2, 3), arr(2, 3, low=0.5)),
    ],
    "cov": [
        (lambda a: np.cov(a), arr(2, 4)),
        (lambda a, b: np.cov(a, b, bias=True), arr(4), arr(4)),
        (lambda a: np.cov(a, rowvar=False), arr(4, 2)),
    ],
    "corrcoef": [(lambda a: np.corrcoef(a), arr(2, 4))],
    "quantile": [
        (lambda a: np.quantile(a, 0.3), arr(5)),
        (lambda a: np.quantile(a, [0.2, 0.7], axis=1), arr(2, 5)),
        (lambda a: np.quantile(a, 0.4, axis=(0, 1), keepdims=True), arr(2, 4)),
        (lambda a: np.quantile(a, [0.2, 0.7], method="midpoint"), arr(6)),
        (lambda a: np.quantile(a, 0.3, method="nearest"), arr(6)),
        (lambda a: np.quantile(a, 0.3, method="lower"), arr(6)),
        (lambda a: np.quantile(a, 0.3, method="higher"), arr(6)),
        (lambda a: np.quantile(a, 0.3, axis=1), arr(0, 3)),
    ],
    "percentile": [(lambda a: np.percentile(a, [10, 60], axis=0), arr(4, 2))],
    "median": [
        (lambda a: np.median(a, axis=1), arr(2, 4)),
        (lambda a: np.median(a, keepdims=True), arr(5)),
    ],
    "ptp": [(lambda a: np.ptp(a, axis=1), arr(2, 3))],
    "nansum": [(lambda a: np.nansum(a, axis=0), arr(2, 3))],
    "nanmean": [(lambda a: np.nanmean(a, axis=1, keepdims=True), arr(2, 3))],
    "nanmax": [(lambda a: np.nanmax(a, axis=1), arr(2, 3))],
    "nanmin": [(lambda a: np.nanmin(a), arr(2, 3))],
    "nanprod": [(lambda a: np.nanprod(a, axis=1), arr(2, 3))],
    "nanvar": [(lambda a: np.nanvar(a, axis=1, ddof=1), arr(2, 3))],
    "nanstd": [(lambda a: np.nanstd(a), arr(2, 3))],
    "nancumsum": [(lambda a: np.nancumsum(a, axis=1), arr(2, 3))],
}

COMPLEX = {
    "average",
    "cov",
    "std",
    "var",
}
