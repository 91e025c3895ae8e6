"""Products, solves, decompositions and matrix functions.

Derivatives: M. Giles, *Collected matrix derivative results for forward and reverse mode
algorithmic differentiation* (2008). Functions that need a symmetric matrix make it so
themselves, for a derivative with respect to one triangle alone depends on the library.
"""

from array_api_compat import array_namespace, device


def symmetric_part(A):
    """(A + Aᵀ)/2."""
    return (A + A.mT) / 2


def matrix_product(A, B):
    """AB, with stacks of matrices broadcast against each other."""
    xp = array_namespace(A, B)
    return xp.matmul(A, B)


def quadratic_form(x, A):
    """xᵀAx for a vector x and a square A: ∂/∂x = (A + Aᵀ)x, ∂/∂A = xxᵀ."""
    return x @ A @ x


def vector_products(x, y):
    """Inner, outer and cross product of two 3-vectors."""
    xp = array_namespace(x, y)
    return xp.vecdot(x, y), xp.linalg.outer(x, y), xp.linalg.cross(x, y)


def contraction(A, B):
    """C_il = Σ_jk A_ijk B_kjl."""
    xp = array_namespace(A, B)
    return xp.tensordot(A, B, axes=((1, 2), (1, 0)))


def trace_of_product(A, B):
    """tr(AB): ∂/∂A = Bᵀ, ∂/∂B = Aᵀ."""
    xp = array_namespace(A, B)
    return xp.linalg.trace(A @ B)


def solve(A, b):
    """x = A⁻¹b: the gradient is g = A⁻ᵀx̄ for b and −g xᵀ for A (Giles 2.3.1)."""
    xp = array_namespace(A, b)
    return xp.linalg.solve(A, b)


def inverse(A):
    """A⁻¹ (Giles 2.2.3)."""
    xp = array_namespace(A)
    return xp.linalg.inv(A)


def pseudo_inverse(A):
    """A⁺ of a matrix of full rank (Golub and Pereyra 1973)."""
    xp = array_namespace(A)
    return xp.linalg.pinv(A)


def determinant(A):
    """det A: the gradient is the adjugate, transposed, whether A is singular or not."""
    xp = array_namespace(A)
    return xp.linalg.det(A)


def log_determinant(A):
    """ln|det A|: the gradient is A⁻ᵀ (Giles 2.2.4)."""
    xp = array_namespace(A)
    return xp.linalg.slogdet(A)[1]


def cholesky_factor(A):
    """The lower triangular L with LLᵀ = (A + Aᵀ)/2, which is positive definite."""
    xp = array_namespace(A)
    return xp.linalg.cholesky(symmetric_part(A))


def gaussian_log_density(x, mean, covariance):
    """ln N(x | mean, Σ) by the Cholesky factor of Σ, without its 2π."""
    xp = array_namespace(x, mean, covariance)
    L = xp.linalg.cholesky(symmetric_part(covariance))
    whitened = xp.linalg.solve(L, x - mean)
    return -xp.sum(whitened**2) / 2 - xp.sum(xp.log(xp.linalg.diagonal(L)))


def eigenvalues(A):
    """The eigenvalues of (A + Aᵀ)/2: ∂λᵢ/∂A = vᵢvᵢᵀ."""
    xp = array_namespace(A)
    return xp.linalg.eigvalsh(symmetric_part(A))


def leading_projector(A, *, rank):
    """VVᵀ of the `rank` leading eigenvectors: unlike V itself, free of sign and order."""
    xp = array_namespace(A)
    vectors = xp.linalg.eigh(symmetric_part(A))[1][:, -rank:]
    return vectors @ vectors.mT


def symmetric_square_root(A):
    """S with S² = (A + Aᵀ)/2, by the eigendecomposition."""
    xp = array_namespace(A)
    values, vectors = xp.linalg.eigh(symmetric_part(A))
    return (vectors * xp.sqrt(values)) @ vectors.mT


def singular_values(A):
    """The singular values of A: ∂σᵢ/∂A = uᵢvᵢᵀ."""
    xp = array_namespace(A)
    return xp.linalg.svdvals(A)


def low_rank_approximation(A, *, rank):
    """The best rank-r approximation of A (Eckart and Young 1936)."""
    xp = array_namespace(A)
    U, s, Vh = xp.linalg.svd(A, full_matrices=False)
    return (U[:, :rank] * s[:rank]) @ Vh[:rank, :]


def matrix_norms(A):
    """The Frobenius, the spectral, the nuclear and the largest-row-sum norm."""
    xp = array_namespace(A)
    return (
        xp.linalg.matrix_norm(A),
        xp.linalg.matrix_norm(A, ord=2),
        xp.linalg.matrix_norm(A, ord="nuc"),
        xp.linalg.matrix_norm(A, ord=float("inf")),
    )


def orthogonal_projection(A, b):
    """QQᵀb and |diag R| of the reduced A = QR: both are free of the signs QR may choose."""
    xp = array_namespace(A, b)
    Q, R = xp.linalg.qr(A)
    return Q @ (Q.mT @ b), xp.abs(xp.linalg.diagonal(R))


def matrix_polynomial(A):
    """A³ + 2A − I."""
    xp = array_namespace(A)
    identity = xp.eye(A.shape[-1], dtype=A.dtype, device=device(A))
    return xp.linalg.matrix_power(A, 3) + 2 * A - identity


def least_squares(A, b, ridge):
    """x = (AᵀA + λI)⁻¹Aᵀb, the ridge solution, differentiated in A, b and λ."""
    xp = array_namespace(A, b)
    identity = xp.eye(A.shape[-1], dtype=A.dtype, device=device(A))
    return xp.linalg.solve(A.mT @ A + ridge * identity, A.mT @ b)
