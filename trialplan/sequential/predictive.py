"""What an interim result, or a belief before any, says of a trial's final test: predictive power and assurance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trialplan.belief import Belief, Normal
from trialplan.errors import ParameterError
from trialplan.numerics.crossing import crossing
from trialplan.numerics.distributions import normal_cdf

_NODES = 96


def predictive_power(z: float, information: tuple[float, float], critical: float, prior: Normal | None = None) -> float:
    """The probability that the final z exceeds `critical`, given z at an interim look.

    `information` is (now, at the end), z ~ N(theta √information, 1), and theta has the normal `prior`; without
    one every theta is held equally likely before the look (Spiegelhalter, Freedman & Blackburn 1986, Controlled
    Clinical Trials 7:8).

    >>> round(predictive_power(1.2, (0.5, 1), 1.96), 3)
    0.396
    """
    now, end = information
    if not 0 < now < end:
        raise ParameterError(f"predictive_power: information must rise from above 0, not {now:g} to {end:g}")
    posterior = interim_posterior(z, now, prior)
    mean, variance, rest = float(posterior.mean()), float(posterior.sd()) ** 2, end - now
    away = z * math.sqrt(now) + mean * rest - critical * math.sqrt(end)
    return float(normal_cdf(away / math.sqrt(rest + rest**2 * variance)))


def interim_posterior(z: float, information: float, prior: Normal | None = None) -> Normal:
    """The belief about theta after z at a look with this information."""
    if prior is None:
        return Normal(z / math.sqrt(information), 1 / math.sqrt(information))
    precision = float(prior.sd()) ** -2 + information
    mean = (float(prior.mean()) * float(prior.sd()) ** -2 + z * math.sqrt(information)) / precision
    return Normal(mean, precision**-0.5)


def boundary_assurance(critical: Sequence[float], information: Sequence[float], belief: Belief) -> float:
    """The probability of ever crossing the upper boundary, averaged over a belief about theta.

    `critical` are z values and `information` the information at each look, on the scale of theta: z ~ N(theta √I, 1).
    """
    fractions = tuple(one / information[-1] for one in information)
    lower = [-math.inf] * len(fractions)
    values, weights = belief.nodes(_NODES)
    drifts = values * math.sqrt(information[-1])
    return float(
        sum(w * crossing(critical, lower, fractions, d)[0].sum() for d, w in zip(drifts, weights, strict=True))
    )
