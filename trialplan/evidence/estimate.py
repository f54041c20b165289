"""What one outcome can tell: a rate with its interval, or a mean change under each assumed correlation.

A table that prints a mean and SD before and after does not print the SD of the change, which depends on the
correlation within a participant. The correlation is therefore scanned, never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from trialplan.errors import ParameterError, did_you_mean
from trialplan.evidence.intervals import INTERVALS, REFERENCES, normal_quantile
from trialplan.evidence.measures import RATIO_MEASURES
from trialplan.numerics.lazy import special
from trialplan.page import Answer, Page, Table, facts, plain
from trialplan.text import number, percent

if TYPE_CHECKING:
    from trialplan.evidence.table import Moments, ReportedOutcome

CORRELATIONS = (0.0, 0.25, 0.5, 0.75)
"""Between baseline and follow-up, which reports leave out: the SD of the change is shown at each."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change's SD and interval if the correlation within a participant is `correlation`."""

    correlation: float
    sd: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class LogScale:
    """Baseline and follow-up as log-normal distributions with the reported means and SDs.

    The geometric mean is the median of that distribution; `ratio` is follow-up over baseline; `below_zero` is
    the share of participants that a normal distribution would put below zero at follow-up instead.
    """

    baseline_geometric_mean: float
    followup_geometric_mean: float
    ratio: float
    baseline_log_sd: float
    followup_log_sd: float
    below_zero: float


@dataclass(frozen=True, kw_only=True, repr=False)
class Estimate(Answer):
    """A rate, a mean change or a reported effect, its limits, and how they were had.

    For a change, `lower` and `upper` are the widest over the `changes`, and `method` says which one that is.
    """

    kind: str
    value: float
    lower: float
    upper: float
    confidence: float
    n: int | None
    method: str
    reference: str
    events: int | None = None
    changes: tuple[Change, ...] = ()
    log_scale: LogScale | None = None

    def page(self) -> Page:
        """The value with its interval, and how they were had."""
        shown = percent if self.kind == "proportion" else number
        counted = "" if self.events is None else f"{self.events} of {self.n}: "
        rows = [("method", self.method), ("participants", f"{self.n:,}"), ("reference", self.reference)]
        scanned = [[f"{at.correlation:g}", number(at.sd), f"{at.lower:.3g} to {at.upper:.3g}"] for at in self.changes]
        columns = ("correlation", "SD of the change", "interval")
        return Page(
            data=plain(asdict(self)),
            headline=f"{counted}{shown(self.value)}, {100 * self.confidence:g} % interval {shown(self.lower)} to "
            f"{shown(self.upper)}",
            tables=[facts(rows), *([Table(columns, scanned, right=frozenset({0, 1, 2}))] if scanned else [])],
        )


def estimate(
    outcome: ReportedOutcome,
    interval: str = "wilson",
    confidence: float = 0.95,
    *,
    correlations: Sequence[float] = CORRELATIONS,
) -> Estimate | None:
    """What `outcome` says in numbers; None where it has none (words, NR, ND, no denominator, no SD)."""
    if interval not in INTERVALS:
        raise ParameterError(f"interval: there is no {interval!r}; {did_you_mean(interval, INTERVALS)}")
    normal_quantile(confidence)
    if outcome.counts is not None:
        events, of = outcome.counts
        lower, upper = INTERVALS[interval](events, of, confidence)
        return Estimate(
            kind="proportion",
            value=events / of,
            lower=lower,
            upper=upper,
            confidence=confidence,
            n=of,
            method=interval,
            reference=REFERENCES[interval],
            events=events,
        )
    if outcome.reported_effect is not None:
        return _reported_effect(outcome, *outcome.reported_effect, confidence)
    if isinstance(outcome.change_mean, int | float):
        return None if outcome.change is None else _reported_change(*outcome.change, confidence)
    return None if outcome.moments is None else _change(outcome.moments, confidence, correlations)


