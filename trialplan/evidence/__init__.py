"""The evidence: a table of what publications report, its audit, and the estimates it can carry.

An `EvidenceTable` holds studies, a `Study` its outcomes; all three are frozen and mean what was printed. `read` brings
a table in, `audit` says where it contradicts itself or stays silent, `estimate` puts an interval around one
outcome, and `as_json` hands all of it on. Reading and refusing a file need neither numpy nor scipy.
"""

from __future__ import annotations

from trialplan.evidence.audit import audit
from trialplan.evidence.control import has_concurrent_control
from trialplan.evidence.estimate import Change, Estimate, LogScale, change_sd, estimate, log_scale
from trialplan.evidence.finding import Finding
from trialplan.evidence.intervals import INTERVALS, newcombe
from trialplan.evidence.overlap import overlapping
from trialplan.evidence.read import read, read_with_notes, read_with_text
from trialplan.evidence.report import as_json
from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study

__all__ = [
    "INTERVALS",
    "Change",
    "Estimate",
    "EvidenceTable",
    "Finding",
    "LogScale",
    "ReportedOutcome",
    "Study",
    "as_json",
    "audit",
    "change_sd",
    "estimate",
    "has_concurrent_control",
    "log_scale",
    "newcombe",
    "overlapping",
    "read",
    "read_with_notes",
    "read_with_text",
]
