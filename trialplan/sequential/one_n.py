"""The power of one n with looks, and the boundaries there, without the table over drifts that serves arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialplan.numerics.elementary import normal_cdf, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.secant import fanned_root
from trialplan.sequential.boundaries.recursion import BoundaryCrossing
from trialplan.sequential.boundaries.rule import MORE, Rule, Solved, check, middle, score_of

if TYPE_CHECKING:
    from trialplan.design import Design

_LOWEST, _HIGHEST = 0.0, 5.0
"""Scores of the fixed power at n between which this is tried: below, futility may keep the power at the level; above,
what is left to spend on futility has no digits."""

_CLOSE, _AGREE = 1e-11, 1e-9
"""How near a score is searched; and how near the fixed design's power has to come to the one that its n is for."""

_BESIDE = 2e-3
"""Scores beside a guess that are looked at first."""


@dataclass(frozen=True, kw_only=True)
class PowerAtN:
    """The power of n participants, with the drift and the boundaries of the trial that is planned for it."""

    power: float
    solved: Solved


def power_at(design: Design, rule: Rule, n: float, guess: float | None = None) -> PowerAtN | None:
    """The power of n participants of a fixed `design` under a rule of looks; None where it is not found like this.

    The fixed design of the same power, whose normal score is s, has another n; the drift is (z_alpha + s) times the
    root of the ratio of the two, and the rule must have that power there. `guess` is how much the score may be below
    that of the fixed design of n.
    """
    z_alpha, last = float(design.z_alpha), list[tuple[Any, BoundaryCrossing]]()

    def short(score: Any) -> Any:
        drift = (z_alpha + score) * np.sqrt(n / design.unrounded(normal_cdf(score)))
        last[:] = [(drift, rule.at(drift, normal_cdf(-score), middle(last[0][1].lower) if last else None))]
        return score - score_of(last[0][1])

    fixed = float(normal_quantile(design.success(n)))
    if not _LOWEST < fixed < _HIGHEST:
        return None
    score = np.nan
    if guess is not None:
        score = fanned_root(short, fixed - guess - _BESIDE, fixed - guess + _BESIDE, tolerance=_CLOSE)
    if np.isnan(score):
        score = fanned_root(short, fixed - MORE, fixed, tolerance=_CLOSE)
    if np.isnan(score):
        return None
    power = float(normal_cdf(score))
    if abs(float(normal_quantile(design.success(design.unrounded(power)))) - score) > _AGREE:
        return None  # the fixed n counts a far tail, which no boundary does
    drift, passed = last[0]
    solved = Solved(drift=np.asarray(drift), upper=passed.upper, lower=passed.lower)
    check(rule, solved, power)
    return PowerAtN(power=power, solved=solved)
