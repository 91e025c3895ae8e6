"""Elementwise functions at ordinary and at awkward points.

Derivatives are the textbook's (Abramowitz and Stegun, *Handbook of Mathematical Functions*,
chapters 3 and 4) unless a function names another source.
"""

from array_api_compat import array_namespace


def identity_and_constants(x):
    """x + (−x)/2 + 1: the plainest linear function, f' = 1/2."""
    return x + (-x) / 2 + 1


def polynomial(x):
    """2x³ − 3x² + x − 5 by Horner's rule; x = 0 and the critical points are ordinary here."""
    return ((2 * x - 3) * x + 1) * x - 5


def exponentials(x):
    """eˣ + (eˣ − 1)."""
    xp = array_namespace(x)
    return xp.exp(x) + xp.expm1(x)


def logarithms(x):
    """ln x + log₂ x + log₁₀ x + ln(1 + x), for x > 0."""
    xp = array_namespace(x)
    return xp.log(x) + xp.log2(x) + xp.log10(x) + xp.log1p(x)


def trigonometric(x):
    """sin x · cos x + tan(x/4)."""
    xp = array_namespace(x)
    return xp.sin(x) * xp.cos(x) + xp.tan(x / 4)


def inverse_trigonometric(x):
    """asin x − 2 acos x + atan x, for −1 < x < 1; slopes grow without bound towards ±1."""
    xp = array_namespace(x)
    return xp.asin(x) - 2 * xp.acos(x) + xp.atan(x)


def hyperbolic(x):
    """sinh x + cosh 2x + tanh x."""
    xp = array_namespace(x)
    return xp.sinh(x) + xp.cosh(2 * x) + xp.tanh(x)


def tanh(x):
    """tanh x; the slope 1 − tanh²x is lost to rounding where tanh saturates."""
    xp = array_namespace(x)
    return xp.tanh(x)


def inverse_hyperbolic(x):
    """asinh x + acosh(1 + x²) + atanh(x / (1 + x²)), for x ≠ 0."""
    xp = array_namespace(x)
    return xp.asinh(x) + xp.acosh(1 + x**2) + xp.atanh(x / (1 + x**2))


def square_root(x):
    """√x, for x > 0."""
    xp = array_namespace(x)
    return xp.sqrt(x)


def reciprocal(x):
    """1/x + 1/x², for x ≠ 0."""
    return 1 / x + x**-2


def cube(x):
    """x³, over as many magnitudes as the dtype allows."""
    return x**3


def integer_powers(x):
    """x⁵ + x⁻³ + x⁰; the base may be negative, so exp(y ln x) will not do."""
    return x**5 + x**-3 + x**0


def power(base, exponent):
    """base^exponent; ∂/∂base = y x^(y−1), ∂/∂exponent = x^y ln x."""
    return base**exponent


def absolute(x):
    """|x|; at x = 0 anything in [−1, 1] is a subgradient."""
    xp = array_namespace(x)
    return xp.abs(x)


def relu(x):
    """max(x, 0); at x = 0 anything in [0, 1] is a subgradient."""
    xp = array_namespace(x)
    return xp.maximum(x, 0)


def leaky_relu(x, *, slope=0.1):
    """x where x > 0, and slope·x elsewhere."""
    xp = array_namespace(x)
    return xp.where(x > 0, x, slope * x)


def larger_and_smaller(x, y):
    """max(x, y) + 3 min(x, y); the slopes jump where x = y."""
    xp = array_namespace(x, y)
    return xp.maximum(x, y) + 3 * xp.minimum(x, y)


def clip(x):
    """x kept within [−1, 1], plus x/4 so that no slope vanishes."""
    xp = array_namespace(x)
    return xp.clip(x, -1, 1) + x / 4


def sigmoid(x):
    """1/(1 + e⁻ˣ), in the form that does not overflow at either end."""
    xp = array_namespace(x)
    small = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1, small) / (1 + small)


def softplus(x):
    """ln(1 + eˣ) as max(x, 0) + ln(1 + e^−|x|), which cannot overflow.

    The kinks of max and |x| at 0 cancel to the slope ½, but only where a library's subgradients
    of the two fit together.
    """
    xp = array_namespace(x)
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))


