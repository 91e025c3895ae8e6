"""Slicing, gathering, scattering, joining and reshaping.

Every function squares what it reads: each gradient then shows which element it came from.
"""

from array_api_compat import array_namespace, device


def slices(x):
    """Steps, ellipsis, an integer and a new axis, read from one matrix in overlapping ways."""
    return x[1:, ::2] ** 2, x[..., -1] ** 2, x[0, None, :] ** 2


def negative_step(x):
    """x from last to first in steps of two (PyTorch has no negative steps)."""
    return x[::-2] ** 2


def flip(x):
    """x reversed along both axes, times x."""
    xp = array_namespace(x)
    return xp.flip(x) * x


def take_rows(x, rows):
    """x[rows]²: a row taken twice gets both gradients added up."""
    xp = array_namespace(x)
    return xp.take(x, rows, axis=0) ** 2


def integer_arrays(x, rows, columns):
    """x[rows, columns]² by integer arrays that broadcast against each other."""
    return x[rows[:, None], columns[None, :]] ** 2


def take_along_axis(x, order):
    """Each row of x in its own order, squared."""
    xp = array_namespace(x)
    return xp.take_along_axis(x, order, axis=-1) ** 2


def boolean_mask(x):
    """The positive elements of x, squared: a shape that depends on the data."""
    return x[x > 0] ** 2


def masked_sum(x, mask):
    """Σ x² where the mask is true, Σ x elsewhere, by `where`."""
    xp = array_namespace(x)
    return xp.sum(xp.where(mask, x**2, x), axis=-1)


def segment_sums(x, segments, *, count):
    """Σ x² of each segment, by a product with the segments' indicator matrix."""
    xp = array_namespace(x)
    belongs = xp.arange(count, device=device(x))[:, None] == segments
    return xp.matmul(xp.astype(belongs, x.dtype), x**2)


def strictly_largest(x):
    """xᵢ² at the largest element of each row, its position found by argmax."""
    xp = array_namespace(x)
    position = xp.argmax(x, axis=-1, keepdims=True)
    return xp.take_along_axis(x, position, axis=-1) ** 2


def interpolate(values, x):
    """Piecewise linear interpolation of `values` on the knots 0, 1, 2, … at the points x."""
    xp = array_namespace(values, x)
    left = xp.astype(xp.floor(x), xp.int64)
    fraction = x - xp.floor(x)
    return (1 - fraction) * xp.take(values, left) + fraction * xp.take(values, left + 1)


def join(x, y):
    """x over y by concatenation, times y over x by stacking, then x once more."""
    xp = array_namespace(x, y)
    stacked = xp.reshape(xp.stack([y, x]), (-1, x.shape[1]))
    return xp.concat([x, y], axis=0) * stacked, xp.concat([x, y, x], axis=-1) ** 2


def split(x):
    """The product of the parts that `unstack` gives."""
    xp = array_namespace(x)
    first, second, third = xp.unstack(x, axis=1)
    return first * second**2 * third


def reshape_and_permute(x):
    """Axes permuted, merged, moved, squeezed: a change of shape that loses nothing."""
    xp = array_namespace(x)
    merged = xp.reshape(xp.permute_dims(x, (2, 0, 1)), (x.shape[2], -1))
    return xp.moveaxis(xp.squeeze(xp.expand_dims(merged, axis=1), axis=1), 0, 1) ** 2


def shift(x):
    """x·(x shifted by one along the rows and by two along the columns, round the edge)."""
    xp = array_namespace(x)
    return x * xp.roll(x, (1, -2), axis=(0, 1))


def repeat_and_tile(x):
    """Each element twice, then the whole twice over: every element is read four times."""
    xp = array_namespace(x)
    return xp.tile(xp.repeat(x, 2, axis=0), (2, 1)) ** 2


def stretch(x, y):
    """Two vectors broadcast to a common grid by `broadcast_to` and by `meshgrid`."""
    xp = array_namespace(x, y)
    u, v = xp.meshgrid(x, y, indexing="ij")
    return u * v**2 + xp.broadcast_to(x[:, None], u.shape) ** 2


def triangles(x):
    """The lower triangle squared plus the strict upper triangle cubed."""
    xp = array_namespace(x)
    return xp.tril(x) ** 2 + xp.triu(x, k=1) ** 3


def sliding_windows(x, *, width):
    """The product of each window of `width` neighbours, windows stacked by slices."""
    xp = array_namespace(x)
    length = x.shape[0] - width + 1
    return xp.prod(xp.stack([x[i : i + length] for i in range(width)]), axis=0)


def assign(x):
    """A copy of x with its first row overwritten by its last row, squared.

    The overwritten row must get no gradient from the copy. For libraries that assign in place.
    """
    xp = array_namespace(x)
    y = xp.zeros_like(x)
    y[:, :] = x
    y[0, :] = x[-1, :] * 2
    return y**2


def assign_jax(x):
    """`assign` for JAX, whose arrays are immutable."""
    return x.at[0, :].set(x[-1, :] * 2) ** 2
