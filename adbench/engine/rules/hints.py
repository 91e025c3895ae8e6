"""What to use instead of functions that have no rule, or that turn arrays into plain ones.

By the function's full name, by its bare name, or by its module: what is met on the stack or in
the dispatch is looked up in this order.
"""

from __future__ import annotations

from adbench.engine.array import HINTS

DISPATCH = "SCIPY_ARRAY_API=1 in the environment, before SciPy is imported"

HINTS.update(
    {
        # scipy.special functions that are Python code, not ufuncs.
        "logsumexp": f"np.logaddexp.reduce(x, axis=...), or {DISPATCH}",
        "softmax": f"np.exp(x - np.logaddexp.reduce(x, axis=-1, keepdims=True)), or {DISPATCH}",
        "log_softmax": f"x - np.logaddexp.reduce(x, axis=-1, keepdims=True), or {DISPATCH}",
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
        **{
            f"scipy.linalg.{name}": f"np.linalg.{name}, which is the same for most uses"
            for name in ("solve", "inv", "det", "pinv", "eigh", "eig", "eigvalsh", "qr", "svd")
        },
        "scipy.linalg.norm": "np.linalg.norm(x)",
        "scipy.linalg.cholesky": "np.linalg.cholesky(a), which is lower by default",
        "cho_factor": "np.linalg.cholesky(a)",
        "cho_solve": "np.linalg.solve(a, b)",
        "solve_triangular": "np.linalg.solve(np.tril(a), b)",
        "expm": "custom_vjp with scipy.linalg.expm_frechet(a.T, g, compute_expm=False)",
        "scipy.linalg": "numpy.linalg, or custom_vjp around the call",
        "sqrtm": "np.linalg.eigh(a): v * sqrt(w) @ v.T for a symmetric a",
        "block_diag": "np.block, or writes into np.zeros_like(x, shape=...)",
        "convolve2d": "np.lib.stride_tricks.sliding_window_view and np.einsum, or np.fft",
        "toeplitz": "c[np.abs(i - j)] with i, j = np.ogrid[:n, :n]",
        "scipy.fft": "numpy.fft",
        "dct": "np.fft.rfft of the mirrored array",
        "trapezoid": "np.trapezoid",
        "simpson": "np.sum(weights * y), weights 1, 4, 2, …, 4, 1",
        "cdist": "np.linalg.norm(x[:, None] - y[None], axis=-1)",
        "pdist": "np.linalg.norm(x[i] - x[j], axis=-1) with i, j = np.triu_indices(n, 1)",
        "scipy.stats": "the density as a formula in NumPy and scipy.special, such as "
        "-((x - m) / s) ** 2 / 2 - np.log(s) - np.log(2 * np.pi) / 2 for norm.logpdf(x, m, s); "
        f"for statistics of samples also {DISPATCH}",
        "scipy.signal": f"np.convolve or np.fft, or {DISPATCH}",
        "scipy": "NumPy functions, or custom_vjp around the call",
        "odeint": "a Runge–Kutta loop in NumPy",
        "solve_ivp": "a Runge–Kutta loop in NumPy",
        "quad": "a quadrature rule in NumPy: np.sum(weights * f(nodes))",
    }
)
