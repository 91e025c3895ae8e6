"""The whole corpus: every bug and every hard function, by backend."""

from __future__ import annotations

from corpus import (
    hard,
    hard_kinks,
    hard_linalg,
    rules_arrays,
    rules_cotangent,
    rules_elementwise,
    rules_linalg,
)
from corpus.entry import BackendName, Bug, Hard

BOOKS = (rules_elementwise.BOOK, rules_cotangent.BOOK, rules_arrays.BOOK, rules_linalg.BOOK)


HARD_BOOKS = (hard.BOOK, hard_kinks.BOOK, hard_linalg.BOOK)


def bugs(backend: BackendName) -> list[Bug]:
    """Every bug planted on this backend; imports that backend's library and no other."""
    planted = [bug for book in BOOKS for bug in book.on(backend)]
    if backend == "torch":
        from corpus import bugs_torch

        planted += bugs_torch.BUGS
    elif backend == "jax":
        from corpus import bugs_jax

        planted += bugs_jax.BUGS
    elif backend == "native":
        from corpus import bugs_native

        planted += bugs_native.BUGS
    else:
        from corpus import bugs_manual

        planted += bugs_manual.BUGS
    return planted


def hards(backend: BackendName) -> list[Hard]:
    """Every hard function that runs on this backend."""
    return [entry for book in HARD_BOOKS for entry in book.entries if backend in entry.backends]
