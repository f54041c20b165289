"""The evidence, read, audited, estimated and pooled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from trialplan.errors import ParameterError
from trialplan.verbs._arguments import path_like, shown
from trialplan.verbs._misfits import refuses_misfits

if TYPE_CHECKING:
    from trialplan.evidence.effects import Effects
    from trialplan.evidence.estimate import Estimate
    from trialplan.evidence.finding import Findings
    from trialplan.evidence.pooling import Pool
    from trialplan.evidence.pools import Pools
    from trialplan.evidence.table import EvidenceTable, ReportedOutcome


@refuses_misfits
def read_evidence(table: str | Path | EvidenceTable) -> EvidenceTable:
    """What does a table of studies say? A shipped table's name, or a .toml or .csv file with one outcome a row.

    `.studies` are its rows, and its page shows each outcome with an interval and the findings of the audit;
    `.page("jeffreys")` has another interval than Wilson's.

    >>> table = read_evidence("msc-lupus-nephritis")
    >>> len(table.studies), table.studies[0].key
    (5, 'sun-2010')
    """
    from trialplan import evidence

    if isinstance(table, evidence.EvidenceTable):
        return table
    return evidence.read(path_like("read_evidence", table, "a shipped table's name or the path of a file"))


@refuses_misfits
def audit(table: str | Path | EvidenceTable) -> Findings:
    """Where does a table contradict itself or stay silent, and what does that mean for planning?

    >>> found = audit("msc-lupus-nephritis")
    >>> found.summary()
    '55 findings, 16 of which a plan must answer'
    """
    from trialplan import evidence

    return evidence.audit(read_evidence(table))


@refuses_misfits
def estimate(outcome: ReportedOutcome, interval: str = "wilson", confidence: float = 0.95) -> Estimate | None:
    """What does one outcome of a study say in numbers? None where it has none: words, NR, no denominator.

    `interval` of a proportion is wilson, clopper-pearson, jeffreys or agresti-coull.

    >>> table = read_evidence("msc-lupus-nephritis")
    >>> rates = [row for row in table.study("wang-2012").outcomes if row.name == "complete remission"]
    >>> estimate(rates[0]).summary()
    '16 of 30: 53.3 %, 95 % interval 36.1 % to 69.8 %'
    """
    from trialplan import evidence

    if not isinstance(outcome, evidence.ReportedOutcome):
        way_out = "as in read_evidence(...).studies[0].outcomes[0]; its text is read from a table"
        raise ParameterError(
            f"takes one outcome of an evidence table, not {shown(outcome)}", owner="estimate", way_out=way_out
        )
    return evidence.estimate(outcome, interval, confidence)


@overload
def pool(evidence: Effects, *, method: str = ..., interval: str = ..., confidence: float = ...) -> Pool: ...
@overload
def pool(
    evidence: str | Path | EvidenceTable,
    outcome: str,
    *,
    measure: str | None = ...,
    arms: Sequence[str] | None = ...,
    timepoint_months: float | None = ...,
    method: str = ...,
    interval: str = ...,
    denominators: str = ...,
    correlation: float | None = ...,
    by: str | None = ...,
) -> Pools: ...
@refuses_misfits
def pool(
    evidence: str | Path | EvidenceTable | Effects,
    outcome: str | None = None,
    *,
    measure: str | None = None,
    arms: Sequence[str] | None = None,
    timepoint_months: float | None = None,
    method: str = "reml",
    interval: str = "normal",
    confidence: float = 0.95,
    denominators: str = "reported",
    correlation: float | None = None,
    by: str | None = None,
) -> Pools | Pool:
    """What do several studies say together, and how much do they differ?

    Of a table, one `outcome`: one report per centre and all reports side by side, then without each study, and in
    groups where `by` names a field of the studies. `denominators` "enrolled" counts those without a result as not
    having it; `correlation` within a participant has to be assumed to pool changes. Two arms whose roles the table
    tells are compared by each suiting `measure`, unless one is named, or the `arms` whose rows are pooled;
    `timepoint_months` names the rows of one visit. Of `Effects`, those studies. `to_frame()` has a pool a row; its
    picture has all of `by_reports`, one of them alone is `figure("one-per-centre")`.

    `method` is reml, maximum-likelihood, hedges, paule-mandel, dersimonian-laird, sidik-jonkman, hunter-schmidt,
    empirical-bayes, fixed, binomial-normal or beta-binomial, of two arms mantel-haenszel or peto too; `interval` is
    normal, knapp-hartung or knapp-hartung-modified.

    >>> pools = pool("msc-lupus-nephritis", "complete-remission")
    >>> round(pools.by_reports["all"].natural.estimate, 3)
    0.343
    """
    from trialplan.evidence import pooling
    from trialplan.evidence.effects import Effects
    from trialplan.evidence.pools import pools_of
    from trialplan.evidence.selection import PoolChoice

    if isinstance(evidence, Effects):
        if outcome is not None or by is not None:
            raise ParameterError("effects are one outcome already; leave outcome and by out", owner="pool")
        return pooling.pool(evidence, method, interval, confidence)
    table = read_evidence(evidence)
    if outcome is None:
        there = dict.fromkeys(outcome.name.replace(" ", "-") for study in table.studies for outcome in study.outcomes)
        reason, way_out = "is needed: which outcome of the table is pooled", f"its outcomes are {', '.join(there)}"
        raise ParameterError(reason, owner="pool", parameter="outcome", way_out=way_out)
    choice = PoolChoice(
        denominators=denominators,
        correlation=correlation,
        arms=None if arms is None else tuple(arms),
        timepoint_months=timepoint_months,
    )
    return pools_of(table, outcome, choice, measure=measure, method=method, interval=interval, by=by)
