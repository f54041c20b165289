"""Confidence intervals for one proportion, and for the difference of two.

Which to choose: Brown, Cai & DasGupta (2001, Statistical Science 16:101-133) recommend Wilson or Jeffreys up
to about 40 participants and find Wald's coverage erratic at any size. Each function takes the events, the
denominator and the confidence, and returns the two limits.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

from trialplan.errors import ParameterError
from trialplan.numerics.binomial_limits import square_and_add, wald_limits, wilson_limits
from trialplan.numerics.lazy import special
from trialplan.text import quoted

Limits = tuple[float, float]


def normal_quantile(confidence: float) -> float:
    """The two-sided standard normal critical value."""
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence must lie in (0, 1), not {quoted(confidence)}; write 95 % as 0.95")
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(events: float, n: float, confidence: float = 0.95) -> Limits:
    """Every rate that the score test does not reject (Wilson 1927, J Am Stat Assoc 22:209-212).

    >>> [round(limit, 3) for limit in wilson(16, 30)]
    [0.361, 0.698]
    """
    lower, upper = wilson_limits(events / n, n, normal_quantile(confidence))
    return (0.0 if events == 0 else lower, 1.0 if events == n else upper)


def clopper_pearson(events: float, n: float, confidence: float = 0.95) -> Limits:
    """The exact limits: both binomial tails at alpha/2 (Clopper & Pearson 1934, Biometrika 26:404-413).

    Its coverage never falls below the stated one, so it is wide for few participants.
    """
    normal_quantile(confidence)
    tail = (1 - confidence) / 2
    lower = 0.0 if events == 0 else float(special.betaincinv(events, n - events + 1, tail))
    upper = 1.0 if events == n else float(special.betaincinv(events + 1, n - events, 1 - tail))
    return lower, upper


def jeffreys(events: float, n: float, confidence: float = 0.95) -> Limits:
    """The equal-tailed interval of the Beta(1/2, 1/2) posterior (Brown, Cai & DasGupta 2001).

    As they define it, the lower limit is 0 without events and the upper one is 1 without non-events; the
    other limit stays the ordinary quantile.
    """
    normal_quantile(confidence)
    tail = (1 - confidence) / 2
    a, b = events + 0.5, n - events + 0.5
    lower = 0.0 if events == 0 else float(special.betaincinv(a, b, tail))
    upper = 1.0 if events == n else float(special.betaincinv(a, b, 1 - tail))
    return lower, upper


def agresti_coull(events: float, n: float, confidence: float = 0.95) -> Limits:
    """Wald's with z² more participants, half with the event (Agresti & Coull 1998, Am Stat 52:119-126).

    Its limits may fall outside 0 and 1 and are not clipped, as in the reference programs.
    """
    z = normal_quantile(confidence)
    return wald_limits((events + z * z / 2) / (n + z * z), n + z * z, z)


def wald(events: float, n: float, confidence: float = 0.95) -> Limits:
    """The rate plus or minus z standard errors: for comparison only, since it is too narrow for few participants.

    Its limits may fall outside 0 and 1 and are not clipped, as in the reference programs.
    """
    return wald_limits(events / n, n, normal_quantile(confidence))


def newcombe(
    first: tuple[float, float], second: tuple[float, float], confidence: float = 0.95
) -> tuple[float, float, float]:
    """The difference of two rates (second minus first) with its limits, made of Wilson's.

    Method 10 of Newcombe (1998, Statistics in Medicine 17:873-890), without continuity correction.

    >>> [round(value, 4) for value in newcombe((48, 80), (56, 70))]
    [0.2, 0.0524, 0.3339]
    """
    (x1, n1), (x2, n2) = first, second
    p1, p2 = x1 / n1, x2 / n2
    below, above = square_and_add((p2, p1), (wilson(x2, n2, confidence), wilson(x1, n1, confidence)))
    return p2 - p1, p2 - p1 - below, p2 - p1 + above


INTERVALS: dict[str, Callable[[float, float, float], Limits]] = {
    "wilson": wilson,
    "clopper-pearson": clopper_pearson,
    "jeffreys": jeffreys,
    "agresti-coull": agresti_coull,
    "wald": wald,
}

REFERENCES = {
    "wilson": "Wilson 1927, J Am Stat Assoc 22:209-212",
    "clopper-pearson": "Clopper & Pearson 1934, Biometrika 26:404-413",
    "jeffreys": "Brown, Cai & DasGupta 2001, Stat Sci 16:101-133",
    "agresti-coull": "Agresti & Coull 1998, Am Stat 52:119-126",
    "wald": "normal approximation; Brown, Cai & DasGupta 2001 show why not to use it",
}
