"""Two rates on the three scales on which trials compare them: difference, ratio and odds ratio.

Each scale is one row: its value of no effect, how one margin becomes two limits, and what normal theory
needs: the distance from a limit, the rates of maximum likelihood on that limit, and the variance there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trialplan.numerics.elementary import arccos, between, cos, divide, greatest, least, log, log1p, sqrt, square, where
from trialplan.numerics.lazy import np


@dataclass(frozen=True)
class Scale:
    """How the treatment's rate is held against the control's.

    `restricted` takes the observed rates, the ratio of the arms and a limit; `variance` is that of
    `distance`, per participant in all, given rates, the arms' shares and the limit.
    """

    none: float
    mirror: Callable[[Any], tuple[Any, Any]]
    treatment: Callable[[Any, Any], Any]
    distance: Callable[[Any, Any, Any], Any]
    restricted: Callable[[Any, Any, float, Any], tuple[Any, Any]]
    variance: Callable[..., Any]


def score_z(scale: Scale, rates: tuple[Any, Any], arms: tuple[int, int], limit: Any) -> Any:
    """The score statistic of observed rates on a limit; 0 where nothing varies.

    Farrington & Manning (1990), Statistics in Medicine 9:1447, for difference and ratio; for the odds
    ratio the efficient score, Miettinen & Nurminen (1985), Statistics in Medicine 4:213, which needs no
    logarithm of an empty cell.
    """
    total = sum(arms)
    restricted = scale.restricted(*rates, arms[0] / arms[1], limit)
    with np.errstate(all="ignore"):
        variance = scale.variance(*restricted, arms[0] / total, arms[1] / total, limit)
        away = _away(scale, rates, restricted, limit)
        z = away * np.sqrt(total / variance)
    return np.where(np.isfinite(z), z, 0.0)


def score_moments(
    scale: Scale, rates: tuple[Any, Any], shares: tuple[Any, Any], ratio: float, limit: Any
) -> tuple[Any, Any, Any]:
    """What normal theory says of the score statistic at true rates: its mean, and its variance on the limit and there.

    For one participant in all, whose arms have these shares, `ratio` to 1. On the odds ratio the efficient score is the
    distance of the log odds along their tangent at the restricted rates r: each arm adds (p - r)/(r(1 - r)), and so
    the spread of p over (r(1 - r))² to the variance at the truth. On difference and ratio the distance is a straight
    line anyway (Farrington & Manning 1990, Statistics in Medicine 9:1447).
    """
    restricted = scale.restricted(*rates, ratio, limit)
    null = scale.variance(*restricted, *shares, limit)
    if scale is ODDS_RATIO:
        true = sum(
            divide(_spread(rate), share * square(_spread(there)))
            for rate, share, there in zip(rates, shares, restricted, strict=True)
        )
    else:
        true = scale.variance(*rates, *shares, limit)
    return _away(scale, rates, restricted, limit), null, true


def _away(scale: Scale, rates: tuple[Any, Any], restricted: tuple[Any, Any], limit: Any) -> Any:
    """How far the rates lie from the limit in the score statistic."""
    if scale is not ODDS_RATIO:
        return scale.distance(*rates, limit)
    first, second = (divide(rate - there, _spread(there)) for rate, there in zip(rates, restricted, strict=True))
    return first - second


def reciprocal_limits(margin: Any) -> tuple[Any, Any]:
    """A limit of a ratio and its mirror image, whichever side of 1 it was written on."""
    return least(margin, 1 / margin), greatest(margin, 1 / margin)


def _spread(rate: Any) -> Any:
    return rate * (1 - rate)


def restricted_rates(first: Any, second: Any, ratio: float, difference: Any) -> tuple[Any, Any]:
    """The maximum likelihood rates (p1, p2) under p1 - p2 = `difference`, given observed rates.

    `ratio` is n1/n2. At a difference of 0 they are the pooled rate. Otherwise p1 solves the cubic
    of Farrington & Manning (1990, Statistics in Medicine 9:1447, appendix), by its trigonometric
    solution; rounding is kept from leaving the simplex in which both lie in [0, 1].
    """
    if isinstance(difference, (int, float)) and difference == 0:
        pooled = (ratio * first + second) / (1 + ratio)
        return pooled, pooled
    theta = 1 / ratio
    a = 1 + theta
    b = -(1 + theta + first + theta * second + difference * (theta + 2))
    c = difference**2 + difference * (2 * first + theta + 1) + first + theta * second
    d = -first * difference * (1 + difference)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = where(v < 0, -1.0, 1.0) * sqrt(greatest(b**2 / (3 * a) ** 2 - c / (3 * a), 0.0))
    cosine = where(u == 0, 0.0, divide(v, u**3))
    angle = (math.pi + arccos(between(-1.0, cosine, 1.0))) / 3
    root = 2 * u * cos(angle) - b / (3 * a)
    p1 = between(greatest(0.0, difference), root, least(1.0, 1 + difference))
    return p1, p1 - difference


def _ratio_restricted(treatment: Any, control: Any, arms: float, limit: Any) -> tuple[Any, Any]:
    """Rates with treatment = limit x control: the smaller root of the quadratic of Miettinen & Nurminen (1985)."""
    responses = arms * treatment + control
    b = arms * limit + 1 + arms * treatment + control * limit
    root = sqrt(greatest(b * b - 4 * (arms + 1) * limit * responses, 0.0))
    rate = divide(2 * responses, b + root)
    return least(limit * rate, 1.0), rate


def _odds_restricted(treatment: Any, control: Any, arms: float, limit: Any) -> tuple[Any, Any]:
    """Rates whose odds ratio is the limit: the positive root of the quadratic of Miettinen & Nurminen (1985)."""
    responses = arms * treatment + control
    b = arms * limit + 1 - responses * (limit - 1)
    rate = divide(2 * responses, b + sqrt(b * b + 4 * (limit - 1) * responses))
    return _odds_treatment(rate, limit), rate


def _odds_treatment(control: Any, limit: Any) -> Any:
    """The rate whose odds are `limit` times those of `control`; exactly `control` for a limit of 1."""
    return control + (limit - 1) * _spread(control) / (1 + (limit - 1) * control)


def _log_odds(rate: Any) -> Any:
    return log(rate) - log1p(-rate)


DIFFERENCE = Scale(
    none=0.0,
    mirror=lambda margin: (-margin, margin),
    treatment=lambda control, limit: control + limit,
    distance=lambda t, c, limit: t - c - limit,
    restricted=restricted_rates,
    variance=lambda t, c, share_t, share_c, limit: (
        _spread(t) * (1 / share_t + 1 / share_c) if t is c else _spread(t) / share_t + _spread(c) / share_c
    ),
)

RATIO = Scale(
    none=1.0,
    mirror=reciprocal_limits,
    treatment=lambda control, limit: control * limit,
    distance=lambda t, c, limit: t - limit * c,
    restricted=_ratio_restricted,
    variance=lambda t, c, share_t, share_c, limit: _spread(t) / share_t + square(limit) * _spread(c) / share_c,
)

ODDS_RATIO = Scale(
    none=1.0,
    mirror=reciprocal_limits,
    treatment=_odds_treatment,
    distance=lambda t, c, limit: _log_odds(t) - _log_odds(c) - log(limit),
    restricted=_odds_restricted,
    variance=lambda t, c, share_t, share_c, limit: (
        divide(1.0, share_t * _spread(t)) + divide(1.0, share_c * _spread(c))
    ),
)

SCALES = {"difference": DIFFERENCE, "ratio": RATIO, "odds-ratio": ODDS_RATIO}
