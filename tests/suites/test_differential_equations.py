"""The solvers against exact solutions, conserved quantities and SciPy's integrators."""

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp


@pytest.fixture
def module(functions):
    return functions("differential_equations")


def taylor_green(n):
    """Vorticity 2 cos x cos y of the Taylor–Green vortex, on an n × n grid of [0, 2π)²."""
    x = 2 * np.pi * np.arange(n) / n
    return 2 * np.cos(x)[:, None] * np.cos(x)[None, :]


@pytest.mark.parametrize("n", [8, 16])
def test_taylor_green_vortex_decays_exactly(module, n):
    """ω(t) = ω(0)e^(−2νt): the nonlinear term vanishes and the viscous one is exact."""
    viscosity, steps, dt = np.array(0.07), 10, 0.1
    flow = module.navier_stokes(taylor_green(n), viscosity, steps=steps, dt=dt)
    decay = math.exp(-2 * 0.07 * steps * dt)
    np.testing.assert_allclose(flow, decay * taylor_green(n), atol=1e-14)


def test_taylor_green_energy_and_its_gradient(module, gradients):
    """E = ¼e^(−4νt): ∂E/∂ν = −4tE, and ∂E/∂ω(0) points along ω(0) with ω(0)·∂E/∂ω(0) = 2E."""
    n, viscosity, steps, dt = 8, 0.07, 4, 0.1
    vorticity = taylor_green(n)
    energy = math.exp(-4 * viscosity * steps * dt) / 4
    by_vorticity, by_viscosity = gradients(
        lambda w, nu: module.navier_stokes_energy(w, nu, steps=steps, dt=dt),
        vorticity,
        np.array(viscosity),
    )
    np.testing.assert_allclose(by_viscosity, -4 * steps * dt * energy, rtol=1e-12)
    np.testing.assert_allclose(
        by_vorticity, 2 * energy * vorticity / np.sum(vorticity**2), atol=1e-15
    )


def smooth_vorticity(n, rng):
    """A random field of the modes that the 2/3 rule keeps."""
    transform = np.fft.rfft2(rng.normal(size=(n, n)))
    kx, ky = np.fft.fftfreq(n, 1 / n)[:, None], np.fft.rfftfreq(n, 1 / n)[None, :]
    return np.fft.irfft2(np.where((abs(kx) < n / 3) & (abs(ky) < n / 3), transform, 0), s=(n, n))


def test_flow_without_viscosity_keeps_energy_and_enstrophy(module, rng):
    """The truncated Euler equations conserve both; only the time step, O(dt⁴), does not."""
    w = smooth_vorticity(12, rng)
    w = 10 * (w - w.mean())
    still = np.array(0.0)
    energy = module.navier_stokes_energy(w, still, steps=0)
    changes = []
    for steps, dt in [(10, 0.02), (20, 0.01)]:
        later = module.navier_stokes(w, still, steps=steps, dt=dt)
        changes.append(
            (
                abs(module.navier_stokes_energy(later, still, steps=0) / energy - 1),
                abs(np.sum(later**2) / np.sum(w**2) - 1),
            )
        )
        assert np.abs(later - w).max() > 0.5 * np.abs(w).max()
    assert max(changes[1]) < 1e-5
    assert changes[0][0] / changes[1][0] > 12
    assert changes[0][1] / changes[1][1] > 12


def test_flow_is_that_of_a_separate_finite_difference_solver(module):
    """Second-order differences and a spectral Poisson solve come to the same, as (2π/n)²."""

    def by_differences(n):
        x = 2 * np.pi * np.arange(n) / n
        h, w = x[1], two_vortices(x)
        kx, ky = np.fft.fftfreq(n, 1 / n)[:, None], np.fft.fftfreq(n, 1 / n)[None, :]
        k2 = kx**2 + ky**2
        k2[0, 0] = 1

        def slope(f, axis):
            return (np.roll(f, -1, axis) - np.roll(f, 1, axis)) / (2 * h)

        def rate(w):
            stream = np.fft.ifft2(np.fft.fft2(w - w.mean()) / k2).real
            laplacian = sum(np.roll(w, s, a) for s in (1, -1) for a in (0, 1)) - 4 * w
            return 0.05 * laplacian / h**2 - (
                slope(stream, 1) * slope(w, 0) - slope(stream, 0) * slope(w, 1)
            )

        for _ in range(20):
            w = w + 0.02 * rate(w + 0.01 * rate(w))
        return w

    def two_vortices(x):
        return np.sin(x)[:, None] * np.cos(2 * x)[None, :] + np.cos(x)[:, None]

    errors = []
    for n in (16, 32):
        x = 2 * np.pi * np.arange(n) / n
        ours = module.navier_stokes(two_vortices(x), np.array(0.05), steps=20, dt=0.02)
        errors.append(np.abs(ours - by_differences(n)).max())
    assert errors[1] < 0.02
    assert 3 < errors[0] / errors[1] < 5


def cole_hopf(x, t, viscosity):
    """Burgers' u from u(x, 0) = sin 2πx, by the Cole–Hopf transformation and quadrature."""

    def weight(s):
        return np.exp(-(1 - np.cos(2 * np.pi * s)) / (4 * np.pi * viscosity))

    def kernel(y):
        return np.exp(-(y**2) / (4 * viscosity * t))

    def integral(f):
        return quad(f, -1.5, 1.5, epsabs=1e-13, epsrel=1e-13, limit=400)[0]

    below = integral(lambda y: weight(x - y) * kernel(y))
    return integral(lambda y: y / t * weight(x - y) * kernel(y)) / below


