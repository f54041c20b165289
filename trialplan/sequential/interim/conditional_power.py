"""What an interim result says of what is to come: conditional and predictive power."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trialplan.belief import Normal
from trialplan.errors import ParameterError
from trialplan.numerics.crossing import standing, stops
from trialplan.numerics.elementary import normal_cdf
from trialplan.numerics.lazy import np
from trialplan.sequential.boundaries.fields import rising
from trialplan.text import with_commas


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
    if not seen > 0 or not rising(information, seen):
        reason = (
            f"looks to come must increase from the one at {seen:g}, which is above 0, not {with_commas(information)}"
        )
        raise ParameterError(reason, owner="conditional_power", value=tuple(information))
    drift = np.asarray(np.asarray(z) / math.sqrt(seen) if drift is None else drift, dtype=float)
    nothing = np.full(len(information), -np.inf)
    return stops(upper, nothing, information, drift, begin=standing(z, seen))[0].sum(axis=-1)


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
    estimate, error = z / math.sqrt(now), 1 / math.sqrt(now)
    posterior = Normal(estimate, error) if prior is None else prior.update(estimate, error)
    mean, variance, rest = float(posterior.mean()), float(posterior.sd()) ** 2, end - now
    away = z * math.sqrt(now) + mean * rest - critical * math.sqrt(end)
    return float(normal_cdf(away / math.sqrt(rest + rest**2 * variance)))
