"""Compares an AD derivative with a numeric one: verdict, findings, resolution."""
