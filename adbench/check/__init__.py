"""Compares an AD derivative with a numeric one: verdict, findings, resolution.

Importing this package is cheap: NumPy and the backends are imported by the first call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adbench.backends.protocol import Backend, BoundFunction
    from adbench.record.model import CheckOptions, CheckResult

__all__ = ["examine"]


def examine(
    backend: Backend, bound: BoundFunction, options: CheckOptions, **keywords: Any
) -> CheckResult:
    """Check the derivatives of one bound function; see `adbench.check.examination`."""
    from adbench.check.examination import examine

    return examine(backend, bound, options, **keywords)
