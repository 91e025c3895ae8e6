"""What differs between the places of two runs, in words."""

from __future__ import annotations

from collections.abc import Mapping

from adbench.record.baseline import Place

_OTHER_BACKENDS = {"torch": ("torch",), "jax": ("jax", "jaxlib")}


def differing(before: Place, after: Place, backend: str | None = None) -> list[str]:
    """What differs between two places, a phrase each; for one backend, only what concerns it."""
    phrases = [
        f"{name} {getattr(before, name)} → {getattr(after, name)}"
        for name in ("python", "platform", "machine", "processor", "cores")
        if getattr(before, name) != getattr(after, name)
    ]
    ours = _concern(backend)
    phrases += _differing(before.versions, after.versions, "{}", ours)
    threads = [
        {k: str(v) for k, v in place.threads.items() if backend is None or k.startswith(backend)}
        for place in (before, after)
    ]
    # Which library was loaded is chance where workers take what comes; a count that differs is not.
    both = threads[0].keys() & threads[1].keys()
    counted = [{k: t[k] for k in both} for t in threads]
    phrases += _differing(counted[0], counted[1], "threads of {}", None)
    return phrases + _differing(before.variables, after.variables, "{}", None)


def _concern(backend: str | None) -> frozenset[str] | None:
    """Distributions that do not concern a backend; None: all concern it."""
    if backend is None:
        return None
    return frozenset(
        name for other, names in _OTHER_BACKENDS.items() if other != backend for name in names
    )


def _differing(
    before: Mapping[str, str], after: Mapping[str, str], form: str, without: frozenset[str] | None
) -> list[str]:
    return [
        f"{form.format(name)} {before.get(name, 'absent')} → {after.get(name, 'absent')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name) and name not in (without or ())
    ]
