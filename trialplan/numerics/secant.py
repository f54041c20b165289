"""Roots of functions that are nearly straight lines: for arrays at once, or for one number with few calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from trialplan.numerics.elementary import divide, is_scalar, isfinite, normal_quantile, sqrt, where
from trialplan.numerics.lazy import np

_STEPS = 60
"""Far more than a secant needs that is going to end."""
_SURE, _WIDER, _NARROWEST = 1e-11, 2.0, 1e-4
"""How little the last degree of a polynomial moves its root where that is taken for the root; how much wider than such
a movement the next fan is, and how wide at least, lest its values differ by rounding."""
_FARTHEST = 2.0
"""How far one step may lead: the functions are normal scores, and so are their arguments."""


_FAN = 5
"""Points of a fan: an array of so few costs hardly more than one of them, and a polynomial of degree 4 leads far."""

_FANS = 6
"""Fans until a root is given up; two and a look at their root are usual."""


def fanned_root(f: Callable[[Any], Any], low: float, high: float, tolerance: float | None = None) -> float:
    """Where f, which rises, is 0 between two ends or not far outside; nan where it is not found there.

    f takes arrays. It is asked at a few points at once, whose inverse is interpolated (Neville's scheme, Press et al.
    2007, Numerical Recipes, 3rd ed., section 3.2), then nearer about the root of that. With a `tolerance` it is asked
    at the root alone, too, and must be 0 within that.
    """
    spread = chebyshev(_FAN)
    centre, half = (low + high) / 2, (high - low) / 2
    for _ in range(_FANS):
        at = centre + half * spread
        values = np.asarray(f(at), dtype=float)
        if not (np.isfinite(values).all() and (np.diff(values) > 0).all()):
            break
        before = centre
        centre, off = _inverse_at_0(at.tolist(), values.tolist())
        if abs(centre - before) > 2 * half:  # too far outside for a polynomial
            break
        if off <= _SURE and (tolerance is None or abs(float(f(centre))) <= tolerance):
            return float(centre)
        half = max(_WIDER * off, _NARROWEST)
    return math.nan


def _inverse_at_0(points: list[Any], values: list[Any]) -> tuple[Any, Any]:
    """Where the inverse of a rising function is at 0, and how much the last degree moved that."""
    way, off = list(points), math.inf
    for degree in range(1, len(way)):
        before = way[0]
        way = [
            (values[i + degree] * way[i] - values[i] * way[i + 1]) / (values[i + degree] - values[i])
            for i in range(len(way) - 1)
        ]
        off = abs(way[0] - before)
    return way[0], off


def inverse_at_0(f: Callable[[Any], Any], centre: Any, half: Any) -> tuple[Any, Any]:
    """Where each of several rising functions is 0 within `half` of a `centre`, and how much the last degree moved that.

    f takes an array of points with one more axis than `centre`. The second answer is nan where there is no inverse.
    """
    points = centre[..., None] + half[..., None] * chebyshev(_FAN + 1)
    values = f(points)
    with np.errstate(all="ignore"):
        root, off = _inverse_at_0(list(np.moveaxis(points, -1, 0)), list(np.moveaxis(values, -1, 0)))
    return root, np.where((np.diff(values, axis=-1) > 0).all(axis=-1), off, np.nan)


def chebyshev(points: int) -> Any:
    """Chebyshev's points between -1 and 1, rising."""
    return np.cos(np.pi * (np.arange(points)[::-1] + 0.5) / points)


def between_points(points: list[float], values: Any, at: float) -> Any:
    """What smooth `values`, a row for each of the points, are at another place among these: Neville's scheme again."""
    way = list(values)
    for degree in range(1, len(way)):
        way = [
            ((at - points[i + degree]) * way[i] + (points[i] - at) * way[i + 1]) / (points[i] - points[i + degree])
            for i in range(len(way) - 1)
        ]
    return way[0]


def secant_root(f: Callable[[Any], Any], start: Any, slope: float = 1.0, tolerance: float = 1e-12) -> Any:
    """Where f, which rises by about `slope` for each unit, is 0, elementwise; nan where it is not found."""
    before = np.asarray(start, dtype=float)
    at_before = f(before)
    now = before - np.clip(at_before / slope, -_FARTHEST, _FARTHEST)
    for _ in range(_STEPS):
        value = f(now)
        if np.all(np.abs(value) <= tolerance):
            return now
        with np.errstate(all="ignore"):
            step = value * (now - before) / (value - at_before)
        # a flat or falling stretch, or nothing left to gain
        step = np.where(np.isfinite(step) & (step * value > 0), step, np.where(np.abs(value) <= tolerance, 0.0, value))
        before, at_before, now = now, value, now - np.clip(step, -_FARTHEST, _FARTHEST)
        if np.all(np.abs(now - before) <= 1e-14 * (1 + np.abs(now))):
            return now
    return np.where(np.abs(f(now)) <= 1e-7, now, np.nan)


