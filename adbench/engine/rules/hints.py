"""What to use instead of functions that have no rule, or that turn arrays into plain ones.

By the function's bare name, as it is met on the stack or in the dispatch.
"""

from __future__ import annotations

from adbench.engine.array import HINTS

HINTS.update(
    {
        # scipy.special functions that are Python code, not ufuncs.
        "logsumexp": "np.logaddexp.reduce(x, axis=...), or SCIPY_ARRAY_API=1 in the environment",
        "softmax": "np.exp(x - np.logaddexp.reduce(x, axis=-1, keepdims=True))",
        "log_softmax": "x - np.logaddexp.reduce(x, axis=-1, keepdims=True)",
        "polygamma": "scipy.special.digamma(x) for n = 0, zeta(n + 1, x) · (−1)ⁿ⁺¹ n! for n ≥ 1",
        "multigammaln": "a sum of scipy.special.gammaln(a - j / 2) over j, plus its constant",
        "factorial": "scipy.special.gamma(n + 1)",
        "comb": "scipy.special.binom(n, k)",
        # NumPy functions.
        "full": "x * np.ones(shape)",
        "asfarray": "x.astype(float)",
        "histogram": "np.histogram(stop_gradient(x)); counts are piecewise constant",
        "histogram_bin_edges": "np.linspace(np.min(x), np.max(x), n + 1)",
        "histogram2d": "np.histogram2d(stop_gradient(x), ...); counts are piecewise constant",
        "histogramdd": "np.histogramdd(stop_gradient(x)); counts are piecewise constant",
        "vectorize": "array operations, or np.stack over a loop",
        "asarray_chkfinite": "x itself, after np.isfinite(x).all()",
        # scipy.linalg and friends, which work on plain arrays.
        "cho_factor": "np.linalg.cholesky(a)",
        "cho_solve": "np.linalg.solve(a, b)",
        "solve_triangular": "np.linalg.solve(np.tril(a), b)",
        "expm": "np.linalg.eigh or a Taylor series with scaling and squaring in NumPy",
        "sqrtm": "np.linalg.eigh(a): v * sqrt(w) @ v.T for a symmetric a",
        "block_diag": "np.block, or writes into np.zeros_like(x, shape=...)",
        "convolve2d": "np.lib.stride_tricks.sliding_window_view and np.einsum, or np.fft",
        "odeint": "a Runge–Kutta loop in NumPy",
        "solve_ivp": "a Runge–Kutta loop in NumPy",
        "quad": "a quadrature rule in NumPy: np.sum(weights * f(nodes))",
    }
)
