"""Sample calls of adbench/engine/scipy/special.py."""

from typing import Any

from samples.arrays import arr

from adbench.engine.scipy import special as ss

POSITIVE = arr(3, low=0.5, high=3)

CALLS: dict[str, list[tuple[Any, ...]]] = {
    "scipy.special.logsumexp": [
        (lambda a: ss.logsumexp(a), arr(3)),
        (lambda a: ss.logsumexp(a, axis=1, keepdims=True), arr(2, 3)),
        (lambda a: ss.logsumexp(a, axis=(0, 1)), arr(2, 3)),
        (lambda a, b: ss.logsumexp(a, b=b), arr(3), POSITIVE),
        (lambda a: ss.logsumexp(a, b=[1.0, 0.2, 0.0], axis=-1), arr(2, 3)),
        (lambda a, b: ss.logsumexp(a, b=b, return_sign=True, axis=0), arr(3, 2), arr(3, 1)),
    ],
    "scipy.special.softmax": [
        (lambda x: ss.softmax(x), arr(2, 3)),
        (lambda x: ss.softmax(x, axis=0), arr(2, 3)),
    ],
    "scipy.special.log_softmax": [
        (lambda x: ss.log_softmax(x), arr(2, 3)),
        (lambda x: ss.log_softmax(x, axis=-1), arr(2, 3)),
    ],
    "scipy.special.polygamma": [
        (lambda x: ss.polygamma(0, x), POSITIVE),
        (lambda x: ss.polygamma(2, x), POSITIVE),
    ],
    "scipy.special.multigammaln": [(lambda a: ss.multigammaln(a, 3), arr(3, low=1.5, high=4))],
    "scipy.special.factorial": [
        (lambda n: ss.factorial(n), arr(3, low=-0.5, high=3)),
        (lambda n: ss.factorial(n, extend="complex"), POSITIVE),
    ],
    "scipy.special.comb": [
        (lambda n, k: ss.comb(n, k), arr(3, low=3.1, high=4.9), arr(3, low=1.1, high=1.9)),
        (lambda n: ss.comb(n, 2.3, repetition=True), arr(3, low=2.5, high=4)),
    ],
    "scipy.special.perm": [
        (lambda n, k: ss.perm(n, k), arr(3, low=3.1, high=4.9), arr(3, low=1.1, high=1.9)),
    ],
    "scipy.special.spherical_jn": [
        (lambda z: ss.spherical_jn(2, z), POSITIVE),
        (lambda z: ss.spherical_jn(2, z, derivative=True), POSITIVE),
    ],
    "scipy.special.spherical_yn": [
        (lambda z: ss.spherical_yn(2, z), POSITIVE),
        (lambda z: ss.spherical_yn(2, z, derivative=True), POSITIVE),
    ],
    "scipy.special.spherical_in": [
        (lambda z: ss.spherical_in(2, z), POSITIVE),
        (lambda z: ss.spherical_in(2, z, derivative=True), POSITIVE),
    ],
    "scipy.special.spherical_kn": [
        (lambda z: ss.spherical_kn(2, z), POSITIVE),
        (lambda z: ss.spherical_kn(2, z, derivative=True), POSITIVE),
    ],
    "scipy.special.diric": [
        (lambda x: ss.diric(x, 5), POSITIVE),
        (lambda x: ss.diric(x, 4), arr(2, 1, low=0.5, high=3)),
    ],
}
