"""The audit of a table: what a careful reviewer would raise before a number from it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialplan.evidence import audit_counts, audit_outcomes, audit_rows, audit_studies
from trialplan.evidence.finding import RULES, SEVERITIES, Finding, Findings

if TYPE_CHECKING:
    from trialplan.evidence.table import EvidenceTable

__all__ = ["audit"]

_RULES_OF = (audit_studies, audit_counts, audit_outcomes, audit_rows)  # importing them fills RULES


def audit(table: EvidenceTable) -> Findings:
    """What the rules see in `table`: what blocks first, then by the rule's id, then in printed order."""
    findings = [
        Finding(id, severity, *place, seen, means)
        for id, severity, check in sorted(RULES, key=lambda row: row[0])
        for place, seen, means in check(table)
    ]
    return Findings(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
