"""Roots of functions that are nearly straight lines: for arrays at once, or for one number with few calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

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
    spread = np.cos(np.pi * (np.arange(_FAN)[::-1] + 0.5) / _FAN)  # Chebyshev's points
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
            return centre
        half = max(_WIDER * off, _NARROWEST)
    return math.nan


def _inverse_at_0(points: list[float], values: list[float]) -> tuple[float, float]:
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