def change_sd(baseline_sd: float, followup_sd: float, correlation: float) -> float:
    """The SD of follow-up minus baseline: √(s₀² + s₁² − 2 r s₀ s₁).

    >>> round(change_sd(1.2, 0.9, 0.5), 2)
    1.08
    """
    if not -1 <= correlation <= 1:
        raise ParameterError(f"correlation must lie in [-1, 1], not {correlation}")
    square = baseline_sd**2 + followup_sd**2 - 2 * correlation * baseline_sd * followup_sd
    return math.sqrt(max(square, 0.0))


def log_scale(baseline_mean: float, baseline_sd: float, followup_mean: float, followup_sd: float) -> LogScale:
    """The log-normal distributions that have these means and SDs (Aitchison & Brown 1957, chapter 2).

    With cv = SD/mean the SD of the logs is √(log(1 + cv²)) and the geometric mean is mean / √(1 + cv²).
    """
    middle = [_log_normal(baseline_mean, baseline_sd), _log_normal(followup_mean, followup_sd)]
    (first, first_sd), (last, last_sd) = [(math.exp(mu), sigma) for mu, sigma in middle]
    return LogScale(
        baseline_geometric_mean=first,
        followup_geometric_mean=last,
        ratio=last / first,
        baseline_log_sd=first_sd,
        followup_log_sd=last_sd,
        below_zero=below_zero(followup_mean, followup_sd),
    )


def below_zero(mean: float, sd: float) -> float:
    """The share of a normal distribution with this mean and SD that lies below zero."""
    return NormalDist().cdf(-mean / sd) if sd else float(mean < 0)


def _log_normal(mean: float, sd: float) -> tuple[float, float]:
    if mean <= 0:
        raise ParameterError(f"mean must be above 0 on the log scale, not {mean}; keep the scale as measured")
    variance = math.log1p((sd / mean) ** 2)
    return math.log(mean) - variance / 2, math.sqrt(variance)


def _reported_effect(outcome: ReportedOutcome, value: float, error: float, confidence: float) -> Estimate:
    """A reported effect at the confidence asked for, by its standard error and the normal quantile."""
    half = normal_quantile(confidence) * error
    back = math.exp if outcome.effect_measure in RATIO_MEASURES else float
    return Estimate(
        kind="effect",
        value=back(value),
        lower=back(value - half),
        upper=back(value + half),
        confidence=confidence,
        n=outcome.n if isinstance(outcome.n, int) else None,
        method=f"{outcome.effect_measure} as reported",
        reference="the report's own standard error or interval",
    )


def _reported_change(mean: float, sd: float, n: int, confidence: float) -> Estimate:
    """A change whose own SD is reported: no correlation has to be assumed."""
    half = float(special.stdtrit(n - 1, 0.5 + confidence / 2)) * sd / math.sqrt(n)
    return Estimate(
        kind="change",
        value=mean,
        lower=mean - half,
        upper=mean + half,
        confidence=confidence,
        n=n,
        method="t interval of the reported SD of the change",
        reference="Student 1908, Biometrika 6:1-25",
    )


def _change(moments: Moments, confidence: float, correlations: Sequence[float]) -> Estimate:
    mean0, sd0, mean1, sd1, n = moments
    critical = float(special.stdtrit(n - 1, 0.5 + confidence / 2))
    change = mean1 - mean0
    scan = []
    for correlation in correlations:
        sd = change_sd(sd0, sd1, correlation)
        half = critical * sd / math.sqrt(n)
        scan.append(Change(correlation=correlation, sd=sd, lower=change - half, upper=change + half))
    widest = max(scan, key=lambda at: at.sd)
    return Estimate(
        kind="change",
        value=change,
        lower=widest.lower,
        upper=widest.upper,
        confidence=confidence,
        n=n,
        method=f"paired t at a correlation of {widest.correlation:g} between baseline and follow-up, which the source "
        f"does not report; of those scanned, {min(correlations):g} to {max(correlations):g}, it gives the widest "
        "interval, and a negative one would widen it",
        reference="Student 1908, Biometrika 6:1-25",
        changes=tuple(scan),
        log_scale=log_scale(mean0, sd0, mean1, sd1) if mean0 > 0 and mean1 > 0 else None,
    )
