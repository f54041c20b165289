"""A rate borrowed from other arms: which ones, how they differ from the endpoint, and what they let one expect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from trialplan import evidence
from trialplan.belief import Belief, Beta, Map, map_prior, robustify
from trialplan.errors import PlanError
from trialplan.evidence.bridge import Reading, reading
from trialplan.evidence.finding import Finding
from trialplan.plan.schema import Borrowed, EndpointSection

_SAME_TIME = 1.0
"""Months by which two time points may differ and still be the same visit."""


@dataclass(frozen=True)
class Borrowing:
    """The arms that a belief rests on, and where they differ from the endpoint."""

    said: Borrowed
    readings: tuple[Reading, ...]
    findings: tuple[Finding, ...]

    @cached_property
    def prior(self) -> Map:
        """What the arms' counts let one expect of a new one."""
        events, of = zip(*((one.events, one.of) for one in self.readings), strict=True)
        return _prior(events, of, self.said.tau_scale)

    @cached_property
    def belief(self) -> Belief:
        """The predictive belief as a mixture, made robust by the weight that the plan gives."""
        mixture = self.prior.mixture
        return robustify(mixture, self.said.robust, Beta(1, 1)) if self.said.robust else mixture


@lru_cache(maxsize=16)
def _prior(events: tuple[int, ...], of: tuple[int, ...], tau_scale: float) -> Map:
    """Remembered, because plans that are compared, or varied, borrow from the same arms again and again."""
    return map_prior(events, of, tau_scale=tau_scale)


def borrow(said: Borrowed, section: EndpointSection, table: evidence.EvidenceTable) -> Borrowing:
    """The arms read from their table, with a finding wherever one differs from the endpoint in definition or time."""
    readings = tuple(
        reading(table, study, (said.outcome,), (said.arm,), denominator=said.denominator) for study in said.studies
    )
    borrowed = evidence.EvidenceTable(title="borrowed", studies=tuple(arm.study for arm in readings))
    for shared in evidence.overlapping(borrowed.studies):
        keys = " and ".join(study.key for study in shared)
        raise PlanError(f"{keys} may hold the same participants (P06); borrow one of them")
    findings = (_finding(said, arm, seen) for arm in readings for seen in _mismatches(arm, section))
    return Borrowing(said, readings, tuple(findings))


def _mismatches(arm: Reading, section: EndpointSection) -> Iterator[str]:
    row = arm.outcomes[0]
    read, planned = row.timepoint_months, section.timepoint_months
    if read and planned and abs(read - planned) > _SAME_TIME:
        yield f"read at {read:g} months; the endpoint is read at {planned:g}"
    if row.definition != section.definition:
        yield f"defined as: {row.definition or 'not stated'}"


def _finding(said: Borrowed, arm: Reading, seen: str) -> Finding:
    accepted = arm.study.key in said.accept
    means = (
        "The plan accepts this difference and says why."
        if accepted
        else "The rate belongs to another endpoint; plan with both ends of the predictive interval, or name the "
        "study in `accept`."
    )
    return Finding(
        id="P02",
        severity="information" if accepted else "warning",
        study=arm.study.key,
        outcome=arm.outcomes[0].label,
        seen=seen,
        means=means,
    )
