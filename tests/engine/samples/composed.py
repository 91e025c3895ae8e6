"""Sample calls of adbench/engine/rules/composed.py."""

from typing import Any

import numpy as np
from samples.arrays import P, R, arr

ELEMENTWISE: dict[str, tuple[tuple[float, float], ...]] = {
    "sinc": (P,),
    "nan_to_num": (R,),
    "modf": ((1.1, 1.9),),
    "frexp": ((1.1, 1.9),),
    "divmod": ((3.5, 3.7), (0.94, 0.98)),
}

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "nextafter": [(lambda x: np.nextafter(x, np.inf), arr(2, 3))],
    "apply_over_axes": [(lambda a: np.apply_over_axes(np.sum, a, [0, 2]), arr(2, 3, 4))],
    "piecewise": [
        (lambda x: np.piecewise(x, [x < -0.5, x > 0.5], [np.sin, 2.0, np.square]), arr(8)),
    ],
    "trim_zeros": [(lambda a: np.trim_zeros(np.pad(a, 2)), arr(3))],
    "sort_complex": [(lambda a: np.sort_complex(a), arr(4))],
    "sinc": [(lambda x: np.sinc(x), arr(3))],
    "real_if_close": [(lambda a: np.real_if_close(a), arr(3))],
    "unwrap": [(lambda a: np.unwrap(a * 4), arr(6))],
    "linspace": [
        (lambda a, b: np.linspace(a, b, 4), arr(), arr()),
        (lambda a, b: np.linspace(a, b, 3, endpoint=False, axis=1), arr(2), arr(2)),
        (lambda a, b: np.linspace(a, b, 3, retstep=True), arr(2), arr(2)),
    ],
    "logspace": [(lambda a, b: np.logspace(a, b, 3, base=2.0), arr(), arr())],
    "geomspace": [(lambda a, b: np.geomspace(a, b, 4), arr(low=0.5), arr(low=0.5))],
    "apply_along_axis": [
        (lambda a: np.apply_along_axis(lambda r: np.sum(r**2), 0, a), arr(3, 2)),
        (lambda a: np.apply_along_axis(np.cumsum, 1, a), arr(3, 2)),
    ],
}

COMPLEX = {
    "linspace",
}
