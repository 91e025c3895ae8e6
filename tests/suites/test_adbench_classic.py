"""GMM, BA, HAND and LSTM against their definitions, written out naively or by SciPy."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.transform import Rotation
from scipy.special import expit, multigammaln

from adbench.suite import load_suites

SUITES = Path(__file__).parents[2] / "suites"


def lower_triangular(q, lower):
    """Q of the definition: exp(q) on the diagonal, `lower` column by column below it."""
    d = len(q)
    Q = np.diag(np.exp(q))
    position = 0
    for column in range(d):
        for row in range(column + 1, d):
            Q[row, column] = lower[position]
            position += 1
    return Q


def gmm_arguments(rng, *, d, k, n):
    return (
        rng.normal(size=k),
        rng.uniform(size=(k, d)),
        rng.normal(size=(k, d)),
        rng.normal(size=(k, d * (d - 1) // 2)),
        rng.normal(size=(n, d)),
    )


def gmm_by_loops(alpha, mu, q, lower, x, gamma, m):
    """The definition, term by term."""
    (n, d), k = x.shape, len(alpha)
    total = -n * d / 2 * math.log(2 * math.pi)
    for i in range(n):
        terms = []
        for c in range(k):
            Q = lower_triangular(q[c], lower[c])
            terms.append(alpha[c] + sum(q[c]) - 0.5 * np.linalg.norm(Q @ (x[i] - mu[c])) ** 2)
        total += math.log(sum(math.exp(term) for term in terms))
    total -= n * math.log(sum(math.exp(a) for a in alpha))
    dof = d + m + 1
    C = dof * d * (math.log(gamma) - 0.5 * math.log(2)) - multigammaln(dof / 2, d)
    for c in range(k):
        squares = np.sum(np.exp(q[c]) ** 2) + np.sum(lower[c] ** 2)
        total += C - (gamma**2 / 2 * squares - m * np.sum(q[c]))
    return total


@pytest.mark.parametrize(("d", "k", "n"), [(2, 1, 3), (2, 3, 5), (4, 2, 6), (5, 4, 1)])
@pytest.mark.parametrize(("gamma", "m"), [(1.0, 0), (1.5, 2)])
def test_gmm_is_its_definition(functions, rng, d, k, n, gamma, m):
    arguments = gmm_arguments(rng, d=d, k=k, n=n)
    value = functions("adbench_classic/gmm").log_posterior(*arguments, gamma=gamma, m=m)
    assert value == pytest.approx(gmm_by_loops(*arguments, gamma, m), rel=1e-12)


def test_gmm_is_a_log_posterior_by_scipy(functions, rng):
    """A mixture of normals with precisions QᵀQ, each with a Wishart(D + m + 1, I/γ²) prior."""
    d, k, n, gamma, m = 3, 2, 6, 1.5, 2
    alpha, mu, q, lower, x = gmm_arguments(rng, d=d, k=k, n=n)
    shares = np.exp(alpha) / np.exp(alpha).sum()
    density, prior = np.zeros(n), 0.0
    for c in range(k):
        Q = lower_triangular(q[c], lower[c])
        normal = stats.multivariate_normal(mu[c], np.linalg.inv(Q.T @ Q))
        density += shares[c] * normal.pdf(x)
        prior += stats.wishart(d + m + 1, np.eye(d) / gamma**2).logpdf(Q.T @ Q)
    value = functions("adbench_classic/gmm").log_posterior(alpha, mu, q, lower, x, gamma=gamma, m=m)
    assert value == pytest.approx(np.log(density).sum() + prior, rel=1e-10)


def camera_arguments(rng, *, n, m, p):
    cameras = {
        "rotation": 0.3 * rng.normal(size=(n, 3)),
        "center": 0.2 * rng.normal(size=(n, 3)),
        "focal": rng.uniform(0.8, 1.2, size=n),
        "principal_point": 0.1 * rng.normal(size=(n, 2)),
        "distortion": 0.05 * rng.normal(size=(n, 2)),
    }
    points = rng.uniform(2, 4, size=(m, 3))
    return cameras, points, rng.uniform(0.5, 1.5, size=p), rng.uniform(size=(p, 2))


def test_bundle_adjustment_is_its_definition(functions, rng):
    n, m, p = 2, 3, 7
    cameras, points, weights, features = camera_arguments(rng, n=n, m=m, p=p)
    errors, weight_errors = functions("adbench_classic/ba").residuals(
        cameras, points, weights, features
    )
    for i in range(p):
        camera = {name: values[i % n] for name, values in cameras.items()}
        Y = Rotation.from_rotvec(camera["rotation"]).apply(points[i % m] - camera["center"])
        u, v = Y[0] / Y[2], Y[1] / Y[2]
        r2 = u * u + v * v
        factor = 1 + camera["distortion"][0] * r2 + camera["distortion"][1] * r2 * r2
        pixel = camera["focal"] * factor * np.array([u, v]) + camera["principal_point"]
        np.testing.assert_allclose(errors[i], weights[i] * (pixel - features[i]), rtol=1e-12)
        assert weight_errors[i] == pytest.approx(1 - weights[i] ** 2, rel=1e-14)


def test_rotation_about_nothing_has_the_derivative_of_a_cross_product(functions, gradients, rng):
    """d(r × z)·g = r·(z × g), which the formula with θ = ‖r‖ would give as NaN at r = 0."""
    rotate = functions("adbench_classic/ba").rotate
    r, z, g = np.zeros((4, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    gradient, *_ = gradients(lambda r, z, g: (rotate(r, z) * g).sum(), r, z, g)
    np.testing.assert_allclose(gradient, np.cross(z, g), rtol=1e-12)


def hand_by_loops(theta, hand):
    """Linear blend skinning, vertex by vertex and bone by bone."""
    angles = np.zeros((22, 3))
    position = 6
    for finger in range(5):
        bone = 2 + 4 * finger
        angles[bone, 0], angles[bone, 1] = theta[position], theta[position + 1]
        angles[bone + 1, 0], angles[bone + 2, 0] = theta[position + 2], theta[position + 3]
        position += 4
    absolute = []
    for bone in range(22):
        turn = np.eye(4)
        # Rz(P1) Ry(P2) Rx(P0): intrinsic rotations about z, then y, then x.
        turn[:3, :3] = Rotation.from_euler(
            "ZYX", [angles[bone, 1], angles[bone, 2], angles[bone, 0]]
        ).as_matrix()
        relative = hand.base[bone] @ turn
        parent = hand.parents[bone]
        absolute.append(relative if parent is None else absolute[parent] @ relative)
    rotation = Rotation.from_rotvec(theta[:3]).as_matrix()
    posed = []
    for v in range(hand.vertices.shape[1]):
        blended = np.zeros(3)
        for bone in range(22):
            moved = absolute[bone] @ hand.inverse_base[bone] @ hand.vertices[:, v]
            blended += hand.weights[bone, v] * moved[:3]
        if hand.mirrored:
            blended[0] *= -1
        posed.append(rotation @ blended + theta[3:6])
    return np.array(posed)


def test_hand_is_its_definition(functions, rng):
    module = functions("adbench_classic/hand")
    hand = module.synthetic_hand(12, 3)
    scan = module.synthetic_scan(12, 5, 3)
    theta, u = 0.4 * rng.normal(size=26), rng.uniform(size=(5, 2))
    posed = hand_by_loops(theta, hand)
    np.testing.assert_allclose(module.skin(theta, hand), posed, atol=1e-13)

    simple = module.simple(theta, vertices=12, correspondences=5, seed=3)
    complicated = module.complicated(theta, u, vertices=12, correspondences=5, seed=3)
    for i, (a, b, c) in enumerate(scan.triangles):
        np.testing.assert_allclose(simple[i], scan.points[i] - posed[a], atol=1e-13)
        u0, u1 = u[i]
        surface = u0 * posed[a] + u1 * posed[b] + (1 - u0 - u1) * posed[c]
        np.testing.assert_allclose(complicated[i], scan.points[i] - surface, atol=1e-13)


def test_hand_at_rest_is_the_mirrored_mesh(functions):
    module = functions("adbench_classic/hand")
    hand = module.synthetic_hand(20, 0)
    at_rest = module.skin(np.zeros(26), hand)
    np.testing.assert_allclose(at_rest, hand.vertices[:3].T * [-1, 1, 1], atol=1e-14)


def test_synthetic_hand_is_a_tree_with_convex_weights(functions):
    hand = functions("adbench_classic/hand").synthetic_hand(50, 1)
    assert hand.parents[0] is None
    assert all(parent < bone for bone, parent in enumerate(hand.parents) if bone)
    assert sorted(hand.parents.count(bone) for bone in set(hand.parents) - {None}) == [1] * 16 + [5]
    assert hand.weights.shape == (22, 50)
    np.testing.assert_allclose(hand.weights.sum(axis=0), 1)
    assert hand.weights.min() >= 0


def test_every_angle_of_the_hand_matters(functions, gradients, rng):
    """ADBench's PyTorch HAND once had zero gradients for its last angles."""
    simple = functions("adbench_classic/hand").simple
    (gradient,) = gradients(
        lambda theta: (simple(theta, vertices=40, correspondences=40) ** 2).sum(),
        0.2 * rng.normal(size=26),
    )
    assert np.abs(gradient).min() > 1e-6


