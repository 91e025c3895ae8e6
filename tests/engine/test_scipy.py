"""SciPy's functions that are Python code: what runs if SciPy dispatches, and what refusals say."""

import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.linalg
import scipy.optimize
import scipy.signal
import scipy.special
import scipy.stats

from adbench.engine import DifferentiationError, grad

X = np.array([0.7, 1.9, 1.2, 0.4, 2.3])
A = np.diag([2.0, 3.0, 4.0, 5.0, 6.0])

DISPATCHED = """
import numpy as np
import scipy.fft
import scipy.signal
import scipy.special as sp
import scipy.stats as st

from adbench.engine import grad

CALLS = {
    "logsumexp": lambda x: sp.logsumexp(x),
    "logsumexp of rows": lambda x: np.sum(sp.logsumexp(np.outer(x, x), axis=1) ** 2),
    "softmax": lambda x: np.sum(sp.softmax(x) ** 2),
    "log_softmax": lambda x: np.sum(sp.log_softmax(x) ** 2),
    "expit": lambda x: np.sum(sp.expit(x)),
    "xlogy": lambda x: np.sum(sp.xlogy(x, x)),
    "betainc": lambda x: np.sum(sp.betainc(2.0, 3.0, x / 3)),
    "sinc": lambda x: np.sum(sp.sinc(x)),
    "digamma": lambda x: np.sum(sp.polygamma(0, x)),
    "polygamma": lambda x: np.sum(sp.polygamma(2, x)),
    "multigammaln": lambda x: sp.multigammaln(x[0] + 4, 3),
    "entropy": lambda x: st.entropy(x),
    "skew": lambda x: st.skew(x),
    "kurtosis": lambda x: st.kurtosis(x),
    "gmean": lambda x: st.gmean(x),
    "zscore": lambda x: np.sum(st.zscore(x) ** 3),
    "fft": lambda x: np.sum(np.abs(scipy.fft.fft(x)) ** 3),
    "fftconvolve": lambda x: np.sum(scipy.signal.fftconvolve(x, x) ** 2),
}
x, h = np.array([0.7, 1.9, 1.2, 0.4, 2.3]), 1e-5
for name, f in CALLS.items():
    slope = [(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(5)]
    compiled = grad(f, mode="compiled")
    for gradient in (grad(f)(x), compiled(x), compiled(x), compiled(x)):
        np.testing.assert_allclose(gradient, slope, rtol=1e-7, atol=1e-8, err_msg=name)
    print(name)
"""


def test_what_scipy_dispatches_is_differentiated():
    environment = os.environ | {"SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DISPATCHED],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == DISPATCHED.count("lambda x:")


@pytest.mark.parametrize(
    ("call", "name", "hint"),
    [
        (scipy.special.logsumexp, "scipy.special.logsumexp", "adbench.engine.scipy.special.logs"),
        (scipy.stats.norm.logpdf, "scipy.stats.norm.logpdf", "adbench.engine.scipy.stats.norm.log"),
        (scipy.stats.t(3).cdf, "scipy.stats.t.cdf", "adbench.engine.scipy.stats.t.cdf"),
        (scipy.stats.skewnorm(3).cdf, "scipy.stats.skewnorm.cdf", "a formula"),
        (scipy.stats.skew, "scipy.stats", "SCIPY_ARRAY_API=1"),
        (lambda x: scipy.linalg.solve(A, x), "scipy.linalg.solve", "adbench.engine.scipy.linalg"),
        (lambda x: scipy.linalg.expm(A * x), "scipy.linalg.expm", "adbench.engine.scipy.linalg.e"),
        (lambda x: scipy.linalg.schur(A * x), "scipy.linalg.schur", "one of many"),
        (lambda x: scipy.linalg.lu(A * x)[1], "scipy.linalg.lu", "adbench.engine.scipy.linalg.lu"),
        (
            lambda x: scipy.integrate.quad(lambda t: x[0] * t, 0.0, 1.0)[0],
            "scipy.integrate.quad",
            "leggauss",
        ),
        (
            lambda x: scipy.integrate.solve_ivp(lambda t, y: -x[0] * y, (0.0, 1.0), [1.0]).y,
            "scipy.integrate.ivp.solve_ivp",
            "odeint",
        ),
        (
            lambda x: scipy.optimize.brentq(lambda z: z - x[0], 0.0, 9.0),
            "scipy.optimize.",
            "implicit function theorem",
        ),
        (scipy.fft.fft, "scipy.fft", "numpy.fft"),
        (
            lambda x: scipy.signal.convolve(x, x),
            "scipy.signal.convolve",
            "adbench.engine.scipy.s",
        ),
        (lambda x: scipy.signal.lfilter([1.0], [2.0], x), "scipy.signal.lfilter", "np.convolve"),
    ],
)
def test_a_refusal_names_the_function_and_what_to_use(call, name, hint):
    with pytest.raises(DifferentiationError) as caught:
        grad(lambda x: np.sum(call(x)))(X)
    assert caught.value.function.startswith(name)
    assert hint in caught.value.hint


def test_a_place_is_shown_relative_to_the_working_directory(monkeypatch):
    monkeypatch.chdir(os.path.dirname(__file__))
    with pytest.raises(DifferentiationError) as caught:
        grad(lambda x: float(x[0]))(X)
    assert f"  at test_scipy.py:{caught.value.location.line}\n" in str(caught.value)
    assert caught.value.location.file == __file__
