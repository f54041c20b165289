"""What an interim look saw: a z that favours the treatment where it is positive, an estimate, and its intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root
from trialplan.numerics.student import normal_score, of_normal_score
from trialplan.numerics.two_rates import SCALES, score_z
from trialplan.sequential import scales

_EDGE, _FAR = 1e-9, 1e6
_FARTHEST_SD = 1e100
"""Beyond it, or below its inverse, squares leave the numbers that a computer has."""

Interval = Callable[[float], tuple[float, float]]
"""The limits of the estimate at a critical value."""


@dataclass(frozen=True, kw_only=True)
class InterimData:
    """What a look saw; `share` is its information as a fraction of the plan, from the participants of the arms.

    Without data but z, there is no estimate but the one that z would be at the planned variance.
    """

    z: float
    n: int | None = None
    share: float | None = None
    estimate: float | None = None
    interval: Interval | None = None
    method: str = "at the planned variance"


def seen_counts(design: Any, n: int, arms: Sequence[tuple[int, int]]) -> InterimData:
    """From responders and participants of each arm, treatment first, by the design's own test."""
    _check_arms(design, "events", arms)
    for events, of in arms:
        if events > of:
            raise ParameterError(f"events are {events} of {of} participants; write responders first, as in 14/30")
    numbers = [number for events, of in arms for number in (np.array([float(events)]), of)]
    z = float(design.analysis.statistic(design, *numbers)[0][0])
    rates, sizes = [events / of for events, of in arms], tuple(of for _, of in arms)
    estimate, interval, method = (_one_rate if len(arms) == 1 else _two_rates)(design, rates, sizes)
    return _seen(design, n, sizes, z=z, estimate=estimate, interval=interval, method=method)


def seen_means(
    design: Any, n: int, arms: Sequence[tuple[float, int]], sds: Sequence[float] | None = None
) -> InterimData:
    """From the mean and the participants of each arm, treatment first, and their standard deviations.

    Where these are not given the planned ones count as known, and the statistic is a z whatever the test.
    """
    _check_arms(design, "means", arms)
    known = (design.sd if design.sd_treatment is None else design.sd_treatment, design.sd) if sds is None else sds
    if len(known) != len(arms) or not all(1 / _FARTHEST_SD < sd < _FARTHEST_SD for sd in known):
        raise ParameterError(f"sds must be one standard deviation above 0 for each arm, not {_listed(known)}")
    sizes = tuple(of for _, of in arms)
    estimate = arms[0][0] - arms[1][0]
    error, df = _spread(design.test if sds is not None else "z", known, sizes)
    if not abs(estimate) < _FARTHEST_SD:
        raise ParameterError(f"means {_listed([m for m, _ in arms])} with sds {_listed(known)} have no z; check them")
    ((limit, sign),) = design.sided_limits()
    statistic = sign * (estimate - limit) / error
    found = {"estimate": estimate, "interval": _around(estimate, error, df), "method": "normal" if df is None else "t"}
    return _seen(design, n, sizes, z=statistic if df is None else float(normal_score(statistic, df)), **found)


def seen_t(t: float, df: float) -> InterimData:
    """From a t statistic, positive in favour of the treatment, and its degrees of freedom."""
    if not df > 0:
        raise ParameterError(f"t needs degrees of freedom above 0, as in 2.31/57, not {df:g}")
    return InterimData(z=float(normal_score(t, df)))


def _spread(test: str, sds: Sequence[float], sizes: Sequence[int]) -> tuple[float, float | None]:
    """The standard error of the difference by the test, and the degrees of freedom of its t; none for z."""
    variances = [sd**2 / size for sd, size in zip(sds, sizes, strict=True)]
    if test == "z":
        return math.sqrt(sum(variances)), None
    if min(sizes) < 2:
        raise ParameterError(f"sds need at least 2 participants in each arm, not {min(sizes)}; leave --sds out")
    if test == "welch":
        parts = sum(variance**2 / (size - 1) for variance, size in zip(variances, sizes, strict=True))
        return math.sqrt(sum(variances)), sum(variances) ** 2 / parts
    df = sum(sizes) - len(sizes)
    pooled = sum((size - 1) * sd**2 for sd, size in zip(sds, sizes, strict=True)) / df
    return math.sqrt(pooled * sum(1 / size for size in sizes)), df


