"""Functions that look at shapes and types only, or that are piecewise constant.

Their derivative is zero wherever it exists, so they run on the plain values.
"""

from __future__ import annotations

import numpy as np

from adbench.engine.primitive import constant, traced_zeros

# Comparisons, predicates and logic.
constant(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
constant(np.logical_and, np.logical_or, np.logical_not, np.logical_xor)
constant(np.isnan, np.isinf, np.isfinite, np.isneginf, np.isposinf, np.signbit)
constant(np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj, np.isscalar)
constant(np.isclose, np.allclose, np.array_equal, np.array_equiv, np.all, np.any)
constant((np.logical_and, "reduce"), (np.logical_or, "reduce"))

# Rounding and signs.
constant(np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.around)
constant(np.floor_divide, np.spacing)

# Integers and booleans.
constant(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert)
constant(np.left_shift, np.right_shift)

# Positions and counts.
constant(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition)
constant(np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero, np.searchsorted)
constant(np.digitize, np.lexsort, np.isin, np.tril_indices_from, np.triu_indices_from)
constant(np.diag_indices_from, np.linalg.matrix_rank)

# Shapes and types.
constant(np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type)
constant(np.common_type, np.may_share_memory, np.shares_memory, np.typename)
constant(np.array_repr, np.array_str, np.array2string)

# New arrays, which traced values may be written into.
traced_zeros(np.zeros_like)
traced_zeros(np.ones_like)
traced_zeros(np.empty_like)
traced_zeros(np.full_like)
