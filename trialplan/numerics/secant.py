"""Roots of functions that are nearly straight lines, for arrays at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trialplan.numerics.lazy import np

_STEPS = 60
"""Far more than a secant needs that is going to end."""
_FARTHEST = 2.0
"""How far one step may lead: the functions are normal scores, and so are their arguments."""


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
