"""How wide the t interval of a mean, or of a difference of means, becomes."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.elementary import sqrt
from trialplan.numerics.lazy import np, special
from trialplan.parameter import PROPORTION, Numbers, parameter


def probability() -> Any:
    """Of achieving the width, where that is asked for."""
    return parameter(
        "probability that the interval is as narrow as wanted; without it the true standard deviation counts as seen",
        PROPORTION,
        optional=True,
        unit="proportion",
        typical=(0.7, 0.95),
    )


def width_of_t(error: Numbers, df: Numbers, confidence: Numbers, probability: Numbers | None) -> Numbers:
    """Twice t times the standard error, at the standard deviation that the data's stays below with this probability.

    The variance that is seen is chi-squared over its degrees of freedom (Kupper & Hafner 1989, The American
    Statistician 43:101). Infinite where there are no degrees of freedom.
    """
    usable = np.asarray(df) > 0
    df = np.where(usable, df, 1.0)
    t = -special.stdtrit(df, (1 - np.asarray(confidence)) / 2)
    seen = 1.0 if probability is None else sqrt(special.chdtri(df, 1 - np.asarray(probability)) / df)
    return np.where(usable, 2 * t * error * seen, np.inf)[()]
