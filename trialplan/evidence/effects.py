"""What each study contributes to a pool: an effect with its sampling variance, on the scale where it is pooled."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from trialplan.errors import ParameterError, did_you_mean
from trialplan.evidence.estimate import change_sd
from trialplan.evidence.measures import EFFECT_MEASURES, RATIO_MEASURES
from trialplan.evidence.table import Moments, MomentsOfChange
from trialplan.numerics.lazy import special

MEASURES = {
    "logit": "log odds of the rate",
    "double-arcsine": "Freeman–Tukey double arcsine of the rate",
    "raw": "rate as it is",
    "mean-change": "follow-up mean minus baseline mean",
    "standardised-by-baseline": "change over the SD at baseline, corrected for small samples",
    "standardised-by-change": "change over its own SD, corrected for small samples",
    "risk-ratio": "log of the risk ratio, treatment over control",
    "odds-ratio": "log of the odds ratio, treatment over control",
    "risk-difference": "difference of the rates, treatment minus control",
    "mean-difference": "difference of the means, treatment minus control",
    "hazard-ratio": "log of the hazard ratio, treatment over control",
    "rate-ratio": "log of the rate ratio, treatment over control",
    "standardised-mean-difference": "difference of the means in SDs, treatment minus control",
}
COMPARISONS = EFFECT_MEASURES


@dataclass(frozen=True, kw_only=True)
class Effects:
    """The studies' effects and variances, in one measure, with the counts that they came from.

    Where two arms are compared, `events` and `sizes` are the treatment's, and `control` holds those of the other arm;
    `shared` names the studies where several treatment arms have one control, whose counts are those of all the arms.
    """

    measure: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    variances: tuple[float, ...]
    sizes: tuple[int, ...]
    events: tuple[int, ...] | None = None
    control: tuple[tuple[int, int], ...] | None = None
    shared: tuple[str, ...] = ()

    def take(self, indices: Sequence[int]) -> Effects:
        """Only the studies at these places."""
        columns: dict[str, Any] = {part.name: getattr(self, part.name) for part in fields(self)}
        del columns["measure"], columns["shared"]
        chosen = {name: cells and tuple(cells[i] for i in indices) for name, cells in columns.items()}
        labels = {self.labels[i] for i in indices}
        return Effects(measure=self.measure, shared=tuple(one for one in self.shared if one in labels), **chosen)

    @property
    def transformed(self) -> bool:
        """Whether a reader needs the values transformed back."""
        return self.measure in ("logit", "double-arcsine", *RATIO_MEASURES)

    def back(self, value: float, sizes: Sequence[int] | None = None) -> float:
        """A value on the pooled scale as a reader knows it; `sizes` are those of the studies that it stands for."""
        if self.measure == "logit":
            return float(special.expit(value))
        if self.measure in RATIO_MEASURES:
            return math.exp(value)
        if self.measure == "double-arcsine":
            known = self.sizes if sizes is None else sizes
            return inverse_double_arcsine(value, len(known) / math.fsum(1 / n for n in known))
        return value


def proportion_effects(
    events: Sequence[int], of: Sequence[int], measure: str = "logit", labels: Sequence[str] | None = None
) -> Effects:
    """Each study's rate in the measure chosen.

    Half an event and half a non-event are added to the studies that have none of the one or the other, and to
    no other study; the double arcsine needs no addition.
    """
    if measure not in PROPORTIONS:
        raise ParameterError(f"measure: there is no {measure!r} for rates; {did_you_mean(measure, PROPORTIONS)}")
    _check_counts(events, of)
    pairs = [PROPORTIONS[measure](x, n) for x, n in zip(events, of, strict=True)]
    return _effects(measure, labels, pairs, tuple(of), tuple(events))


def change_effects(
    studies: Sequence[Moments | MomentsOfChange],
    correlation: float | None,
    measure: str = "mean-change",
    labels: Sequence[str] | None = None,
) -> Effects:
    """Each study's change, follow-up minus baseline.

    Of means and SDs before and after, values correlate by `correlation` within a participant; a change's own mean and
    SD need none.
    """
    if measure not in CHANGES:
        raise ParameterError(f"measure: there is no {measure!r} for changes; {did_you_mean(measure, CHANGES)}")
    pairs = [_change(study, correlation, measure) for study in studies]
    if not pairs:
        raise ParameterError("there is no study to pool")
    return _effects(measure, labels, pairs, tuple(study[-1] for study in studies))


def _change(study: Moments | MomentsOfChange, correlation: float | None, measure: str) -> tuple[float, float]:
    if len(study) == 5:
        if correlation is None:
            raise ParameterError("means before and after need the correlation within a participant, for example 0.5")
        return CHANGES[measure](study, correlation)
    if measure not in OWN_CHANGES:
        raise ParameterError(f"measure {measure} needs the SD at baseline, and a change has its own; use mean-change")
    return OWN_CHANGES[measure](study)


def inverse_double_arcsine(value: float, n: float) -> float:
    """The rate whose double arcsine is `value` in a study of n (Miller 1978, Am Stat 32:138).

    Below the transform of no event it is 0, and above that of n events 1. For a pooled value n is the harmonic
    mean of the studies' sizes.
    """
    if value <= _double_arcsine(0, n)[0]:
        return 0.0
    if value >= _double_arcsine(n, n)[0]:
        return 1.0
    sine, cosine = math.sin(2 * value), math.cos(2 * value)
    root = math.sqrt(max(1 - (sine + (sine - 1 / sine) / n) ** 2, 0.0))
    return (1 - math.copysign(root, cosine)) / 2


def small_sample_factor(df: int) -> float:
    """The unbiased estimate of a standardised change over the biased one (Hedges 1981, J Educ Stat 6:107)."""
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def _logit(events: float, n: float) -> tuple[float, float]:
    """The log odds, with variance 1/events + 1/non-events."""
    x, total = _without_zero(events, n)
    return math.log(x / (total - x)), 1 / x + 1 / (total - x)


def _double_arcsine(events: float, n: float) -> tuple[float, float]:
    """The mean of two angles, with variance 1/(4n + 2) (Freeman & Tukey 1950, Ann Math Stat 21:607)."""
    angles = math.asin(math.sqrt(events / (n + 1))) + math.asin(math.sqrt((events + 1) / (n + 1)))
    return angles / 2, 1 / (4 * n + 2)


def _raw(events: float, n: float) -> tuple[float, float]:
    """The rate p, with variance p(1 − p)/n."""
    x, total = _without_zero(events, n)
    rate = x / total
    return rate, rate * (1 - rate) / total


def _without_zero(events: float, n: float) -> tuple[float, float]:
    return (events + 0.5, n + 1) if events in (0, n) else (events, n)


def _mean_change(study: Moments, correlation: float) -> tuple[float, float]:
    """The change, with variance SD²/n of the change."""
    before, sd0, after, sd1, n = study
    return after - before, change_sd(sd0, sd1, correlation) ** 2 / n


def _by_baseline(study: Moments, correlation: float) -> tuple[float, float]:
    """Becker's standardised mean change (1988, Br J Math Stat Psychol 41:257): variance 2(1 − r)/n + g²/(2n)."""
    before, sd0, after, _, n = study
    change_sd(1.0, 1.0, correlation)  # refuses an impossible correlation
    g = small_sample_factor(n - 1) * (after - before) / sd0
    return g, 2 * (1 - correlation) / n + g**2 / (2 * n)


