"""The exact conditional test of two Poisson rates: given all events, those of the treatment are binomial."""

from __future__ import annotations

import math
from typing import Any

from trialplan.numerics.lazy import np, special

_SPREAD, _MORE = 9.0, 40
"""Standard deviations, and events more, beyond which a Poisson total lies with probability below 1e-17."""


def lower_critical(totals: Any, share: float, level: float) -> Any:
    """The most events on one arm, of so many in all, whose lower tail is at most `level`; -1 where there are none."""
    with np.errstate(all="ignore"):
        start = np.nan_to_num(np.floor(special.bdtrik(level, np.maximum(totals, 1), share)), nan=-1.0, posinf=-1.0)
    found = np.clip(start, -1, totals)
    for step in (1, -1, -1):  # an inverse that is off by rounding is put right by the tail itself
        beside = found + 1 if step == 1 else found
        fits = (beside >= 0) & (beside <= totals) & (_cdf(beside, totals, share) <= level)
        found = np.where(fits, beside, found) if step == 1 else np.where(fits | (found < 0), found, found - 1)
    return found


def rejection_regions(totals: Any, shares: list[tuple[float, int]], level: float) -> tuple[Any, Any]:
    """The fewest and the most events on the treatment that lie beyond every limit, of so many in all.

    `shares` are the treatment's expected share of the events on each limit, and the direction that leads away from it.
    """
    low, high = np.zeros_like(totals, dtype=float), np.array(totals, dtype=float)
    for share, direction in shares:
        if direction < 0:
            high = np.minimum(high, lower_critical(totals, share, level))
        else:
            low = np.maximum(low, totals - lower_critical(totals, 1 - share, level))
    return low, high


def within(low: Any, high: Any, totals: Any, share: float) -> Any:
    """P(low ≤ events on the treatment ≤ high) of so many in all."""
    return np.maximum(_cdf(high, totals, share) - _cdf(low - 1, totals, share), 0.0)


def _cdf(events: Any, totals: Any, share: float) -> Any:
    inside = np.clip(events, 0, totals)
    return np.where(events < 0, 0.0, np.where(events >= totals, 1.0, special.bdtr(inside, totals, share)))


def over_totals(expected: Any, chance: Any) -> Any:
    """The mean of `chance(totals)` where the total is Poisson with these expected values, an array of one axis."""
    windows = [_window(float(mean)) for mean in expected]
    first, last = min(low for low, _ in windows), max(high for _, high in windows)
    together = last - first <= sum(high - low for low, high in windows)
    table = chance(np.arange(first, last + 1)) if together else None
    found = []
    for mean, (low, high) in zip(map(float, expected), windows, strict=True):
        totals = np.arange(low, high + 1)
        weights = np.exp(special.xlogy(totals, mean) - mean - special.gammaln(totals + 1))
        found.append(float(weights @ (chance(totals) if table is None else table[low - first : high - first + 1])))
    return np.minimum(found, 1.0)


def _window(mean: float) -> tuple[int, int]:
    spread = _SPREAD * math.sqrt(mean)
    return max(math.floor(mean - spread), 0), math.ceil(mean + spread) + _MORE
