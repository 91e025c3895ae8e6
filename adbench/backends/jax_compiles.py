"""What JAX has compiled in this process, by the durations that it reports itself.

`jax.monitoring` calls a listener at every tracing, lowering and compilation, and not at all when a
compiled program runs: one call more within a timed region says that something was compiled there.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import jax.monitoring

_EVENTS = {
    "/jax/core/compile/jaxpr_trace_duration": "trace",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "lower",
    "/jax/core/compile/backend_compile_duration": "compile",
}
_spent: dict[str, float] = dict.fromkeys(_EVENTS.values(), 0.0)
_counts: Counter[str] = Counter()


def compilations() -> int:
    """How many programs XLA has compiled since this module was imported."""
    return _counts["compile"]


def stages() -> dict[str, float]:
    """Seconds spent so far in tracing, lowering and compiling."""
    return dict(_spent)


def _listen(event: str, seconds: float, **_: Any) -> None:
    if stage := _EVENTS.get(event):
        _spent[stage] += seconds
        _counts[stage] += 1


jax.monitoring.register_event_duration_secs_listener(_listen)
