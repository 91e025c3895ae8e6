"""Kernel machines, differentiated in their coefficients and in their kernels' parameters."""

import math

from array_api_compat import array_namespace, device


def squared_hinge_svm(coefficients, bias, log_length, x, labels, *, ridge=0.1):
    """½λ αᵀKα + mean max(0, 1 − y(Kα + b))²: a support vector machine in the primal.

    O. Chapelle, *Training a support vector machine in the primal* (2007). coefficients (n,),
    bias (), log_length (), x (n, d), labels (n,) of ±1.
    """
    xp = array_namespace(coefficients, x)
    K = gaussian_kernel(x, x, log_length)
    score = K @ coefficients + bias
    slack = xp.maximum(1 - labels * score, 0)
    return ridge / 2 * (coefficients @ K @ coefficients) + xp.mean(slack**2)


def kernel_ridge_validation(log_lengths, log_ridge, x, y, x_new, y_new):
    """Mean squared error on held-out data of the kernel ridge fit, in the hyperparameters.

    ŷ = K(x_new, x)(K(x, x) + λI)⁻¹y. log_lengths (d,), one length scale a feature; log_ridge
    (); x (n, d), y (n,), x_new (m, d), y_new (m,).
    """
    xp = array_namespace(log_lengths, x)
    regularised = _add_ridge(gaussian_kernel(x, x, log_lengths), xp.exp(log_ridge))
    prediction = gaussian_kernel(x_new, x, log_lengths) @ xp.linalg.solve(regularised, y)
    return xp.mean((prediction - y_new) ** 2)


def kernel_ridge_leave_one_out(log_lengths, log_ridge, x, y):
    """Mean squared leave-one-out error with no refit: eᵢ = [C⁻¹y]ᵢ/[C⁻¹]ᵢᵢ, C = K + λI.

    C. Rasmussen and C. Williams, *Gaussian Processes for Machine Learning* (2006), eq. 5.12.
    """
    xp = array_namespace(log_lengths, x)
    C = _add_ridge(gaussian_kernel(x, x, log_lengths), xp.exp(log_ridge))
    inverse = xp.linalg.inv(C)
    return xp.mean((inverse @ y / xp.linalg.diagonal(inverse)) ** 2)


def negative_log_marginal_likelihood(log_lengths, log_ridge, x, y):
    """½yᵀC⁻¹y + ½ln|C| + (n/2)ln 2π with C = K + λI = LLᵀ, by the Cholesky factor.

    C. Rasmussen and C. Williams, *Gaussian Processes for Machine Learning* (2006), eq. 5.8.
    """
    xp = array_namespace(log_lengths, x)
    L = xp.linalg.cholesky(_add_ridge(gaussian_kernel(x, x, log_lengths), xp.exp(log_ridge)))
    whitened = xp.linalg.solve(L, y)
    log_root_determinant = xp.sum(xp.log(xp.linalg.diagonal(L)))
    constant = y.shape[0] / 2 * math.log(2 * math.pi)
    return xp.sum(whitened**2) / 2 + log_root_determinant + constant


def gaussian_kernel(x, y, log_lengths):
    """k(x, y) = exp(−½ Σ_d (x_d − y_d)²/ℓ_d²): (n, d) and (m, d) -> (n, m)."""
    xp = array_namespace(x, y, log_lengths)
    differences = (x[:, None, :] - y[None, :, :]) * xp.exp(-log_lengths)
    return xp.exp(-xp.sum(differences**2, axis=-1) / 2)


def _add_ridge(K, ridge):
    """K + λI."""
    xp = array_namespace(K)
    return K + ridge * xp.eye(K.shape[0], dtype=K.dtype, device=device(K))
