"""Roots of increasing functions, of one number or for arrays at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from trialplan.numerics.elementary import divide, every, greatest, is_scalar, isfinite, where
from trialplan.numerics.lazy import np

_DOUBLINGS = 64
_HALVINGS = 200
"""Steps of which at least every third halves the bracket: more than a double has digits."""


def bracket(f: Callable[[Any], Any], low: Any) -> Any:
    """An upper end at which the increasing `f` is at least 0, found by doubling from `low` > 0; else inf."""
    high = low if is_scalar(low) else np.array(low, dtype=float)
    for _ in range(_DOUBLINGS):
        reached = f(high) >= 0
        if every(reached):
            return high
        high = where(reached, high, 2 * high)
    return where(f(high) >= 0, high, math.inf)


def increasing_root(f: Callable[[Any], Any], low: Any, high: Any, tolerance: float = 1e-13) -> Any:
    """Where the increasing `f` crosses 0 between `low` and `high`, elementwise, from the side where f >= 0.

    Regula falsi in its Illinois form, with a bisection whenever a step does not halve the bracket, so
    that flat stretches cost no more than bisection does. Cells whose `high` is not finite give nan.
    """
    if not is_scalar(low, high):
        low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    hopeful = isfinite(high)
    low, high = where(hopeful, low, 1.0), where(hopeful, high, 1.0)
    at_low, at_high = f(low), f(high)
    for step in range(_HALVINGS):
        if every(high - low <= tolerance * greatest(1.0, abs(high))):
            break
        middle = _inside(low, high, at_low, at_high, halve=step % 3 == 2)
        value = f(middle)
        above = value >= 0
        # Illinois: the end that stays has its value halved, which stops it from staying for ever
        at_low, at_high = where(above, at_low / 2, value), where(above, value, at_high / 2)
        low, high = where(above, low, middle), where(above, middle, high)
    return where(hopeful, high, math.nan)


_POINTS = 65
"""Shares at which it is looked whether a function has come to 0: tests of the log odds turn back before the end."""


def first_share(f: Callable[[Any], Any], shape: tuple[int, ...]) -> Any:
    """The least share from 0 to 1 at which each of `shape` functions has risen to 0; nan where it never does.

    `f` takes shares of that shape, or with one more axis for several of each.
    """
    shares = np.linspace(0, 1, _POINTS)
    reached = f(np.broadcast_to(shares, (*shape, _POINTS))) >= 0
    first = reached.argmax(axis=-1)
    found = increasing_root(f, shares[np.maximum(first - 1, 0)], shares[first])
    return np.where(reached.any(axis=-1), found, np.nan)


def _inside(low: Any, high: Any, at_low: Any, at_high: Any, halve: bool) -> Any:
    """The next point to look at, strictly between the ends."""
    middle = (low + high) / 2
    if halve:
        return middle
    chord = low - divide(at_low * (high - low), at_high - at_low)
    return where((chord > low) & (chord < high), chord, middle)
