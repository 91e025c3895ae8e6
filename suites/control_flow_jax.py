"""The functions of `control_flow.py` as JAX can compile them: every path is in the program."""

import jax
import jax.numpy as jnp

MOST_STEPS = 16


def branch(x):
    """One of the two paths is run."""
    return jax.lax.cond(jnp.sum(x) > 0, lambda x: jnp.sum(jnp.tanh(x)), lambda x: jnp.sum(x**2), x)


def rows(x):
    """Both paths are run for every row and one is chosen: so `vmap` has it of `cond`."""
    return jnp.sum(jax.vmap(branch)(x))


def newton_root(a, tolerance=1e-12):
    """A fixed number of steps, of which those after the last needed one change nothing.

    JAX has no reverse mode through a loop whose number of steps depends on data.
    """

    def step(root, _):
        needed = jnp.max(jnp.abs(root * root - a)) > tolerance * jnp.max(a)
        return jnp.where(needed, (root + a / root) / 2, root), None

    root, _ = jax.lax.scan(step, (1 + a) / 2, length=MOST_STEPS)
    return jnp.sum(root)
