"""The rollouts against Riccati's and Lyapunov's equations and against SciPy's integrator."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import solve_discrete_are, solve_discrete_lyapunov

WEIGHT = 0.1
"""r of the cost ‖x‖² + r‖u‖², the functions' default."""


@pytest.fixture
def module(functions):
    return functions("control")


@pytest.fixture
def system(rng):
    """A stable system of three states and two controls."""
    A = 0.6 * np.linalg.qr(rng.normal(size=(3, 3)))[0] + 0.1 * rng.normal(size=(3, 3))
    return A, rng.normal(size=(3, 2))


def riccati(A, B, steps):
    """P₀ and the optimal gains, by the backward recursion from P_T = I."""
    P, gains = np.eye(len(A)), []
    for _ in range(steps):
        K = np.linalg.solve(WEIGHT * np.eye(B.shape[1]) + B.T @ P @ B, B.T @ P @ A)
        P = np.eye(len(A)) + A.T @ P @ (A - B @ K)
        gains.insert(0, K)
    return P, gains


def test_the_riccati_controls_cost_what_riccati_says_and_are_stationary(
    module, gradients, system, rng
):
    A, B = system
    start, steps = rng.normal(size=3), 6
    P, gains = riccati(A, B, steps)
    x, controls = start, []
    for K in gains:
        controls.append(-K @ x)
        x = A @ x + B @ controls[-1]
    controls = np.array(controls)

    cost = module.linear_quadratic_rollout(controls, start, A, B)
    assert cost == pytest.approx(start @ P @ start, rel=1e-12)

    by_controls, by_start, *_ = gradients(module.linear_quadratic_rollout, controls, start, A, B)
    np.testing.assert_allclose(by_controls, 0, atol=1e-13)
    # By the envelope theorem the cost's slope in the start is that of x₀ᵀP₀x₀.
    np.testing.assert_allclose(by_start, 2 * P @ start, rtol=1e-11)


def test_the_costate_gives_the_gradient_in_the_controls(module, gradients, system, rng):
    """∂J/∂uₜ = 2ruₜ + Bᵀλₜ₊₁ with λ_T = 2x_T, λₜ = 2xₜ + Aᵀλₜ₊₁."""
    A, B = system
    start, controls = rng.normal(size=3), rng.normal(size=(5, 2))
    states = [start]
    for u in controls:
        states.append(A @ states[-1] + B @ u)
    costate, expected = 2 * states[-1], np.zeros_like(controls)
    for t in reversed(range(5)):
        expected[t] = 2 * WEIGHT * controls[t] + B.T @ costate
        costate = 2 * states[t] + A.T @ costate
    by_controls, by_start, *_ = gradients(module.linear_quadratic_rollout, controls, start, A, B)
    np.testing.assert_allclose(by_controls, expected, rtol=1e-11)
    np.testing.assert_allclose(by_start, costate, rtol=1e-11)


def test_the_gain_gradient_is_that_of_lyapunov_over_a_long_horizon(module, gradients, system, rng):
    """∂J/∂K = 2[(R + BᵀPB)K − BᵀPA]Σ (Fazel et al. 2018, lemma 1)."""
    A, B = system
    start, R = rng.normal(size=3), WEIGHT * np.eye(2)
    gain = riccati(A, B, 200)[1][0] + 0.1 * rng.normal(size=(2, 3))
    closed = A - B @ gain
    assert np.abs(np.linalg.eigvals(closed)).max() < 0.5
    P = solve_discrete_lyapunov(closed.T, np.eye(3) + gain.T @ R @ gain)
    Sigma = solve_discrete_lyapunov(closed, np.outer(start, start))
    expected = 2 * ((R + B.T @ P @ B) @ gain - B.T @ P @ A) @ Sigma

    def cost(K, x, A, B):
        return module.linear_quadratic_regulator(K, x, A, B, steps=40)

    assert cost(gain, start, A, B) == pytest.approx(start @ P @ start, rel=1e-12)
    by_gain, by_start, *_ = gradients(cost, gain, start, A, B)
    np.testing.assert_allclose(by_gain, expected, rtol=1e-9)
    np.testing.assert_allclose(by_start, 2 * P @ start, rtol=1e-11)


def test_the_riccati_gain_is_stationary(module, gradients, system, rng):
    A, B = system
    P = solve_discrete_are(A, B, np.eye(3), WEIGHT * np.eye(2))
    gain = np.linalg.solve(WEIGHT * np.eye(2) + B.T @ P @ B, B.T @ P @ A)

    def cost(K, x, A, B):
        return module.linear_quadratic_regulator(K, x, A, B, steps=40)

    by_gain, *_ = gradients(cost, gain, rng.normal(size=3), A, B)
    np.testing.assert_allclose(by_gain, 0, atol=1e-11)


def test_pendulum_follows_its_equation_of_motion(module):
    """A falling, undriven pendulum ends where SciPy's integrator has it, to first order."""
    parameters = {"length": np.array(0.8), "mass": np.array(1.5), "damping": np.array(0.2)}
    start, time = np.array([0.4, 0.1]), 1.0

    def rate(_, state):
        return [state[1], 9.81 / 0.8 * np.sin(state[0]) - 0.2 * state[1]]

    times = np.linspace(0, time, 4001)
    angle, velocity = solve_ivp(rate, (0, time), start, rtol=1e-11, atol=1e-11, t_eval=times).y
    running = np.trapezoid(1 - np.cos(angle) + 0.05 * velocity**2, times)
    final = 10 * (1 - np.cos(angle[-1])) + velocity[-1] ** 2

    errors = []
    for steps in (500, 1000):
        cost = module.pendulum_swing_up(np.zeros(steps), start, parameters, dt=time / steps)
        errors.append(abs(cost - final - running))
    assert errors[1] < 0.05
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)


def test_an_upright_pendulum_costs_nothing(module):
    parameters = {"length": np.array(1.0), "mass": np.array(1.0), "damping": np.array(0.1)}
    assert module.pendulum_swing_up(np.zeros(5), np.zeros(2), parameters) == 0


def test_torque_is_limited(module):
    """Beyond the limit more torque changes nothing: tanh has saturated."""
    parameters = {"length": np.array(1.0), "mass": np.array(1.0), "damping": np.array(0.1)}
    start = np.array([3.0, 0.0])
    strong = module.pendulum_swing_up(np.full(5, 500.0), start, parameters)
    assert module.pendulum_swing_up(np.full(5, 5000.0), start, parameters) == strong
