"""Planted gradient bugs with their fixed twins, and right gradients that are hard to check."""
