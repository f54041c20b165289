"""Intervals of two observed rates that invert a test: they hold every limit that the test does not reject."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np
from trialplan.numerics.nuisance import log_choose
from trialplan.numerics.search import increasing_root
from trialplan.numerics.two_by_two import TIE
from trialplan.numerics.two_rates import DIFFERENCE, RATIO, Scale, score_z

_EDGE = 1e-12
"""How near the limits of a difference may come to -1 and 1 without being them."""

_WIDENINGS = 60
"""Steps by which the stretch that holds both limits of a ratio is widened: each by the interval of the logarithm."""

_HALVINGS = 100
"""Of a stretch of log odds ratios: more than a double has digits."""


def score_limits(scale: Scale, counts: tuple[Any, Any], sizes: tuple[int, int], critical: Any) -> tuple[Any, Any]:
    """Where the score statistic is `critical`, and minus it: lower and upper limits for arrays of counts.

    Mee (1984), Biometrics 40:1175, on the difference; the same inversion on the ratio and the odds ratio. With
    `critical` times √(N/(N - 1)) they are those of Miettinen & Nurminen (1985), Statistics in Medicine 4:213. Where no
    value up to the end of the scale is rejected the limit is that end: -1, 0, 1 or inf.
    """
    (x_t, x_c), (n_t, n_c) = (np.asarray(one, dtype=float) for one in counts), sizes
    critical = np.asarray(critical, dtype=float)
    value: Any = np.asarray if scale is DIFFERENCE else np.exp

    def z(at: Any) -> Any:
        with np.errstate(all="ignore"):
            return score_z(scale, (x_t / n_t, x_c / n_c), sizes, value(at))

    if scale is DIFFERENCE:
        ends, at_low, at_high = (-1.0, 1.0), (x_t == 0) & (x_c == n_c), (x_t == n_t) & (x_c == 0)
        shape = np.broadcast_shapes(at_low.shape, critical.shape)
        low, high = np.full(shape, -1 + _EDGE), np.full(shape, 1 - _EDGE)
    else:  # an arm in which everybody responds bounds a ratio, not the odds
        ends, odds = (0.0, np.inf), scale is not RATIO
        at_low, at_high = (x_t == 0) | (odds & (x_c == n_c)), (x_c == 0) | (odds & (x_t == n_t))
        low, high = _around(z, (x_t, x_c), sizes, critical, (at_low, at_high))

    def limit(target: Any) -> Any:
        found = value(increasing_root(lambda at: target - z(at), low, high))
        # beyond an estimate at the end of the scale the statistic keeps its sign
        beyond = np.where((target <= 0) & at_high, ends[1], found)
        return np.where((target >= 0) & at_low, ends[0], beyond)

    return limit(critical), limit(-critical)


def _around(z: Any, counts: tuple[Any, Any], sizes: tuple[int, int], critical: Any, ends: Any) -> tuple[Any, Any]:
    """Logarithms between which the limits lie, in steps about the logarithm of the estimate with half added a cell.

    `ends` say where the estimate is the least and the largest of the scale: there z stays on one side of 0.
    """
    (x_t, x_c), (n_t, n_c) = counts, sizes
    cells = x_t + 0.5, n_t - x_t + 0.5, x_c + 0.5, n_c - x_c + 0.5
    centre = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    far = np.maximum(np.abs(critical), 1.0)
    step = far * np.sqrt(sum(1 / cell for cell in cells))
    low, high = centre - step, centre + step
    for _ in range(_WIDENINGS):
        short_low = np.where(ends[0], z(low) <= -far, z(low) < far)
        short_high = np.where(ends[1], z(high) >= far, z(high) > -far)
        if not (short_low | short_high).any():
            break
        low, high = np.where(short_low, low - step, low), np.where(short_high, high + step, high)
    return low, high


def conditional_limits(
    counts: tuple[int, int], sizes: tuple[int, int], alpha: float, sides: int
) -> tuple[float, float]:
    """The least and the largest odds ratio that Fisher's exact test does not reject at `alpha` (one side's for one).

    Two-sided it is by minimum likelihood: its P value, of all tables with the same margins that are no more likely
    than the one seen, jumps where another table becomes as likely. What it does not reject can have gaps, and the
    interval reaches over them (Fay 2010, Biostatistics 11:373).
    """
    (x_t, x_c), (n_t, n_c) = counts, sizes
    low = _least_log_odds((x_t, n_t), (x_c, n_c), alpha, sides)
    # the odds ratio of failures is its reciprocal
    high = _least_log_odds((n_t - x_t, n_t), (n_c - x_c, n_c), alpha, sides)
    return float(np.exp(low)), float(np.exp(-high))


def _least_log_odds(treatment: tuple[int, int], control: tuple[int, int], alpha: float, sides: int) -> float:
    """The logarithm of the least odds ratio with a P value above alpha; -inf where none is rejected.

    From one odds ratio to the next at which another table joins the lower tail, what the P value leaves out is the
    probability of a run of tables, which first rises and then falls: the P value is largest at one of the two ends.
    """
    (x, n_t), (x_c, n_c) = treatment, control
    total = x + x_c
    counts = np.arange(max(0, total - n_c), min(total, n_t) + 1)
    weights = log_choose(n_t)[counts] + log_choose(n_c)[total - counts]
    at = x - int(counts[0])
    if at == 0:
        return -np.inf

    def surplus(log_odds: float, joined: int) -> float:
        logs = weights + counts * log_odds
        mass = np.exp(logs - logs.max())
        lower = mass[:joined].sum() if sides == 2 else 0.0
        return float((lower + mass[at:].sum()) / mass.sum()) - alpha

    # a table joins for good where it is as likely as the one seen, the least of the counts first
    joins = np.sort((weights[:at] - weights[at] + np.log1p(-TIE)) / (x - counts[:at])).tolist()
    start = joins[0] - 1.0
    while surplus(start, 0) > 0:
        start -= 1.0
    for joined, end in enumerate(joins):
        if surplus(start, joined) > 0:
            return float(start)
        if surplus(end, joined) > 0:
            return _crossed(lambda log_odds, k=joined: surplus(log_odds, k), start, end)
        start = end
    while sides == 1 and surplus(start, 0) <= 0:
        before, start = start, start + 1.0
        if surplus(start, 0) > 0:
            return _crossed(lambda log_odds: surplus(log_odds, 0), before, start)
    return float(start)


def _crossed(f: Any, low: float, high: float) -> float:
    """Where f turns positive between two ends, by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if f(middle) > 0 else (middle, high)
    return high
