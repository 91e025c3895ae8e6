"""Solvers of differential equations, differentiated through every time step."""

import numpy as np
from array_api_compat import array_namespace, device


def navier_stokes(vorticity, viscosity, *, steps=2, dt=0.05):
    """Vorticity (n, n) after some steps of 2-D incompressible Navier–Stokes on [0, 2π)².

    ∂ω/∂t + u·∇ω = ν∇²ω with u = (∂ψ/∂y, −∂ψ/∂x), ∇²ψ = −ω; first axis x, second y.
    Pseudo-spectral with the 2/3 rule; the viscous term exactly by an integrating factor, the
    rest by fourth-order Runge–Kutta (C. Canuto et al., *Spectral Methods in Fluid Dynamics*).
    """
    xp = array_namespace(vorticity)
    n = vorticity.shape[0]
    kx = _constant(np.fft.fftfreq(n, 1 / n)[:, None], vorticity)
    ky = _constant(np.fft.rfftfreq(n, 1 / n)[None, :], vorticity)
    inverse_k2 = _inverse_or_zero(kx**2 + ky**2)
    kept = (xp.abs(kx) < n / 3) & (xp.abs(ky) < n / 3)

    def advection(w):
        """−u·∇ω of the transform w, as a transform."""
        stream = w * inverse_k2
        ux, uy = _to_grid(1j * ky * stream, n), _to_grid(-1j * kx * stream, n)
        slope_x, slope_y = _to_grid(1j * kx * w, n), _to_grid(1j * ky * w, n)
        return xp.where(kept, -xp.fft.rfftn(ux * slope_x + uy * slope_y), 0)

    decay = xp.exp(-viscosity * (kx**2 + ky**2) * dt / 2)
    w = xp.where(kept, xp.fft.rfftn(vorticity), 0)
    for _ in range(steps):
        a = dt * advection(w)
        b = dt * advection(decay * (w + a / 2))
        c = dt * advection(decay * w + b / 2)
        d = dt * advection(decay**2 * w + decay * c)
        w = decay**2 * (w + a / 6) + decay * (b + c) / 3 + d / 6
    return _to_grid(w, n)


def navier_stokes_energy(vorticity, viscosity, *, steps=2, dt=0.05):
    """Mean kinetic energy ½⟨ωψ⟩ after some steps of `navier_stokes`: a scalar of the flow."""
    xp = array_namespace(vorticity)
    n = vorticity.shape[0]
    w = navier_stokes(vorticity, viscosity, steps=steps, dt=dt)
    k2 = _constant(np.fft.fftfreq(n, 1 / n)[:, None] ** 2 + np.fft.rfftfreq(n, 1 / n) ** 2, w)
    stream = _to_grid(xp.fft.rfftn(w) * _inverse_or_zero(k2), n)
    return xp.mean(w * stream) / 2


def burgers(u, viscosity, *, steps=4, dt=0.01):
    """u (n,) after some steps of u_t + (u²/2)_x = ν u_xx, periodic on [0, 1).

    Second-order central differences in conservation form, fourth-order Runge–Kutta in time.
    """
    xp = array_namespace(u)
    dx = 1 / u.shape[0]

    def rate(u):
        ahead, behind = xp.roll(u, -1), xp.roll(u, 1)
        advection = (ahead**2 - behind**2) / (4 * dx)
        return viscosity * (ahead - 2 * u + behind) / dx**2 - advection

    for _ in range(steps):
        u = _runge_kutta_step(rate, u, dt)
    return u


def burgers_shock(u, *, steps=4, dt=0.01):
    """u (n,) after some steps of the inviscid u_t + (u²/2)_x = 0, which may form shocks.

    Finite volumes with Rusanov's flux ½(f(uₗ) + f(uᵣ)) − ½max(|uₗ|, |uᵣ|)(uᵣ − uₗ), forward
    Euler (R. LeVeque, *Finite Volume Methods for Hyperbolic Problems*, section 12.5).
    """
    xp = array_namespace(u)
    dx = 1 / u.shape[0]
    for _ in range(steps):
        right = xp.roll(u, -1)
        speed = xp.maximum(xp.abs(u), xp.abs(right))
        flux = (u**2 + right**2) / 4 - speed * (right - u) / 2
        u = u - dt / dx * (flux - xp.roll(flux, 1))
    return u


