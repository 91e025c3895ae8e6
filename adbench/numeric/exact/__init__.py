"""Arrays of 50-digit numbers that run code written for NumPy or for the Python array API."""

from importlib import import_module

from adbench.numeric.exact.array import ExactArray

__all__ = ["ExactArray"]

# Each family registers what its functions do with exact arrays.
for _family in ("operators", "structure", "reductions", "selection", "linalg", "fourier"):
    import_module(f"{__name__}.{_family}")
