"""Runs as one self-contained HTML page, with its data beside it."""

from adbench.report.html.bundle import Bundle, Source, bundle
from adbench.report.html.page import DataLink, render_html

__all__ = ["Bundle", "DataLink", "Source", "bundle", "render_html"]
