"""What can go wrong between a user's function and a backend; imports nothing heavy."""

from __future__ import annotations


class BackendUnavailableError(RuntimeError):
    """The backend cannot run here; the message says why, `install` how to get it."""

    def __init__(self, reason: str, install: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.install = install


class ArgumentError(TypeError):
    """The inputs cannot be handed to the function, or there is nothing to differentiate."""


class OutputError(TypeError):
    """The user's function returned something that has no derivative (not arrays, not floats)."""


class UnsupportedError(NotImplementedError):
    """The backend has no such operation for this function; the message says which and why."""
