"""The evidence as plain data, for `--json` and for whatever reads it next."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trialplan.evidence.audit import audit
from trialplan.evidence.estimate import estimate
from trialplan.evidence.table import EvidenceTable, Study


def as_json(table: EvidenceTable, interval: str = "wilson", confidence: float = 0.95) -> dict[str, Any]:
    """The table, its studies with an estimate beside each outcome, and the findings of its audit."""
    head = asdict(table)
    del head["studies"]
    return {
        "table": head,
        "studies": [_study(study, interval, confidence) for study in table.studies],
        "findings": [asdict(finding) for finding in audit(table)],
        "pools": [],
    }


def _study(study: Study, interval: str, confidence: float) -> dict[str, Any]:
    cells = asdict(study)
    for outcome, row in zip(study.outcomes, cells["outcomes"], strict=True):
        found = estimate(outcome, interval, confidence)
        row["estimate"] = None if found is None else asdict(found)
    return cells
