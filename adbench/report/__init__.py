"""Pure functions from records to what a person or a program reads."""

from adbench.report.json import json_text
from adbench.report.terminal import Terminal, terminal
from adbench.report.text import report, text

__all__ = ["Terminal", "json_text", "report", "terminal", "text"]
