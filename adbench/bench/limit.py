"""A worker's address space, limited: a function that needs too much fails, and not the machine."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")
_OUT_OF_MEMORY = ("can't allocate memory", "out of memory", "RESOURCE_EXHAUSTED", "bad_alloc")
"""What PyTorch, CuPy, XLA and C++ say where Python says MemoryError."""


def limit_memory(count: int) -> None:
    """Let this process take `count` bytes of address space more than it has now.

    To be called when the backend is imported and before the user's own code is. What the limit
    counts is address space: libraries, reserved and untouched pages and threads' stacks as well
    as arrays. PyTorch and JAX hold gigabytes of it once they are imported, and no memory to speak
    of, so the limit begins there; a thread that starts later takes some for its stack (8 MiB) and
    its allocator (64 MiB). Memory on a GPU is not counted.

    Raises OSError where the system knows no such limit.
    """
    if sys.platform != "linux":
        raise OSError(f"memory can be limited on Linux only; this is {sys.platform}")
    pages = int(_STATM.read_text(encoding="ascii").split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + count
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that there was not enough memory, in whatever library's words."""
    if isinstance(error, MemoryError):
        return True
    try:
        message = str(error)
    except Exception:  # a user's exception may not even have a message
        return False
    return any(words in message for words in _OUT_OF_MEMORY)
