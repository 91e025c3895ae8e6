"""HAND: the residuals of hand tracking with a linearly blended, articulated hand.

Source: F. Srajer, Z. Kukelova, A. Fitzgibbon, *A benchmark of selected algorithmic
differentiation tools on some problems in computer vision and machine learning* (2018). The
hand of that benchmark is a data file; here a seeded generator builds one with the same tree.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from array_api_compat import array_namespace, device

BONES = 22
FINGERS = 5
THETA = 26
"""Axis-angle 3, translation 3, and four angles a finger."""


def simple(theta, *, vertices=30, correspondences=10, seed=0):
    """yᵢ − V[cᵢ], (n, 3): each observed point against the vertex that it corresponds to."""
    xp = array_namespace(theta)
    hand = synthetic_hand(vertices, seed)
    scan = synthetic_scan(vertices, correspondences, seed)
    posed = skin(theta, hand)
    vertex = xp.asarray(scan.triangles[:, 0], device=device(theta))
    return _constant(scan.points, theta) - xp.take(posed, vertex, axis=0)


def complicated(theta, u, *, vertices=30, correspondences=10, seed=0):
    """yᵢ − (u₀V[aᵢ] + u₁V[bᵢ] + (1 − u₀ − u₁)V[cᵢ]), (n, 3), u (n, 2) being variable too."""
    xp = array_namespace(theta, u)
    hand = synthetic_hand(vertices, seed)
    scan = synthetic_scan(vertices, correspondences, seed)
    posed = skin(theta, hand)
    corners = [
        xp.take(posed, xp.asarray(scan.triangles[:, i], device=device(theta)), axis=0)
        for i in range(3)
    ]
    u0, u1 = u[:, :1], u[:, 1:]
    on_surface = u0 * corners[0] + u1 * corners[1] + (1 - u0 - u1) * corners[2]
    return _constant(scan.points, theta) - on_surface


@dataclass(frozen=True)
class Hand:
    """A hand at rest: a tree of bones and a skin that hangs on them.

    base (22, 4, 4): each bone's rest transform in its parent's frame; inverse_base (22, 4, 4):
    the inverse of the rest transform in the world; vertices (4, v), homogeneous; weights (22, v),
    each column a convex mixture.
    """

    parents: tuple[int | None, ...]
    base: np.ndarray
    inverse_base: np.ndarray
    vertices: np.ndarray
    weights: np.ndarray
    mirrored: bool


@dataclass(frozen=True)
class Scan:
    """Observed points (n, 3), each with the triangle (three vertex numbers) that it lies on."""

    points: np.ndarray
    triangles: np.ndarray


@lru_cache
def synthetic_hand(vertices, seed):
    """A plausible hand: forearm, palm, and five fingers of four bones in a fan."""
    rng = np.random.default_rng(seed)
    first_of_finger = [2 + 4 * finger for finger in range(FINGERS)]
    parents = [None, 0] + [1 if bone in first_of_finger else bone - 1 for bone in range(2, BONES)]

    base = np.tile(np.eye(4), (BONES, 1, 1))
    base[1, :3, 3] = [0, 1.0, 0]
    for finger, first in enumerate(first_of_finger):
        base[first : first + 4, :3, :3] = _rotation_about_z(0.1 * rng.normal(size=4))
        base[first, :3, 3] = [0.25 * (finger - 2), 1.0, 0]
        base[first + 1 : first + 4, 1, 3] = [0.45, 0.3, 0.2]
        base[first : first + 4, :3, 3] += 0.02 * rng.normal(size=(4, 3))

    world = [base[0]]
    for bone in range(1, BONES):
        world.append(world[parents[bone]] @ base[bone])

    nearest = rng.integers(BONES, size=vertices)
    around = 0.1 * rng.normal(size=(vertices, 3)) + [0, 0.1, 0]
    position = [world[bone] @ [*offset, 1] for bone, offset in zip(nearest, around, strict=True)]
    weights = rng.dirichlet(np.full(BONES, 0.1), size=vertices)
    weights[np.arange(vertices), nearest] += 1
    return Hand(
        parents=tuple(parents),
        base=base,
        inverse_base=np.linalg.inv(world),
        vertices=np.transpose(position),
        weights=weights.T / 2,
        mirrored=True,
    )


@lru_cache
def synthetic_scan(vertices, correspondences, seed):
    """Points near the hand in a random pose, drawn apart from the hand itself."""
    rng = np.random.default_rng([seed, 1])
    triangles = np.stack(
        [rng.choice(vertices, size=3, replace=False) for _ in range(correspondences)]
    )
    posed = skin(0.2 * rng.normal(size=THETA), synthetic_hand(vertices, seed))
    noise = 0.05 * rng.normal(size=(correspondences, 3))
    return Scan(points=posed[triangles].mean(axis=1) + noise, triangles=triangles)


def skin(theta, hand):
    """The vertices (v, 3) of a hand in the pose θ (26,), by linear blend skinning.

    V = Σ_b w_bv (T_b v)₁:₃, mirrored in x where the hand is, then R diag(scale) V + t.
    """
    xp = array_namespace(theta)
    pose = pose_matrix(theta)
    transforms = bone_transforms(pose, hand)
    moved = xp.matmul(transforms[:, :3, :], _constant(hand.vertices, theta))
    blended = xp.sum(_constant(hand.weights, theta)[:, None, :] * moved, axis=0)
    if hand.mirrored:
        blended = blended * _constant(np.array([[-1.0], [1.0], [1.0]]), theta)
    rotation, scale, translation = pose[:, 0], pose[:, 1], pose[:, 2]
    return (axis_angle_rotation(rotation) * scale @ blended + translation[:, None]).mT


def pose_matrix(theta):
    """θ (26,) -> (3, 25): rotation, scale (ones) and translation, then three angles a bone.

    Bone b has the column b + 3. Finger f's four angles are its first bone's flexion (row 0) and
    abduction (row 1) and the next two bones' flexion; all else stays zero.
    """
    xp = array_namespace(theta)
    zero, one = THETA, THETA + 1
    source = np.full((3, BONES + 3), zero)
    source[:, 0] = [0, 1, 2]
    source[:, 1] = one
    source[:, 2] = [3, 4, 5]
    for finger in range(FINGERS):
        angle, column = 6 + 4 * finger, 5 + 4 * finger
        source[0, column : column + 3] = [angle, angle + 2, angle + 3]
        source[1, column] = angle + 1
    padded = xp.concat([theta, xp.zeros_like(theta[:1]), xp.ones_like(theta[:1])])
    index = xp.asarray(source.ravel(), device=device(theta))
    return xp.reshape(xp.take(padded, index), source.shape)


def bone_transforms(pose, hand):
    """Each bone's motion away from rest, (22, 4, 4): T_b = abs_b · inverse_base_b."""
    xp = array_namespace(pose)
    relative = xp.matmul(_constant(hand.base, pose), euler_rotations(pose[:, 3:]))
    absolute = [relative[0]]
    for bone in range(1, BONES):
        absolute.append(absolute[hand.parents[bone]] @ relative[bone])
    return xp.matmul(xp.stack(absolute), _constant(hand.inverse_base, pose))


