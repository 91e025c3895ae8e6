"""Reverse-mode automatic differentiation on NumPy arrays; knows nothing of the rest of adbench."""