def _seen(design: Any, n: int, sizes: tuple[int, ...], **found: Any) -> InterimData:
    return InterimData(n=sum(sizes), share=_information(sizes) / _information(design.split(n)), **found)


def _information(sizes: Sequence[float]) -> float:
    """In proportion to 1 over the variance, if the arms vary alike."""
    return 1 / sum(1 / size for size in sizes)


def _check_arms(design: Any, what: str, arms: Sequence[tuple[Any, int]]) -> None:
    names = design.arm_names
    if len(arms) != len(names):
        raise ParameterError(f"{what} must be given for {' and '.join(names)}, {len(names)} in all, not {len(arms)}")
    for _, of in arms:
        if of < 1:
            raise ParameterError(f"{what} need at least 1 participant in each arm, not {of}")


def _one_rate(design: Any, rates: Sequence[float], sizes: Sequence[int]) -> tuple[float, Interval, str]:
    """One arm's rate with Wilson's interval, the score test inverted."""
    (rate,), (n,) = rates, sizes

    def interval(critical: float) -> tuple[float, float]:
        away = critical**2 / n
        half = critical * math.sqrt(rate * (1 - rate) / n + away / (4 * n))
        return (rate + away / 2 - half) / (1 + away), (rate + away / 2 + half) / (1 + away)

    return rate, interval, "Wilson"


def _two_rates(design: Any, rates: Sequence[float], sizes: Sequence[int]) -> tuple[float, Interval, str]:
    """Two rates on the design's scale, with the interval that belongs to its test."""
    treatment, control = rates
    name = scales.scale_of_rates(design)
    if design.test == "log-odds":
        cells = [x + 0.5 for rate, n in zip(rates, sizes, strict=True) for x in (rate * n, n - rate * n)]
        estimate = cells[0] * cells[3] / (cells[1] * cells[2])
        around = _around(math.log(estimate), math.sqrt(sum(1 / cell for cell in cells)))
        return estimate, lambda critical: _exponentials(around(critical)), "log odds"
    if name == "difference" and design.test != "score":
        error = math.sqrt(sum(rate * (1 - rate) / n for rate, n in zip(rates, sizes, strict=True)))
        return treatment - control, _around(treatment - control, error), "Wald"
    return _estimate(name, treatment, control), _inverted(name, rates, sizes), "score"


def _estimate(name: str, treatment: float, control: float) -> float:
    if name == "difference":
        return treatment - control
    if not 0 < control < 1 or (name == "odds-ratio" and treatment == 1):
        raise ParameterError(f"the {name} has no estimate where control responds in {control:g}; give z instead")
    ratio = treatment / control
    return ratio if name == "ratio" else ratio * (1 - control) / (1 - treatment)


def _inverted(name: str, rates: Sequence[float], sizes: Sequence[int]) -> Interval:
    """The limits that the score test does not reject (Miettinen & Nurminen 1985, Statistics in Medicine 4:213)."""
    scale, low, high = SCALES[name], -1 + _EDGE, 1 - _EDGE
    value: Callable[[Any], Any] = np.asarray
    if name != "difference":
        low, high, value = -math.log(_FAR), math.log(_FAR), np.exp

    def limit(critical: float) -> float:
        def short(at: Any) -> Any:
            return critical - score_z(scale, (rates[0], rates[1]), (sizes[0], sizes[1]), value(at))

        return float(value(increasing_root(short, low, high)))

    return lambda critical: (limit(critical), limit(-critical))


def _around(estimate: float, error: float, df: float | None = None) -> Interval:
    """So many standard errors to either side; of a t, the ones that have the P value of the critical z."""

    def interval(critical: float) -> tuple[float, float]:
        away = error * (critical if df is None else float(of_normal_score(critical, df)))
        return estimate - away, estimate + away

    return interval


def _exponentials(pair: tuple[float, float]) -> tuple[float, float]:
    return math.exp(pair[0]), math.exp(pair[1])


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{one:g}" for one in numbers)
