"""The article's two programs fail as printed; its function, and their repairs, are right."""

import numpy as np
import pytest


def test_first_program_raises_for_want_of_requires_grad(functions, torch):
    f = functions("article").f_torch
    x = torch.randn(1)
    y = f(x)
    with pytest.raises(RuntimeError, match="does not require grad"):
        y.backward()
    assert x.grad is None


def test_first_program_repaired(functions, torch):
    f = functions("article").f_torch
    x = torch.randn(1, requires_grad=True)
    f(x).backward()
    assert torch.equal(x.grad, 2 * x)


def test_second_program_raises_for_want_of_a_scalar_output(functions, jax):
    f = functions("article").f_jax
    key = jax.random.key(0)
    with pytest.raises(TypeError, match="scalar-output"):
        jax.grad(f)(jax.random.normal(key, shape=(1,)))


def test_second_program_repaired(functions, jax):
    f = functions("article").f_jax
    x = jax.random.normal(jax.random.key(0), shape=(1,))
    gradient = jax.grad(lambda x: f(x).sum())(x)
    np.testing.assert_array_equal(gradient, 2 * x)


def test_the_gradient_by_hand_is_that_of_the_libraries(functions, gradients):
    article = functions("article")
    x = np.array([0.0, 1.5, -3.0])
    (gradient,) = gradients(lambda x: article.f(x).sum(), x)
    np.testing.assert_array_equal(article.f_gradient(x, np.ones(3)), gradient)
