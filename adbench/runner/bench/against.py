"""The other side of a comparison: a git revision in a worktree of its own, or another python."""

from __future__ import annotations


class AgainstError(Exception):
    """The other side cannot be had; the message says why and what to do."""
