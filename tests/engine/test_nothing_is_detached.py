"""Every function of NumPy and scipy.special: differentiated, or refused by name; never detached.

Each is called with traced arrays, in several ways since signatures differ. A floating-point result
that is not traced is a constant to the derivative: then it must not change with the arrays' values.
"""

import types
import warnings

import numpy as np
import pytest
import scipy.special

from adbench.engine import DifferentiationError
from adbench.engine.array import HANDLERS, TracedArray
from adbench.engine.coverage import load
from adbench.engine.trace import Trace

load()

NO_ARRAYS = {
    np: {
        # Files, printing, settings and types.
        "fromfile", "fromregex", "fromstring", "genfromtxt", "load", "loadtxt", "get_include",
        "info", "show_config", "show_runtime", "test", "geterr", "geterrcall", "seterr",
        "seterrcall", "getbufsize", "setbufsize", "get_printoptions", "set_printoptions",
        "printoptions", "errstate", "format_float_positional", "format_float_scientific",
        "base_repr", "binary_repr", "isdtype", "issubdtype", "promote_types", "mintypecode",
        "iterable", "isfortran", "frompyfunc", "from_dlpack", "frombuffer", "typename",
        "datetime_data",
        # Made of numbers, not of arrays.
        "bartlett", "blackman", "hamming", "hanning", "kaiser", "indices", "mask_indices", "tri",
        "tril_indices", "triu_indices", "diag_indices", "eye", "identity", "empty", "ones",
        "zeros", "empty_like", "unravel_index", "broadcast_shapes", "fromfunction", "fromiter",
        "nested_iters",         "einsum_path",
    },
    np.linalg: {"test"},
    np.fft: {"fftfreq", "rfftfreq", "test"},
    scipy.special: {
        "geterr", "seterr", "errstate", "test",
        # Of Python's scalars only, which they say.
        "lmbda", "riccati_jn", "riccati_yn", "jacobi", "sh_jacobi", "ellip_harm_2",
        # Of a whole order, which no array is.
        "bernoulli", "euler", "j_roots", "js_roots", "roots_jacobi", "roots_sh_jacobi",
    },
}  # fmt: skip


def functions():
    for module, without in NO_ARRAYS.items():
        for name in sorted(vars(module)):
            function = getattr(module, name)
            if name.startswith("_") or name in without or not callable(function):
                continue
            if name.endswith(("_zeros", "_seq", "_coef")):  # of whole orders too
                continue
            if not isinstance(function, (type, types.ModuleType)):
                yield pytest.param(function, id=f"{module.__name__}.{name}")


X = np.array([0.23, 0.46, 0.71])
PLAIN = np.array([0.3, 0.4, 0.9])


def calls(x, square, whole):
    """Arguments to try: vectors, matrices, orders before them and after them."""
    yield from ((x,), (x, x), (square,), (square, x), (square, square), ([x, x],))
    yield from ((whole, x), (x, whole), (whole, whole, x), (x, x, x), (whole, x, x))
    yield from ((whole, whole, whole, x), (x, whole, x), (x[0],), (x[0], whole), (whole, x[0]))
    yield from (((3,), x[0]), (x, [0.0, 0.5, 1.0], x), (lambda v: v, x), (lambda v: v, 0, x))
    yield from (("i,i", x, x), (x, whole, whole, x), (square, x[0]), (whole, whole, x, x))
    yield from ((PLAIN, x), (x, PLAIN), (whole, PLAIN, x), (whole, x, PLAIN), (x, PLAIN, PLAIN))
    yield from ((PLAIN, x, PLAIN), (PLAIN, PLAIN, x), (5.0, 2.0, whole, whole, x))


COUNT = len(list(calls(PLAIN, np.eye(3), 1)))


def outcome(function, arguments):
    """'traced', 'refused', 'detached', 'no number', or None where the call is not one."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = function(*arguments)
    except DifferentiationError as error:
        return "refused" if error.function and error.hint else f"refused without help: {error}"
    except Exception as error:
        return "refused" if isinstance(error.__cause__, DifferentiationError) else None
    parts = list(result) if isinstance(result, (tuple, list)) else [result]
    parts += [arguments[0]] if result is None else []  # it may have written into its argument
    if any(isinstance(part, TracedArray) for part in parts):
        return "traced"
    numbers = [np.asarray(part).dtype.kind for part in parts if not callable(part)]
    return "detached" if set(numbers) & set("fc") else "no number"


def changes(function, k):
    """Whether the k-th call's result changes with the values of what was traced."""
    results = []
    for scale in (1.0, 1.0 + 1e-6):
        x, square = X * scale, (np.eye(3) * 2 + 0.1) * scale
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                results.append(leaves(function(*list(calls(x, square, 1))[k])))
        except (TypeError, ValueError, AttributeError):
            return False  # what was traced stood where a plain array may not: for a dtype, an order
    return not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*results, strict=True))


def leaves(result):
    return result if isinstance(result, (tuple, list)) else [result]


@pytest.mark.parametrize("function", list(functions()))
def test_it_is_differentiated_or_refused(function):
    found = set()
    for k in range(COUNT):
        trace = Trace((X.copy(), np.eye(3) * 2 + 0.1), (0, 1))
        what = outcome(function, list(calls(*trace.arguments, 1))[k])
        assert what != "detached" or not changes(function, k)
        found.add(what)
    assert found <= {"traced", "refused", "detached", "no number", None}
    assert function in HANDLERS or found != {None}
