"""Exact tests of two independent proportions: rejection regions, their size, and power by full enumeration.

A table is a pair of counts; tables with the same total of responses lie on one diagonal. All four orderings here grow
less extreme towards the middle of each diagonal, so that a rejection region is two counts per diagonal: the largest
treatment count rejected in the lower tail, the smallest in the upper.

    fisher            the conditional test: hypergeometric tail, or two-sided minimum likelihood (Fisher 1935)
    boschloo          unconditional, ordered by Fisher's p-value (Boschloo 1970, Statistica Neerlandica 24:1)
    exact-pooled      unconditional, ordered by the pooled z (Barnard 1947, Biometrika 34:123; Suissa & Shuster
                      1985, JRSS A 148:317)
    exact-unpooled    unconditional, ordered by the unpooled z (Suissa & Shuster 1985)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trialplan.numerics import nuisance
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np

TIE = 1e-10
"""Relative difference below which two values of an ordering are one: equal rationals, parted by rounding of logs."""

HAIR = 1e-12
"""Relative rounding forgiven where a p-value equals the level: 1/20 is at most 0.05."""

_KEPT = 512
"""Regions remembered: a scan over n for each cell of a grid asks for the same ones."""

_SMALL = 4000
"""Participants of the largest of them: three numbers for each total, so that all take 49 megabytes at most."""


@dataclass(frozen=True)
class Region:
    """The tables that a test rejects: on diagonal s, treatment counts <= lower[s] or >= upper[s].

    `by_total[s]` is the probability of rejecting given the total s, whatever the common rate; `critical` the value of
    the ordering up to which tables are rejected.
    """

    treatment: int
    control: int
    lower: Any
    upper: Any
    by_total: Any
    critical: float

    def table(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[Any, Any]:
        """Two tables of booleans, the lower and the upper tail, over ranges of treatment and of control counts."""
        x = np.arange(rows[0], rows[1] + 1)[:, None]
        s = x + np.arange(columns[0], columns[1] + 1)
        return x <= self.lower[s], x >= self.upper[s]

    def rejects(self, treatment: Any, control: Any) -> Any:
        """Whether each observed table is rejected."""
        s = treatment + control
        return (treatment <= self.lower[s]) | (treatment >= self.upper[s])

    def size(self) -> float:
        """The type I error at the worst common rate."""
        return nuisance.supremum(self.by_total)

    def tails(self, treatment: Any, control: Any) -> tuple[Any, Any]:
        """The probabilities of the lower and the upper tail at arrays of true rates of one shape."""
        treatment, control = np.broadcast_arrays(treatment, control)
        rows, columns = nuisance.window(self.treatment, treatment), nuisance.window(self.control, control)
        in_rows = nuisance.binomial_pmf(self.treatment, treatment, *rows)
        in_columns = nuisance.binomial_pmf(self.control, control, *columns)
        lower, upper = (
            ((in_rows @ tail.astype(float)) * in_columns).sum(axis=-1) for tail in self.table(rows, columns)
        )
        return lower, upper


@dataclass(frozen=True)
class _Tail:
    """One side of every diagonal, from just beyond its middle outwards, for an arm of `first` participants.

    Element [s, j] is the table with start[s] + j responses in that arm; `mass` and `beyond` are its
    probability given s and that of all tables at least as far out.
    """

    first: int
    second: int
    start: Any
    count: Any
    other: Any
    mass: Any
    beyond: Any
    real: Any


def _tail(first: int, second: int, rows: int) -> _Tail:
    """The upper tail of the first arm on diagonals 0 to rows - 1, wide enough for all but 1e-18 of each."""
    start, mass = (_small_masses if first + second <= nuisance.SHARED else _masses)(first, second, rows)
    count = start[:, None] + np.arange(mass.shape[1])
    other = np.arange(rows)[:, None] - count
    beyond = mass[:, ::-1].cumsum(axis=1)[:, ::-1]
    return _Tail(first, second, start, count, other, mass, beyond, mass > 0)


def _masses(first: int, second: int, rows: int) -> tuple[Any, Any]:
    """Where the tail starts on each diagonal, and the probability of its tables given the total; 0 where is none."""
    total = first + second
    s = np.arange(rows)
    start = s * first // total + 1
    spread = s * (total - s) * (first * second / (total**2 * max(total - 1.0, 1.0)))
    width = min(first, int(nuisance.reach(spread.max())) + 1) + 1
    count = start[:, None] + np.arange(width)
    other = s[:, None] - count
    real = (count <= first) & (other >= 0)
    # -inf stands for tables that do not exist; the last column is always empty, so that no count is rejected there
    logs = nuisance.log_choose(first)[np.minimum(count, first)] + nuisance.log_choose(second)[np.clip(other, 0, second)]
    mass = np.exp(np.where(real, logs - nuisance.log_choose(total)[:rows, None], -np.inf))
    mass[:, -1] = 0.0
    return start, mass


_small_masses = lru_cache(maxsize=nuisance.SIZES)(_masses)


# Orderings: a positive number for each table of a tail, smaller for more extreme tables.


def _fisher(tail: _Tail, opposite: _Tail | None) -> Any:
    """Fisher's p-value: the tail, and with an opposite one all tables there that are no more likely."""
    if opposite is None:
        return tail.beyond
    if opposite is tail:
        return 2 * tail.beyond
    inside = more_likely(opposite.mass, tail.mass * (1 + TIE))
    return tail.beyond + np.take_along_axis(opposite.beyond, inside, axis=1)