def _by_change(study: Moments, correlation: float) -> tuple[float, float]:
    """The change over its SD (Gibbons, Hedeker & Davis 1993, J Educ Stat 18:271): variance 1/n + g²/(2n)."""
    before, sd0, after, sd1, n = study
    g = small_sample_factor(n - 1) * (after - before) / change_sd(sd0, sd1, correlation)
    return g, 1 / n + g**2 / (2 * n)


PROPORTIONS: dict[str, Callable[[float, float], tuple[float, float]]] = {
    "logit": _logit,
    "double-arcsine": _double_arcsine,
    "raw": _raw,
}
CHANGES: dict[str, Callable[[Moments, float], tuple[float, float]]] = {
    "mean-change": _mean_change,
    "standardised-by-baseline": _by_baseline,
    "standardised-by-change": _by_change,
}


def _own_mean(study: MomentsOfChange) -> tuple[float, float]:
    mean, sd, n = study
    return mean, sd**2 / n


def _own_standardised(study: MomentsOfChange) -> tuple[float, float]:
    """As `_by_change`, of the reported SD."""
    mean, sd, n = study
    if not sd > 0:
        raise ParameterError("an SD of 0 standardises nothing; use mean-change")
    g = small_sample_factor(n - 1) * mean / sd
    return g, 1 / n + g**2 / (2 * n)


OWN_CHANGES: dict[str, Callable[[MomentsOfChange], tuple[float, float]]] = {
    "mean-change": _own_mean,
    "standardised-by-change": _own_standardised,
}


def _check_counts(events: Sequence[int], of: Sequence[int]) -> None:
    if not events or len(events) != len(of):
        raise ParameterError(f"{len(events)} event counts need as many denominators, not {len(of)}")
    for x, n in zip(events, of, strict=True):
        if n < 1 or not 0 <= x <= n:
            raise ParameterError(f"events must lie in [0, of], not {x} of {n}")


def _effects(
    measure: str, labels: Sequence[str] | None, pairs: Sequence[tuple[float, float]], sizes: Any, events: Any = None
) -> Effects:
    names = tuple(f"study {i}" for i in range(1, len(pairs) + 1)) if labels is None else tuple(labels)
    values, variances = zip(*pairs, strict=True)
    return Effects(measure=measure, labels=names, values=values, variances=variances, sizes=sizes, events=events)
