"""Sample inputs of every primitive and every derived function, for the conformance test.

ELEMENTWISE gives each argument's interval, from which the test makes arrays of several shapes.
CALLS gives calls: a function of arrays, and the arrays. A name in COMPLEX is tested on complex
numbers too.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy import special as sp


class Arr(NamedTuple):
    """An array to draw: uniform in [low, high], or one of the named kinds."""

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    kind: str = "uniform"


def arr(*shape: int, low: float = -2.0, high: float = 2.0, kind: str = "uniform") -> Arr:
    return Arr(shape, low, high, kind)


R = (-2.0, 2.0)
P = (0.3, 3.0)
U = (0.1, 0.9)

ELEMENTWISE: dict[str, tuple[tuple[float, float], ...]] = {
    "add": (R, R),
    "subtract": (R, R),
    "multiply": (R, R),
    "divide": (R, P),
    "negative": (R,),
    "positive": (R,),
    "reciprocal": (P,),
    "square": (R,),
    "sqrt": (P,),
    "cbrt": (P,),
    "power": (P, R),
    "float_power": (P, R),
    "remainder": ((3.5, 3.7), (0.94, 0.98)),
    "fmod": ((3.5, 3.7), (0.94, 0.98)),
    "hypot": (P, P),
    "copysign": (P, P),
    "exp": (R,),
    "exp2": (R,),
    "expm1": (R,),
    "log": (P,),
    "log2": (P,),
    "log10": (P,),
    "log1p": (P,),
    "logaddexp": (R, R),
    "logaddexp2": (R, R),
    "sin": (R,),
    "cos": (R,),
    "tan": ((-1.0, 1.0),),
    "arcsin": ((-0.8, 0.8),),
    "arccos": ((-0.8, 0.8),),
    "arctan": (R,),
    "arctan2": (P, P),
    "deg2rad": (R,),
    "radians": (R,),
    "rad2deg": (R,),
    "degrees": (R,),
    "sinh": (R,),
    "cosh": (R,),
    "tanh": (R,),
    "arcsinh": (R,),
    "arccosh": ((1.3, 3.0),),
    "arctanh": ((-0.8, 0.8),),
    "absolute": (P,),
    "fabs": (P,),
    "sign": (P,),
    "conjugate": (R,),
    "real": (R,),
    "imag": (R,),
    "angle": (P,),
    "maximum": (R, R),
    "minimum": (R, R),
    "fmax": (R, R),
    "fmin": (R, R),
    "sinc": (P,),
    "nan_to_num": (R,),
    "modf": ((1.1, 1.9),),
    "frexp": ((1.1, 1.9),),
    "divmod": ((3.5, 3.7), (0.94, 0.98)),
    "scipy.special.gammaln": (P,),
    "scipy.special.loggamma": (P,),
    "scipy.special.gamma": (P,),
    "scipy.special.rgamma": (P,),
    "scipy.special.digamma": (P,),
    "scipy.special.beta": (P, P),
    "scipy.special.betaln": (P, P),
    "scipy.special.poch": (P, P),
    "scipy.special.binom": ((3.1, 4.9), (1.1, 1.9)),
    "scipy.special.erf": (R,),
    "scipy.special.erfc": (R,),
    "scipy.special.erfcx": (R,),
    "scipy.special.erfi": (R,),
    "scipy.special.erfinv": ((-0.8, 0.8),),
    "scipy.special.erfcinv": ((0.2, 1.8),),
    "scipy.special.dawsn": (R,),
    "scipy.special.ndtr": (R,),
    "scipy.special.log_ndtr": (R,),
    "scipy.special.ndtri": (U,),
    "scipy.special.expit": (R,),
    "scipy.special.logit": (U,),
    "scipy.special.log_expit": (R,),
    "scipy.special.xlogy": (P, P),
    "scipy.special.xlog1py": (P, P),
    "scipy.special.entr": (P,),
    "scipy.special.rel_entr": (P, P),
    "scipy.special.kl_div": (P, P),
    "scipy.special.huber": ((0.3, 0.9), (1.1, 3.0)),
    "scipy.special.pseudo_huber": (P, R),
    "scipy.special.boxcox": (P, P),
    "scipy.special.j0": (P,),
    "scipy.special.y0": (P,),
    "scipy.special.j1": (P,),
    "scipy.special.y1": (P,),
    "scipy.special.i0": (R,),
    "scipy.special.i1": (R,),
    "scipy.special.i0e": (P,),
    "scipy.special.i1e": (P,),
    "scipy.special.k0": (P,),
    "scipy.special.k1": (P,),
    "scipy.special.k0e": (P,),
    "scipy.special.k1e": (P,),
    "scipy.special.exp1": (P,),
    "scipy.special.expi": (P,),
    "scipy.special.spence": (P,),
    "scipy.special.ellipk": (U,),
    "scipy.special.ellipe": (U,),
    "scipy.special.cosm1": (R,),
    "scipy.special.exp10": (R,),
    "scipy.special.sindg": (R,),
    "scipy.special.cosdg": (R,),
    "scipy.special.cbrt": (P,),
    "scipy.special.exp2": (R,),
    "scipy.special.expm1": (R,),
    "scipy.special.log1p": (P,),
    "scipy.special.tandg": (R,),
    "scipy.special.cotdg": (P,),
    "scipy.special.boxcox1p": (P, P),
    "scipy.special.inv_boxcox": (P, P),
    "scipy.special.powm1": (P, R),
    "scipy.special.owens_t": (P, P),
    "scipy.special.ellipkinc": (U, U),
    "scipy.special.ellipeinc": (U, U),
    "scipy.special.ellipkm1": (U,),
    "scipy.special.wrightomega": (R,),
    "scipy.special.fresnel": (P,),
    "scipy.special.sici": (P,),
    "scipy.special.shichi": (P,),
    "scipy.special.airy": (R,),
}

FUNCTIONS: dict[str, Any] = {
    "real": lambda x: np.real(x) * 1,  # of a real array NumPy returns the array itself
    "scipy.special.digamma": sp.digamma,
}
"""How an elementwise function is called, where not by its name."""

INDEX = np.array([[0, 2], [2, 1]])
MASK = np.array([True, False, True])
HOLES = np.array([[False, True, False, False, True], [False, False, True, False, False]])


def written(function: Any) -> Any:
    """A function that writes into its first argument, as one that returns the result."""

    def call(x: Any, v: Any) -> Any:
        # x·1 + 0·v is a new array, on the tape if either is.
        y = x * 1.0 + 0.0 * np.sum(v)
        function(y, v)
        return y

    return call


def setitem(index: Any) -> Any:
    def write(y: Any, v: Any) -> None:
        y[index] = v

    return write


def unit_phase(v: Any) -> Any:
    """Eigenvectors with their first row made real: the phase is not determined."""
    first = v[..., :1, :]
    return v * np.conj(first) / np.abs(first)


def thin_svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return (u * s[..., None, :]) @ vh, u[..., :, :1] @ vh[..., :1, :], s


def projectors(w: Any, v: Any) -> Any:
    """Eigenvalues, and the projector on the first eigenvector, which has no free phase."""
    return w, v[..., :, :1] @ np.conj(np.swapaxes(v[..., :, :1], -1, -2))


CALLS: dict[str, list[tuple[Any, ...]]] = {
    "nextafter": [(lambda x: np.nextafter(x, np.inf), arr(2, 3))],
    "ldexp": [(lambda x: np.ldexp(x, np.array([1, 2, -1])), arr(2, 3))],
    "heaviside": [(lambda y: np.heaviside(np.array([-1.0, 0.0, 2.0]), y), arr(2, 3))],
    "angle": [(lambda z: np.angle(z, deg=True), arr(3, low=0.3))],
    "scipy.special.zeta": [(lambda q: sp.zeta(2.5, q), arr(3, low=0.5, high=3))],
    "scipy.special.gammainc": [(lambda x: sp.gammainc(2.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.gammaincc": [(lambda x: sp.gammaincc(2.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.betainc": [(lambda x: sp.betainc(1.5, 2.5, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.jv": [(lambda x: sp.jv(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.yv": [(lambda x: sp.yv(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.yn": [(lambda x: sp.yn(3, x), arr(3, low=0.5, high=3))],
    "scipy.special.iv": [(lambda x: sp.iv(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.kv": [(lambda x: sp.kv(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.ive": [(lambda x: sp.ive(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.kve": [(lambda x: sp.kve(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.expn": [(lambda x: sp.expn(3, x), arr(3, low=0.5, high=3))],
    "scipy.special.gammaincinv": [(lambda x: sp.gammaincinv(2.5, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.gammainccinv": [(lambda x: sp.gammainccinv(2.5, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.betaincc": [(lambda x: sp.betaincc(1.5, 2.5, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.betaincinv": [(lambda x: sp.betaincinv(1.5, 2.5, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.chdtr": [(lambda x: sp.chdtr(3.0, x), arr(3, low=0.5, high=3))],
    "scipy.special.chdtrc": [(lambda x: sp.chdtrc(3.0, x), arr(3, low=0.5, high=3))],
    "scipy.special.stdtr": [(lambda x: sp.stdtr(4.0, x), arr(3, low=0.5, high=3))],
    "scipy.special.stdtrit": [(lambda x: sp.stdtrit(4.0, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.pdtr": [(lambda x: sp.pdtr(2, x), arr(3, low=0.5, high=3))],
    "scipy.special.pdtrc": [(lambda x: sp.pdtrc(2, x), arr(3, low=0.5, high=3))],
    "scipy.special.gdtr": [(lambda a, x: sp.gdtr(a, 2.0, x), arr(3, low=0.5), arr(3, low=0.5))],
    "scipy.special.kn": [(lambda x: sp.kn(2, x), arr(3, low=0.5, high=3))],
    "scipy.special.hankel1": [(lambda x: sp.hankel1(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.hankel2": [(lambda x: sp.hankel2(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.hyp0f1": [(lambda x: sp.hyp0f1(1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.hyp1f1": [(lambda x: sp.hyp1f1(0.5, 1.5, x), arr(3, low=0.5, high=3))],
    "scipy.special.hyp2f1": [(lambda x: sp.hyp2f1(0.5, 1.2, 1.5, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.hyperu": [(lambda x: sp.hyperu(0.5, 1.2, x), arr(3, low=0.5, high=3))],
    "scipy.special.eval_jacobi": [
        (lambda x: sp.eval_jacobi(3, 0.5, 1.5, x), arr(3, low=0.2, high=0.8))
    ],
    "scipy.special.eval_gegenbauer": [
        (lambda x: sp.eval_gegenbauer(3, 0.5, x), arr(3, low=0.2, high=0.8))
    ],
    "scipy.special.eval_legendre": [(lambda x: sp.eval_legendre(4, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.eval_chebyt": [(lambda x: sp.eval_chebyt(4, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.eval_chebyu": [(lambda x: sp.eval_chebyu(4, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.eval_hermite": [(lambda x: sp.eval_hermite(4, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.eval_hermitenorm": [
        (lambda x: sp.eval_hermitenorm(4, x), arr(3, low=0.2, high=0.8))
    ],
    "scipy.special.eval_laguerre": [(lambda x: sp.eval_laguerre(4, x), arr(3, low=0.2, high=0.8))],
    "scipy.special.eval_genlaguerre": [
        (lambda x: sp.eval_genlaguerre(4, 0.5, x), arr(3, low=0.2, high=0.8))
    ],
    "i0": [(lambda x: np.i0(x), arr(3))],
    "nanquantile": [
        (lambda a: np.nanquantile(np.where(HOLES, np.nan, a), [0.2, 0.7], axis=1), arr(2, 5)),
        (lambda a: np.nanquantile(a, 0.3, keepdims=True), arr(2, 3)),
    ],
    "nanpercentile": [(lambda a: np.nanpercentile(a, 30, axis=0), arr(4, 2))],
    "nanmedian": [(lambda a: np.nanmedian(np.where(HOLES, np.nan, a), axis=1), arr(2, 5))],
    "nancumprod": [(lambda a: np.nancumprod(a, axis=1), arr(2, 3))],
    "apply_over_axes": [(lambda a: np.apply_over_axes(np.sum, a, [0, 2]), arr(2, 3, 4))],
    "piecewise": [
        (lambda x: np.piecewise(x, [x < -0.5, x > 0.5], [np.sin, 2.0, np.square]), arr(8)),
    ],
    "trim_zeros": [(lambda a: np.trim_zeros(np.pad(a, 2)), arr(3))],
    "sort_complex": [(lambda a: np.sort_complex(a), arr(4))],
    "polyadd": [(lambda a, b: np.polyadd(a, b), arr(4), arr(2))],
    "polysub": [(lambda a, b: np.polysub(a, b), arr(2), arr(3))],
    "polymul": [(lambda a, b: np.polymul(a, b), arr(3), arr(2))],
    "polydiv": [(lambda a, b: np.polydiv(a, b), arr(5), arr(3, low=0.5))],
    "polyder": [(lambda p: np.polyder(p, 2), arr(5))],
    "polyint": [(lambda p: np.polyint(p, 2, [1.0, 2.0]), arr(3))],
    "poly": [(lambda z: np.poly(z), arr(3))],
    "roots": [(lambda p: np.sort_complex(np.roots(p)), arr(4, low=0.5))],
    "polyfit": [
        (lambda x, y: np.polyfit(np.cumsum(x), y, 2), arr(6, low=0.5), arr(6)),
        (lambda y, w: np.polyfit(np.arange(5.0), y, 1, w=w), arr(5), arr(5, low=0.5)),
    ],
    # Fourier transforms.
    "fft.fft": [
        (lambda a: np.fft.fft(a), arr(5)),
        (lambda a: np.fft.fft(a, 7, axis=0, norm="ortho"), arr(4, 2)),
        (lambda a: np.fft.fft(a, 3, norm="forward"), arr(2, 5)),
    ],
    "fft.ifft": [
        (lambda a: np.fft.ifft(a), arr(6)),
        (lambda a: np.fft.ifft(a, 3, axis=0, norm="ortho"), arr(4, 2)),
    ],
    "fft.rfft": [
        (lambda a: np.fft.rfft(a), arr(5)),
        (lambda a: np.fft.rfft(a, 6, axis=0, norm="ortho"), arr(4, 2)),
        (lambda a: np.fft.rfft(a, 3), arr(2, 6)),
    ],
    "fft.irfft": [
        (lambda a: np.fft.irfft(a), arr(4)),
        (lambda a: np.fft.irfft(a, 5, axis=0, norm="ortho"), arr(3, 2)),
        (lambda a: np.fft.irfft(a, 8, norm="forward"), arr(3)),
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
    # Indexing.
    "getitem": [
        (lambda x: x[1], arr(3)),
        (lambda x: x[1:, ::-1], arr(3, 4)),
        (lambda x: x[..., None, 0], arr(3, 4)),
        (lambda x: x[INDEX], arr(3, 2)),
        (lambda x: x[:, INDEX, 1], arr(2, 3, 2)),
        (lambda x: x[MASK], arr(3, 2)),
        (lambda x: x[MASK, 1:], arr(3, 2)),
        (lambda x: x[[0, 0, 2]], arr(3)),
        (lambda x: x[()], arr()),
        (lambda x: x[1:1], arr(3, 2)),
    ],
    "scatter": [
        (lambda v: np.diag(v, 1), arr(3)),
    ],
    "setitem": [
        (written(setitem(1)), arr(3), arr()),
        (written(setitem(slice(1, None))), arr(3, 2), arr(2)),
        (written(setitem(INDEX)), arr(3), arr(2, 2)),
        (written(setitem((slice(None), [1, 1]))), arr(2, 3), arr(2, 2)),
        (written(setitem(MASK)), arr(3, 2), arr(2, 2)),
    ],
    "take": [
        (lambda a: np.take(a, INDEX), arr(3, 2)),
        (lambda a: np.take(a, INDEX, axis=1), arr(2, 3)),
        (lambda a: np.take(a, [4, -1], axis=-1, mode="wrap"), arr(2, 3)),
        (lambda a: np.take(a, [4, -1], mode="clip"), arr(3)),
    ],
    "take_along_axis": [
        (lambda a: np.take_along_axis(a, np.array([[0], [2], [0]]), 1), arr(3, 3)),
        (lambda a: np.take_along_axis(a, np.array([2, 0]), None), arr(3, 1)),
        (lambda a: np.take_along_axis(a, INDEX, 0), arr(3, 2)),
    ],
    "lib.stride_tricks.sliding_window_view": [
        (lambda x: np.lib.stride_tricks.sliding_window_view(x, 3), arr(5)),
        (lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2)), arr(3, 4)),
        (lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 3), (-1, -2)), arr(2, 4, 3)),
    ],
    "lib.scimath.sqrt": [(lambda x: np.emath.sqrt(x), arr(4)), (np.emath.sqrt, arr(4, low=0.5))],
    "lib.scimath.log": [(lambda x: np.emath.log(x), arr(4))],
    "lib.scimath.log2": [(lambda x: np.emath.log2(x), arr(4))],
    "lib.scimath.log10": [(lambda x: np.emath.log10(x), arr(4))],
    "lib.scimath.logn": [(lambda n, x: np.emath.logn(n, x), arr(low=1.5, high=3), arr(4))],
    "lib.scimath.power": [
        (lambda x: np.emath.power(x, 0.5), arr(4)),
        (lambda x: np.emath.power(x, 3), arr(4)),
    ],
    "lib.scimath.arccos": [(lambda x: np.emath.arccos(x), arr(4, low=1.2))],
    "lib.scimath.arcsin": [(lambda x: np.emath.arcsin(x), arr(4, low=-0.8, high=0.8))],
    "lib.scimath.arctanh": [(lambda x: np.emath.arctanh(x), arr(4, low=1.2))],
    "compress": [(lambda a: np.compress(MASK, a, axis=1), arr(2, 3))],
    "extract": [(lambda a: np.extract(MASK, a), arr(3))],
    "where": [
        (lambda x, y: np.where(MASK, x, y), arr(2, 3), arr(3)),
        (lambda x, y: np.where(MASK, x, y), arr(2, 1), arr()),
    ],
    "select": [(lambda x, y: np.select([MASK, ~MASK], [x, y * y], 0.0), arr(2, 3), arr(3))],
    "choose": [(lambda x, y: np.choose(np.array([0, 1, 0]), [x, y]), arr(3), arr(2, 3))],
    "clip": [
        (lambda a: np.clip(a, -1, 1), arr(6)),
        (
            lambda a, lo, hi: np.clip(a, lo, hi),
            arr(6),
            arr(low=-0.6, high=-0.4),
            arr(6, low=0.3, high=0.4),
        ),
        (lambda a: np.clip(a, None, 0.5), arr(6)),
        (lambda a: np.clip(a, min=0.5), arr(6)),
    ],
    "sort": [
        (lambda a: np.sort(a), arr(3, 4)),
        (lambda a: np.sort(a, axis=0), arr(3, 4)),
        (lambda a: np.sort(a, axis=None), arr(3, 2)),
    ],
    "partition": [(lambda a: np.sort(np.partition(a, 2)[:3]), arr(5))],
    "unique": [
        (lambda a: np.unique(a), arr(5)),
        (lambda a: np.unique(a, True, True)[0], arr(2, 3)),
    ],
    "unique_values": [(lambda a: np.sort(np.unique_values(a)), arr(5))],
    "unique_all": [(lambda a: np.unique_all(a).values, arr(4))],
    "unique_counts": [(lambda a: np.unique_counts(a).values, arr(5))],
    "unique_inverse": [(lambda a: np.unique_inverse(a).values, arr(5))],
    "bincount": [(lambda v: np.bincount(np.array([0, 2, 2]), weights=v, minlength=5), arr(3))],
    "tril": [(lambda m: np.tril(m), arr(3, 3)), (lambda m: np.tril(m, -1), arr(2, 3, 4))],
    "triu": [(lambda m: np.triu(m), arr(3, 3)), (lambda m: np.triu(m, 1), arr(2, 3, 4))],
    "diagonal": [
        (lambda a: np.diagonal(a), arr(3, 4)),
        (lambda a: np.diagonal(a, -1, 0, 2), arr(3, 2, 4)),
        (lambda a: np.diagonal(a, 2), arr(3, 4)),
    ],
    "linalg.diagonal": [(lambda a: np.linalg.diagonal(a, offset=1), arr(2, 3, 4))],
    "trace": [(lambda a: np.trace(a), arr(3, 4)), (lambda a: np.trace(a, 1, 1, 2), arr(2, 3, 3))],
    "linalg.trace": [(lambda a: np.linalg.trace(a), arr(2, 3, 3))],
    "diag": [(lambda v: np.diag(v), arr(3)), (lambda v: np.diag(v, -1), arr(3, 4))],
    "diagflat": [(lambda v: np.diagflat(v, 1), arr(2, 2))],
    # Repeating, joining, splitting, padding.
    "broadcast_to": [
        (lambda a: np.broadcast_to(a, (4, 2, 3)), arr(2, 1)),
        (lambda a: np.broadcast_to(a, (2,)), arr()),
        (lambda a: np.broadcast_to(a, (0, 3)), arr(3)),
    ],
    "broadcast_arrays": [(lambda a, b: np.broadcast_arrays(a, b), arr(3, 1), arr(2))],
    "repeat": [
        (lambda a: np.repeat(a, 2), arr(2, 2)),
        (lambda a: np.repeat(a, [1, 0, 2], axis=1), arr(2, 3)),
    ],
    "tile": [
        (lambda a: np.tile(a, 3), arr(2)),
        (lambda a: np.tile(a, (2, 1, 3)), arr(2, 2)),
        (lambda a: np.tile(a, 2), arr(2, 2)),
    ],
    "resize": [(lambda a: np.resize(a, (2, 4)), arr(3))],
    "meshgrid": [
        (lambda a, b: np.meshgrid(a, b), arr(2), arr(3)),
        (lambda a, b: np.meshgrid(a, b, indexing="ij", sparse=True), arr(2), arr(3)),
    ],
    "concatenate": [
        (lambda a, b: np.concatenate([a, b, a]), arr(2, 3), arr(1, 3)),
        (lambda a, b: np.concatenate([a, b], axis=-1), arr(2, 3), arr(2, 0)),
        (lambda a, b: np.concatenate([a, b], axis=None), arr(2, 3), arr(2)),
        (lambda a: np.concatenate([a, np.ones(2)]), arr(2)),
    ],
    "stack": [
        (lambda a, b: np.stack([a, b]), arr(3), arr(3)),
        (lambda a, b: np.stack([a, b], axis=-1), arr(2, 3), arr(2, 3)),
    ],
    "vstack": [(lambda a, b: np.vstack([a, b]), arr(3), arr(2, 3))],
    "hstack": [
        (lambda a, b: np.hstack([a, b]), arr(2, 1), arr(2, 3)),
        (lambda a, b: np.hstack([a, b]), arr(2), arr()),
    ],
    "dstack": [(lambda a, b: np.dstack([a, b]), arr(3), arr(1, 3))],
    "column_stack": [(lambda a, b: np.column_stack([a, b]), arr(3), arr(3, 2))],
    "append": [
        (lambda a, b: np.append(a, b), arr(2, 2), arr(3)),
        (lambda a, b: np.append(a, b, 0), arr(2, 2), arr(1, 2)),
    ],
    "block": [
        (lambda a, b: np.block([[a, b], [b, a]]), arr(2, 2), arr(2, 2)),
        (lambda a, b: np.block([a, b]), arr(2), arr(3)),
    ],
    "split": [
        (lambda a: np.split(a, 2), arr(4, 2)),
        (lambda a: np.split(a, [1, 1, 3], axis=1), arr(2, 4)),
    ],
    "array_split": [(lambda a: np.array_split(a, 3), arr(5))],
    "hsplit": [(lambda a: np.hsplit(a, 2), arr(2, 4))],
    "vsplit": [(lambda a: np.vsplit(a, 2), arr(4, 2))],
    "dsplit": [(lambda a: np.dsplit(a, 2), arr(2, 1, 4))],
    "unstack": [(lambda a: np.unstack(a, axis=1), arr(2, 3))],
    "delete": [
        (lambda a: np.delete(a, 1, axis=1), arr(2, 3)),
        (lambda a: np.delete(a, [0, 2]), arr(4)),
    ],
    "insert": [
        (lambda a, v: np.insert(a, 1, v, axis=0), arr(3, 2), arr(2)),
        (lambda a, v: np.insert(a, -1, v), arr(3), arr()),
    ],
    "pad": [
        (lambda a: np.pad(a, 1), arr(2, 3)),
        (lambda a: np.pad(a, ((1, 0), (0, 2)), constant_values=3.0), arr(2, 3)),
        (lambda a: np.pad(a, 2, mode="edge"), arr(3)),
        (lambda a: np.pad(a, 2, mode="wrap"), arr(3, 2)),
        (lambda a: np.pad(a, 2, mode="reflect"), arr(3)),
        (lambda a: np.pad(a, (1, 2), mode="symmetric"), arr(3)),
    ],
    # Shapes and types.
    "reshape": [
        (lambda a: np.reshape(a, (3, 2)), arr(2, 3)),
        (lambda a: np.reshape(a, -1, order="F"), arr(2, 3)),
        (lambda a: a.reshape(3, -1), arr(2, 3)),
        (lambda a: np.reshape(a, (0, 2)), arr(3, 0)),
    ],
    "ravel": [(lambda a: np.ravel(a), arr(2, 3)), (lambda a: a.ravel(order="F"), arr(2, 3))],
    "transpose": [
        (lambda a: np.transpose(a), arr(2, 3)),
        (lambda a: a.transpose(1, 2, 0), arr(2, 3, 1)),
        (lambda a: np.transpose(a, (-1, 0, 1)), arr(2, 3, 1)),
        (lambda a: a.T, arr(2, 3)),
    ],
    "swapaxes": [(lambda a: np.swapaxes(a, 0, -1), arr(2, 3, 4))],
    "moveaxis": [(lambda a: np.moveaxis(a, (0, 1), (-1, 0)), arr(2, 3, 4))],
    "rollaxis": [
        (lambda a: np.rollaxis(a, 2), arr(2, 3, 4)),
        (lambda a: np.rollaxis(a, 0, 2), arr(2, 3, 4)),
    ],
    "matrix_transpose": [(lambda a: np.matrix_transpose(a), arr(2, 3, 4))],
    "linalg.matrix_transpose": [(lambda a: np.linalg.matrix_transpose(a), arr(3, 4))],
    "expand_dims": [(lambda a: np.expand_dims(a, (0, 2)), arr(3))],
    "squeeze": [
        (lambda a: np.squeeze(a), arr(1, 3, 1)),
        (lambda a: np.squeeze(a, 0), arr(1, 3, 1)),
    ],
    "flip": [(lambda a: np.flip(a), arr(2, 3)), (lambda a: np.flip(a, (1,)), arr(2, 3))],
    "fliplr": [(lambda a: np.fliplr(a), arr(2, 3))],
    "flipud": [(lambda a: np.flipud(a), arr(2, 3))],
    "roll": [
        (lambda a: np.roll(a, 2), arr(2, 3)),
        (lambda a: np.roll(a, (1, -1), (0, 1)), arr(2, 3)),
    ],
    "rot90": [(lambda a: np.rot90(a), arr(2, 3)), (lambda a: np.rot90(a, 3, (1, 0)), arr(2, 3))],
    "atleast_1d": [(lambda a, b: np.atleast_1d(a, b), arr(), arr(2, 2))],
    "atleast_2d": [(lambda a: np.atleast_2d(a), arr(3))],
    "atleast_3d": [(lambda a: np.atleast_3d(a), arr(3)), (lambda a: np.atleast_3d(a), arr(2, 3))],
    "astype": [(lambda a: np.astype(a, np.complex128) * (1 + 2j), arr(3))],
    "copy": [(lambda a: np.copy(a), arr(2, 3)), (lambda a: a.copy(), arr())],
    # Products.
    "matmul": [
        (lambda x, y: x @ y, arr(2, 3), arr(3, 4)),
        (lambda x, y: x @ y, arr(3), arr(3, 4)),
        (lambda x, y: x @ y, arr(2, 3), arr(3)),
        (lambda x, y: x @ y, arr(3), arr(3)),
        (lambda x, y: x @ y, arr(5, 2, 3), arr(3, 4)),
        (lambda x, y: x @ y, arr(2, 3), arr(5, 3, 4)),
        (lambda x, y: x @ y, arr(5, 1, 2, 3), arr(4, 3, 2)),
        (lambda x, y: x @ y, arr(3), arr(5, 3, 2)),
        (lambda x, y: x @ y, arr(5, 2, 3), arr(3)),
        (lambda x, y: x @ y, arr(0, 3), arr(3, 2)),
        (lambda x, y: x @ y, arr(2, 0), arr(0, 2)),
    ],
    "dot": [
        (lambda a, b: np.dot(a, b), arr(2, 3), arr(3, 4)),
        (lambda a, b: np.dot(a, b), arr(), arr(3)),
        (lambda a, b: np.dot(a, b), arr(2, 3), arr(4, 3, 2)),
        (lambda a, b: np.dot(a, b), arr(2, 4, 3), arr(3)),
    ],
    "tensordot": [
        (lambda a, b: np.tensordot(a, b), arr(2, 3, 4), arr(3, 4, 2)),
        (lambda a, b: np.tensordot(a, b, 0), arr(2), arr(3)),
        (lambda a, b: np.tensordot(a, b, ([0, 2], [1, 0])), arr(2, 3, 4), arr(4, 2)),
        (lambda a, b: np.tensordot(a, b, (-1, 0)), arr(2, 3), arr(3, 2)),
    ],
    "linalg.tensordot": [(lambda a, b: np.linalg.tensordot(a, b, axes=1), arr(2, 3), arr(3, 2))],
    "inner": [
        (lambda a, b: np.inner(a, b), arr(2, 3), arr(4, 3)),
        (lambda a, b: np.inner(a, b), arr(3), arr(3)),
    ],
    "outer": [(lambda a, b: np.outer(a, b), arr(2, 2), arr(3))],
    "linalg.outer": [(lambda a, b: np.linalg.outer(a, b), arr(2), arr(3))],
    "multiply.outer": [(lambda a, b: np.multiply.outer(a, b), arr(2, 2), arr(3))],
    "add.outer": [(lambda a, b: np.add.outer(a, b), arr(2, 2), arr(3))],
    "subtract.outer": [(lambda a, b: np.subtract.outer(a, b), arr(2, 2), arr(3))],
    "vdot": [(lambda a, b: np.vdot(a, b), arr(2, 3), arr(2, 3))],
    "vecdot": [
        (lambda a, b: np.vecdot(a, b), arr(2, 3), arr(3)),
        (lambda a, b: np.vecdot(a, b, axis=0), arr(3, 2), arr(3, 2)),
    ],
    "linalg.vecdot": [(lambda a, b: np.linalg.vecdot(a, b), arr(2, 3), arr(2, 3))],
    "matvec": [(lambda a, b: np.matvec(a, b), arr(2, 4, 3), arr(3))],
    "vecmat": [(lambda a, b: np.vecmat(a, b), arr(4), arr(2, 4, 3))],
    "linalg.matmul": [(lambda a, b: np.linalg.matmul(a, b), arr(2, 3), arr(3, 2))],
    "kron": [
        (lambda a, b: np.kron(a, b), arr(2, 3), arr(2, 2)),
        (lambda a, b: np.kron(a, b), arr(2), arr(2, 2)),
    ],
    "cross": [
        (lambda a, b: np.cross(a, b), arr(4, 3), arr(3)),
        (lambda a, b: np.cross(a, b, axis=0), arr(3, 2), arr(3, 2)),
    ],
    "linalg.cross": [(lambda a, b: np.linalg.cross(a, b), arr(3), arr(3))],
    "linalg.multi_dot": [
        (lambda a, b, c: np.linalg.multi_dot([a, b, c]), arr(3), arr(3, 4), arr(4, 2))
    ],
    "einsum": [
        (lambda a, b: np.einsum("ij,jk->ik", a, b), arr(2, 3), arr(3, 4)),
        (lambda a, b: np.einsum("ij,jk", a, b), arr(2, 3), arr(3, 4)),
        (lambda a, b: np.einsum("...ij,...j->...i", a, b), arr(4, 2, 3), arr(3)),
        (lambda a: np.einsum("ii->i", a), arr(3, 3)),
        (lambda a: np.einsum("ii", a), arr(3, 3)),
        (lambda a, b: np.einsum("iij,k->kj", a, b), arr(3, 3, 2), arr(4)),
        (lambda a, b, c: np.einsum("i,j,k->", a, b, c, optimize=True), arr(2), arr(3), arr(2)),
        (lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), arr(2, 3), arr(3, 4)),
        (lambda a, b: np.einsum("...i,...i", a, b), arr(4, 1, 3), arr(2, 3)),
        (lambda a: np.einsum("ij->ji", a), arr(0, 3)),
    ],
    "convolve": [
        (lambda a, v: np.convolve(a, v), arr(5), arr(3)),
        (lambda a, v: np.convolve(a, v, "same"), arr(3), arr(4)),
        (lambda a, v: np.convolve(a, v, "valid"), arr(5), arr(3)),
    ],
    "correlate": [
        (lambda a, v: np.correlate(a, v), arr(5), arr(3)),
        (lambda a, v: np.correlate(a, v, "full"), arr(3), arr(4)),
        (lambda a, v: np.correlate(a, v, "same"), arr(5), arr(4)),
        (lambda a, v: np.correlate(a, v, "same"), arr(3), arr(4)),
        (lambda a, v: np.correlate(a, v, "valid"), arr(3), arr(5)),
    ],
    # Linear algebra.
    "linalg.solve": [
        (lambda a, b: np.linalg.solve(a, b), arr(3, 3, kind="regular"), arr(3)),
        (lambda a, b: np.linalg.solve(a, b), arr(2, 3, 3, kind="regular"), arr(3, 2)),
        (lambda a, b: np.linalg.solve(a, b), arr(3, 3, kind="regular"), arr(2, 3, 1)),
    ],
    "linalg.inv": [(lambda a: np.linalg.inv(a), arr(2, 3, 3, kind="regular"))],
    "linalg.det": [
        (lambda a: np.linalg.det(a), arr(3, 3)),
        (lambda a: np.linalg.det(a), arr(2, 2, 2)),
    ],
    "linalg.slogdet": [(lambda a: np.linalg.slogdet(a), arr(2, 3, 3, kind="regular"))],
    "linalg.cholesky": [
        (lambda a: np.linalg.cholesky(a), arr(3, 3, kind="definite")),
        (lambda a: np.linalg.cholesky(a), arr(2, 2, 2, kind="definite")),
        (lambda a: np.linalg.cholesky(a, upper=True), arr(3, 3, kind="definite")),
    ],
    "linalg.eigh": [
        (lambda a: projectors(*np.linalg.eigh(a)), arr(3, 3, kind="definite")),
        (lambda a: projectors(*np.linalg.eigh(a, "U")), arr(2, 3, 3, kind="definite")),
    ],
    "linalg.eigvalsh": [(lambda a: np.linalg.eigvalsh(a), arr(3, 3, kind="definite"))],
    "linalg.eig": [
        (
            lambda a: (np.linalg.eig(a)[0], unit_phase(np.linalg.eig(a)[1])),
            arr(3, 3, kind="regular"),
        ),
    ],
    "linalg.eigvals": [(lambda a: np.linalg.eigvals(a), arr(2, 3, 3, kind="regular"))],
    "linalg.svd": [
        (thin_svd, arr(3, 3)),
        (thin_svd, arr(4, 2)),
        (thin_svd, arr(2, 2, 4)),
        (lambda a: np.linalg.svd(a, compute_uv=False), arr(3, 2)),
        (lambda a: np.linalg.svd(a)[1], arr(3, 2)),
    ],
    "linalg.svdvals": [(lambda a: np.linalg.svdvals(a), arr(2, 3))],
    "linalg.pinv": [
        (lambda a: np.linalg.pinv(a), arr(4, 2)),
        (lambda a: np.linalg.pinv(a), arr(2, 2, 3)),
    ],
    "linalg.lstsq": [(lambda a, b: np.linalg.lstsq(a, b)[0], arr(5, 2), arr(5))],
    "linalg.qr": [
        (lambda a: np.linalg.qr(a), arr(3, 3)),
        (lambda a: np.linalg.qr(a), arr(4, 2)),
        (lambda a: np.linalg.qr(a), arr(2, 4)),
        (lambda a: np.linalg.qr(a, "r"), arr(2, 3, 2)),
    ],
    "linalg.norm2": [
        (lambda a: np.linalg.norm(a), arr(2, 3)),
        (lambda a: np.linalg.norm(a, axis=0), arr(2, 3)),
    ],
    "linalg.norm": [
        (lambda a: np.linalg.norm(a, 3, axis=-1), arr(2, 3)),
        (lambda a: np.linalg.norm(a, 1, axis=-1, keepdims=True), arr(2, 3)),
        (lambda a: np.linalg.norm(a, np.inf), arr(3)),
        (lambda a: np.linalg.norm(a, -np.inf), arr(3)),
        (lambda a: np.linalg.norm(a, "nuc"), arr(2, 3)),
        (lambda a: np.linalg.norm(a, "fro", axis=(0, 2)), arr(2, 2, 3)),
        (lambda a: np.linalg.norm(a, 2), arr(2, 3)),
        (lambda a: np.linalg.norm(a, -2), arr(2, 3)),
        (lambda a: np.linalg.norm(a, 1), arr(2, 3)),
        (lambda a: np.linalg.norm(a, -np.inf), arr(2, 3)),
    ],
    "linalg.vector_norm": [
        (lambda a: np.linalg.vector_norm(a), arr(2, 3)),
        (lambda a: np.linalg.vector_norm(a, axis=1, ord=3, keepdims=True), arr(2, 3)),
    ],
    "linalg.matrix_norm": [(lambda a: np.linalg.matrix_norm(a, keepdims=True), arr(2, 3))],
    "linalg.cond": [
        (lambda a: np.linalg.cond(a), arr(3, 3, kind="regular")),
        (lambda a: np.linalg.cond(a, "fro"), arr(3, 3, kind="regular")),
    ],
    "linalg.matrix_power": [
        (lambda a: np.linalg.matrix_power(a, 3), arr(2, 2)),
        (lambda a: np.linalg.matrix_power(a, 0) + a, arr(2, 2)),
        (lambda a: np.linalg.matrix_power(a, -2), arr(2, 2, kind="regular")),
    ],
    "linalg.tensorsolve": [(lambda a, b: np.linalg.tensorsolve(a, b), arr(2, 3, 6), arr(2, 3))],
    "linalg.tensorinv": [(lambda a: np.linalg.tensorinv(a, 1), arr(4, 2, 2))],
    # Reductions.
    "sum": [
        (lambda a: np.sum(a), arr(2, 3)),
        (lambda a: np.sum(a, axis=(0, -1), keepdims=True), arr(2, 3, 4)),
        (lambda a: np.sum(a, axis=1, where=MASK), arr(2, 3)),
        (lambda a: a.sum(0), arr(0, 3)),
        (lambda a: np.add.reduce(a), arr(2, 3)),
        (lambda a: np.sum(a), arr()),
    ],
    "mean": [
        (lambda a: np.mean(a), arr(2, 3)),
        (lambda a: np.mean(a, axis=(0, 2)), arr(2, 3, 4)),
        (lambda a: a.mean(axis=-1, keepdims=True), arr(2, 3)),
    ],
    "prod": [
        (lambda a: np.prod(a), arr(2, 3)),
        (lambda a: np.prod(a, axis=(0, 2), keepdims=True), arr(2, 3, 2)),
        (lambda a: np.prod(a, axis=1), arr(3, 0)),
        (lambda a: np.multiply.reduce(a, axis=1), arr(2, 3)),
    ],
    "max": [
        (lambda a: np.max(a), arr(2, 3)),
        (lambda a: np.amax(a, 0) - np.amin(a, 0), arr(2, 3)),
        (lambda a: np.max(a, axis=(0, 2)), arr(2, 3, 2)),
        (lambda a: np.maximum.reduce(a, axis=1), arr(2, 3)),
    ],
    "min": [(lambda a: np.min(a), arr(2, 3)), (lambda a: a.min(axis=-1, keepdims=True), arr(2, 3))],
    "cumsum": [
        (lambda a: np.cumsum(a), arr(2, 3)),
        (lambda a: np.cumsum(a, axis=-2), arr(2, 3)),
        (lambda a: np.add.accumulate(a), arr(3)),
    ],
    "cumprod": [
        (lambda a: np.cumprod(a), arr(2, 3)),
        (lambda a: np.cumprod(a, axis=0), arr(3, 2)),
        (lambda a: np.multiply.accumulate(a), arr(3)),
    ],
    "cumulative_sum": [(lambda a: np.cumulative_sum(a, axis=1, include_initial=True), arr(2, 3))],
    "cumulative_prod": [(lambda a: np.cumulative_prod(a, axis=0, include_initial=True), arr(3, 2))],
    "logaddexp.reduce": [
        (lambda a: np.logaddexp.reduce(a), arr(3, 2)),
        (lambda a: np.logaddexp.reduce(a, axis=(0, 1), keepdims=True), arr(3, 2)),
    ],
    # Statistics and grids.
    "var": [
        (lambda a: np.var(a), arr(2, 3)),
        (lambda a: np.var(a, axis=1, ddof=1, keepdims=True), arr(2, 3)),
        (lambda a: np.var(a, axis=0, correction=1), arr(3, 2)),
    ],
    "std": [(lambda a: np.std(a, axis=0), arr(3, 2)), (lambda a: a.std(ddof=1), arr(3))],
    "average": [
        (lambda a: np.average(a), arr(3)),
        (lambda a, w: np.average(a, axis=1, weights=w), arr(2, 3), arr(3, low=0.5)),
        (lambda a, w: np.average(a, weights=w, returned=True), arr(2, 3), arr(2, 3, low=0.5)),
    ],
    "cov": [
        (lambda a: np.cov(a), arr(2, 4)),
        (lambda a, b: np.cov(a, b, bias=True), arr(4), arr(4)),
        (lambda a: np.cov(a, rowvar=False), arr(4, 2)),
    ],
    "corrcoef": [(lambda a: np.corrcoef(a), arr(2, 4))],
    "quantile": [
        (lambda a: np.quantile(a, 0.3), arr(5)),
        (lambda a: np.quantile(a, [0.2, 0.7], axis=1), arr(2, 5)),
        (lambda a: np.quantile(a, 0.4, axis=(0, 1), keepdims=True), arr(2, 4)),
        (lambda a: np.quantile(a, [0.2, 0.7], method="midpoint"), arr(6)),
        (lambda a: np.quantile(a, 0.3, method="nearest"), arr(6)),
        (lambda a: np.quantile(a, 0.3, method="lower"), arr(6)),
        (lambda a: np.quantile(a, 0.3, method="higher"), arr(6)),
    ],
    "percentile": [(lambda a: np.percentile(a, [10, 60], axis=0), arr(4, 2))],
    "median": [
        (lambda a: np.median(a, axis=1), arr(2, 4)),
        (lambda a: np.median(a, keepdims=True), arr(5)),
    ],
    "ptp": [(lambda a: np.ptp(a, axis=1), arr(2, 3))],
    "nansum": [(lambda a: np.nansum(a, axis=0), arr(2, 3))],
    "nanmean": [(lambda a: np.nanmean(a, axis=1, keepdims=True), arr(2, 3))],
    "nanmax": [(lambda a: np.nanmax(a, axis=1), arr(2, 3))],
    "nanmin": [(lambda a: np.nanmin(a), arr(2, 3))],
    "nanprod": [(lambda a: np.nanprod(a, axis=1), arr(2, 3))],
    "nanvar": [(lambda a: np.nanvar(a, axis=1, ddof=1), arr(2, 3))],
    "nanstd": [(lambda a: np.nanstd(a), arr(2, 3))],
    "nancumsum": [(lambda a: np.nancumsum(a, axis=1), arr(2, 3))],
    "diff": [
        (lambda a: np.diff(a, 2), arr(2, 4)),
        (lambda a: np.diff(a, axis=0, prepend=1.0, append=2.0), arr(3, 2)),
    ],
    "ediff1d": [(lambda a: np.ediff1d(a, to_begin=1.0), arr(2, 2))],
    "gradient": [
        (lambda a: np.gradient(a), arr(5)),
        (lambda a: np.gradient(a, 0.5, edge_order=2), arr(5)),
        (lambda a: np.gradient(a, np.array([0.0, 1.0, 3.0, 3.5]), axis=0, edge_order=2), arr(4, 2)),
        (lambda a: np.gradient(a), arr(3, 4)),
        (lambda a, x: np.gradient(a, np.cumsum(x)), arr(4), arr(4, low=0.5)),
    ],
    "trapezoid": [
        (lambda y: np.trapezoid(y, dx=0.5), arr(2, 4)),
        (lambda y, x: np.trapezoid(y, x, axis=0), arr(3, 2), arr(3)),
    ],
    "interp": [
        (lambda x: np.interp(x, [-1.0, 0.2, 1.5], [1.0, -2.0, 0.5]), arr(6)),
        (lambda x, f: np.interp(x, [-3.0, 0.2, 1.5, 3.0], f), arr(2, 2), arr(4)),
        (
            lambda p, f: np.interp([-0.5, 0.7], np.cumsum(p) - 3, f, left=0.0),
            arr(4, low=0.9),
            arr(4),
        ),
    ],
    "sinc": [(lambda x: np.sinc(x), arr(3))],
    "real_if_close": [(lambda a: np.real_if_close(a), arr(3))],
    "unwrap": [(lambda a: np.unwrap(a * 4), arr(6))],
    "polyval": [(lambda p, x: np.polyval(p, x), arr(4), arr(3))],
    "vander": [
        (lambda x: np.vander(x), arr(3, low=0.5)),
        (lambda x: np.vander(x, 2, increasing=True), arr(3, low=0.5)),
    ],
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
    # Functions that write into their first argument.
    "copyto": [
        (written(lambda y, v: np.copyto(y, v)), arr(2, 3), arr(3)),
        (written(lambda y, v: np.copyto(y, v, where=MASK)), arr(2, 3), arr(3)),
    ],
    "put": [
        (written(lambda y, v: np.put(y, [0, 4], v)), arr(2, 3), arr(2)),
        (written(lambda y, v: np.put(y, [0, -1, 7], v, mode="wrap")), arr(2, 3), arr(2)),
    ],
    "putmask": [(written(lambda y, v: np.putmask(y, MASK, v)), arr(3), arr(2))],
    "place": [(written(lambda y, v: np.place(y, MASK, v)), arr(3), arr(1))],
    "put_along_axis": [
        (
            written(lambda y, v: np.put_along_axis(y, np.array([[1], [0]]), v, 1)),
            arr(2, 3),
            arr(2, 1),
        )
    ],
    "fill_diagonal": [
        (written(lambda y, v: np.fill_diagonal(y, v)), arr(3, 3), arr()),
        (written(lambda y, v: np.fill_diagonal(y, v)), arr(2, 3), arr(2)),
    ],
    "add.at": [(written(lambda y, v: np.add.at(y, [0, 0, 2], v)), arr(3), arr(3))],
    "subtract.at": [
        (written(lambda y, v: np.subtract.at(y, ([0, 0], [1, 1]), v)), arr(2, 2), arr())
    ],
}

REAL_TRANSFORMS = ("fft.rfft", "fft.rfftn", "fft.rfft2", "fft.ihfft")

COMPLEX = {
    *(name for name in CALLS if name.startswith("fft.") and name not in REAL_TRANSFORMS),
    "add",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "positive",
    "reciprocal",
    "square",
    "sqrt",
    "power",
    "float_power",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arctanh",
    "absolute",
    "sign",
    "conjugate",
    "real",
    "imag",
    "angle",
    "getitem",
    "scatter",
    "setitem",
    "take",
    "where",
    "tril",
    "triu",
    "diagonal",
    "trace",
    "diag",
    "broadcast_to",
    "repeat",
    "tile",
    "concatenate",
    "stack",
    "split",
    "pad",
    "reshape",
    "ravel",
    "transpose",
    "swapaxes",
    "moveaxis",
    "flip",
    "roll",
    "copy",
    "matmul",
    "dot",
    "tensordot",
    "inner",
    "outer",
    "vdot",
    "vecdot",
    "matvec",
    "vecmat",
    "kron",
    "cross",
    "einsum",
    "convolve",
    "correlate",
    "linalg.solve",
    "linalg.inv",
    "linalg.det",
    "linalg.slogdet",
    "linalg.cholesky",
    "linalg.eigh",
    "linalg.eigvalsh",
    "linalg.eig",
    "linalg.eigvals",
    "linalg.svd",
    "linalg.svdvals",
    "linalg.pinv",
    "linalg.norm2",
    "linalg.matrix_power",
    "sum",
    "mean",
    "prod",
    "cumsum",
    "cumprod",
    "var",
    "std",
    "average",
    "cov",
    "diff",
    "ediff1d",
    "trapezoid",
    "polyval",
    "linspace",
}
