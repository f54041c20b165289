"""Distribution functions with the corners that trials reach: the guarded noncentral t, and binomial tails."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np, special


def t_quantile(p: Any, df: Any) -> Any:
    """The t with P(T <= t) = p for a central t with `df` degrees of freedom."""
    return special.stdtrit(df, p)


def upper_t_quantile(tail: Any, df: Any) -> Any:
    """The t with P(T > t) = tail, taken from the tail itself: 1 - tail would lose the digits of a small one."""
    return -special.stdtrit(df, tail)


def noncentral_t_cdf(t: Any, df: Any, noncentrality: Any) -> Any:
    """P(T <= t) for a noncentral t; 0 <= p <= 1 everywhere that df > 0.

    scipy's nctdtr returns nan far in the tail on the wrong side of zero (scipy issue 25470). The value
    there is at most Phi(-|noncentrality|), and Abramowitz & Stegun 26.7.10 gives it to that accuracy.
    """
    far = np.abs(noncentrality) > _FAR
    p = special.nctdtr(df, np.where(far, 0.0, noncentrality), t)
    if np.any(far):
        p = np.where(far, _far_t_cdf(t, df, noncentrality), p)
    lost = np.isnan(p)
    if np.any(lost):
        with np.errstate(all="ignore"):
            z = (t * (1 - 1 / (4 * df)) - noncentrality) / np.sqrt(1 + t**2 / (2 * df))
        valid = (np.asarray(df) > 0) & np.isfinite(z)
        p = np.where(lost & valid, special.ndtr(z), p)
    # P(T <= t) <= P(T <= 0) = Phi(-noncentrality) for t <= 0: digits that nctdtr loses there are capped
    p = np.where(np.asarray(t) <= 0, np.minimum(p, special.ndtr(-np.asarray(noncentrality))), p)
    return np.clip(p, 0, 1)


_FAR = 1e5
"""Noncentrality beyond which nctdtr loses digits, then itself (nan from 3e5 on), and takes time in proportion."""


def _far_t_cdf(t: Any, df: Any, noncentrality: Any) -> Any:
    """P(T <= t) where the noncentrality is large: T is its ratio to s, the root of a chi-squared over its `df`.

    T <= t says s - Z/t >= noncentrality/t for a standard normal Z. Z/t moves s so little that another chi-squared of
    the same mean and variance stands for both (Satterthwaite 1946, Biometrics Bulletin 2:110); the error at 1e5 is that
    of nctdtr there, 1e-6, and falls from there on.
    """
    with np.errstate(all="ignore"):
        t, df, noncentrality = np.broadcast_arrays(t, df, noncentrality)
        both = 1 / (1 / np.asarray(df, dtype=float) + 2 / np.square(np.asarray(t, dtype=float)))
        ratio = np.square(np.divide(noncentrality, t))
        above = np.where(np.isinf(ratio), 0.0, special.chdtrc(both, both * ratio))
        p = np.where(noncentrality > 0, above, np.where(np.isinf(ratio), 1.0, special.chdtr(both, both * ratio)))
    certain = np.where(noncentrality > 0, 0.0, 1.0)  # the other sign than the noncentrality's is never seen
    return np.where(np.sign(t) == np.sign(noncentrality), p, certain)


def noncentral_t_sf(t: Any, df: Any, noncentrality: Any) -> Any:
    """P(T > t) for a noncentral t, by reflection, so that small tails keep their digits."""
    return noncentral_t_cdf(-t, df, -noncentrality)


def binomial_sf(k: Any, n: Any, p: Any) -> Any:
    """P(X > k) for X ~ Binomial(n, p): 1 below k = 0 and 0 from k = n on; the incomplete beta in between."""
    k, n = np.floor(k), np.asarray(n, dtype=float)
    inside = (k >= 0) & (k < n)
    tail = special.betainc(np.where(inside, k + 1, 1.0), np.where(inside, n - k, 1.0), p)
    return np.where(inside, tail, np.where(k < 0, 1.0, 0.0))


def binomial_critical(level: Any, n: Any, p: Any) -> Any:
    """The smallest count k with P(X > k) <= level for X ~ Binomial(n, p), by bisection on the tail itself.

    An inverse of P(X <= k) at 1 - level would have lost a level below some 1e-16, and the digits of one near it.
    """
    n, level, p = np.broadcast_arrays(np.asarray(n, dtype=float), level, p)
    low, high = np.full(n.shape, -1.0), n.copy()
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        above = binomial_sf(middle, n, p) > level
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return high


def beta_binomial_sf(k: int, n: int, a: float, b: float) -> float:
    """P(X > k) for X ~ Binomial(n, p) where p ~ Beta(a, b), summed from the logs of its terms."""
    x = np.arange(max(k + 1, 0), n + 1)
    choose = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    return float(np.exp(choose + special.betaln(x + a, n - x + b) - special.betaln(a, b)).sum())