def more_likely(decreasing: Any, values: Any) -> Any:
    """How many of each row of `decreasing` exceed each value in the same row, by bisection of all at once."""
    low, high = np.zeros(values.shape, dtype=int), np.full(values.shape, decreasing.shape[1] - 1)
    for _ in range(int(high[0, 0]).bit_length() + 1):
        middle = (low + high) // 2
        above = (np.take_along_axis(decreasing, middle, axis=1) > values) & (low < high)
        low, high = np.where(above, middle + 1, low), np.where(above, high, middle)
    return low


def _pooled(tail: _Tail, opposite: _Tail | None) -> Any:
    """1/z² with the pooled variance."""
    first, second = float(tail.first), float(tail.second)
    s = np.arange(len(tail.start), dtype=float)[:, None]
    total = first + second
    return s * (total - s) * (first * second / total) / _apart(tail) ** 2


def _unpooled(tail: _Tail, opposite: _Tail | None) -> Any:
    """1/z² with each arm's own variance; 0 where both arms are certain."""
    first, second = float(tail.first), float(tail.second)
    own = tail.count * (first - tail.count) * (second**2 / first)
    other = tail.other * (second - tail.other) * (first**2 / second)
    return (own + other) / _apart(tail) ** 2


def _apart(tail: _Tail) -> Any:
    """The difference of the rates times both arms: a whole number, so that equal z are equal."""
    return (tail.count * float(tail.second) - tail.other * float(tail.first)).clip(min=1.0)


_ORDERINGS: dict[str, Callable[[_Tail, _Tail | None], Any]] = {
    "fisher": _fisher,
    "boschloo": _fisher,
    "exact-pooled": _pooled,
    "exact-unpooled": _unpooled,
}

TESTS = tuple(_ORDERINGS)


# The rejection region.


def region(test: str, treatment: int, control: int, alpha: float, sides: int) -> Region:
    """The largest set of most extreme tables whose probability never exceeds alpha under a common rate.

    Two-sided, tables are ordered jointly; one-sided, only a higher rate in the treatment arm counts.
    Fisher's test compares its own p-value with alpha instead, which is what makes it conservative.
    """
    remembered = _small_region if treatment + control <= _SMALL else _large_region
    return remembered(test, int(treatment), int(control), float(alpha), int(sides))


def bounding(test: str, treatment: int, control: int, alpha: float, sides: int, critical: float) -> tuple[Region, bool]:
    """The tables up to this value of the ordering, and whether they are more than the test of this level rejects.

    If not, it rejects all of them: what they are worth is a bound, for a small part of what finding the region takes.
    """
    tails, keys = _ordered(test, int(treatment), int(control), int(sides))
    tables = _up_to(critical, tails, keys)
    if test == "fisher" or (test == "boschloo" and critical <= alpha):
        return tables, critical > alpha * (1 + HAIR)
    return tables, nuisance.exceeds(tables.by_total, alpha, symmetric=len(tails) == 2)


