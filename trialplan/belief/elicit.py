"""Parameters from two quantiles: what an expert says ("probably 0.3, hardly above 0.5") as a distribution."""

from __future__ import annotations

import math
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np, special
from trialplan.numerics.search import increasing_root
from trialplan.parameter import Interval

Quantile = tuple[float, float]
"""A probability and the value below which the number lies with that probability."""

_CONCENTRATIONS = (-7.0, 18.0)
"""Logarithms of a + b between which a Beta is sought."""


def line_through(owner: str, first: Quantile, second: Quantile, support: Interval) -> tuple[float, float]:
    """Mean and SD of the normal (on the logit scale for a rate, of the log above 0) that has the two quantiles."""
    (p1, x1), (p2, x2) = _ordered(owner, first, second, support)
    if support.high == 1:
        x1, x2 = float(special.logit(x1)), float(special.logit(x2))
    elif support.low == 0:
        x1, x2 = math.log(x1), math.log(x2)
    z1, z2 = map(float, special.ndtri([p1, p2]))
    sd = (x2 - x1) / (z2 - z1)
    return x1 - z1 * sd, sd


def beta_from_quantiles(first: Quantile, second: Quantile) -> tuple[float, float]:
    """a and b of the Beta with the two quantiles.

    At each concentration a + b one mean gives the first quantile; the cdf at the second then grows with the
    concentration, from the first probability towards 1, so that there is exactly one Beta.
    """
    (p1, x1), (p2, x2) = _ordered("Beta", first, second, Interval(0, 1))

    def at(log_total: Any) -> tuple[Any, Any]:
        total = np.exp(log_total)

        def short(logit: Any) -> Any:
            mean = special.expit(logit)
            return p1 - special.betainc(mean * total, (1 - mean) * total, x1)

        mean = special.expit(increasing_root(short, -36.0, 36.0))
        return mean * total, (1 - mean) * total

    low, high = _CONCENTRATIONS
    root = increasing_root(lambda log_total: special.betainc(*at(log_total), x2) - p2, low, high, 1e-12)
    a, b = map(float, at(root))
    missed = np.abs(special.betainc(a, b, [x1, x2]) - [p1, p2])
    if not np.all(missed < 1e-6):
        raise ParameterError(
            f"none that can be computed has the quantiles {x1:g} at {p1:g} and {x2:g} at {p2:g}",
            owner="Beta",
            way_out="bring the two values or their probabilities nearer to each other",
        )
    return a, b


def _ordered(owner: str, first: Quantile, second: Quantile, support: Interval) -> tuple[Quantile, Quantile]:
    """The two quantiles, lower probability first, or the sentence that says why they fit no distribution."""
    for p, x in (first, second):
        if not 0 < p < 1:
            raise ParameterError(
                f"a quantile's probability must lie in (0, 1), not {p:g}", owner=owner, way_out="write 95 % as 0.95"
            )
        if x not in support:
            raise ParameterError(f"a quantile must lie in {support}, not {x:g}", owner=owner)
    (p1, x1), (p2, x2) = sorted((first, second))
    if not (p1 < p2 and x1 < x2):
        raise ParameterError(
            f"the quantiles {x1:g} at {p1:g} and {x2:g} at {p2:g} fit no distribution",
            owner=owner,
            way_out="the higher probability must belong to the higher value",
        )
    return (p1, x1), (p2, x2)
