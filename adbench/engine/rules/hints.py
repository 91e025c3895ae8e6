"""What to use instead of functions that have no rule, or that turn arrays into plain ones.

By the function's full name, by its bare name, or by its module: what is met on the stack or in
the dispatch is looked up in this order.
"""

from __future__ import annotations

from adbench.engine.array import HINTS

DISPATCH = "SCIPY_ARRAY_API=1 in the environment, before SciPy is imported"

HINTS.update(
    {
        # NumPy functions.
        "full": "x * np.ones(shape)",
        "asfarray": "x.astype(float)",
        "histogram": "np.histogram(stop_gradient(x)); counts are piecewise constant",
        "histogram_bin_edges": "np.linspace(np.min(x), np.max(x), n + 1)",
        "histogram2d": "np.histogram2d(stop_gradient(x), ...); counts are piecewise constant",
        "histogramdd": "np.histogramdd(stop_gradient(x)); counts are piecewise constant",
        "vectorize": "array operations, or np.stack over a loop",
        "asarray_chkfinite": "x itself, after np.isfinite(x).all()",
        # SciPy's functions that are Python code and not in adbench.engine.scipy.
        "scipy.linalg": "numpy.linalg, or custom_vjp around the call",
        "schur": "np.linalg.eig or eigh; a Schur form is one of many, and has no derivative itself",
        "scipy.special": f"custom_vjp around the call, or {DISPATCH}",
        "scipy.fft": "numpy.fft",
        "dct": "np.fft.rfft of the mirrored array",
        "cdist": "np.linalg.norm(x[:, None] - y[None], axis=-1)",
        "pdist": "np.linalg.norm(x[i] - x[j], axis=-1) with i, j = np.triu_indices(n, 1)",
        "scipy.stats": "the density as a formula in NumPy and scipy.special, such as "
        "-((x - m) / s) ** 2 / 2 - np.log(s) - np.log(2 * np.pi) / 2 for norm.logpdf(x, m, s); "
        f"for statistics of samples also {DISPATCH}",
        "scipy.signal": f"np.convolve or np.fft, or {DISPATCH}",
        "scipy": "NumPy functions, or custom_vjp around the call",
        "solve_ivp": "adbench.engine.scipy.integrate.odeint, or a Runge–Kutta loop in NumPy",
        "quad": "a quadrature rule in NumPy: np.sum(weights * f(nodes)), both from "
        "np.polynomial.legendre.leggauss",
        "scipy.optimize": "custom_vjp around the call, with the implicit function theorem: of "
        "F(z, x) = 0 the solution z has the derivative −(∂F/∂z)⁻¹ ∂F/∂x",
        "scipy.interpolate": "np.interp, or a formula in NumPy; custom_vjp around the call",
    }
)
