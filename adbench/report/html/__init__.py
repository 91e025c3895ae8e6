"""Runs as one self-contained HTML page."""

from adbench.report.html.page import DataLink, render_html

__all__ = ["DataLink", "render_html"]