_TRIES = 64
"""Looks for a number of participants: five are usual, and as many find a jump by halving."""
_EXACT = 1e-14
"""How small the product of the last three steps is, as shares of the place, where the next would be lost in rounding:
that of a quadratic is of its order."""
_SAFE, _USUAL = 100.0, 4
"""How many times what is left by that measure must be nothing to a whole number, and in how many looks, where the score
is nearly a line. Of 11,600 looks at 5,600 answers none of the first four had left more than 15 times as much, but 117
times at its very first; of those that need more some had left 480 times."""
_WIDEST = 16.0
"""How many times as far as it has looked a straight line may lead: beyond, rounding may have given its direction."""


def chance_root(chance: Callable[[Any], Any], target: Any, at_none: Any, start: Any, grain: float | None = None) -> Any:
    """The n at which a chance that rises with n is `target`, elementwise; nan where it is not found.

    The normal score of a test's power is nearly a straight line in the root of n, which begins at `at_none`, the score
    of the test's level: so one look is enough for a guess, two for a line, and the three last ones for a quadratic of
    the inverse (Brent 1973, Algorithms for Minimization without Derivatives, ch. 4). What leads out of the ends between
    which the answer must lie is replaced by their middle.
    """
    goal, now = normal_quantile(target), sqrt(start)

    def score_at(root: Any) -> Any:
        return normal_quantile(chance(root * root)) - goal

    if is_scalar(goal, now):
        return _one_root(score_at, at_none - goal, now, grain) ** 2
    with np.errstate(all="ignore"):
        return _roots(score_at, at_none - goal, now) ** 2


def _one_root(score_at: Callable[[float], float], at_none: float, now: float, grain: float | None) -> float:
    low, high, moved, before = 0.0, math.inf, math.inf, math.inf
    points = [(0.0, at_none)]
    for look in range(_TRIES):
        score = score_at(now)
        if score == 0:
            return now
        if score > 0:
            high = now
        else:
            low = now
        # a chance of 0 or 1 has no score to lead anywhere
        led = math.nan
        if math.isfinite(score):
            points = [*points[-2:], (now, score)]
            led = min(float(_led(points)), _WIDEST * now)
        inside = low < led < high
        new = led if inside else 2 * now if high == math.inf else (low + high) / 2
        step = abs(new - now) / now
        left = step * moved * min(before, 1.0)
        told = grain is not None and look < _USUAL and _told(new * new / grain, left)
        if inside and (left <= _EXACT or told):
            return new
        if high <= low * (1 + _EXACT):
            return new
        now, moved, before = new, step, moved
    return math.nan


def _told(blocks: float, left: float) -> bool:
    """Whether a share that is `left` to find cannot lead past the nearest whole number of blocks."""
    return _SAFE * left * blocks < abs(blocks - round(blocks)) if math.isfinite(left) else False


def _roots(score_at: Callable[[Any], Any], at_none: Any, now: Any) -> Any:
    """The same of arrays, until every cell is found."""
    low, high, moved, before = 0.0 * now, math.inf + 0.0 * now, math.inf, math.inf
    points, found = [(low, at_none + low)], math.nan + low
    for _ in range(_TRIES):
        score = score_at(now)
        low, high = np.where(score >= 0, low, now), np.where(score >= 0, now, high)
        there = np.isfinite(score)
        points = [*points[-2:], (np.where(there, now, points[-1][0]), np.where(there, score, points[-1][1]))]
        led = np.minimum(_led(points), _WIDEST * now)
        inside = there & (led > low) & (led < high)
        new = np.where(inside, led, np.where(high == math.inf, 2 * now, (low + high) / 2))
        step = abs(new - now) / now
        close = (inside & (step * moved * np.minimum(before, 1.0) <= _EXACT)) | (high <= low * (1 + _EXACT))
        here = np.where(score == 0, now, new)
        found = np.where(np.isnan(found) & (close | (score == 0)), here, found)
        if not np.isnan(found).any():
            break
        now, moved, before = np.where(np.isnan(found), new, found), step, moved
    return found


def _led(points: list[tuple[Any, Any]]) -> Any:
    """Where the inverse through the last two or three points is 0: Neville's scheme, or a straight line."""
    (b, at_b), (a, at_a) = points[-2:]
    line = a - divide(at_a * (a - b), at_a - at_b)
    if len(points) < 3:
        return line
    c, at_c = points[-3]
    before = b - divide(at_b * (b - c), at_b - at_c)
    curve = line + divide(at_a * (line - before), at_c - at_a)
    return where(isfinite(curve), curve, line)
