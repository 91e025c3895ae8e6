"""The derivative rules, one table a family; importing this package fills the registry."""

import adbench.engine.rules.batching
import adbench.engine.rules.composed
import adbench.engine.rules.constants
import adbench.engine.rules.elementwise
import adbench.engine.rules.fft
import adbench.engine.rules.grids
import adbench.engine.rules.hints
import adbench.engine.rules.indexing
import adbench.engine.rules.joining
import adbench.engine.rules.linalg
import adbench.engine.rules.norms
import adbench.engine.rules.polynomials
import adbench.engine.rules.products
import adbench.engine.rules.reductions
import adbench.engine.rules.shape
import adbench.engine.rules.statistics  # noqa: F401
from adbench.engine.array import LOADERS


def _load_special() -> None:
    try:
        import adbench.engine.rules.bessel
        import adbench.engine.rules.distributions
        import adbench.engine.rules.incomplete
        import adbench.engine.rules.orthogonal
        import adbench.engine.rules.special  # noqa: F401
    except ImportError:  # no SciPy: nobody can have met one of its functions
        return


LOADERS.append(_load_special)