def heat_implicit(u, conductivity, *, steps=3, dt=0.1):
    """u (n,) after some implicit Euler steps of u_t = (κ u_x)_x, ends held at zero.

    conductivity (n + 1,), one value an interface; a linear solve a step.
    """
    xp = array_namespace(u, conductivity)
    n = u.shape[0]
    jump = _constant(np.eye(n + 1, n) - np.eye(n + 1, n, -1), u) * (n + 1)
    stiffness = jump.mT @ (conductivity[:, None] * jump)
    system = xp.eye(n, dtype=u.dtype, device=device(u)) + dt * stiffness
    for _ in range(steps):
        u = xp.linalg.solve(system, u)
    return u


def ode_chain(x, *, steps=8, end=2.0):
    """y(t = 2) (n,) of y₁' = x₁, yᵢ' = xᵢyᵢ₋₁ from y = 0, by classical Runge–Kutta.

    The right-hand side of GradBench's `ode`. There n exceeds four times the steps and the only
    output is yₙ, so that value and gradient are zero; here every component is reached:
    yᵢ(t) = x₁x₂…xᵢ tⁱ/i!.
    """
    xp = array_namespace(x)
    one = xp.ones_like(x[:1])

    def rate(y):
        return x * xp.concat([one, y[:-1]])

    y = xp.zeros_like(x)
    for _ in range(steps):
        y = _runge_kutta_step(rate, y, end / steps)
    return y


def lotka_volterra(populations, rates, *, steps=10, dt=0.1):
    """Prey and predators (2,) after some Runge–Kutta steps of x' = αx − βxy, y' = δxy − γy.

    rates (4,) = (α, β, γ, δ). The exact flow conserves δx − γ ln x + βy − α ln y.
    """
    xp = array_namespace(populations, rates)
    alpha, beta, gamma, delta = xp.unstack(rates)

    def rate(state):
        prey, predators = xp.unstack(state)
        meetings = prey * predators
        return xp.stack([alpha * prey - beta * meetings, delta * meetings - gamma * predators])

    for _ in range(steps):
        populations = _runge_kutta_step(rate, populations, dt)
    return populations


def lorenz(state, parameters, *, steps=20, dt=0.02):
    """State (3,) after some Runge–Kutta steps of the Lorenz system, chaotic at (10, 28, 8/3)."""
    xp = array_namespace(state, parameters)
    sigma, rho, beta = xp.unstack(parameters)

    def rate(state):
        x, y, z = xp.unstack(state)
        return xp.stack([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])

    for _ in range(steps):
        state = _runge_kutta_step(rate, state, dt)
    return state


def _runge_kutta_step(rate, y, dt):
    """One step of the classical fourth-order method for y' = rate(y)."""
    k1 = rate(y)
    k2 = rate(y + dt / 2 * k1)
    k3 = rate(y + dt / 2 * k2)
    k4 = rate(y + dt * k3)
    return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def _inverse_or_zero(x):
    """1/x, and 0 where x is 0: the mean flow has no stream function of its own."""
    xp = array_namespace(x)
    return xp.where(x == 0, 0, 1 / xp.where(x == 0, 1, x))


def _to_grid(transform, n):
    """The real field (n, n) of a half-complex transform."""
    xp = array_namespace(transform)
    return xp.fft.irfftn(transform, s=(n, n), axes=(0, 1))


def _constant(values, like):
    """NumPy values as an array beside `like`: same library, dtype and device."""
    xp = array_namespace(like)
    return xp.asarray(values, dtype=like.dtype, device=device(like))
