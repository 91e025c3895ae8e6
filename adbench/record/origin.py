"""Where a run record comes from: the machine, the suite files, and which part of a run it holds."""

from __future__ import annotations

from adbench.record.base import Model as _Model


class Environment(_Model):
    """Where a run took place: whatever may explain a difference between two runs."""

    python: str
    platform: str
    machine: str
    processor: str
    cores: int
    memory_bytes: int
    versions: dict[str, str]
    """Installed versions of adbench and the libraries that decide numbers."""
    threads: dict[str, int]
    variables: dict[str, str]
    """The environment variables that decide numbers or threads, where set."""
    git: str | None = None


class SuiteInfo(_Model):
    """Which suite file a run read, and what was in it."""

    name: str
    path: str
    sha256: str


class Shard(_Model):
    """Which part of a run a record holds; what `adbench merge` puts the parts together by."""

    index: int
    """From 1 to `count`."""
    count: int
    total: int
    """How many tasks the whole run has."""
    positions: tuple[int, ...]
    """Where the whole run has this part's tasks."""
    cut: str
    """A digest of all tasks and of the part that each is in."""
    code: str | None = None
    """The checked-out revision, with a digest of what is not committed; None outside git."""
