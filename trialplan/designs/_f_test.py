"""The F test of several means at once: its power, and its verdict."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np, special
from trialplan.parameter import Numbers

MOST_MEANS = 50
"""Groups, or conditions, of one test: a bound against slips, the formula has none."""


def f_power(noncentrality: Numbers, between: int, within: Numbers, level: Numbers) -> Numbers:
    """P(F is beyond its upper quantile), noncentral; 0 where nothing is left to tell the spread by.

    Tang (1938), Statistical Research Memoirs 2:126.
    """
    usable = np.asarray(within) > 0
    within = np.where(usable, np.asarray(within, dtype=float), 1.0)
    # the quantile of the small tail is one over that of the other, with the degrees of freedom changed
    tail = special.fdtri(within, between, level)
    usable = usable & (tail > 0)  # with hardly any degrees of freedom no number is large enough
    critical = 1 / np.where(usable, tail, 1.0)
    return np.where(usable, 1 - special.ncfdtr(between, within, noncentrality, critical), 0.0)[()]


def f_verdict(apart: Any, inside: Any, between: float, within: float, level: Numbers) -> tuple[Any, Any]:
    """F of two mean squares, trial by trial, and whether it rejects; no spread is no evidence."""
    statistic = np.divide(apart, inside, out=np.zeros_like(apart), where=inside > 0)
    return statistic, special.fdtrc(between, within, statistic) <= level
