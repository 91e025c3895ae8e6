"""Derivatives without automatic differentiation, each with an error bound."""