def test_burgers_converges_to_cole_hopf(module):
    viscosity, t = 0.05, 0.1
    errors = []
    for n, steps in [(32, 40), (64, 160)]:
        x = np.arange(n) / n
        u = module.burgers(np.sin(2 * np.pi * x), np.array(viscosity), steps=steps, dt=t / steps)
        exact = [cole_hopf(point, t, viscosity) for point in x[:: n // 8]]
        errors.append(np.abs(u[:: n // 8] - exact).max())
    assert errors[1] < 2e-3
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_shock_moves_at_the_mean_of_its_sides(module):
    """Rankine–Hugoniot: a step from 1 down to 0 moves at ½; mass is conserved exactly."""
    n, t, steps = 200, 0.4, 160
    u = np.where(np.arange(n) < n // 4, 1.0, 0.0)
    later = module.burgers_shock(u, steps=steps, dt=t / steps)
    assert later.sum() == pytest.approx(u.sum(), rel=1e-13)
    # The jump from 0 up to 1 at the other end of the period opens into a fan, u = x/t.
    x = (np.arange(n) + 0.5) / n
    front = x[np.nonzero(later > 0.25)[0].max()]
    assert front == pytest.approx(0.25 + t / 2, abs=0.02)
    fan = (x > 0.05) & (x < 0.25)
    np.testing.assert_allclose(later[fan], x[fan] / t, atol=0.05)


def test_heat_decays_as_its_eigenmode(module, gradients):
    """With κ constant, sin πx is an eigenvector: each step divides it by 1 + dt·κλ."""
    n, kappa, steps, dt = 7, 0.3, 3, 0.1
    x = np.arange(1, n + 1) / (n + 1)
    eigenvalue = 4 * (n + 1) ** 2 * math.sin(math.pi / (2 * (n + 1))) ** 2
    later = module.heat_implicit(np.sin(np.pi * x), np.full(n + 1, kappa), steps=steps, dt=dt)
    factor = 1 + dt * kappa * eigenvalue
    np.testing.assert_allclose(later, np.sin(np.pi * x) / factor**steps, rtol=1e-12)

    mode = np.sin(np.pi * x)
    _, by_kappa = gradients(
        lambda u, c: (module.heat_implicit(u, c, steps=steps, dt=dt) ** 2).sum() / 2,
        mode,
        np.full(n + 1, kappa),
    )
    slope = -steps * dt * eigenvalue / factor ** (2 * steps + 1) * np.sum(mode**2)
    assert by_kappa.sum() == pytest.approx(slope, rel=1e-10)


def test_ode_chain_is_exact_to_four_components(module, gradients):
    """yᵢ = x₁…xᵢ tⁱ/i!, a polynomial of degree i, which the method solves exactly to 4."""
    x, t = np.array([0.7, 1.3, -0.4, 2.0]), 2.0
    exact = np.cumprod(x) * [t**i / math.factorial(i) for i in (1, 2, 3, 4)]
    np.testing.assert_allclose(module.ode_chain(x, steps=1, end=t), exact, rtol=1e-13)
    np.testing.assert_allclose(module.ode_chain(x, steps=7, end=t), exact, rtol=1e-13)
    (gradient,) = gradients(lambda x: module.ode_chain(x, steps=3, end=t)[3], x)
    np.testing.assert_allclose(gradient, exact[3] / x, rtol=1e-12)


def test_ode_chain_is_not_vacuous(module, gradients):
    """GradBench's `ode` has a zero gradient at every default size; ours has none anywhere."""
    x = np.linspace(0.5, 1.5, 12)
    (gradient,) = gradients(lambda x: module.ode_chain(x)[-1], x)
    last = module.ode_chain(x)[-1]
    assert last > 1e-6
    # The last component is linear in each of x₁ … xₙ, whatever the method's own error.
    np.testing.assert_allclose(gradient, last / x, rtol=1e-12)
    exact = np.prod(x) * 2.0**12 / math.factorial(12)
    assert module.ode_chain(x, steps=200)[-1] == pytest.approx(exact, rel=1e-5)


def test_lotka_volterra_against_scipy(module):
    start, rates = np.array([1.2, 0.7]), np.array([1.1, 0.8, 0.9, 0.6])
    alpha, beta, gamma, delta = rates

    def rate(_, state):
        x, y = state
        return [alpha * x - beta * x * y, delta * x * y - gamma * y]

    exact = solve_ivp(rate, (0, 2), start, method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
    ours = module.lotka_volterra(start, rates, steps=200, dt=0.01)
    np.testing.assert_allclose(ours, exact, rtol=1e-9)

    def invariant(state):
        x, y = state
        return delta * x - gamma * math.log(x) + beta * y - alpha * math.log(y)

    assert invariant(ours) == pytest.approx(invariant(start), rel=1e-9)


def test_lorenz_against_scipy(module):
    start, (sigma, rho, beta) = np.array([1.0, -2.0, 20.0]), (10.0, 28.0, 8 / 3)

    def rate(_, s):
        return [sigma * (s[1] - s[0]), s[0] * (rho - s[2]) - s[1], s[0] * s[1] - beta * s[2]]

    exact = solve_ivp(rate, (0, 0.4), start, method="DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
    ours = module.lorenz(start, np.array([sigma, rho, beta]), steps=400, dt=0.001)
    np.testing.assert_allclose(ours, exact, rtol=1e-8)
