"""The power of one n with looks, and the boundaries there, without the table over drifts that serves arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialplan.numerics.elementary import normal_cdf, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.secant import between_points, fanned_root
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
    z_alpha, last = float(design.z_alpha), list[tuple[Any, Any, BoundaryCrossing]]()

    def short(score: Any) -> Any:
        drift = (z_alpha + score) * np.sqrt(n / design.unrounded(normal_cdf(score)))
        last[:] = [(score, drift, rule.at(drift, normal_cdf(-score), middle(last[0][2].lower) if last else None))]
        return score - score_of(last[0][2])

    fixed = float(normal_quantile(design.success(n)))
    if not _LOWEST < fixed < _HIGHEST:
        return None
    score = np.nan
    if guess is not None:
        score = fanned_root(short, fixed - guess - _BESIDE, fixed - guess + _BESIDE)
    if np.isnan(score):
        score = fanned_root(short, fixed - MORE, fixed, tolerance=_CLOSE)
    if np.isnan(score):
        return None
    power = float(normal_cdf(score))
    if abs(float(normal_quantile(design.success(design.unrounded(power)))) - score) > _AGREE:
        return None  # the fixed n counts a far tail, which no boundary does
    solved = _boundaries(*last[0], score)
    if solved is None:
        short(score)
        solved = _boundaries(*last[0], score)
    assert solved is not None
    check(rule, solved, power)
    return PowerAtN(power=power, solved=solved)


def _boundaries(scores: Any, drift: Any, passed: BoundaryCrossing, score: float) -> Solved | None:
    """The drift and the boundaries at a score, read between scores that are as close as a fan beside a good guess.

    None where they are farther apart, or where a boundary is infinite at some look.
    """
    if np.ndim(scores) == 0:
        return Solved(drift=np.asarray(drift), upper=passed.upper, lower=passed.lower)
    if scores[-1] - scores[0] > 2 * _BESIDE:
        return None
    points, (upper, lower) = scores.tolist(), (passed.upper, passed.lower)
    moving = [one for one in (upper, lower) if one.ndim > 1]
    if not all(np.isfinite(one).all() for one in moving):
        return None
    upper, lower = (between_points(points, one, score) if one.ndim > 1 else one for one in (upper, lower))
    return Solved(drift=np.asarray(between_points(points, drift, score)), upper=upper, lower=lower)
