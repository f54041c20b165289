"""Exact tests of two proportions against limits: the score statistic, its level kept at every rate on each limit.

Chan (1998), Statistics in Medicine 17:1403. The score statistic rises with each response of the treatment and falls
with each of the control, so that a region is one count of the treatment for each of the control, and the chance of
rejecting is largest on the limit itself (Röhmel & Mansmann 1999, Biometrical Journal 41:149).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trialplan.numerics import nuisance
from trialplan.numerics.elementary import upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.two_rates import SCALES, score_z

_AROUND = 0.6
"""How far below and above that of normal theory the critical value is sought at first."""

_BESIDE = 0.1
"""How far beside the critical value of a neighbour: those of neighbouring sizes differ by less, mostly."""

_TIE = 1e-10
"""Difference below which two statistics are one: equal numbers, parted by rounding."""

_EDGE = 1e-7
"""How near to the ends of their range the angles of the rates come: rates within 1e-14 of them."""

_POINTS, _CLOSE = 5, 0.05
"""Grid points per standard deviation of the angle of a rate, and how near to the level, relatively, the grid is not
trusted: between two of its points a peak is higher by a third of that at most."""

_ZOOMS, _STEPS, _PEAKS = 3, 33, 6
"""How often, and with how many points, a peak is looked at more closely, and how many of the highest."""

Limits = tuple[tuple[float, int], ...]
"""Limits, each with the direction that leads away from the null: 1 above, -1 below."""


@dataclass(frozen=True)
class Between:
    """The tables that are rejected: for each count of the control, treatment counts from `least` to `most`."""

    treatment: int
    control: int
    least: Any
    most: Any

    def rejects(self, treatment: Any, control: Any) -> Any:
        """Whether each observed table is rejected."""
        return (self.least[control] <= treatment) & (treatment <= self.most[control])

    def probability(self, treatment: Any, control: Any) -> Any:
        """Of rejecting, at arrays of true rates of one shape."""
        return self.chance(*_weights((self.treatment, self.control), treatment, control))

    def chance(self, below: Any, columns: Any) -> Any:
        """The same, of the chances of fewer than each count of the treatment and of each count of the control."""
        inside = below[..., np.maximum(self.most + 1, self.least)] - below[..., self.least]
        return np.einsum("...i,...i->...", inside, columns)


def region(scale: str, arms: tuple[int, int], limits: Limits, level: float) -> Between:
    """What the one-sided tests of this level against every limit reject."""
    return _between(
        arms, [(sign, _critical(scale, *arms, float(limit), sign, float(level))[0]) for limit, sign in limits]
    )


def size(scale: str, tables: Between, limits: Limits) -> float:
    """The largest chance of rejecting on any of the limits."""
    arms = tables.treatment, tables.control
    return max(_OnLimit(scale, arms, float(limit)).largest(tables) for limit, _ in limits)


def beside(
    scale: str,
    trials: Iterable[tuple[int, int]],
    rates: tuple[float, float],
    limits: Limits,
    level: float,
    target: float,
) -> list[float]:
    """The chance of rejecting for each pair of arms at these rates, or a bound of it on the same side of the target.

    Neighbouring sizes have nearly the same critical values: those a little inside, where the last size reached the
    target, or a little outside, where it did not, mostly decide at once.
    """
    answers: list[float] = []
    near: list[float] = []
    for arms in trials:
        bound = None
        if near:
            step = _BESIDE if answers[-1] >= target else -_BESIDE
            bound = _bound(scale, arms, rates, limits, level, target, [one + step for one in near])
        if bound is None:
            found = [_critical(scale, *arms, float(limit), sign, float(level)) for limit, sign in limits]
            near = [value for _, value in found]
            tables = _between(arms, [(sign, first) for (first, _), (_, sign) in zip(found, limits, strict=True)])
            bound = float(tables.probability(*map(np.asarray, rates)))
        answers.append(bound)
    return answers


def _bound(
    scale: str, arms: Any, rates: Any, limits: Limits, level: float, target: float, criticals: list[float]
) -> float | None:
    """The chance with these critical values where that decides: too many tables fall short, or too few reach it."""
    sides = [_Side(scale, arms[0], arms[1], float(limit), sign) for limit, sign in limits]
    firsts = [side.reaching(value) for side, value in zip(sides, criticals, strict=True)]
    tables = _between(arms, [(side.sign, first) for side, first in zip(sides, firsts, strict=True)])
    bound = float(tables.probability(*map(np.asarray, rates)))
    reached = bound >= target
    # more tables than the level allows, on every side, are an upper bound, and fewer a lower one
    decides = all(side.exceeds(first, level) is not reached for side, first in zip(sides, firsts, strict=True))
    return bound if decides else None


def _between(arms: tuple[int, int], firsts: list[tuple[int, Any]]) -> Between:
    n_t, n_c = arms
    least, most = np.zeros(n_c + 1, dtype=int), np.full(n_c + 1, n_t)
    for sign, first in firsts:
        least, most = (np.maximum(least, first), most) if sign > 0 else (least, np.minimum(most, n_t - first))
    return Between(n_t, n_c, least, most)


@lru_cache(maxsize=512)
def _critical(scale: str, n_t: int, n_c: int, limit: float, sign: int, level: float) -> tuple[Any, float]:
    """What `_Side.reaching` gives at the critical value, the least whose region keeps the level; and that value."""
    side, normal, around = _Side(scale, n_t, n_c, limit, sign), float(upper_normal_quantile(level)), _AROUND
    low, high = (side.reaching(normal + one) for one in (-around, around))
    while not (side.exceeds(low, level) and not side.exceeds(high, level)) and around < n_t + n_c:
        around *= 4
        low, high = (side.reaching(normal + one) for one in (-around, around))
    count = low[:, None] + np.arange(max(int((high - low).max()), 1))
    between = np.where(count < high[:, None], side.z(np.minimum(count, n_t), side.others[:, None]), np.inf)
    values = np.unique(between[np.isfinite(between)])

    def first(at: int) -> Any:
        return low + np.count_nonzero(between < values[at] - _TIE, axis=1)

    good, bad = len(values), -1  # beyond the last one lies `high`, which keeps the level
    while good - bad > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if side.exceeds(first(middle), level) else (middle, bad)
    return (high, normal + around) if good == len(values) else (first(good), float(values[good]))


class _Side:
    """One limit: how many of the treatment, or below the limit how many without a response, are held against it."""

    def __init__(self, scale: str, n_t: int, n_c: int, limit: float, sign: int) -> None:
        self.scale, self.arms, self.limit, self.sign = SCALES[scale], (n_t, n_c), limit, sign
        self.on_limit, self.others = _OnLimit(scale, (n_t, n_c), limit), np.arange(n_c + 1.0)

    def z(self, count: Any, others: Any) -> Any:
        """The score statistic in its direction."""
        n_t, n_c = self.arms
        treated = count if self.sign > 0 else n_t - count
        return self.sign * score_z(self.scale, (treated / n_t, others / n_c), self.arms, self.limit)

    def reaching(self, value: float) -> Any:
        """For each count of the control the first count with at least this statistic; one more than all for none."""
        low, high = np.zeros(self.others.shape, dtype=int), np.full(self.others.shape, self.arms[0] + 1)
        for _ in range(int(self.arms[0] + 1).bit_length()):
            middle = (low + high) // 2
            short = (self.z(np.minimum(middle, self.arms[0]), self.others) < value - _TIE) & (low < high)
            low, high = np.where(short, middle + 1, low), np.where(short, high, middle)
        return low

    def exceeds(self, first: Any, level: float) -> bool:
        """Whether rejecting from these counts on breaks the level."""
        return self.on_limit.exceeds(_between(self.arms, [(self.sign, first)]), level)


class _OnLimit:
    """Rates on a limit, near enough to each other that no peak of a chance of rejecting lies hidden between them."""

    def __init__(self, scale: str, arms: tuple[int, int], limit: float) -> None:
        held = SCALES[scale]
        self.arms, self.limit, self.treated = arms, limit, held.treatment
        back = -limit if held.none == 0 else 1 / limit
        first, last = _EDGE, np.pi / 2 - _EDGE
        ends = np.sin([first, last]) ** 2
        low, high = max(ends[0], held.treatment(ends[0], back)), min(ends[1], held.treatment(ends[1], back))
        points = int(np.pi * np.sqrt(sum(arms)) * _POINTS) + 2
        even = np.sin(np.linspace(first, last, points)) ** 2
        # evenly spaced in the angle of either rate: near its end the one moves much faster than the other
        both = np.unique(np.concatenate([even, held.treatment(even, back), [low, high]]))
        self.control = both[(both >= low) & (both <= high)]
        self.weights = self._at(self.control)
        self.worst = 0  # where the last region that was asked about is most often rejected, and the next one mostly too

    def _at(self, control: Any) -> tuple[Any, Any]:
        return _weights(self.arms, np.clip(self.treated(control, self.limit), 0.0, 1.0), control)

    def exceeds(self, tables: Between, level: float) -> bool:
        """Whether the largest chance of rejecting exceeds `level`."""
        if tables.chance(*(one[self.worst] for one in self.weights)) > level:
            return True
        seen = tables.chance(*self.weights)
        self.worst = int(seen.argmax())
        top = float(seen[self.worst])
        if top > level:
            return True
        return top > level * (1 - _CLOSE) and self._followed(tables, seen) > level

    def largest(self, tables: Between) -> float:
        """The largest chance of rejecting."""
        return self._followed(tables, tables.chance(*self.weights))

    def _followed(self, tables: Between, seen: Any) -> float:
        """The highest peak, each of the higher ones followed to its top."""
        beside = np.concatenate([[0.0], seen, [0.0]])
        peaks = np.flatnonzero((seen >= beside[:-2]) & (seen >= beside[2:]) & (seen >= (1 - _CLOSE) * seen.max()))
        best, last = float(seen.max()), len(seen) - 1
        for peak in peaks[np.argsort(-seen[peaks])][:_PEAKS]:
            low, high = self.control[max(peak - 1, 0)], self.control[min(peak + 1, last)]
            for _ in range(_ZOOMS):
                nearer = np.linspace(low, high, _STEPS)
                there = tables.chance(*self._at(nearer))
                at = int(there.argmax())
                low, high = nearer[max(at - 1, 0)], nearer[min(at + 1, _STEPS - 1)]
                best = max(best, float(there[at]))
        return best


def _weights(arms: tuple[int, int], treatment: Any, control: Any) -> tuple[Any, Any]:
    """The chances of fewer than each count of the treatment, up to one more than all, and of each of the control."""
    rows = nuisance.binomial_pmf(arms[0], treatment)
    below = np.concatenate([np.zeros((*rows.shape[:-1], 1)), rows.cumsum(axis=-1)], axis=-1)
    return below, nuisance.binomial_pmf(arms[1], control)
