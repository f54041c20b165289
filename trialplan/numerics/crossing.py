"""The probability that a drifting Brownian motion, looked at now and then, crosses its boundaries.

Everything broadcasts: boundaries and information have the looks on their last axis, drifts have none, and the
axes before are designs that are integrated at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special

_FEWEST, _MOST, _STEP = 10, 512, 4
"""Nodes of the narrowest and the widest region; in steps, so that few rules have to be made."""
_NEWTON = 40
_CLOSE, _TINY = 1e-7, 1e-300
"""Where Newton may end, since its next step would be the square of that; and what stands for a mass of nothing."""
_LONGEST = 4.0
"""Standard deviations that one Newton step may take."""


@dataclass(frozen=True)
class Grid:
    """How finely is integrated.

    `reach` is the standard deviations kept where a boundary is infinite, `density` the nodes for each standard
    deviation of what is integrated.
    """

    reach: float
    density: float


FINE = Grid(reach=7.2, density=1.2)
"""What lies beyond weighs < 1e-12, and Gauss–Legendre errs by about as much."""


@dataclass(frozen=True)
class Walk:
    """Where the trials that go on stand: points of the score process at `time`, and the probability of each.

    The score is z times the root of the information; its increments are normal with the information as variance.
    """

    nodes: Any
    weight: Any
    time: Any

    def ahead(self, now: Any, drift: Any) -> Ahead:
        """The same trials at the next look."""
        gap = np.asarray(now - self.time)
        sd = np.sqrt(gap)
        return Ahead(self.nodes + (drift * gap)[..., None], sd, sd[..., None], self.weight, now)


@dataclass(frozen=True)
class Ahead:
    """The score at a look, before anything stops there: a mixture of normals with one standard deviation."""

    mean: Any
    sd: Any
    scale: Any
    """The standard deviation with an axis for the mixture."""
    weight: Any
    time: Any

    def above(self, score: Any) -> Any:
        """P(going on until now, and then above `score`)."""
        return np.vecdot(self.weight, special.ndtr((self.mean - _last(score)) / self.scale))

    def below(self, score: Any) -> Any:
        """P(going on until now, and then below `score`)."""
        return np.vecdot(self.weight, special.ndtr((_last(score) - self.mean) / self.scale))

    def upper_bound(self, chance: Any) -> Any:
        """The score above which `chance` lies; inf where that is nothing."""
        return -_bound((-self.mean, self.scale, self.weight), self.sd, chance)

    def lower_bound(self, chance: Any, near: Any = None) -> Any:
        """The score below which `chance` lies; -inf where that is nothing, inf where not so much is left.

        `near` is a score close to it, from which it is found sooner.
        """
        return _bound((self.mean, self.scale, self.weight), self.sd, chance, near)

    def between(self, low: Any, high: Any, drift: Any, gap: Any, grid: Grid | None = None) -> Walk:
        """The trials that go on between the scores `low` and `high`, for a look at `gap` more information."""
        grid = grid or FINE
        reach, centre = grid.reach * np.sqrt(self.time), np.asarray(drift * self.time)
        # where nothing goes on, not even what is nearest, there is a region of no width, and no weight
        low = np.minimum(np.maximum(low, centre - reach), centre + reach)
        span = np.maximum(np.minimum(high, centre + reach) - low, 0.0)
        # the finest structure: the normal of this increment, times that of the next
        finest = self.sd * np.sqrt(gap) / np.sqrt(self.sd**2 + gap)
        wanted = int(grid.density * float((span / finest).max())) + _FEWEST
        x, w = gauss_legendre(min(-(-wanted // _STEP) * _STEP, _MOST))
        nodes = _last(low) + _last(span) * x
        # scaled before they meet, and then in one place: most of the time goes into this table
        unit = math.sqrt(0.5) / self.scale
        away = (nodes * unit)[..., :, None] - (self.mean * unit)[..., None, :]
        away *= away
        np.negative(away, out=away)
        density = (np.exp(away, out=away) @ _last(self.weight))[..., 0]
        return Walk(nodes, _last(span / (self.sd * np.sqrt(2 * np.pi))) * w * density, self.time)


def start() -> Walk:
    """Every trial, before its first participant."""
    return Walk(np.zeros(1), np.ones(1), 0.0)


def standing(z: Any, information: Any) -> Walk:
    """Every trial at one z, at a look that has been."""
    return Walk(_last(np.asarray(z) * np.sqrt(information)), np.ones(1), information)


def stops(upper: Any, lower: Any, information: Any, drift: Any, *, begin: Walk | None = None) -> tuple[Any, Any, Any]:
    """P(first crossing above `upper`) and P(first crossing below `lower`), look by look, and P(neither).

    Boundaries are on the z scale; `drift` is the expected z at full information. Recursive integration over the
    score process (Armitage, McPherson & Rowe 1969, JRSS A 132:235; Jennison & Turnbull 2000, ch. 19), the last
    step by the normal cdf. The trials `begin` where they stand, or before their first participant.
    """
    information, drift = np.asarray(information, dtype=float), np.asarray(drift, dtype=float)
    root = np.sqrt(information)
    b, a = np.asarray(upper) * root, np.asarray(lower) * root
    walk, above, below = begin or start(), [], []
    looks = information.shape[-1]
    for look in range(looks):
        ahead = walk.ahead(information[..., look], drift)
        above.append(ahead.above(b[..., look]))
        below.append(ahead.below(a[..., look]))
        if look + 1 < looks:
            gap = information[..., look + 1] - information[..., look]
            walk = ahead.between(a[..., look], b[..., look], drift, gap)
    left = ahead.below(b[..., -1]) - below[-1]
    return np.stack(np.broadcast_arrays(*above), axis=-1), np.stack(np.broadcast_arrays(*below), axis=-1), left


def ending_below(z: Any, upper: Any, lower: Any, information: Any, drift: Any) -> Any:
    """P(below these z at the look that ends the trial): the first at which it crosses a boundary, or the last one."""
    root = np.sqrt(information)
    c, b, a = (np.asarray(one) * root for one in (z, upper, lower))
    walk, found, last = start(), 0.0, information.size - 1
    for look, now in enumerate(information):
        ahead = walk.ahead(now, drift)
        found = found + ahead.below(c[look] if look == last else np.minimum(a[look], c[look]))
        if look < last:
            walk = ahead.between(a[look], b[look], drift, information[look + 1] - now)
    return np.clip(found, 0.0, 1.0)


def crossing(upper: Any, lower: Any, information: Any, drift: Any) -> tuple[Any, Any]:
    """P(first crossing above `upper`) and P(first crossing below `lower`), look by look; -inf stops nothing."""
    above, below, _ = stops(upper, lower, information, drift)
    return above, below


def _last(value: Any) -> Any:
    """With a new last axis, for the nodes."""
    return np.asarray(value)[..., None]


def _bound(mixture: tuple[Any, Any, Any], sd: Any, chance: Any, near: Any = None) -> Any:
    """The score below which `chance` of a mixture of normals lies: Newton on the normal score of the share."""
    mean, _, weight = mixture
    mass = np.maximum(weight.sum(axis=-1), _TINY)
    wanted = special.ndtri(np.minimum(np.maximum(chance / mass, 0.0), 1.0))
    if near is None or not np.isfinite(near).all():
        centre = np.vecdot(weight, mean) / mass
        spread = np.sqrt(sd * sd + np.vecdot(weight, (mean - _last(centre)) ** 2) / mass)
        bound = centre + spread * _within(wanted, 40.0)
    else:
        spread, bound = sd, near + 0 * wanted
    there, short = np.isfinite(wanted), (_LONGEST * sd).min()
    with np.errstate(all="ignore"):
        for _ in range(_NEWTON):
            step = _newton(bound, mixture, (sd, mass), wanted)
            moved = np.abs(step).max()  # nan where one is
            if not moved <= short:
                step = _within(_tame(step, bound, mixture, (sd, mass), wanted), _LONGEST * spread) * there
                moved = np.abs(step).max()
            bound = bound - step
            if moved <= _CLOSE:
                break
    return np.where(there, bound, wanted)


def _newton(bound: Any, mixture: tuple[Any, Any, Any], scales: tuple[Any, Any], wanted: Any) -> Any:
    """The step that brings the normal score of the share below `bound` to the one that is wanted."""
    (mean, scale, weight), (sd, mass) = mixture, scales
    away = (_last(bound) - mean) / scale
    score = special.ndtri(np.vecdot(weight, special.ndtr(away)) / mass)
    slope = np.vecdot(weight, np.exp(away * away * -0.5)) / (sd * mass) * np.exp(score * score * 0.5)
    return (score - wanted) / slope


def _tame(step: Any, bound: Any, mixture: tuple[Any, Any, Any], scales: tuple[Any, Any], wanted: Any) -> Any:
    """The step, or, where the share is 0 or 1 to the last digit and there is no slope, a walk towards the mixture."""
    (mean, scale, weight), (sd, mass) = mixture, scales
    score = special.ndtri(np.vecdot(weight, special.ndtr((_last(bound) - mean) / scale)) / mass)
    return np.where(np.isfinite(step), step, np.where(score > wanted, 1.0, -1.0) * _LONGEST * sd)


def _within(value: Any, most: Any) -> Any:
    return np.minimum(np.maximum(value, -most), most)
