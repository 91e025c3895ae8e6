"""suites/schema.json, which editors read, is what `adbench schema` prints today."""

import json
from pathlib import Path

from adbench.suite import json_schema

SUITES = Path(__file__).parents[2] / "suites"


def test_schema_is_up_to_date():
    written = json.loads((SUITES / "schema.json").read_text(encoding="utf-8"))
    assert written == json_schema(), "run `adbench schema > suites/schema.json`"


def test_every_suite_names_the_schema():
    files = sorted(SUITES.glob("*.yaml"))
    assert files
    for file in files:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=schema.json", file.name
