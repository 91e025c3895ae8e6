"""`--baseline`: the blessed results that a run is set beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adbench.record.model import RunRecord
    from adbench.runner.baselines import SuiteBaseline
    from adbench.suite import Suite


@dataclass(frozen=True, slots=True)
class Blessed:
    """The baselines of a run's suites, read before the run begins; none where none are wanted."""

    place: Path | None
    baselines: Sequence[SuiteBaseline] = ()

    @property
    def seconds(self) -> dict[str, float]:
        """How long each blessed task took."""
        return {
            f"{found.suite.name}/{key}": entry.seconds
            for found in self.baselines
            for key, entry in found.present.tasks.items()
        }

    def compared(self, record: RunRecord, *, frozen: bool) -> RunRecord:
        """The record, with its comparison where one is wanted."""
        if self.place is None:
            return record
        from adbench.record.comparison_tasks import Rules
        from adbench.runner.baselines import compare_with_baselines

        comparison = compare_with_baselines(record, self.baselines, Rules(frozen), self.place)
        return record.model_copy(update={"comparison": comparison})


def blessed(
    suites: Sequence[Suite], place: str | None, *, frozen: bool, functions: bool
) -> Blessed:
    """The baselines at `place`; one that is not to be trusted ends the command with exit code 2.

    It is read before anything runs, so that a mistake is told at once. `functions` says whether
    functions that were named one by one are to be compared too.
    """
    from adbench.cli.targets import refuse
    from adbench.record import RecordError
    from adbench.runner.baselines import baselines_of, is_file

    if place is None:
        if frozen:
            refuse("error: --frozen needs --baseline: what should stay as it is?")
        return Blessed(None)
    path = Path(place).expanduser()
    compared = [suite for suite in suites if functions or is_file(suite)]
    try:
        return Blessed(path if compared else None, baselines_of(compared, path))
    except RecordError as error:
        refuse(f"error: {error}")
