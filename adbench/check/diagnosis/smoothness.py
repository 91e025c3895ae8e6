"""Whether an error is rounding, which scatters from point to point, or smooth, of a formula."""

from __future__ import annotations

from typing import Literal

import numpy as np

from adbench.check.diagnosis.evidence import Evidence
from adbench.check.probes import scales

_POINTS = 9
_REACHES = (2.0**-18, 2.0**-6)
"""How far to look, for errors below and above 1e-5: over several steps of the coarser rounding,
float32's or half precision's, that may be behind them."""
_SCATTERED, _SMOOTH = 0.05, 0.01
"""What the AD values scatter by about a cubic, as a share of their error."""


def texture(e: Evidence) -> Literal["scattered", "smooth"] | None:
    """What AD's error looks like at points close by; None where that cannot be told."""
    if e.subject is None or e.weights is None or not e.relative.size:
        return None
    row = int(np.argmax(e.off.reshape(len(e.off), -1).sum(axis=1)))
    rng = np.random.default_rng(0)
    random = rng.uniform(0.5, 1.0, e.x.shape) * rng.choice([-1.0, 1.0], e.x.shape)
    reach = _REACHES[float(np.median(e.relative)) > 1e-5]
    along = np.sort(rng.uniform(-1.0, 1.0, _POINTS))
    step = random * scales(e.x, e.inputs) * reach
    try:
        moved = [e.subject.gradient(e.x + k * step, e.weights[row]) for k in along]
    except Exception:  # outside its domain a function may raise whatever it likes
        return None
    there = np.stack(moved)[:, e.inputs.span(e.leaf)]
    cubic = np.vander(along, 4)
    scatter = np.abs(there - cubic @ (np.linalg.pinv(cubic) @ there)).max(axis=0)
    off = e.off[row].reshape(-1)
    error = np.abs(e.ad - e.numeric)[row].reshape(-1)
    share = float(np.median(scatter[off] / error[off])) if np.isfinite(scatter).all() else np.nan
    if share > _SCATTERED:
        return "scattered"
    return "smooth" if share < _SMOOTH else None
