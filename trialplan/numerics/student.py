"""Rejection probabilities of t statistics: one tail, both tails, and two one-sided tests."""

from __future__ import annotations

import math
from typing import Any

from trialplan.numerics.distributions import noncentral_t_sf, t_quantile, upper_t_quantile
from trialplan.numerics.elementary import (
    divide,
    greatest,
    is_scalar,
    log,
    normal_cdf,
    upper_normal_quantile,
)
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special

T_POWER = r"1-\beta = \Pr\left(T_\nu(\lambda)>t_{\nu,\,1-\alpha/s}\right)"
"""`t_power` of one tail, in the treatment's favour, as TeX."""
_NODES = 64
"""Along the ratio of standard errors, whose density is as smooth as a normal one."""
_TOGETHER = 128
"""Integrals that are computed together: their nodes then stay in a processor's cache."""
_FEWEST = 0.01
"""Degrees of freedom below which there is no test: its critical value leaves what a computer can hold, and what is
left of 2 - 2 after rounding is no degree of freedom. A test with so few hardly ever rejects, whatever the effect."""
_HUGE = 1e6
"""Degrees of freedom beyond which the standard deviation is as good as known (and its density loses digits)."""

_SPREAD, _ABOVE = 8.5, math.sqrt(2)
"""Standard deviations of the pooled SD that the integral over it covers below, and how many times as far it goes above:
by Chernoff's bound (1952, Annals of Mathematical Statistics 23:493) of a chi-squared what lies beyond an end weighs
less than exp(-8.5²/2), 2e-16."""

_LEAST = 1e-15
"""The least ratio of standard errors that is looked at; below lies less than this where df is 1 or more."""

_NEVER, _FAR = 1e-12, 30.0
"""A chance that is left out, far below what is ever printed of a power and an integral dearer to find, and the
noncentrality up to which each test's own chance is known to its last digits."""

_STIRLING = 40.0
"""Degrees of freedom from which the first four terms of Stirling's series are all of it to a computer."""


def t_power(noncentrality: Any, df: Any, level: Any, *, both_tails: bool = False) -> Any:
    """P(reject) of a t test at one-sided `level`: the upper tail, and the lower one with `both_tails`.

    Where df < 0.01 there is no test and the answer is 0. Source: Johnson, Kotz & Balakrishnan (1995),
    Continuous Univariate Distributions 2, ch. 31.
    """
    usable = np.asarray(df) >= _FEWEST
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
    if is_scalar(*numbers):
        return _one_tost_power(*numbers)
    together = np.broadcast(*numbers)
    if together.size <= _TOGETHER:
        return _tost_power(distances, df, level)
    below, above, df, level = (np.ravel(one) for one in np.broadcast_arrays(*numbers))
    cuts = (slice(start, start + _TOGETHER) for start in range(0, together.size, _TOGETHER))
    parts = [_tost_power([below[cut], above[cut]], df[cut], level[cut]) for cut in cuts]
    return np.concatenate(parts).reshape(together.shape)


def _one_tost_power(below: float, above: float, df: float, level: float) -> float:
    """Of plain numbers: most of an array's cost is that it is one, and a search asks for one n after the other."""
    if not df >= _FEWEST:
        return 0.0
    if df > _HUGE:
        return float(z_power([below, above], upper_normal_quantile(level)))
    critical, spread = float(upper_t_quantile(level, df)), _SPREAD / math.sqrt(2 * df)
    closed = float(divide(below + above, 2 * critical))  # at a level of a half critical is 0
    if math.isnan(closed):
        return math.nan
    if _one_always_rejects(below, above, critical, df, closed):
        failed = special.nctdtr(df, below, critical) + special.nctdtr(df, above, critical)
        if failed == failed:
            return max(1 - float(failed), 0.0)
    start, stop = max(_LEAST, 1 - spread), min(closed, 1 + _ABOVE * spread)
    height = _height(df) if df < _STIRLING else _stirling(df)
    if stop <= start:
        return 0.0
    mean = _over_ratio(below, above, critical, df, height, start, stop - start)
    return min(max(float((stop - start) * mean), 0.0), 1.0)


def _one_always_rejects(below: float, above: float, critical: float, df: float, closed: float) -> bool:
    """Whether neither test rejects with a chance below `_NEVER`, so that what is left is each one's chance to fail.

    That takes a ratio s of standard errors beyond the one at which the region has `closed`, and then an estimate within
    critical * (s - closed) of its middle. P(ratio > s) is at most exp(-df/2 (s² - 1 - 2 ln s)) by Chernoff's bound
    (1952, Annals of Mathematical Statistics 23:493), which falls ever faster: its integral beyond `closed` is at most
    its value there over its rate of falling there.
    """
    if not (closed > 1 and 0 < below < _FAR and 0 < above < _FAR):
        return False
    falling = df * (closed - 1 / closed)
    exponent = df / 2 * (closed * closed - 1 - 2 * math.log(closed))
    return 2 * critical / math.sqrt(2 * math.pi) / falling * math.exp(-exponent) < _NEVER


def _tost_power(distances: list[Any], df: Any, level: Any) -> Any:
    usable, huge = np.asarray(df) >= _FEWEST, np.asarray(df) > _HUGE
    known = z_power(distances, upper_normal_quantile(np.asarray(level)))
    df = np.where(usable & ~huge, df, 1.0)[..., None]
    below, above = (np.asarray(distance)[..., None] for distance in distances)
    critical = upper_t_quantile(np.asarray(level)[..., None], df)
    spread = _SPREAD / np.sqrt(2 * df)
    start = np.maximum(_LEAST, 1 - spread)
    stop = np.clip((below + above) / (2 * critical), start, 1 + _ABOVE * spread)
    height = np.where(df < _STIRLING, _height(np.minimum(df, _STIRLING)), _stirling(np.maximum(df, _STIRLING)))
    with np.errstate(divide="ignore"):
        mean = _over_ratio(below, above, critical, df, height, np.where(stop > start, start, 1.0), stop - start)
    power = np.clip((stop - start)[..., 0] * mean, 0.0, 1.0)
    return np.where(huge, known, np.where(usable, power, 0.0))


def _height(df: Any) -> Any:
    """The logarithm of the density of the ratio of standard errors at 1."""
    half = df / 2
    return math.log(2) + half * log(half) - half - special.gammaln(half)


def _stirling(df: Any) -> Any:
    """The same by Stirling's series (Abramowitz & Stegun 6.1.41), which loses no digits where there are many."""
    inverse = 2 / df
    square = inverse * inverse
    return 0.5 * log(df / math.pi) - inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))


def _over_ratio(below: Any, above: Any, critical: Any, df: Any, height: Any, start: Any, width: Any) -> Any:
    """The mean over a stretch of the ratio of standard errors, the logarithm of whose density is `height` at 1."""
    x, w = gauss_legendre(_NODES)
    from_1 = start - 1 + width * x  # near it lies what counts where df is large, and keeps its digits
    bound = critical * (1 + from_1)
    inside = special.ndtr(above - bound)
    inside -= special.ndtr(bound - below)
    inside *= np.exp(height + (df - 1) * np.log1p(from_1) - df / 2 * from_1 * (2 + from_1))
    return inside @ w


def z_power(distances: list[Any], critical: Any) -> Any:
    """P(every one-sided z test rejects) for a statistic `distances` standard errors inside its one or two limits."""
    if len(distances) == 1:
        return normal_cdf(distances[0] - critical)
    return greatest(0.0, 1 - sum(normal_cdf(critical - distance) for distance in distances))