def lstm_by_loops(main, extra, state, sequence):
    """The definition, bit by bit."""
    (characters, bits), layers = sequence.shape, len(main) // 2
    state = state.copy()
    total = 0.0
    for t in range(characters - 1):
        signal = sequence[t] * extra[0]
        for layer in range(layers):
            weight = main[2 * layer].reshape(4, bits)
            bias = main[2 * layer + 1].reshape(4, bits)
            hidden, cell = state[2 * layer], state[2 * layer + 1]
            for b in range(bits):
                forget = expit(signal[b] * weight[0, b] + bias[0, b])
                ingate = expit(hidden[b] * weight[1, b] + bias[1, b])
                outgate = expit(signal[b] * weight[2, b] + bias[2, b])
                change = math.tanh(hidden[b] * weight[3, b] + bias[3, b])
                cell[b] = cell[b] * forget + ingate * change
                hidden[b] = outgate * math.tanh(cell[b])
            signal = hidden
        y = signal * extra[1] + extra[2]
        normaliser = math.log(2 + sum(math.exp(value) for value in y))
        total += sum(sequence[t + 1, b] * (y[b] - normaliser) for b in range(bits))
    return -total / ((characters - 1) * bits)


@pytest.mark.parametrize(("layers", "bits", "characters"), [(1, 2, 2), (2, 3, 5), (3, 1, 4)])
def test_lstm_is_its_definition(functions, rng, layers, bits, characters):
    main = rng.uniform(size=(2 * layers, 4 * bits))
    extra = rng.uniform(size=(3, bits))
    state = rng.uniform(size=(2 * layers, bits))
    sequence = rng.integers(2, size=(characters, bits)).astype(float)
    value = functions("adbench_classic/dlstm").loss(main, extra, state, sequence)
    assert value == pytest.approx(lstm_by_loops(main, extra, state, sequence), rel=1e-12)


def test_every_objective_has_three_sizes():
    (suite,) = load_suites(SUITES / "adbench_classic.yaml")
    sizes = {}
    for case in suite.cases:
        assert case.size is not None
        sizes.setdefault(case.base, []).append(case.params[case.size])
    assert list(sizes) == ["gmm", "ba", "hand", "lstm"]
    for values in sizes.values():
        assert len(values) == 3
        assert values == sorted(values)
