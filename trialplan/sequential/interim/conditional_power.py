"""What an interim result, or a belief before any, says of what is to come: power given it, and assurance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trialplan.belief import Belief, Normal
from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.numerics.crossing import crossing, standing, stops
from trialplan.numerics.distributions import normal_cdf, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.sequential.boundaries.fields import rising

_NODES = 96
"""Nodes of the normal prior over which conditional power, smooth in the drift, is averaged."""

_LEVELS = (0.025, 0.1)
"""Two levels at which a fixed test's power is asked, to see how it moves with its critical value."""


def conditional_power(
    z: Any, seen: float, upper: Sequence[float], information: Sequence[float], *, drift: Any = None
) -> Any:
    """The probability of crossing the upper boundary at any look that is still to come, given z at `seen`.

    `upper` are the critical values of the looks at `information`, all after `seen` and all on the scale on which
    `drift` is the expected z at 1; without a drift, the one that is seen. Futility is ignored (Lan & Wittes 1988,
    Biometrics 44:579; Jennison & Turnbull 2000, ch. 10).

    >>> round(float(conditional_power(1.5, 0.5, [1.9686], [1.0], drift=3.247)), 3)
    0.844
    """
    _check_ahead("conditional_power", seen, information)
    drift = np.asarray(np.asarray(z) / math.sqrt(seen) if drift is None else drift, dtype=float)
    nothing = np.full(len(information), -np.inf)
    return stops(upper, nothing, information, drift, begin=standing(z, seen))[0].sum(axis=-1)


def conditional_power_of(design: Design, z: float, seen: float, critical: float, n: int) -> float:
    """The probability that z at the end reaches `critical`, from the inner design's own formula for what is to come.

    z at the fraction `seen` and the z of the next n participants alone are weighed by the root of their information,
    so that this is the power of a trial of n at the conditional level (Müller & Schäfer 2001, Biometrics 57:886). The
    design states the truth; where its test has other variances under the null, they set the critical value.
    """
    _check_ahead("conditional_power_of", seen, (1.0,))
    needed = (critical - math.sqrt(seen) * z) / math.sqrt(1 - seen)
    at = [normal_quantile(1 - level) for level in _LEVELS]
    scores = [normal_quantile(float(design.replace(alpha=level, sides=1).success(n))) for level in _LEVELS]
    # the normal score of a normal-theory power is a straight line in its critical value
    slope = (scores[1] - scores[0]) / (at[1] - at[0])
    return float(normal_cdf(scores[0] + slope * (needed - at[0])))


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
        reason = f"must rise from above 0, not {now:g} to {end:g}"
        raise ParameterError(reason, owner="predictive_power", parameter="information")
    posterior = interim_posterior(z, now, prior)
    mean, variance, rest = float(posterior.mean()), float(posterior.sd()) ** 2, end - now
    away = z * math.sqrt(now) + mean * rest - critical * math.sqrt(end)
    return float(normal_cdf(away / math.sqrt(rest + rest**2 * variance)))


def predictive_power_ahead(
    z: float, seen: float, upper: Sequence[float], information: Sequence[float], *, prior: Normal | None = None
) -> float:
    """The conditional power of all looks to come, averaged over what z makes of the `prior` of the drift."""
    drifts, weights = interim_posterior(z, seen, prior).nodes(_NODES)
    return float(weights @ conditional_power(z, seen, upper, information, drift=drifts))


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
    above, _ = crossing(critical, lower, fractions, values * math.sqrt(information[-1]))
    return float(weights @ above.sum(axis=-1))


def _check_ahead(owner: str, seen: float, information: Sequence[float]) -> None:
    if not seen > 0 or not rising(information, seen):
        shown = ", ".join(f"{one:g}" for one in information)
        reason = f"looks to come must increase from the one at {seen:g}, which is above 0, not {shown}"
        raise ParameterError(reason, owner=owner, value=tuple(information))
