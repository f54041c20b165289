"""Rejection probabilities of t statistics: one tail, both tails, and two one-sided tests."""

from __future__ import annotations

import math
from typing import Any

from trialplan.numerics.distributions import noncentral_t_sf, t_quantile, upper_t_quantile
from trialplan.numerics.elementary import divide, greatest, is_scalar, normal_cdf, upper_normal_quantile
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special

T_POWER = r"1-\beta = \Pr\left(T_\nu(\lambda)>t_{\nu,\,1-\alpha/s}\right)"
"""`t_power` of one tail, in the treatment's favour, as TeX."""
_NODES = 128
"""Along the ratio of standard errors, whose density is as smooth as a normal one."""
_TOGETHER = 128
"""Integrals that are computed together: their nodes then stay in a processor's cache."""
_HUGE = 1e6
"""Degrees of freedom beyond which the standard deviation is as good as known (and its density loses digits)."""

_SPREAD = 9.0
"""Standard deviations of the pooled SD that the integral over it covers: what lies beyond weighs < 1e-18."""


def t_power(noncentrality: Any, df: Any, level: Any, *, both_tails: bool = False) -> Any:
    """P(reject) of a t test at one-sided `level`: the upper tail, and the lower one with `both_tails`.

    Where df <= 0 there is no test and the answer is 0. Source: Johnson, Kotz & Balakrishnan (1995),
    Continuous Univariate Distributions 2, ch. 31.
    """
    usable = np.asarray(df) > 0
    df = np.where(usable, df, 1.0)
    critical = upper_t_quantile(level, df)
    power = noncentral_t_sf(critical, df, noncentrality)
    if both_tails:
        power = power + noncentral_t_sf(critical, df, -noncentrality)
    return np.where(usable, power, 0.0)


def normal_score(statistic: Any, df: Any) -> Any:
    """The z with the one-sided P value of a t statistic; 0, no evidence, where df <= 0.

    From the lower tail of either side, so that small P values keep their digits.
    """
    usable = np.asarray(df) > 0
    tail = special.stdtr(np.where(usable, df, 1.0), -np.abs(statistic))
    return np.where(usable, -np.sign(statistic) * special.ndtri(tail), 0.0)


def of_normal_score(z: Any, df: Any) -> Any:
    """The t statistic with the one-sided P value of z; nan where df <= 0."""
    return np.sign(z) * -t_quantile(normal_cdf(-np.abs(z)), np.where(np.asarray(df) > 0, df, np.nan))


def tost_power(distances: list[Any], df: Any, level: Any) -> Any:
    """P(both one-sided t tests reject) at the noncentralities from the lower and the upper limit.

    Given the ratio s of the estimated to the true standard error, the standardised estimate must lie
    between critical * s - below and above - critical * s; what remains is an integral over s, whose
    square is chi-squared / df (Owen 1965, Biometrika 52:437; Schuirmann 1987). Gauss-Legendre over s,
    stopped where the region closes.
    """
    numbers = *distances, df, level
    if all(map(is_scalar, numbers)):
        return _one_tost_power(*map(float, numbers))
    together = np.broadcast(*numbers)
    if together.size <= _TOGETHER:
        return _tost_power(distances, df, level)
    below, above, df, level = (np.ravel(one) for one in np.broadcast_arrays(*numbers))
    cuts = (slice(start, start + _TOGETHER) for start in range(0, together.size, _TOGETHER))
    parts = [_tost_power([below[cut], above[cut]], df[cut], level[cut]) for cut in cuts]
    return np.concatenate(parts).reshape(together.shape)


def _one_tost_power(below: float, above: float, df: float, level: float) -> float:
    """Of plain numbers: most of an array's cost is that it is one, and a search asks for one n after the other."""
    if not df > 0:
        return 0.0
    if df > _HUGE:
        return float(z_power([below, above], upper_normal_quantile(level)))
    critical, spread = float(upper_t_quantile(level, df)), _SPREAD / math.sqrt(2 * df)
    start = max(0.0, 1 - spread)
    stop = min(float(divide(below + above, 2 * critical)), 1 + 2 * spread)  # at a level of a half critical is 0
    if math.isnan(stop):
        return math.nan
    # the functions of arrays: near a thousand degrees of freedom the last digit of each is the eleventh of the power
    constant = np.log(2) + df / 2 * np.log(df / 2) - special.gammaln(df / 2)
    return min(float(_over_ratio(below, above, critical, df, constant, start, stop)), 1.0) if stop > start else 0.0


def _tost_power(distances: list[Any], df: Any, level: Any) -> Any:
    usable, huge = np.asarray(df) > 0, np.asarray(df) > _HUGE
    known = z_power(distances, upper_normal_quantile(np.asarray(level)))
    df = np.where(usable & ~huge, df, 1.0)[..., None]
    below, above = (np.asarray(distance)[..., None] for distance in distances)
    critical = upper_t_quantile(np.asarray(level)[..., None], df)
    spread = _SPREAD / np.sqrt(2 * df)
    start = np.maximum(0, 1 - spread)
    stop = np.clip((below + above) / (2 * critical), start, 1 + 2 * spread)
    constant = np.log(2) + df / 2 * np.log(df / 2) - special.gammaln(df / 2)
    with np.errstate(divide="ignore"):
        integral = _over_ratio(below, above, critical, df, constant, start, stop)
    return np.where(huge, known, np.where(usable, np.minimum(integral, 1.0), 0.0))


def _over_ratio(below: Any, above: Any, critical: Any, df: Any, constant: Any, start: Any, stop: Any) -> Any:
    """The integral over the ratio of standard errors, whose density has this logarithm as its `constant`."""
    x, w = gauss_legendre(_NODES)
    s = start + (stop - start) * x
    bound = critical * s
    inside = special.ndtr(above - bound) - special.ndtr(bound - below)
    density = np.exp(constant + (df - 1) * np.log(s) - df / 2 * s**2)
    return ((stop - start) * w * np.maximum(inside, 0) * density).sum(axis=-1)


def z_power(distances: list[Any], critical: Any) -> Any:
    """P(every one-sided z test rejects) for a statistic `distances` standard errors inside its one or two limits."""
    if len(distances) == 1:
        return normal_cdf(distances[0] - critical)
    return greatest(0.0, 1 - sum(normal_cdf(critical - distance) for distance in distances))
