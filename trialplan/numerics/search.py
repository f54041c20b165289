"""Roots of increasing functions, of one number or for arrays at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from trialplan.numerics.elementary import between, divide, every, greatest, is_scalar, isfinite, least, some, where
from trialplan.numerics.lazy import np

_DOUBLINGS = 64
_HALVINGS, _INTERPOLATED = 300, 4
"""Steps of which at least every fourth halves the bracket: more than a double has digits."""


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

    By inverse quadratic interpolation where three points lie on nearly a parabola, else by bisection (Chandrupatla
    1997, Advances in Engineering Software 28:145), so that flat stretches cost little more than bisection does. Cells
    whose `high` is not finite give nan.
    """
    if not is_scalar(low, high):
        low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    hopeful = isfinite(high)
    low, high = where(hopeful, low, 1.0), where(hopeful, high, 1.0)
    at_low, at_high = f(low), f(high)
    share: Any = 0.5
    for step in range(1, _HALVINGS):
        width, enough = high - low, tolerance * greatest(1.0, abs(high))
        if every(width <= enough):
            break
        # never nearer to an end than the search must come, so that the end on the other side moves, too
        near = least(0.5, divide(enough, 2 * width))
        middle = low + between(near, share, 1 - near) * width
        value = f(middle)
        above = value >= 0
        left, at_left = where(above, high, low), where(above, at_high, at_low)
        low, high = where(above, low, middle), where(above, middle, high)
        at_low, at_high = where(above, at_low, value), where(above, value, at_high)
        share = _share((low, at_low), (high, at_high), (left, at_left)) if step % _INTERPOLATED else 0.5
    return where(hopeful, high, math.nan)


def _share(*points: tuple[Any, Any]) -> Any:
    """`_crossing`, without a warning where a value is infinite."""
    numbers = [value for point in points for value in point]
    if is_scalar(*numbers):
        return _crossing(*map(float, numbers))
    with np.errstate(all="ignore"):
        return _crossing(*numbers)


def _crossing(a: Any, at_a: Any, b: Any, at_b: Any, c: Any, at_c: Any) -> Any:
    """Which share of the way from a to b the parabola through them and c, the end that was left, crosses 0.

    A half where it need not be inside: x as a function of f would not be increasing there.
    """
    upward = at_c >= 0
    far, at_far = where(upward, a, b), where(upward, at_a, at_b)  # on the other side of the root than c
    new, at_new = where(upward, b, a), where(upward, at_b, at_a)
    place, height = divide(new - far, c - far), divide(at_new - at_far, at_c - at_far)
    straight = (height * height < place) & ((1 - height) * (1 - height) < 1 - place)
    if not some(straight):
        return 0.5
    chord = divide(at_new, at_far - at_new) * divide(at_c, at_far - at_c)
    bend = divide(c - new, far - new) * divide(at_new, at_c - at_new) * divide(at_far, at_c - at_far)
    share = where(straight, chord + bend, 0.5)  # from the new end
    return where(upward, 1 - share, share)
