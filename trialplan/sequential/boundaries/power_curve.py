"""The power of a rule of looks as a function of the drift, tabulated once and read for whole arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from trialplan.numerics.elementary import normal_cdf, normal_quantile, upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.sequential.boundaries.rule import Rule

_LOW, _HIGH, _STEP = -3.0, 7.5, 0.1
"""Drifts that are integrated: below them the power is below 1e-6, above them it is above 1 - 1e-7 without futility."""

_SURE, _LAST = 5.0, 120.0
"""The normal score of a power up to which drifts are integrated, where futility that is early and hard keeps it from 1
far beyond `_HIGH`, and the drift at which that ends."""

_FINE = 20
"""Points of the table between two drifts that are integrated."""

_POINTS = 10
"""Neighbours through which the polynomial between two of them goes."""


@dataclass(frozen=True, kw_only=True)
class PowerCurve:
    """The normal score of the power at each drift of a fine, even grid."""

    rule: Rule = field(repr=False)
    values: Any = field(repr=False)
    through_level: bool

    @property
    def z_alpha(self) -> float:
        """The fixed test's critical value."""
        return float(upper_normal_quantile(self.rule.level))

    def score(self, drift: Any) -> Any:
        """The normal score of the power."""
        if self.through_level:
            return self._read(drift) * drift - self.z_alpha
        return self._read(drift)

    def power(self, drift: Any) -> Any:
        """The probability of rejecting in the treatment's favour."""
        return normal_cdf(self.score(drift))

    def root_share(self, drift: Any) -> Any:
        """The root of n of the fixed trial over that of this one, where both have the power of this drift."""
        if self.through_level:
            return self._read(drift)
        return (self._read(drift) + self.z_alpha) / drift

    def drift(self, power: Any) -> Any:
        """The drift at which the power is `power`, to the accuracy of a straight line between points of the table."""
        grid = np.linspace(_LOW, self.high, self.values.size)
        return np.interp(normal_quantile(power), self.score(grid), grid)

    @property
    def high(self) -> float:
        """The largest drift that is integrated."""
        return float(_LOW + (self.values.size - 1) * _STEP / _FINE)

    def _read(self, drift: Any) -> Any:
        """The table between its points: a cubic through the nearest four.

        Outside, the ratio stays, and a score goes on as steeply as it ends.
        """
        place = (np.asarray(drift, dtype=float) - _LOW) * (_FINE / _STEP)
        left = np.clip(np.floor(place).astype(int), 1, self.values.size - 3)
        u = np.clip(place, 0, self.values.size - 1) - left
        a, b, c, d = (self.values[left + shift] for shift in (-1, 0, 1, 2))
        inside = b + u * ((c - a) / 2 + u * (a - 2.5 * b + 2 * c - d / 2 + u * (1.5 * (b - c) + (d - a) / 2)))
        if self.through_level:
            return inside
        beyond = place - left - u
        steep = np.where(beyond > 0, self.values[-1] - self.values[-2], _STEP / _FINE)
        return inside + steep * beyond


@lru_cache(maxsize=64)
def power_curve(rule: Rule) -> PowerCurve:
    """The curve of a rule, remembered.

    Without futility power is the level where there is no drift, so that (score + z) / drift is as smooth as the score;
    that ratio, the root of the share of n that a fixed trial would need, is what the table then holds.
    """
    coarse = _LOW + _STEP * (np.arange(round((_HIGH - _LOW) / _STEP)) + 0.5)
    score = rule.score_at(coarse)
    through = rule.futility is None
    while not through and score[-1] < _SURE and coarse[-1] < _LAST:
        further = coarse[-1] + _STEP * np.arange(1, coarse.size + 1)
        coarse, score = np.append(coarse, further), np.append(score, rule.score_at(further))
    values = (score + upper_normal_quantile(rule.level)) / coarse if through else score
    grid = np.linspace(_LOW, coarse[-1] + _STEP / 2, coarse.size * _FINE + 1)
    return PowerCurve(rule=rule, values=_refined(coarse, values, grid), through_level=through)


@lru_cache(maxsize=64)
def harm_curve(rule: Rule) -> PowerCurve:
    """The curve of rejecting against the treatment, of a two-sided rule, at each drift toward harm: minus the drift.

    Without futility it is that of the power, by symmetry. With it, a trial that stops for futility rejects no more, at
    boundaries that belong to the drift.
    """
    if rule.futility is None:
        return power_curve(rule)
    coarse = _LOW + _STEP * (np.arange(round((_HIGH - _LOW) / _STEP)) + 0.5)
    grid = np.linspace(_LOW, coarse[-1] + _STEP / 2, coarse.size * _FINE + 1)
    values = _refined(coarse, rule.harm_score_at(-coarse), grid)
    return PowerCurve(rule=rule, values=values, through_level=False)


def _refined(coarse: Any, values: Any, grid: Any) -> Any:
    """Lagrange's polynomial through the nearest points, on an even grid."""
    first = np.clip(np.round((grid - coarse[0]) / _STEP).astype(int) - _POINTS // 2, 0, coarse.size - _POINTS)
    at = (grid - coarse[first]) / _STEP
    total = np.zeros(grid.size)
    for i in range(_POINTS):
        others = [j for j in range(_POINTS) if j != i]
        basis = np.prod([(at - j) / (i - j) for j in others], axis=0)
        total += basis * values[first + i]
    return total
