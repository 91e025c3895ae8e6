"""The JSON report is the record."""

from __future__ import annotations

import json

from adbench.record.model import RunRecord
from adbench.report import json_text


def test_json_is_the_whole_record(everything: RunRecord) -> None:
    written = json_text(everything)
    assert written.endswith("}\n")
    assert RunRecord.model_validate(json.loads(written)) == everything
