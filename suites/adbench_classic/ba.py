"""BA: the reprojection residuals of bundle adjustment.

Source: F. Srajer, Z. Kukelova, A. Fitzgibbon, *A benchmark of selected algorithmic
differentiation tools on some problems in computer vision and machine learning* (2018).
"""

import numpy as np
from array_api_compat import array_namespace, device


def residuals(cameras, points, weights, features):
    """Each observation's residual (p, 2) and its weight's residual (p,).

    e = [w(f·p' + (u₀, v₀) − feature), 1 − w²] with p' the distorted projection of a point.

    `cameras` holds, for n cameras, rotation (n, 3), center (n, 3), focal (n,), principal_point
    (n, 2) and distortion (n, 2); points (m, 3), weights (p,), features (p, 2). Observation i
    sees point i mod m by camera i mod n.
    """
    xp = array_namespace(points, weights, features)
    observation = np.arange(weights.shape[0])
    seen_by = xp.asarray(observation % cameras["focal"].shape[0], device=device(points))
    seen = xp.asarray(observation % points.shape[0], device=device(points))
    camera = {name: xp.take(values, seen_by, axis=0) for name, values in cameras.items()}
    projected = project(camera, xp.take(points, seen, axis=0))
    return weights[:, None] * (projected - features), 1 - weights**2


def project(camera, point):
    """Pixel coordinates f·p(1 + k₁‖p‖² + k₂‖p‖⁴) + (u₀, v₀), p = Y₁:₂/Y₃, Y the turned X − C."""
    xp = array_namespace(point)
    turned = rotate(camera["rotation"], point - camera["center"])
    p = turned[:, :2] / turned[:, 2:]
    radius2 = xp.sum(p**2, axis=-1)
    k1, k2 = camera["distortion"][:, 0], camera["distortion"][:, 1]
    distortion = 1 + k1 * radius2 + k2 * radius2**2
    return (camera["focal"] * distortion)[:, None] * p + camera["principal_point"]


def rotate(r, z):
    """Rodrigues' formula: z turned about r by θ = ‖r‖; z + r × z where r is zero.

    z cos θ + (v × z) sin θ + v(v·z)(1 − cos θ), with v = r/θ.
    """
    xp = array_namespace(r, z)
    theta2 = xp.sum(r**2, axis=-1, keepdims=True)
    still = theta2 == 0
    theta = xp.sqrt(xp.where(still, 1, theta2))
    v = r / theta
    turned = (
        z * xp.cos(theta)
        + xp.linalg.cross(v, z) * xp.sin(theta)
        + v * xp.vecdot(v, z)[:, None] * (1 - xp.cos(theta))
    )
    return xp.where(still, z + xp.linalg.cross(r, z), turned)
