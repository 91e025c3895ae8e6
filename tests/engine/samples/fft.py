"""Sample calls of adbench/engine/rules/fft.py."""

from typing import Any

import numpy as np
from samples.arrays import arr

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "fft.fft": [
        (lambda a: np.fft.fft(a), arr(5)),
        (lambda a: np.fft.fft(a, 7, axis=0, norm="ortho"), arr(4, 2)),
        (lambda a: np.fft.fft(a, 3, norm="forward"), arr(2, 5)),
        (lambda a: np.fft.fft(a), arr(0, 4)),
    ],
    "fft.ifft": [
        (lambda a: np.fft.ifft(a), arr(6)),
        (lambda a: np.fft.ifft(a, 3, axis=0, norm="ortho"), arr(4, 2)),
    ],
    "fft.rfft": [
        (lambda a: np.fft.rfft(a), arr(5)),
        (lambda a: np.fft.rfft(a, 6, axis=0, norm="ortho"), arr(4, 2)),
        (lambda a: np.fft.rfft(a, 3), arr(2, 6)),
        (lambda a: np.fft.rfft(a), arr(0, 4)),
    ],
    "fft.irfft": [
        (lambda a: np.fft.irfft(a), arr(4)),
        (lambda a: np.fft.irfft(a, 5, axis=0, norm="ortho"), arr(3, 2)),
        (lambda a: np.fft.irfft(a, 8, norm="forward"), arr(3)),
        (lambda a: np.fft.irfft(a), arr(0, 4)),
    ],
    "fft.rfftn": [
        (lambda a: np.fft.rfftn(a), arr(3, 4)),
        (lambda a: np.fft.rfftn(a, (4, 3), axes=(0, 1)), arr(3, 4)),
    ],
    "fft.irfftn": [
        (lambda a: np.fft.irfftn(a), arr(3, 4)),
        (lambda a: np.fft.irfftn(a, (4, 5), axes=(1, 0)), arr(3, 4)),
    ],
    "fft.fftn": [(lambda a: np.fft.fftn(a, axes=(0, 2)), arr(2, 3, 4))],
    "fft.ifftn": [(lambda a: np.fft.ifftn(a, (2, 5), axes=(0, 1)), arr(3, 4))],
    "fft.fft2": [(lambda a: np.fft.fft2(a), arr(2, 3, 4))],
    "fft.ifft2": [(lambda a: np.fft.ifft2(a), arr(2, 3, 4))],
    "fft.rfft2": [(lambda a: np.fft.rfft2(a), arr(2, 3, 4))],
    "fft.irfft2": [(lambda a: np.fft.irfft2(a), arr(2, 3, 4))],
    "fft.hfft": [(lambda a: np.fft.hfft(a, 6), arr(4))],
    "fft.ihfft": [(lambda a: np.fft.ihfft(a), arr(6))],
    "fft.fftshift": [(lambda a: np.fft.fftshift(a), arr(5, 4))],
    "fft.ifftshift": [(lambda a: np.fft.ifftshift(a, axes=0), arr(5, 4))],
}

COMPLEX = {
    "fft.fft",
    "fft.fft2",
    "fft.fftn",
    "fft.fftshift",
    "fft.hfft",
    "fft.ifft",
    "fft.ifft2",
    "fft.ifftn",
    "fft.ifftshift",
    "fft.irfft",
    "fft.irfft2",
    "fft.irfftn",
}
