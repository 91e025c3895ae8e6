"""Optimal control by differentiating a rollout of the system."""

from array_api_compat import array_namespace


def pendulum_swing_up(torques, start, parameters, *, dt=0.05, limit=5.0):
    """Cost of swinging a damped pendulum up, from its torques (T,).

    φ'' = (g/l) sin φ − b φ' + u/(m l²) with φ = 0 upright, u = limit·tanh(torque/limit), by
    semi-implicit Euler. Cost: Σ dt(1 − cos φ + 0.05 φ'² + 0.005 u²) + 10(1 − cos φ_T) + φ'_T².
    start (2,) = (φ, φ'); parameters: length, mass and damping, each a scalar.
    """
    xp = array_namespace(torques, start)
    gravity = 9.81
    length, mass, damping = parameters["length"], parameters["mass"], parameters["damping"]
    angle, velocity = xp.unstack(start)
    cost = 0
    for torque in xp.unstack(torques):
        u = limit * xp.tanh(torque / limit)
        drive = gravity / length * xp.sin(angle) - damping * velocity + u / (mass * length**2)
        velocity = velocity + dt * drive
        angle = angle + dt * velocity
        cost = cost + dt * (1 - xp.cos(angle) + 0.05 * velocity**2 + 0.005 * u**2)
    return cost + 10 * (1 - xp.cos(angle)) + velocity**2


def linear_quadratic_rollout(controls, start, A, B, *, control_weight=0.1):
    """Σₜ(‖xₜ‖² + r‖uₜ‖²) + ‖x_T‖² of xₜ₊₁ = Axₜ + Buₜ under given controls (T, m).

    Minimised over the controls it is x₀ᵀP₀x₀, P by the backward Riccati recursion.
    """
    xp = array_namespace(controls, start, A, B)
    x = start
    cost = control_weight * xp.sum(controls**2)
    for u in xp.unstack(controls):
        cost = cost + x @ x
        x = A @ x + B @ u
    return cost + x @ x


def linear_quadratic_regulator(gain, start, A, B, *, steps=10, control_weight=0.1):
    """`linear_quadratic_rollout` under feedback u = −Kx, as a function of the gain K (m, n).

    Over an endless horizon ∂J/∂K = 2[(R + BᵀPB)K − BᵀPA]Σ, with P and Σ from Lyapunov's
    equations (M. Fazel et al. 2018, arXiv:1801.05039).
    """
    x = start
    cost = 0
    for _ in range(steps):
        u = -(gain @ x)
        cost = cost + x @ x + control_weight * (u @ u)
        x = A @ x + B @ u
    return cost + x @ x
