"""What the machine does beside the benchmark: frequency governor, load, memory allocator."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_MAPS = Path("/proc/self/maps")
_ALLOCATORS = ("jemalloc", "tcmalloc", "mimalloc", "libhoard", "snmalloc")
_PREFIXES = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD", "PYTHONMALLOC")
_BUSY = 0.5
"""A load above this, in cores, is somebody else's work."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The state of the machine as a run begins; `warnings` are for a person to read."""

    governor: str | None
    """None where the system does not tell, as in most virtual machines."""
    load: tuple[float, ...]
    """Averages over 1, 5 and 15 minutes, in runnable processes."""
    allocator: dict[str, str]
    """The C library and the allocator in its place, if any, and the settings of either."""
    warnings: tuple[str, ...]


def machine() -> Machine:
    """Look at the machine now, before anything is measured."""
    governor, load = _governor(), _load()
    warnings = []
    if governor is not None and governor != "performance":
        warnings.append(
            f"the frequency governor is {governor!r}: clocks change while times are taken; "
            "`performance` keeps them steady"
        )
    if load and load[0] > _BUSY:
        warnings.append(
            f"the machine was already busy (load {load[0]:.1f} over the last minute): "
            "expect wider intervals"
        )
    return Machine(governor=governor, load=load, allocator=_allocator(), warnings=tuple(warnings))


def _governor() -> str | None:
    """The governor of all cores; several are joined by commas."""
    found = set()
    for file in _CPUS.glob("cpu[0-9]*/cpufreq/scaling_governor"):
        try:
            found.add(file.read_text(encoding="ascii").strip())
        except OSError:
            continue  # a core that is switched off
    return ",".join(sorted(found)) or None


def _load() -> tuple[float, ...]:
    try:
        return tuple(round(average, 2) for average in os.getloadavg())
    except (OSError, AttributeError):
        return ()


def _allocator() -> dict[str, str]:
    settings = {k: v for k, v in sorted(os.environ.items()) if k.startswith(_PREFIXES)}
    library = " ".join(platform.libc_ver()).strip()
    found = {"library": library} if library else {}
    if replaced := replaced_allocator():
        found["replaced by"] = replaced
    return found | settings


def replaced_allocator() -> str | None:
    """The allocator that this process uses in place of the C library's, or None."""
    try:
        maps = _MAPS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return next((name for name in _ALLOCATORS if name in maps), None)
