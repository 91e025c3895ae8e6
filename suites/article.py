"""f(x) = x², as a well-known article on automatic differentiation prints it for two libraries.

The article's two programs are

    x = torch.randn(1); y = f(x); y.backward(); x.grad
    jax.grad(f)(jax.random.normal(key, shape=(1,)))

and both fail as printed: `x` was not made with `requires_grad=True`, and `jax.grad` wants a
scalar output where f gives one of shape (1,). The function is right on every backend.
"""

from array_api_compat import array_namespace


def f_torch(x):
    """f(x) = x², in PyTorch's words."""
    import torch

    return torch.square(x)


def f_jax(x):
    """f(x) = x², in JAX's words."""
    import jax.numpy as jnp

    return jnp.square(x)


def f(x):
    """f(x) = x², once for all backends."""
    xp = array_namespace(x)
    return xp.square(x)


def f_gradient(x, cotangent):
    """f'(x) = 2x, by hand, times the output's cotangent."""
    return 2 * x * cotangent