def log_add_exp(x, y):
    """ln(eˣ + eʸ); ∂/∂x = 1/(1 + e^(y−x))."""
    xp = array_namespace(x, y)
    return xp.logaddexp(x, y)


def gelu(x):
    """½x(1 + tanh(√(2/π)(x + 0.044715x³))) (Hendrycks and Gimpel 2016, arXiv:1606.08415)."""
    xp = array_namespace(x)
    return x / 2 * (1 + xp.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))


def hypotenuse(x, y):
    """√(x² + y²), which must neither overflow nor underflow on the way."""
    xp = array_namespace(x, y)
    return xp.hypot(x, y)


def polar_angle(y, x):
    """atan2(y, x); ∂/∂y = x/r², ∂/∂x = −y/r²."""
    xp = array_namespace(y, x)
    return xp.atan2(y, x)


def guarded_square_root(x):
    """√x where x > 0 and x elsewhere.

    The inner `where` keeps √ away from x ≤ 0: without it the unused branch's slope (infinite
    or NaN) times zero would poison the gradient.
    """
    xp = array_namespace(x)
    positive = x > 0
    return xp.where(positive, xp.sqrt(xp.where(positive, x, 1)), x)


def sinc(x):
    """sin(x)/x with its limit 1 at x = 0, where the slope is 0."""
    xp = array_namespace(x)
    zero = x == 0
    safe = xp.where(zero, 1, x)
    return xp.where(zero, 1, xp.sin(safe) / safe)


def sawtooth(x):
    """x·(x − ⌊x⌋): between jumps ⌊x⌋ is constant, so f' = 2x − ⌊x⌋."""
    xp = array_namespace(x)
    return x * (x - xp.floor(x))


def modulo(x, y):
    """x mod y = x − y⌊x/y⌋; ∂/∂x = 1, ∂/∂y = −⌊x/y⌋."""
    xp = array_namespace(x, y)
    return xp.remainder(x, y)


def signed_square(x):
    """x² with the sign of x; f' = 2|x|."""
    xp = array_namespace(x)
    return xp.sign(x) * xp.square(x)


def magnitude_with_sign(x, y):
    """|x| with the sign of y, times y; ∂/∂x = sign(x)·|y|, ∂/∂y = |x|·sign(y)."""
    xp = array_namespace(x, y)
    return xp.copysign(x, y) * y


def broadcast(a, b, c, d):
    """a·b + c/d; every input's gradient has to be summed back to that input's own shape."""
    return a * b + c / d


def large_offset(x):
    """10⁸ + sin x: the value's rounding is eight digits coarser than the slope's."""
    xp = array_namespace(x)
    return 1e8 + xp.sin(x)


def reuse(x):
    """x used many times over: (x + x)·x − x/(1 + x·x)."""
    return (x + x) * x - x / (1 + x * x)


def chain(x, *, length=40):
    """sin applied `length` times, plus x: a deep graph of small operations."""
    xp = array_namespace(x)
    y = x
    for _ in range(length):
        y = xp.sin(y)
    return x + y


def logistic_map(x, *, steps=8, rate=3.9):
    """x ← r·x·(1 − x), `steps` times: chaotic, so slopes grow like (r/2)^steps."""
    for _ in range(steps):
        x = rate * x * (1 - x)
    return x


def mixed_precision(single, double):
    """single·double + single²: promoted to the wider dtype, differentiated back to each."""
    return single * double + single**2


def complex_exponential(x, y):
    """The real and the imaginary part and the modulus of e^(x + iy), from real x and y."""
    xp = array_namespace(x, y)
    z = xp.exp(x + 1j * y)
    return xp.real(z), xp.imag(z), xp.abs(z)


def complex_polynomial(z):
    """z³ − 2i·z̄ + |z|²: one part holomorphic, one antiholomorphic, one real."""
    xp = array_namespace(z)
    return z**3 - 2j * xp.conj(z) + z * xp.conj(z)