def euler_rotations(angles):
    """Rz(P₁) Ry(P₂) Rx(P₀) of angles P (3, b), as homogeneous (b, 4, 4)."""
    xp = array_namespace(angles)
    cx, cz, cy = xp.unstack(xp.cos(angles))
    sx, sz, sy = xp.unstack(xp.sin(angles))
    zero, one = xp.zeros_like(cx), xp.ones_like(cx)
    entries = [
        [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz, zero],
        [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz, zero],
        [-sy, sx * cy, cx * cy, zero],
        [zero, zero, zero, one],
    ]
    return xp.stack([xp.stack(row, axis=-1) for row in entries], axis=-2)


def axis_angle_rotation(r):
    """Rodrigues' rotation matrix of r (3,); the identity where ‖r‖ < 10⁻⁴, as ADBench has it.

    With that threshold the derivative in r is exactly zero near r = 0, which is a trap of
    ADBench's definition, not of a tool.
    """
    xp = array_namespace(r)
    squared = xp.sum(r**2)
    tiny = squared < 1e-8
    theta = xp.sqrt(xp.where(tiny, 1, squared))
    x, y, z = xp.unstack(r / theta)
    zero = xp.zeros_like(x)
    cross = xp.stack([xp.stack([zero, -z, y]), xp.stack([z, zero, -x]), xp.stack([-y, x, zero])])
    identity = xp.eye(3, dtype=r.dtype, device=device(r))
    turned = identity + xp.sin(theta) * cross + (1 - xp.cos(theta)) * (cross @ cross)
    return xp.where(tiny, identity, turned)


def _rotation_about_z(angles):
    """(n,) -> (n, 3, 3), in NumPy."""
    c, s, zero, one = np.cos(angles), np.sin(angles), np.zeros_like(angles), np.ones_like(angles)
    return np.moveaxis(np.array([[c, -s, zero], [s, c, zero], [zero, zero, one]]), -1, 0)


def _constant(values, like):
    """NumPy values as an array beside `like`: same library, dtype and device."""
    xp = array_namespace(like)
    return xp.asarray(values, dtype=like.dtype, device=device(like))
