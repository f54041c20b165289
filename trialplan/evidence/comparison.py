"""Two arms of a study as one effect, treatment against control: ratios, odds ratios and differences."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from trialplan.errors import ParameterError, did_you_mean, field
from trialplan.evidence.effects import Effects
from trialplan.numerics.lazy import np
from trialplan.text import listed

Arm = tuple[int, int]
"""Events and participants."""
MeanArm = tuple[float, float, int]
"""Mean, SD and participants."""

_CORRECTION = 0.5
"""Added to all four cells of a study that has an empty one, as Review Manager and metafor do; to no other study."""


def two_rates(
    treatment: Sequence[Arm | Sequence[Arm]],
    control: Sequence[Arm],
    measure: str,
    labels: Sequence[str] | None = None,
) -> Effects:
    """Each study's effect on a rate, treatment against control, in "risk-ratio", "odds-ratio" or "risk-difference".

    Ratios are on the log scale. Half an event is added to every cell of the studies with an empty one. Variances by
    the delta method (Fleiss 1993, Stat Methods Med Res 2:121). Several treatment arms of a study, in a list, share its
    control (`_against_one`).
    """
    if measure not in RATES:
        raise ParameterError(f"measure: there is no {measure!r} of two rates; {did_you_mean(measure, RATES)}")
    if not treatment or len(treatment) != len(control):
        raise ParameterError(f"{len(treatment)} treatment arms need as many control arms, not {len(control)}")
    arms: list[list[Arm]] = _each_in_a_list(treatment)
    for x, n in (*itertools.chain.from_iterable(arms), *control):
        if n < 1 or not 0 <= x <= n:
            raise ParameterError(f"events must lie in [0, of], not {x} of {n}")
    names = _labels(labels, len(arms))
    of_arm = RATES[measure]
    pairs = [
        _against_one([of_arm(*cells) for cells in corrected[:-1]], of_arm(*corrected[-1]))
        for corrected in (_cells(*several, one) for several, one in zip(arms, control, strict=True))
    ]
    return Effects(
        measure=measure,
        labels=names,
        values=tuple(value for value, _ in pairs),
        variances=tuple(variance for _, variance in pairs),
        sizes=tuple(sum(n for _, n in several) for several in arms),
        events=tuple(sum(x for x, _ in several) for several in arms),
        control=tuple(control),
        shared=_sharing(names, arms),
    )


def _each_in_a_list(treatment: Sequence[Any]) -> list[list[Any]]:
    """The treatment arms of each study as a list, of one where there is one."""
    return [[arms] if isinstance(arms[0], int | float) else list(arms) for arms in treatment]


def _against_one(treated: Sequence[tuple[float, float]], control: tuple[float, float]) -> tuple[float, float]:
    """The effect of one or several treatment arms against the same control, with its variance; each arm as (value, v).

    The effects of several arms correlate by the control's variance. Under one true effect their best combination is
    the arms' inverse-variance mean minus the control (Gleser & Olkin 2009, in The Handbook of Research Synthesis, 2nd
    ed., chapter 19), so that the control counts once.
    """
    weights = [1 / variance if variance > 0 else math.inf for _, variance in treated]
    if math.inf in weights or len(treated) == 1:
        value, variance = treated[0]
        if len(treated) > 1:
            raise ParameterError("an arm has a variance of 0 and would outweigh the others; check its SD")
    else:
        value = math.fsum(weight * arm[0] for weight, arm in zip(weights, treated, strict=True)) / math.fsum(weights)
        variance = 1 / math.fsum(weights)
    return value - control[0], variance + control[1]


def _sharing(labels: Sequence[str], arms: Sequence[Sequence[object]]) -> tuple[str, ...]:
    return tuple(label for label, several in zip(labels, arms, strict=True) if len(several) > 1)


def two_means(
    treatment: Sequence[MeanArm | Sequence[MeanArm]], control: Sequence[MeanArm], labels: Sequence[str] | None = None
) -> Effects:
    """Each study's difference of means, treatment minus control, with the variances of the two added up.

    Several treatment arms of a study, in a list, share its control, as in `two_rates`.
    """
    if not treatment or len(treatment) != len(control):
        raise ParameterError(f"{len(treatment)} treatment arms need as many control arms, not {len(control)}")
    arms: list[list[MeanArm]] = _each_in_a_list(treatment)
    pairs = [
        _against_one([_mean(each) for each in several], _mean(other))
        for several, other in zip(arms, control, strict=True)
    ]
    names = _labels(labels, len(pairs))
    return Effects(
        measure="mean-difference",
        labels=names,
        values=tuple(value for value, _ in pairs),
        variances=tuple(variance for _, variance in pairs),
        sizes=tuple(sum(each[2] for each in several) + other[2] for several, other in zip(arms, control, strict=True)),
        shared=_sharing(names, arms),
    )


def _mean(arm: MeanArm) -> tuple[float, float]:
    return arm[0], arm[1] ** 2 / arm[2]


def with_reported(effects: Effects | None, measure: str, reported: Sequence[tuple[str, float, float, int]]) -> Effects:
    """Effects with those that were reported ready-made put to them: label, value, standard error, size or 0."""
    known = Effects(measure=measure, labels=(), values=(), variances=(), sizes=()) if effects is None else effects
    if not reported:
        return known
    return Effects(
        measure=measure,
        labels=(*known.labels, *(row[0] for row in reported)),
        values=(*known.values, *(row[1] for row in reported)),
        variances=(*known.variances, *(row[2] ** 2 for row in reported)),
        sizes=(*known.sizes, *(row[3] for row in reported)),
        shared=known.shared,
    )


def mantel_haenszel(effects: Effects) -> tuple[float, float]:
    """The common effect over the studies' own tables, zeros as they are, and its standard error.

    Mantel & Haenszel (1959, J Natl Cancer Inst 22:719). Variances: of the log odds ratio by Robins, Breslow & Greenland
    (1986, Biometrics 42:311), of the log risk ratio by Greenland & Robins (1985, Biometrics 41:55), of the difference
    by Sato, Greenland & Robins (1989, Biometrics 45:1323).
    """
    a, n1, c, n2 = _tables(effects)
    n, b, d = n1 + n2, n1 - a, n2 - c
    if effects.measure == "risk-difference":
        weight = (n1 * n2 / n).sum()
        difference = float(((a * n2 - c * n1) / n).sum() / weight)
        p = (c * (n1 / n) ** 2 - a * (n2 / n) ** 2 + n1 * n2 * (n2 - n1) / (2 * n**2)).sum()
        q = ((a * d + c * b) / n).sum() / 2
        if not difference * p + q > _ROUNDING * (abs(difference * p) + q):
            raise ParameterError(_NO_ERROR)
        return difference, math.sqrt((difference * p + q) / weight**2)
    if effects.measure == "risk-ratio":
        over, under = (a * n2 / n).sum(), (c * n1 / n).sum()
        if not (over > 0 and under > 0):
            raise ParameterError(
                "no risk ratio is defined, since an arm has no event in any study; use risk-difference"
            )
        spread = ((n1 * n2 * (a + c) - a * c * n) / n**2).sum()
        if not spread > 0:
            raise ParameterError(_NO_ERROR)
        return math.log(over / under), math.sqrt(spread / (over * under))
    p, q, r, s = (a + d) / n, (b + c) / n, a * d / n, b * c / n
    over, under = r.sum(), s.sum()
    if not (over > 0 and under > 0):
        raise ParameterError(_no_odds_ratio(a, b, c, d))
    parts = (p * r).sum() / over**2, (p * s + q * r).sum() / (over * under), (q * s).sum() / under**2
    return math.log(over / under), math.sqrt(sum(parts) / 2)


def peto(effects: Effects) -> tuple[float, float]:
    """The log odds ratio from observed minus expected events, and its standard error (Yusuf et al. 1985, 27:335).

    Yusuf, Peto, Lewis, Collins & Sleight, Progress in Cardiovascular Diseases. Zeros stay as they are; biased where
    effects are large or arms very unequal.
    """
    values, variances = peto_by_study(effects)
    if not len(values):
        raise ParameterError("no study has both events and participants without one: there is no odds ratio to pool")
    weights = 1 / variances
    return float((weights * values).sum() / weights.sum()), float(weights.sum() ** -0.5)


def peto_by_study(effects: Effects) -> tuple[Any, Any]:
    """Each study's log odds ratio by Peto, and its variance; without studies that have no events, or nothing else."""
    a, n1, c, n2 = _tables(effects)
    n, m = n1 + n2, a + c
    information = n1 * n2 * m * (n - m) / (n**2 * (n - 1))
    telling = information > 0
    return ((a - n1 * m / n) / np.where(telling, information, 1.0))[telling], 1 / information[telling]


