"""The functions whose gradients gradients.yaml checks. Put yours here, or name any other file."""

from array_api_compat import array_namespace


def logistic_loss(w, x, y):
    """Mean logistic loss of a linear classifier, in the weights `w`; labels `y` are 0 or 1.

    `xp` is NumPy, PyTorch or JAX, whichever the arrays come from: written like this, one function
    serves every backend. A function that needs no more than `import numpy as np` works on the
    native backend just as well.
    """
    xp = array_namespace(w)
    z = x @ w
    # log(1 + exp(z)) without overflow for large z.
    softplus = xp.log1p(xp.exp(-xp.abs(z))) + xp.where(z > 0, z, xp.zeros_like(z))
    return xp.mean(softplus - y * z)


def rosenbrock(x, a=1.0):
    """Rosenbrock's function, the narrow valley that optimisers are tried on."""
    xp = array_namespace(x)
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (a - x[:-1]) ** 2)


def rosenbrock_gradient(x, a=1.0):
    """The gradient of `rosenbrock`, written by hand with NumPy."""
    import numpy as np

    gradient = np.zeros_like(x)
    valley = x[1:] - x[:-1] ** 2
    gradient[:-1] = -400 * x[:-1] * valley - 2 * (a - x[:-1])
    gradient[1:] += 200 * valley
    return gradient
