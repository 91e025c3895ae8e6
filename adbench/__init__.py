"""Unit tests and honest benchmarks for gradients."""
