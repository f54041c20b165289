"""The search for the n that truly reaches a power, where the n of a formula falls short of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trialplan.analyses.verification.counted_truth import enumerated, outcomes
from trialplan.answers import Simulation
from trialplan.design import Design
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np

_OUTCOMES = 30_000_000
"""Outcomes that a search by enumeration may judge before it gives up: some seconds."""

_FURTHER = 1.25
_FURTHER_BLOCKS = 20
"""How far beyond the answer power must not fall below the target again."""

_SLOW = 0.5
"""The least rise of z, above none, that a stride relies on: a power of nearly 0 tells no distance."""

_TURNS = 3
"""Simulations by which the root is neared: two steps come near, the third is the closest look."""

_LARGEST = 10
"""By simulation, multiples of the formula's n beyond which no larger one is tried."""

Simulate = Callable[[int, int], Simulation]
"""What so many participants give, in the turn of that number; the last one is the closest look."""

LAST = _TURNS - 1


@dataclass(frozen=True, kw_only=True)
class Reached:
    """The fewest participants in whole blocks that truly reach the target, and how that is known.

    By enumeration `n` is the smallest from which the true power never falls below the target again, as far as
    `searched_to`; `standard_error` is None. By simulation `n` is known as well as its power is: two standard errors
    either way lie between `low` and `high`. Where none was found within reach, `n` is None and `reason` says why.
    """

    by: str
    n: int | None = None
    arms: Mapping[str, int] | None = None
    power: float | None = None
    standard_error: float | None = None
    trials: int | None = None
    low: int | None = None
    high: int | None = None
    searched_to: int | None = None
    reason: str | None = None


def by_enumeration(design: Design, n: int, target: float) -> Reached:
    """The first n, beyond one that falls short, from which the true power stays at the target or above it."""
    search = _Search(design, target)
    at, first = search.near(n), None
    while first is None or at < max(first * _FURTHER, first + _FURTHER_BLOCKS * design.block):
        power = search.power(at + design.block)
        if power is None:
            break
        at += design.block
        first = None if power < target else first or at
    if first is None or at < first + _FURTHER_BLOCKS * design.block:
        reason = f"the true power still falls below the target as far as it was enumerated, up to {at:,}"
        return Reached(by="enumeration", reason=reason, searched_to=at)
    return Reached(by="enumeration", n=first, arms=design.arms(first), power=search.power(first), searched_to=at)


class _Search:
    """True powers by counting, until too many outcomes have been judged."""

    def __init__(self, design: Design, target: float) -> None:
        self.design, self.target = design, target
        self._spent = 0.0
        self._known: dict[int, float | None] = {}

    def power(self, n: int) -> float | None:
        """The power as the formula counts it: in the treatment's favour; None where that would cost too much."""
        if n not in self._known:
            # restricted estimates with a margin are dearer to judge
            self._spent += outcomes(self.design, n) * (1 if self.design.margin is None else 4)
            truth = enumerated(self.design, n) if self._spent <= _OUTCOMES else None
            self._known[n] = None if truth is None else truth.favoured
        return self._known[n]

    def near(self, n: int) -> int:
        """An n that falls short by little: in strides of half the way by normal theory, or less where it is too far."""
        blocks = self._half_way(n)
        while blocks > 1:
            beyond = self.power(n + blocks * self.design.block)
            if beyond is not None and beyond < self.target:
                n += blocks * self.design.block
                blocks = min(blocks, self._half_way(n))
            else:
                blocks //= 2
        return n

    def _half_way(self, n: int) -> int:
        """Blocks of half the way to the target, if power rises as a normal z does."""
        z_alpha, wanted = float(self.design.z_alpha), float(normal_quantile(self.target))
        power = self.power(n) or 0.0
        rise = max(float(normal_quantile(max(power, 1e-6))) + z_alpha, _SLOW)
        return int(n * (((wanted + z_alpha) / rise) ** 2 - 1) / 2 / self.design.block)


def by_simulation(design: Design, n: int, target: float, seen: Simulation, simulate: Simulate) -> Reached:
    """The n at which simulated power meets the target: probit power is nearly straight in the root of n.

    Two steps come near: along the line through the critical value at n = 0, then along the line through the formula's
    n. Both, and a last simulation at the n that they give together, are averaged by their precision; what remains
    uncertain is told by `low` and `high`. Where all three give another n, that one is looked at as closely, and the
    fewer of the two that reach the target are told.
    """
    wanted, z_alpha = float(normal_quantile(target)), float(design.z_alpha)
    start, origin = _point(n, seen), (0.0, -z_alpha)
    near: list[_Point] = []
    at = n
    for turn in range(_TURNS):
        slope = _slope(origin, near[-1] if near else start)
        root = _average(near or [start], wanted, slope)
        if not slope > 0 or root[0] ** 2 > _LARGEST * n:
            reason = f"simulated power rises too slowly for a number up to {_LARGEST} times {n:,} to reach the target"
            return Reached(by="simulation", reason=reason, searched_to=at)
        at = _blocks(design, root[0] ** 2)
        near.append(_point(at, simulate(at, turn)))
        origin = start.root, start.z
    root = _average(near, wanted, _slope(origin, near[-1]))
    again = _blocks(design, root[0] ** 2)
    if again != at:
        near.append(_point(again, simulate(again, LAST)))
        root = _average(near, wanted, _slope(origin, near[LAST]))
    closest = sorted(near[LAST:], key=lambda one: one.n)
    told = next((one for one in closest if one.seen.power >= target), closest[-1])
    return _reached(design, near, told, root)


@dataclass(frozen=True)
class _Point:
    """A simulation at n: the root of n, the probit of its power, and that one's standard error."""

    n: int
    root: float
    z: float
    error: float
    seen: Simulation


def _slope(origin: tuple[float, float], point: _Point) -> float:
    """Of the straight line from the origin through that point; 0 where the point is the origin."""
    away = point.root - origin[0]
    return (point.z - origin[1]) / away if away > 0 else 0.0


def _point(n: int, seen: Simulation) -> _Point:
    least = 1 / (seen.trials + 1)  # off certainty by one trial
    z = float(normal_quantile(np.clip(seen.power, least, seen.trials / (seen.trials + 1))))
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return _Point(n=n, root=math.sqrt(n), z=z, error=seen.standard_error / density, seen=seen)


def _average(points: list[_Point], wanted: float, slope: float) -> tuple[float, float]:
    """The root of n at which the power is the wanted one, with its standard error: each point's say, by precision."""
    if not slope > 0:
        return math.inf, math.inf
    weights = [1 / one.error**2 for one in points]
    said = [one.root + (wanted - one.z) / slope for one in points]
    mean = sum(weight * root for weight, root in zip(weights, said, strict=True)) / sum(weights)
    return mean, 1 / (math.sqrt(sum(weights)) * slope)


def _reached(design: Design, near: list[_Point], told: _Point, root: tuple[float, float]) -> Reached:
    low, high = (_blocks(design, max(root[0] + side * root[1], 0.0) ** 2) for side in (-2, 2))
    return Reached(
        by="simulation",
        n=told.n,
        arms=design.arms(told.n),
        power=told.seen.power,
        standard_error=told.seen.standard_error,
        trials=told.seen.trials,
        low=min(low, told.n),
        high=max(high, told.n),
        searched_to=max(one.n for one in near),
    )


def _blocks(design: Design, n: float) -> int:
    """The fewest whole blocks, or clusters, that hold n."""
    step = int(design.step)
    return max(1, math.ceil(n / step - 1e-9)) * step
