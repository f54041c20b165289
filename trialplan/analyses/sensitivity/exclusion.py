"""What can a trial of n participants exclude: how far its interval reaches, and what a null result leaves possible.

Each kind of design has one interval, taken at the planned values: Newcombe's for the difference of two rates, Katz's
for their ratio, Woolf's for their odds ratio, Wilson's for one rate, t for means, a factor for ratios of means.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.design import Design
from trialplan.designs.ancova import Ancova
from trialplan.designs.one_proportion import OneProportion
from trialplan.designs.ratio_of_means import RatioOfMeans
from trialplan.designs.two_means import TwoMeans
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import ParameterError, TrialplanError
from trialplan.evidence.intervals import newcombe, wilson
from trialplan.numerics.distributions import normal_quantile, t_quantile
from trialplan.numerics.lazy import np

DIFFERENCE, RATIO = "difference", "ratio"
Limits = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """The answers at one n; None where the design has no such interval.

    `kind` says whether effects are differences or ratios. half_width: half of the interval's width at the planned
    values; of a ratio the factor by which it reaches to either side. smallest_significant: the observed effect
    nearest to the null that is significant. possible: the limits of the interval when no effect at all is observed,
    so that a true effect beyond them is excluded.
    """

    n: int
    arms: Mapping[str, int]
    kind: str
    interval: str | None
    confidence: float
    half_width: float | None
    smallest_significant: float | None
    possible: Limits | None


def exclusion(design: Design, ns: Sequence[int], confidence: float = 0.95) -> list[Exclusion]:
    """What trials of these numbers of participants can exclude; looks before the end are left out.

    >>> from trialplan import TwoProportions
    >>> (found,) = exclusion(TwoProportions(control=0.3, treatment=0.5), [186])
    >>> [round(value, 3) for value in (found.half_width, found.smallest_significant, found.possible[1])]
    [0.135, 0.14, 0.13]
    """
    if not isinstance(design, Design):
        way_out = "its own width is asked by size"
        raise ParameterError("there is no test, so nothing is significant", owner=design, way_out=way_out)
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence must lie in (0, 1), not {confidence:g}; write 95 % as 0.95")
    for n in ns:
        design.check_n(n)
    return [_at(getattr(design, "design", design), n, confidence) for n in ns]


def smallest_rates(design: TwoProportions, n: int) -> tuple[float, float] | None:
    """The observed rates nearest to the null that are significant, beside the expected count of the controls.

    None where there are none, and for equivalence, which holds on both sides of no difference.
    """
    if len(design.limits()) == 2:
        return None
    n_t, n_c = map(round, design.split(n))
    seen = round(float(design.control) * n_c)
    x = np.arange(n_t + 1)
    statistic, rejects = design.analysis.statistic(design, x, n_t, np.full(n_t + 1, seen), n_c)
    significant = x[rejects & (statistic > 0)]
    if not significant.size:
        return None
    nearest = significant.min() if design.upward else significant.max()
    return float(nearest / n_t), seen / n_c


def half_power_effect(design: Design, n: int) -> float | None:
    """The effect that has power one half: where the observed one turns significant, but for the shape of t."""
    try:
        found = float(design.detectable_effect(n, 0.5))
    except TrialplanError:
        return None
    return found if math.isfinite(found) else None


@dataclass(frozen=True)
class _Kind:
    """How one kind of design is intervalled: a name, and the limits at the planned effect or at none."""

    name: Callable[[Any], str]
    limits: Callable[[Any, int, float, bool], Limits]
    significant: Callable[[Any, int], float | None]


def _at(design: Any, n: int, confidence: float) -> Exclusion:
    known = next((one for cls, one in _KINDS.items() if isinstance(design, cls)), None)
    kind = RATIO if getattr(design, "scale", DIFFERENCE) != DIFFERENCE else DIFFERENCE
    planned = None if known is None else known.limits(design, n, confidence, False)
    return Exclusion(
        n=n,
        arms=design.arms(n),
        kind=kind,
        interval=None if known is None else known.name(design),
        confidence=confidence,
        half_width=None if planned is None else _half(planned, kind),
        smallest_significant=(half_power_effect if known is None else known.significant)(design, n),
        possible=None if known is None else known.limits(design, n, confidence, True),
    )


def _half(limits: Limits, kind: str) -> float | None:
    low, high = limits
    half = math.sqrt(high / low) if kind == RATIO else (high - low) / 2
    return half if math.isfinite(half) else None


# Two rates.


def _rates(design: TwoProportions, n: int, confidence: float, none: bool) -> Limits:
    n_t, n_c = map(float, design.split(n))
    control = float(design.control)
    treatment = control if none else float(design.treatment)
    if design.scale == DIFFERENCE:
        return newcombe((control * n_c, n_c), (treatment * n_t, n_t), confidence)[1:]
    odds = design.scale != RATIO
    centre = treatment / control / ((1 - treatment) / (1 - control) if odds else 1.0)
    error = math.sqrt(sum(_log_variance(rate, size, odds) for rate, size in ((treatment, n_t), (control, n_c))))
    return _around(centre, math.exp(_z(confidence) * error))


def _log_variance(rate: float, n: float, odds: bool) -> float:
    """Of a log rate (Katz et al. 1978, Biometrics 34:469) or of log odds (Woolf 1955, Ann Hum Genet 19:251)."""
    return 1 / (n * rate) + 1 / (n * (1 - rate)) if odds else (1 - rate) / (n * rate)


def _rates_significant(design: TwoProportions, n: int) -> float | None:
    found = smallest_rates(design, n)
    if found is None:
        return None
    treatment, control = found
    if design.scale == DIFFERENCE:
        return treatment - control
    below = control * (1 - treatment) if design.scale != RATIO else control
    above = treatment * (1 - control) if design.scale != RATIO else treatment
    return above / below if below else None


def _rates_name(design: TwoProportions) -> str:
    names = {DIFFERENCE: "Newcombe interval of the difference", RATIO: "Katz interval of the ratio"}
    return names.get(design.scale, "Woolf interval of the odds ratio")


# One rate against a fixed one: effects are differences from it.


def _rate(design: OneProportion, n: int, confidence: float, none: bool) -> Limits:
    null = float(design.null)
    low, high = wilson((null if none else float(design.expected)) * n, n, confidence)
    return low - null, high - null


def _rate_significant(design: OneProportion, n: int) -> float | None:
    count = int(design.critical_count(n))
    return count / n - float(design.null) if 0 <= count <= n else None


# Means, by t: on the log scale where effects are ratios.


def _means(design: Any, n: int, confidence: float, none: bool) -> Limits:
    ratio = getattr(design, "scale", DIFFERENCE) == RATIO
    centre = (1.0 if ratio else 0.0) if none else float(design.effect_value())
    error, df = _error(design, n)
    critical = _z(confidence) if df is None else float(t_quantile(0.5 + confidence / 2, df)) if df > 0 else math.inf
    half = critical * error
    return _around(centre, math.exp(half)) if ratio else (centre - half, centre + half)


def _error(design: Any, n: int) -> tuple[float, float | None]:
    """The standard error of the effect, of its log for a ratio, and its degrees of freedom; None for a normal."""
    if isinstance(design, TwoMeans):
        variances = tuple(map(float, design.variances(n)))
        return math.sqrt(sum(variances)), _df(design, n, variances)
    spread = math.sqrt(sum(1 / float(size) for size in design.split(n)))
    if isinstance(design, Ancova):
        return float(design.sd) * math.sqrt(1 - float(design.correlation) ** 2) * spread, n - 3
    return float(design.log_sd) * spread, n - 2


def _df(design: TwoMeans, n: int, variances: Sequence[float]) -> float | None:
    """n - 2 for Student's t, Satterthwaite's (1946, Biometrics Bulletin 2:110) for Welch's."""
    if design.test == "z":
        return None
    if design.test == "t":
        return n - 2
    sizes = tuple(map(float, design.split(n)))
    if min(sizes) <= 1:
        return 0.0
    return sum(variances) ** 2 / sum(v**2 / (size - 1) for v, size in zip(variances, sizes, strict=True))


def _around(centre: float, factor: float) -> Limits:
    return centre / factor, centre * factor


def _z(confidence: float) -> float:
    return float(normal_quantile(0.5 + confidence / 2))


def _means_name(design: Any) -> str:
    ratio = getattr(design, "scale", DIFFERENCE) == RATIO
    test = (
        "normal" if getattr(design, "test", "") == "z" else "Welch t" if getattr(design, "test", "") == "welch" else "t"
    )
    return f"{test} interval of the {'ratio of geometric means' if ratio else 'difference of means'}"


_KINDS: dict[type[Design], _Kind] = {
    TwoProportions: _Kind(_rates_name, _rates, _rates_significant),
    OneProportion: _Kind(lambda design: "Wilson interval of the rate, less the null rate", _rate, _rate_significant),
    TwoMeans: _Kind(_means_name, _means, half_power_effect),
    Ancova: _Kind(_means_name, _means, half_power_effect),
    RatioOfMeans: _Kind(_means_name, _means, half_power_effect),
}
