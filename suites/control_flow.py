"""Programs whose path is fixed, and programs whose path depends on the data.

A graph that is built anew at every call follows any path. One that is compiled has to be compiled
again for a new path, or has to hold all paths; what that costs is what these functions show.
JAX compiles no branch of Python that depends on values: its forms are in `control_flow_jax.py`.
"""

from array_api_compat import array_namespace


def chain(x, steps):
    """Σ of x ← x + sin(x)/16, `steps` times: the same path for all data."""
    xp = array_namespace(x)
    for _ in range(steps):
        x = x + xp.sin(x) / 16
    return xp.sum(x)


def branch(x):
    """Σ tanh(x) if Σ x > 0, and Σ x² otherwise: one fork, of two paths."""
    xp = array_namespace(x)
    if xp.sum(x) > 0:
        return xp.sum(xp.tanh(x))
    return xp.sum(x**2)


def rows(x):
    """The same fork for each row: 2ⁿ paths for n rows."""
    total = branch(x[0, :])
    for row in range(1, x.shape[0]):
        total = total + branch(x[row, :])
    return total


def newton_root(a, tolerance=1e-12):
    """Σ √a by Newton's iteration, for as long as it takes: as many paths as numbers of steps.

    Differentiating through it gives the root's derivative, 1/(2√a), to the iteration's accuracy.
    """
    xp = array_namespace(a)
    tolerance = max(tolerance, 16 * float(xp.finfo(a.dtype).eps))  # single precision has no 1e-12
    root = (1 + a) / 2
    while xp.max(xp.abs(root * root - a)) > tolerance * xp.max(a):
        root = (root + a / root) / 2
    return xp.sum(root)
