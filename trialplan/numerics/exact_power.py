"""Power of the exact 2x2 tests over arrays of trials, and the n below which no test at all has that power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.numerics import nuisance
from trialplan.numerics.lazy import np, special
from trialplan.numerics.two_by_two import bounding, region

Rates = tuple[float, float]
"""Of the treatment and of the control."""

_BESIDE = 0.1
"""How far beside the critical value of a neighbour, as a share: those of neighbouring sizes differ by less, mostly."""


def tails(test: str, arms: tuple[Any, Any], rates: tuple[Any, Any], alpha: Any, sides: int) -> tuple[Any, Any]:
    """The probabilities of the lower and upper tail, at arrays of arms, true rates and levels that broadcast.

    Each distinct pair of arms and level has one rejection region, found once; full enumeration of the
    tables with binomial probabilities does the rest.
    """
    *grid, levels = np.broadcast_arrays(*arms, *rates, alpha)
    n_t, n_c, p_t, p_c = (part.ravel() for part in grid)
    answer = np.zeros((2, n_t.size))
    for trial in set(zip(n_t.tolist(), n_c.tolist(), levels.ravel().tolist(), strict=True)):
        same = (n_t == trial[0]) & (n_c == trial[1]) & (levels.ravel() == trial[2])
        answer[:, same] = region(test, round(trial[0]), round(trial[1]), trial[2], sides).tails(p_t[same], p_c[same])
    lower, upper = (np.clip(tail, 0, 1).reshape(levels.shape)[()] for tail in answer)
    return lower, upper


def beside(
    test: str, arms: Any, rates: tuple[float, float], level: tuple[float, int], target: float, upper: bool
) -> list[float]:
    """The probability of one tail for each pair of arms, or a bound of it that lies on the same side of the target.

    `level` is alpha and the number of sides. Neighbouring sizes have nearly the same critical value: tables a little
    inside it, where the last size reached the target, or a little outside, where it did not, mostly decide at once.
    """
    answers: list[float] = []
    near, inside = None, False
    for treatment, control in arms:
        tables = None
        if near is not None:
            critical = near * (1 - _BESIDE if inside else 1 + _BESIDE)
            tables, too_many = bounding(test, treatment, control, *level, critical)
            bound = float(tables.tails(*rates)[upper])
            if not (bound < target if too_many else bound >= target):
                tables = None
        if tables is None:
            tables = region(test, treatment, control, *level)
            near, bound = tables.critical, float(tables.tails(*rates)[upper])
        inside = bound >= target
        answers.append(min(max(bound, 0.0), 1.0))
    return answers


def blocks_lower_bound(
    weights: tuple[int, ...], rates: Rates, nulls: Sequence[Rates], alpha: float, target: float, most: int
) -> int:
    """Up to how many allocation blocks no test of level alpha reaches `target`; at most `most`.

    A bound that holds for every test (see `best_power`) against each of the `nulls`, and rises with n, because more
    participants can be ignored: where it stays below the target, no smaller n needs to be looked at. By bisection.
    """
    low, high = 0, most + 1
    while high - low > 1 + most // 16:
        middle = (low + high) // 2
        arms = (middle * weights[0], middle * weights[1])
        best = min(best_power(arms, rates, null, alpha) for null in nulls)
        low, high = (middle, high) if best < target else (low, middle)
    return low


def best_power(arms: tuple[int, int], rates: Rates, null: Rates, alpha: float) -> float:
    """The power that no test of level alpha exceeds: that of the likelihood ratio against these rates under the null.

    Neyman & Pearson (1933), Phil Trans R Soc A 231:289; it is least, and the bound best, where the null's rates are the
    likeliest. The table on the boundary is counted whole, and so are tables too unlikely to matter, which keeps it a
    bound.
    """
    windows = [nuisance.window(arm, rate) for arm, rate in zip(arms, rates, strict=True)]
    truth, under_null = (
        np.multiply.outer(
            *(nuisance.binomial_pmf(arm, rate, *span) for arm, rate, span in zip(arms, at, windows, strict=True))
        ).ravel()
        for at in (rates, null)
    )
    order = np.argsort(_log_ratio(arms, rates, null, windows))
    reached = int(np.searchsorted(under_null[order].cumsum(), alpha)) + 1
    return float(min(1.0, truth[order[:reached]].sum()))


def _log_ratio(arms: Any, rates: Any, null: Any, windows: Any) -> Any:
    """Minus the log likelihood ratio of each table: linear in the two counts."""
    parts = []
    for arm, rate, other, (low, high) in zip(arms, rates, null, windows, strict=True):
        x = np.arange(low, high + 1.0)
        parts.append(-special.xlogy(x, rate / other) - special.xlogy(arm - x, (1 - rate) / (1 - other)))
    return np.add.outer(*parts).ravel()
