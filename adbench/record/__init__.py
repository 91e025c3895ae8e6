"""The run record: model, file, environment, and its results in words."""

from adbench.record.environment import adbench_version, available_cores, environment, loaded_threads
from adbench.record.explain import explain, explain_failure, explain_finding
from adbench.record.file import RecordError, read_record, write_record
from adbench.record.model import (
    SCHEMA_VERSION,
    CaseResult,
    CheckOptions,
    CheckResult,
    CurvePoint,
    DerivativeResult,
    Environment,
    Failure,
    Finding,
    RunRecord,
    SourceLocation,
    SuiteInfo,
    VCurve,
    Verdict,
)

__all__ = [
    "SCHEMA_VERSION",
    "CaseResult",
    "CheckOptions",
    "CheckResult",
    "CurvePoint",
    "DerivativeResult",
    "Environment",
    "Failure",
    "Finding",
    "RecordError",
    "RunRecord",
    "SourceLocation",
    "SuiteInfo",
    "VCurve",
    "Verdict",
    "adbench_version",
    "available_cores",
    "environment",
    "explain",
    "explain_failure",
    "explain_finding",
    "loaded_threads",
    "read_record",
    "write_record",
]
