"""Roots of increasing functions, for arrays at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trialplan.numerics.lazy import np

_DOUBLINGS = 64
_HALVINGS = 200
"""Steps of which at least every third halves the bracket: more than a double has digits."""


def bracket(f: Callable[[Any], Any], low: Any) -> Any:
    """An upper end at which the increasing `f` is at least 0, found by doubling from `low` > 0; else inf."""
    high = np.array(low, dtype=float)
    for _ in range(_DOUBLINGS):
        short = ~(f(high) >= 0)
        if not short.any():
            return high
        high = np.where(short, 2 * high, high)
    return np.where(f(high) >= 0, high, np.inf)


def increasing_root(f: Callable[[Any], Any], low: Any, high: Any, tolerance: float = 1e-13) -> Any:
    """Where the increasing `f` crosses 0 between `low` and `high`, elementwise, from the side where f >= 0.

    Regula falsi in its Illinois form, with a bisection whenever a step does not halve the bracket, so
    that flat stretches cost no more than bisection does. Cells whose `high` is not finite give nan.
    """
    low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    hopeless = ~np.isfinite(high)
    low, high = np.where(hopeless, 1.0, low), np.where(hopeless, 1.0, high)
    at_low, at_high = f(low), f(high)
    for step in range(_HALVINGS):
        if np.all(high - low <= tolerance * np.maximum(1, np.abs(high))):
            break
        middle = _inside(low, high, at_low, at_high, halve=step % 3 == 2)
        value = f(middle)
        above = value >= 0
        # Illinois: the end that stays has its value halved, which stops it from staying for ever
        at_low, at_high = np.where(above, at_low / 2, value), np.where(above, value, at_high / 2)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(hopeless, np.nan, high)


def _inside(low: Any, high: Any, at_low: Any, at_high: Any, halve: bool) -> Any:
    """The next point to look at, strictly between the ends."""
    middle = (low + high) / 2
    if halve:
        return middle
    with np.errstate(all="ignore"):
        chord = low - at_low * (high - low) / (at_high - at_low)
    return np.where((chord > low) & (chord < high), chord, middle)