def arms_with_counts(effects: Effects, method: str) -> list[tuple[Any, Any]]:
    """Events and participants of each arm that the effects have: of one, or of the treatment and then the control."""
    if effects.events is None:
        raise ParameterError(f"method {method} is for counts, not for {effects.measure}; choose reml")
    if effects.control is None:
        return [(effects.events, effects.sizes)]
    treated, participants, untreated, others = _tables(effects)
    return [(treated, participants), (untreated, others)]


def effect_of_rates(measure: str, rates: Sequence[float]) -> tuple[float, list[float]]:
    """The effect of a treatment's rate and a control's, or the logit of one rate, with its derivative by each."""
    slopes = [rate if measure == "risk-ratio" else rate * (1 - rate) for rate in rates]
    if measure == "risk-difference":
        return rates[0] - rates[1], [1.0, -1.0]
    scale = math.log if measure == "risk-ratio" else lambda rate: math.log(rate / (1 - rate))
    signs = (1, -1)[: len(rates)]
    effect = sum(sign * scale(rate) for sign, rate in zip(signs, rates, strict=True))
    return effect, [sign / slope for sign, slope in zip(signs, slopes, strict=True)]


def _tables(effects: Effects) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Events and participants of the treatment arms, then of the control arms."""
    if effects.events is None or effects.control is None:
        raise ParameterError(f"mantel-haenszel and peto are for two arms with counts, not for {effects.measure}")
    if effects.shared:
        raise ParameterError(
            f"{listed(effects.shared)} compares several arms with one control, which the studies' tables would count "
            f"twice; name the two arms to compare with {field('arms')}, or take another method"
        )
    c, n2 = np.array(effects.control, dtype=float).T
    return np.array(effects.events, dtype=float), np.array(effects.sizes, dtype=float), c, n2


_ROUNDING = 1e-12
"""Share of its two terms below which their sum, the variance of a difference, is 0 but for rounding."""

_NO_ERROR = "in every study all or none of each arm have the event: mantel-haenszel's standard error would be 0"


def _no_odds_ratio(a: Any, b: Any, c: Any, d: Any) -> str:
    """Why the tables have no common odds ratio, and what can be pooled of them; with events a, c and without b, d."""
    if not ((a + c).any() and (b + d).any()):
        return "all or none of the participants have the event: there is no odds ratio to pool"
    if not (a.any() and c.any()):
        why, ways = "an arm has no event in any study", ["method peto"]
    else:
        why, ways = "in every study all or none of an arm have the event", ["measure risk-ratio", "method peto"]
        if not (b.any() and d.any()):
            why = "an arm has no one without the event in any study"
    return f"no odds ratio is defined, since {why}; use {', or '.join([*ways, 'measure risk-difference'])}"


def _cells(*arms: Arm) -> list[tuple[float, float]]:
    """With and without the event in each arm of a study; corrected in all where a cell is empty."""
    cells = [(x, n - x) for x, n in arms]
    correction = 0 if all(cell for pair in cells for cell in pair) else _CORRECTION
    return [(with_it + correction, without + correction) for with_it, without in cells]


def _log_risk(a: float, b: float) -> tuple[float, float]:
    return math.log(a / (a + b)), 1 / a - 1 / (a + b)


def _log_odds(a: float, b: float) -> tuple[float, float]:
    return math.log(a / b), 1 / a + 1 / b


def _risk(a: float, b: float) -> tuple[float, float]:
    return a / (a + b), a * b / (a + b) ** 3


RATES: dict[str, Callable[[float, float], tuple[float, float]]] = {
    "risk-ratio": _log_risk,
    "odds-ratio": _log_odds,
    "risk-difference": _risk,
}
"""What an arm gives to each effect, from its cells: a value and its variance; the effect is their difference."""


def _labels(labels: Sequence[str] | None, count: int) -> tuple[str, ...]:
    return tuple(f"study {i}" for i in range(1, count + 1)) if labels is None else tuple(labels)
