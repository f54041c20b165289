"""Two arms of a study as one effect, treatment against control: ratios, odds ratios and differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from trialplan.errors import ParameterError, did_you_mean
from trialplan.evidence.effects import Effects
from trialplan.numerics.lazy import np

Arm = tuple[int, int]
"""Events and participants."""
MeanArm = tuple[float, float, int]
"""Mean, SD and participants."""

_CORRECTION = 0.5
"""Added to all four cells of a study that has an empty one, as Review Manager and metafor do; to no other study."""


def two_rates(
    treatment: Sequence[Arm], control: Sequence[Arm], measure: str, labels: Sequence[str] | None = None
) -> Effects:
    """Each study's effect on a rate, treatment against control, in "risk-ratio", "odds-ratio" or "risk-difference".

    Ratios are on the log scale. Half an event is added to every cell of the studies with an empty one. Variances by
    the delta method (Fleiss 1993, Stat Methods Med Res 2:121).
    """
    if measure not in RATES:
        raise ParameterError(f"measure: there is no {measure!r} of two rates; {did_you_mean(measure, RATES)}")
    if not treatment or len(treatment) != len(control):
        raise ParameterError(f"{len(treatment)} treatment arms need as many control arms, not {len(control)}")
    for x, n in (*treatment, *control):
        if n < 1 or not 0 <= x <= n:
            raise ParameterError(f"events must lie in [0, of], not {x} of {n}")
    pairs = [RATES[measure](*_cells(one, other)) for one, other in zip(treatment, control, strict=True)]
    return Effects(
        measure=measure,
        labels=_labels(labels, len(pairs)),
        values=tuple(value for value, _ in pairs),
        variances=tuple(variance for _, variance in pairs),
        sizes=tuple(n for _, n in treatment),
        events=tuple(x for x, _ in treatment),
        control=tuple(control),
    )


def two_means(treatment: Sequence[MeanArm], control: Sequence[MeanArm], labels: Sequence[str] | None = None) -> Effects:
    """Each study's difference of means, treatment minus control, with the variances of the two added up."""
    if not treatment or len(treatment) != len(control):
        raise ParameterError(f"{len(treatment)} treatment arms need as many control arms, not {len(control)}")
    pairs = list(zip(treatment, control, strict=True))
    return Effects(
        measure="mean-difference",
        labels=_labels(labels, len(pairs)),
        values=tuple(one[0] - other[0] for one, other in pairs),
        variances=tuple(one[1] ** 2 / one[2] + other[1] ** 2 / other[2] for one, other in pairs),
        sizes=tuple(one[2] + other[2] for one, other in pairs),
    )


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
        return difference, math.sqrt((difference * p + q) / weight**2)
    if effects.measure == "risk-ratio":
        over, under = (a * n2 / n).sum(), (c * n1 / n).sum()
        _defined(over, under)
        spread = ((n1 * n2 * (a + c) - a * c * n) / n**2).sum()
        return math.log(over / under), math.sqrt(spread / (over * under))
    p, q, r, s = (a + d) / n, (b + c) / n, a * d / n, b * c / n
    over, under = r.sum(), s.sum()
    _defined(over, under)
    parts = (p * r).sum() / over**2, (p * s + q * r).sum() / (over * under), (q * s).sum() / under**2
    return math.log(over / under), math.sqrt(sum(parts) / 2)


def peto(effects: Effects) -> tuple[float, float]:
    """The log odds ratio from observed minus expected events, and its standard error (Yusuf et al. 1985, 27:335).

    Yusuf, Peto, Lewis, Collins & Sleight, Progress in Cardiovascular Diseases. Zeros stay as they are; biased where
    effects are large or arms very unequal.
    """
    a, n1, c, n2 = _tables(effects)
    n, m = n1 + n2, a + c
    variance = (n1 * n2 * m * (n - m) / (n**2 * (n - 1))).sum()
    if not variance > 0:
        raise ParameterError("no study has both events and participants without one: there is no odds ratio to pool")
    return float((a - n1 * m / n).sum() / variance), float(variance**-0.5)


def _tables(effects: Effects) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Events and participants of the treatment arms, then of the control arms."""
    if effects.events is None or effects.control is None:
        raise ParameterError(f"mantel-haenszel and peto are for two arms with counts, not for {effects.measure}")
    c, n2 = np.array(effects.control, dtype=float).T
    return np.array(effects.events, dtype=float), np.array(effects.sizes, dtype=float), c, n2


def _defined(over: float, under: float) -> None:
    if not (over > 0 and under > 0):
        raise ParameterError("no ratio is defined, since an arm has no event in any study; use risk-difference")


def _cells(treatment: Arm, control: Arm) -> tuple[float, float, float, float]:
    """With and without the event, treatment then control; corrected where one is empty."""
    cells = (treatment[0], treatment[1] - treatment[0], control[0], control[1] - control[0])
    a, b, c, d = (cell + (0 if all(cells) else _CORRECTION) for cell in cells)
    return a, b, c, d


def _risk_ratio(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    return math.log(a / (a + b)) - math.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def _odds_ratio(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    return math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def _risk_difference(a: float, b: float, c: float, d: float) -> tuple[float, float]:
    return a / (a + b) - c / (c + d), a * b / (a + b) ** 3 + c * d / (c + d) ** 3


RATES: dict[str, Callable[[float, float, float, float], tuple[float, float]]] = {
    "risk-ratio": _risk_ratio,
    "odds-ratio": _odds_ratio,
    "risk-difference": _risk_difference,
}


def _labels(labels: Sequence[str] | None, count: int) -> tuple[str, ...]:
    return tuple(f"study {i}" for i in range(1, count + 1)) if labels is None else tuple(labels)
