"""Sample calls of adbench/engine/scipy/signal.py."""

from typing import Any

from samples.arrays import arr

from adbench.engine.scipy import signal as ss

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.signal.full_convolution": [
        (lambda a, b: ss.full(a, b), arr(3), arr(2)),
        (lambda a, b: ss.full(a, b), arr(2, 3, 2), arr(2, 1, 3)),
    ],
    "scipy.signal.convolve": [
        (lambda a, b: ss.convolve(a, b), arr(5), arr(2)),
        (lambda a, b: ss.convolve(a, b, "same"), arr(4, 5), arr(2, 3)),
        (lambda a, b: ss.convolve(a, b, mode="valid", method="direct"), arr(2), arr(5)),
    ],
    "scipy.signal.correlate": [
        (lambda a, b: ss.correlate(a, b), arr(5), arr(2)),
        (lambda a, b: ss.correlate(a, b, "same"), arr(5), arr(4)),
        (lambda a, b: ss.correlate(a, b, "valid"), arr(4, 5), arr(2, 3)),
        (lambda a, b: ss.correlate(a, b, "valid"), arr(2), arr(5)),
    ],
    "scipy.signal.fftconvolve": [(lambda a, b: ss.fftconvolve(a, b, "same"), arr(5), arr(4))],
    "scipy.signal.oaconvolve": [(lambda a, b: ss.oaconvolve(a, b, "valid"), arr(5), arr(4))],
    "scipy.signal.convolve2d": [
        (lambda a, b: ss.convolve2d(a, b), arr(4, 5), arr(2, 3)),
        (lambda a, b: ss.convolve2d(a, b, "same"), arr(4, 5), arr(2, 3)),
    ],
    "scipy.signal.correlate2d": [
        (lambda a, b: ss.correlate2d(a, b), arr(4, 5), arr(2, 3)),
        (lambda a, b: ss.correlate2d(a, b, "valid"), arr(4, 5), arr(2, 3)),
    ],
}

COMPLEX = {"scipy.signal.convolve", "scipy.signal.correlate", "scipy.signal.full_convolution"}