def _region(test: str, treatment: int, control: int, alpha: float, sides: int) -> Region:
    tails, keys = _ordered(test, treatment, control, sides)
    critical = alpha * (1 + HAIR) if test == "fisher" else _critical(test, tails, keys, alpha)
    return _up_to(critical, tails, keys)


def _up_to(critical: float, tails: list[_Tail], keys: list[Any]) -> Region:
    """The region of the tables that the ordering puts no further in than the critical value."""
    treatment, control = tails[0].first, tails[0].second
    upper, by_total = tails[0].start + _inside(keys[0], critical), _by_total(tails, keys, critical)
    if len(tails) == 1:
        return Region(treatment, control, np.full(len(upper), -1), upper, by_total, critical)
    lower = np.arange(len(upper)) - tails[1].start - _inside(keys[1], critical)
    half = _mirrored(tails[0])
    return Region(
        treatment,
        control,
        np.concatenate([lower, treatment - upper[half]]),
        np.concatenate([upper, treatment - lower[half]]),
        by_total,
        critical,
    )


_small_region, _large_region = lru_cache(maxsize=_KEPT)(_region), lru_cache(maxsize=8)(_region)
"""Of large trials only the last few: one region has a number for each total."""


def _ordered(test: str, treatment: int, control: int, sides: int) -> tuple[list[_Tail], list[Any]]:
    """The tails that can reject and the ordering on each: the upper one, and with sides = 2 the lower one.

    The two-sided orderings do not change when responses and failures are exchanged: half the diagonals do.
    Places where there is no table, or one too unlikely to be represented, rank before all others.
    """
    ordering, total = _ORDERINGS[test], treatment + control
    upper = _tail(treatment, control, total // 2 + 1 if sides == 2 else total + 1)
    if sides == 1 or treatment == control:
        tails = [upper] * sides
        keys = [ordering(upper, upper if sides == 2 else None)] * sides
    else:
        tails = [upper, _tail(control, treatment, total // 2 + 1)]
        keys = [ordering(tails[0], tails[1]), ordering(tails[1], tails[0])]
    return tails, [np.where(tail.real, key, -1.0) for tail, key in zip(tails, keys, strict=True)]


def _inside(key: Any, critical: float) -> Any:
    """How many tables of each diagonal, from the middle outwards, are less extreme than the critical value."""
    return np.count_nonzero(key > critical, axis=1)


def _by_total(tails: list[_Tail], keys: list[Any], critical: float) -> Any:
    """The probability of rejecting given each total, of all totals."""
    half: Any = 0.0
    for tail, key in zip(tails, keys, strict=True):
        half = half + np.take_along_axis(tail.beyond, _inside(key, critical)[:, None], axis=1)[:, 0]
    return half if len(tails) == 1 else np.concatenate([half, half[_mirrored(tails[0])]])


def _mirrored(tail: _Tail) -> slice:
    """The diagonals, in the order in which exchanging responses and failures makes them the other half."""
    return slice((tail.first + tail.second + 1) // 2 - 1, None, -1)


def _critical(test: str, tails: list[_Tail], keys: list[Any], alpha: float) -> float:
    """The largest value of the ordering up to which tables can be rejected: bisection over its distinct values."""

    def too_large(value: float) -> bool:
        return nuisance.exceeds(_by_total(tails, keys, value * (1 + TIE)), alpha, symmetric=len(tails) == 2)

    low, high = _guess(test, alpha, len(tails))
    if too_large(low):
        low, high = -0.5, low
    elif not too_large(high):
        low, high = high, np.inf
    merged = np.concatenate([key[(key > low) & (key <= high)] for key in keys[: 1 + (keys[0] is not keys[-1])]])
    values = np.sort(merged)
    good, bad = -1, len(values)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if too_large(values[middle]) else (middle, bad)
    return float(values[good] if good >= 0 else low) * (1 + TIE)


def _guess(test: str, alpha: float, sides: int) -> tuple[float, float]:
    """Where the critical value is likely to lie; Boschloo's is at least alpha: Fisher's test is conservative."""
    if test == "boschloo":
        return alpha, 3 * alpha
    low, high = (float(normal_quantile(level)) for level in (alpha / sides / 8, min(0.45, 3 * alpha / sides)))
    return low**-2, high**-2
