"""Roots of increasing functions, of one number or for arrays at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from trialplan.numerics.elementary import between, divide, every, greatest, is_scalar, isfinite, least, where
from trialplan.numerics.lazy import np
from trialplan.numerics.secant import inverse_at_0

_DOUBLINGS = 64
"""By which a bracket grows 2e19 times: what has not crossed 0 by then is taken never to do so."""
_HALVINGS = 250
"""Steps of which at least one in four halves the bracket: more than a double has digits."""

_EDGE = 1e-6
"""How near to an end a straight line may lead, as a share of the bracket."""

_PATIENCE = 3
"""Steps in which the bracket must have been halved."""


def bracket(f: Callable[[Any], Any], low: Any) -> Any:
    """An upper end at which the increasing `f` is at least 0, found by doubling from `low` > 0; else inf."""
    high = low if is_scalar(low) else np.array(low, dtype=float)
    for _ in range(_DOUBLINGS):
        reached = f(high) >= 0
        if every(reached):
            return high
        high = where(reached, high, 2 * high)
    return where(f(high) >= 0, high, math.inf)


def increasing_root(
    f: Callable[[Any], Any], low: Any, high: Any, tolerance: float = 1e-13, known: tuple[Any, Any] | None = None
) -> Any:
    """Where the increasing `f` crosses 0 between `low` and `high`, elementwise, from the side where f >= 0.

    Inverse quadratic interpolation where three points lie so that it can be trusted (Chandrupatla 1997, Advances in
    Engineering Software 28:145), else bisection, and that too where some steps have not halved the bracket, so that
    flat stretches cost no more than bisection does. Cells whose `high` is not finite give nan. Where `f` is `known` at
    both ends, these are close, and the first look is where a straight line between them crosses.
    """
    if not is_scalar(low, high):
        low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    hopeful = isfinite(high)
    low, high = where(hopeful, low, 1.0), where(hopeful, high, 1.0)
    at_low, at_high = (f(low), f(high)) if known is None else known
    new, other = (high, at_high), (low, at_low)
    share = 0.5 if known is None else _straight(at_low, at_high)
    widths = [abs(high - low)] * (_PATIENCE + 1)
    for _ in range(_HALVINGS):
        close = tolerance * greatest(1.0, abs(high))
        if every(high - low <= close):
            break
        middle = new[0] + share * (other[0] - new[0])
        value = f(middle)
        above = value >= 0
        at_high = new[1] >= 0
        kept = above == at_high  # the new point lies on the side of the last, so that the end across from it stays
        third = where(kept, new[0], other[0]), where(kept, new[1], other[1])
        other = where(kept, other[0], new[0]), where(kept, other[1], new[1])
        new = middle, value
        low, high = where(above, other[0], middle), where(above, middle, other[0])
        widths = [*widths[1:], high - low]
        share = _share(new, other, third, widths[-1] > widths[0] / 2, close)
    return where(hopeful, high, math.nan)


def _straight(at_low: Any, at_high: Any) -> Any:
    """How far from the upper end a straight line between both is 0; halfway where there is none."""
    line = divide(at_high, at_high - at_low)
    return between(_EDGE, where(isfinite(line), line, 0.5), 1 - _EDGE)


def _share(new: Any, other: Any, third: Any, slow: Any, close: Any) -> Any:
    """How far from the newest point towards the one across from it to look next, strictly between them."""
    if not is_scalar(*new, *other, *third):
        with np.errstate(all="ignore"):
            return _looked_at(new, other, third, slow, close)
    # plain floats, whose infinities and nan are silent
    new, other, third = (tuple(map(float, point)) for point in (new, other, third))
    return _looked_at(new, other, third, bool(slow), close)


def _looked_at(new: Any, other: Any, third: Any, slow: Any, close: Any) -> Any:
    (a, at_a), (b, at_b), (c, at_c) = new, other, third
    width, rise = divide(a - b, c - b), divide(at_a - at_b, at_c - at_b)
    trusted = (rise * rise < width) & ((1 - rise) * (1 - rise) < 1 - width)
    first, second = divide(at_a, at_b - at_a) * divide(at_c, at_b - at_c), divide(c - a, b - a)
    quadratic = first + second * divide(at_a, at_c - at_a) * divide(at_b, at_c - at_b)
    nearest = least(divide(close, abs(b - a)) / 2, 0.5)
    share = where(trusted & (quadratic == quadratic), quadratic, 0.5)
    return where(slow, 0.5, between(nearest, share, 1 - nearest))


def first_reached(f: Callable[[int], float], start: int, at_start: float, most: int) -> int | None:
    """The least whole number from 1 at which the increasing `f` is at least 0; None where it is none up to `most`.

    From `start`, where `f` is known, by doubling or halving, then where a straight line between both ends crosses 0,
    every third time halfway, so that a bent function costs no more than a few halvings.
    """
    low, high, at_low, at_high = start, start, at_start, at_start
    while at_high < 0:
        if high >= most:
            return None
        low, at_low, high = high, at_high, min(2 * high, most)
        at_high = f(high)
    while at_low >= 0 and low > 0:
        high, at_high, low = low, at_low, low // 2
        at_low = f(low) if low else -math.inf
    looked = 0
    while high - low > 1:
        looked += 1
        share = 0.5 if looked % _PATIENCE == 0 or math.isinf(at_low) else at_low / (at_low - at_high)
        middle = min(max(low + math.ceil(share * (high - low)), low + 1), high - 1)
        value = f(middle)
        low, at_low, high, at_high = (low, at_low, middle, value) if value >= 0 else (middle, value, high, at_high)
    return high


_SURE = 1e-12
"""How little the last degree of a polynomial moves a share where that is taken for the root."""

_POINTS = 65
"""Shares at which it is looked whether a function has come to 0: tests of the log odds turn back before the end."""


def first_share(f: Callable[[Any], Any], shape: tuple[int, ...]) -> Any:
    """The least share from 0 to 1 at which each of `shape` functions has risen to 0; nan where it never does.

    `f` takes shares of that shape, or with one more axis for several of each.
    """
    shares = np.linspace(0, 1, _POINTS)
    values = f(np.broadcast_to(shares, (*shape, _POINTS)))
    reached = values >= 0
    first = reached.argmax(axis=-1)
    before = np.maximum(first - 1, 0)
    low, high, there = shares[before], shares[first], reached.any(axis=-1)
    # so near to each other a few points lead to the root, unless the function bends sharply there
    found, off = inverse_at_0(f, (low + high) / 2, (high - low) / 2)
    unsure = there & (high > low) & ~(off <= _SURE)
    if unsure.any():
        ends = tuple(np.take_along_axis(values, at[..., None], axis=-1)[..., 0] for at in (before, first))
        found = np.where(unsure, increasing_root(f, low, high, known=(ends[0], ends[1])), found)
    return np.where(there, np.where(high > low, np.minimum(np.maximum(found, low), high), high), np.nan)
