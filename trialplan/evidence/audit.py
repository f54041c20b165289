"""The audit of a table: what a careful reviewer would raise before a number from it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialplan.evidence import audit_counts, audit_outcomes, audit_rows, audit_studies
from trialplan.evidence.finding import MOVES, RULES, RULES_OF_SEEN, SEVERITIES, Finding, Findings

if TYPE_CHECKING:
    from trialplan.evidence.table import EvidenceTable

__all__ = ["audit"]

_RULES_OF = (audit_studies, audit_counts, audit_outcomes, audit_rows)  # importing them fills RULES


def audit(table: EvidenceTable) -> Findings:
    """What the rules see in `table`: what blocks first, then what moves a sample size most, then in printed order.

    A rule is about the effect, a rate, its meaning or the setting (`finding.MOVES`); among those about a rate, the
    rows come first where the rate would change most.
    """
    told = [(id, severity, moves, one) for id, severity, moves, check in RULES for one in check(table)]
    before = [(id, one) for id, _, _, one in told]
    told += [(id, severity, moves, one) for id, severity, moves, check in RULES_OF_SEEN for one in check(before)]
    findings = [
        (SEVERITIES.index(severity), MOVES.index(moves), -sum(swing), Finding(id, severity, *place, seen, means))
        for id, severity, moves, (place, seen, means, *swing) in sorted(told, key=lambda row: row[0])
    ]
    return Findings(finding for *_, finding in sorted(findings, key=lambda row: row[:3]))


def ids() -> set[str]:
    """The ids that a finding may have."""
    return {id for id, *_ in (*RULES, *RULES_OF_SEEN)}
