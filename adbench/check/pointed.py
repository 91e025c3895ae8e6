"""Which coordinate a finding points at."""

from __future__ import annotations

import numpy as np

from adbench.check.subject import Subject
from adbench.record.model import Finding


def coordinate_of(subject: Subject, finding: Finding) -> int | None:
    """The input coordinate that a finding of a VJP speaks of; None where it speaks of no one."""
    names = [leaf.name for leaf in subject.inputs.leaves]
    if finding.input not in names or finding.index is None:
        return None
    leaf = names.index(finding.input)
    shape = subject.inputs.leaves[leaf].shape
    offset = int(np.ravel_multi_index(finding.index, shape)) if shape else 0
    start = int(subject.inputs.starts[leaf])
    if subject.inputs.leaves[leaf].dtype.kind == "c":
        return start + 2 * offset + ("imaginary" in finding.message)
    return start + offset
