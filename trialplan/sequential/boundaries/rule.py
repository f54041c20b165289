"""A rule of looks, solved: its boundaries, and the drift at which it has a given power."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from trialplan.numerics.crossing import start
from trialplan.numerics.elementary import normal_cdf, normal_quantile, upper_normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.secant import fanned_root, secant_root
from trialplan.sequential.boundaries.efficacy import Efficacy
from trialplan.sequential.boundaries.fields import refused
from trialplan.sequential.boundaries.futility import Futility
from trialplan.sequential.boundaries.recursion import BoundaryCrossing, BoundarySpec, TrialCourse, sweep

_ROUNDS, _FREE = 200, 20
"""Rounds after which boundaries made from each other are left as they are; and from which on they are led halfway."""

_SETTLED, _TOUCHING, _CLOSE = 1e-7, 1e-9, 1e-11
"""How near z values are that agree, that touch, and that a search ends with: far below what is printed."""


MORE = 0.5
"""The drift of a trial with looks is seldom more than this above that of the fixed one of the same power."""


@dataclass(frozen=True, kw_only=True)
class Solved:
    """Boundaries on the z scale and the drift (the expected final z) at which they have the power asked for."""

    drift: Any
    upper: Any
    lower: Any


@dataclass(frozen=True, kw_only=True)
class StoppingChances:
    """What may happen at each look, at one drift: rejecting above, stopping for futility, rejecting below.

    The last entry of `futility` is the chance of ending without rejecting.
    """

    efficacy: Any
    futility: Any
    harm: Any

    @property
    def power(self) -> Any:
        """P(ever rejecting above)."""
        return self.efficacy.sum(axis=-1)

    @property
    def stopped(self) -> Any:
        """P(stopping at each look), for whatever reason."""
        return self.efficacy + self.futility + self.harm


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An efficacy rule, and a futility rule that is binding or not."""

    efficacy: Efficacy
    futility: Futility | None = None
    binding: bool = False

    @property
    def fractions(self) -> Any:
        """Fractions of the planned end."""
        return np.asarray(self.efficacy.fractions)

    @property
    def level(self) -> float:
        """One-sided, of each side."""
        return self.efficacy.level

    @cached_property
    def upper(self) -> Any:
        """The efficacy boundary, as if futility were ignored."""
        return self.efficacy.z()

    def at(self, drift: Any, beta: Any, near: Any = None) -> BoundaryCrossing:
        """Both boundaries and the chances at a drift, where the error of the second kind in all is `beta`.

        `near` are z values close to those of futility that spends, from which it is found sooner.
        """
        drift, beta = np.broadcast_arrays(np.asarray(drift, dtype=float), beta)
        course = TrialCourse(
            fractions=self.fractions, drift=drift, two_tailed=self.efficacy.two_tailed, binding=self.binding
        )
        if self.futility is None:
            return sweep(course, BoundarySpec(z=self.upper))
        if not self.binding:
            futility = replace(self.futility.spend(beta, drift, self.upper[..., -1]), near=near)
            return sweep(course, BoundarySpec(z=self.upper), futility)
        return self._bound(course, beta)

    def _bound(self, course: TrialCourse, beta: Any) -> BoundaryCrossing:
        """Efficacy is relaxed by a binding futility boundary, which may depend on it in turn."""
        assert self.futility is not None
        if not self.futility.spends:
            lower = self.futility.z(course.drift, self._settle(course.drift))
            return sweep(course, BoundarySpec(z=self.efficacy.z(lower)), BoundarySpec(z=lower))
        futility = self.futility.spend(beta, course.drift, None)
        if self.efficacy.spends:
            return sweep(course, BoundarySpec(error=self.efficacy.errors()), futility)
        return self._shaped(course, futility)

    def _settle(self, drift: Any) -> Any:
        """The critical value of the last look that a bound made from it leaves unchanged."""
        assert self.futility is not None
        critical = np.broadcast_to(self.upper[..., -1], np.shape(drift))
        for done in range(_ROUNDS if self.futility.moves else 1):
            new = self._after(drift, critical)
            moved = np.abs(new - critical)
            critical = new if done < _FREE else np.where(np.isfinite(new), (new + critical) / 2, new)
            if np.all(moved < 1e-13):
                break
        return critical

    def _after(self, drift: Any, critical: Any) -> Any:
        """The critical value of the last look where futility is made from another one."""
        assert self.futility is not None
        found = self.efficacy.z(self.futility.z(drift, critical))
        return np.broadcast_to(found, (*np.shape(drift), self.fractions.size))[..., -1]

    def settles(self, found: Solved) -> bool:
        """Whether boundaries that are made from each other agree."""
        if not (self.binding and self.futility is not None and self.futility.moves and not self.futility.spends):
            return True
        last = np.asarray(found.upper)[..., -1]
        return bool(np.all(np.isfinite(last)) and np.all(np.abs(self._after(found.drift, last) - last) < _SETTLED))

    def _shaped(self, course: TrialCourse, futility: BoundarySpec) -> BoundaryCrossing:
        """An exact design under binding futility: its height uses the level where futility is obeyed."""
        if self.efficacy.named[0] in ("z", "haybittle-peto"):
            return sweep(course, self._last_solved(course, futility), futility)

        def unspent(height: Any) -> Any:
            passed = sweep(course, BoundarySpec(z=self.efficacy.of_height(height)), futility)
            return upper_normal_quantile(passed.null_above.sum(axis=-1)) - upper_normal_quantile(self.level)

        height = secant_root(unspent, np.full(np.shape(course.drift), self.upper[..., -1]))
        return sweep(course, BoundarySpec(z=self.efficacy.of_height(height)), futility)

    def _last_solved(self, course: TrialCourse, futility: BoundarySpec) -> BoundarySpec:
        """Critical values that are given stay; Haybittle and Peto's last one uses what the level leaves."""
        if self.efficacy.named[0] == "z":
            return BoundarySpec(z=self.upper)
        early = sweep(course, BoundarySpec(z=self.upper), futility).null_above[..., :-1]
        return BoundarySpec(error=np.append(early, (self.level - early.sum(axis=-1))[..., None], axis=-1))

    def drift(self, power: float) -> float:
        """The drift at which the power is `power`, without a look at the boundaries there; nan where that fails."""
        fixed, beta = (
            float(upper_normal_quantile(self.level) + normal_quantile(power)),
            float(normal_cdf(-normal_quantile(power))),
        )
        score = normal_quantile(power)
        near = None

        def surplus(drift: Any) -> Any:
            nonlocal near
            passed = self.at(drift, beta, near)
            near = middle(passed.lower)
            return score_of(passed) - score

        return fanned_root(surplus, fixed, fixed + MORE)

    def solve(self, power: Any) -> Solved:
        """The drift at which the power is `power`, and the boundaries there; arrays at once."""
        score = np.asarray(normal_quantile(power), dtype=float)
        beta = normal_cdf(-score)
        last: list[BoundaryCrossing] = []

        def surplus(drift: Any) -> Any:
            last[:] = [self.at(drift, beta)]
            return score_of(last[0]) - score

        fixed = upper_normal_quantile(self.level) + score
        drift = fanned_root(surplus, float(fixed), float(fixed) + MORE, tolerance=_CLOSE) if score.ndim == 0 else np.nan
        if np.isnan(drift).any():
            drift = secant_root(surplus, fixed + 0.1, tolerance=_CLOSE)
        return Solved(drift=drift, upper=last[0].upper, lower=last[0].lower)

    def score_at(self, drift: Any) -> Any:
        """The normal score of the power at a drift, where the error spent on futility is what that power leaves."""
        drift = np.asarray(drift, dtype=float)
        if self.futility is None or not self.futility.spends:
            return score_of(self.at(drift, np.asarray(0.5)))

        def surplus(score: Any) -> Any:
            return score - score_of(self.at(drift, normal_cdf(-score)))

        return secant_root(surplus, drift - upper_normal_quantile(self.level) - 0.1, tolerance=_CLOSE)

    def harm_score_at(self, drift: Any) -> Any:
        """The normal score of P(rejecting against the treatment), of a two-sided rule, at the same boundaries."""
        drift = np.asarray(drift, dtype=float)
        harm = self._harm(self.at(drift, normal_cdf(-self.score_at(drift))), drift).sum(axis=-1)
        with np.errstate(all="ignore"):
            return np.clip(normal_quantile(harm), -38, 38)

    def chances(self, solved: Solved, drift: Any, *, obeyed: bool = True) -> StoppingChances:
        """What happens at each look at another drift, with the boundaries of `solved`; futility obeyed or not."""
        course = TrialCourse(
            fractions=self.fractions,
            drift=np.asarray(drift, dtype=float),
            two_tailed=self.efficacy.two_tailed,
        )
        lower = BoundarySpec(z=solved.lower) if obeyed and self.futility is not None else None
        passed = sweep(course, BoundarySpec(z=solved.upper), lower)
        harm = self._harm(passed, drift) if self.efficacy.two_tailed else np.zeros_like(passed.above)
        ends = passed.below - harm
        ends[..., -1] += passed.left
        return StoppingChances(efficacy=passed.above, futility=ends, harm=harm)

    def _harm(self, passed: BoundaryCrossing, drift: Any) -> Any:
        """P(first stop is a rejection below), by the mirror image: there the futility boundary is the efficacy one."""
        fractions, walk, found = self.fractions, start(), []
        for look, now in enumerate(fractions):
            ahead, root = walk.ahead(now, np.asarray(drift, dtype=float)), np.sqrt(now)
            upper = passed.upper[..., look] * root
            found.append(ahead.below(-upper))
            if look + 1 < len(fractions):
                stop = np.maximum(passed.lower[..., look] * root, -upper)
                walk = ahead.between(stop, upper, np.asarray(drift, dtype=float), fractions[look + 1] - now)
        return np.stack(np.broadcast_arrays(*found), axis=-1)


def middle(values: Any) -> Any:
    """Of values at several drifts, the looks last, those at the one in the middle."""
    return values if values.ndim == 1 else values[values.shape[0] // 2]


def score_of(passed: BoundaryCrossing) -> Any:
    """The normal score of the power, from whichever tail has the digits."""
    with np.errstate(all="ignore"):
        low = normal_quantile(passed.above.sum(axis=-1))
        high = -normal_quantile(passed.below.sum(axis=-1) + passed.left)
    return np.clip(np.where(low < 0, low, high), -38, 38)


@lru_cache(maxsize=512)
def solved(rule: Rule, power: float) -> Solved:
    """The rule at one power, remembered."""
    found = rule.solve(power)
    check(rule, found, power)
    return found


def check(rule: Rule, found: Solved, power: float) -> None:
    """Raise where the boundaries do not exist, do not agree, or meet before the end."""
    futility = "none" if rule.futility is None else rule.futility.rule
    if not np.all(np.isfinite(found.drift)):
        reason = f"{futility} leaves no way to power {power:g}"
        raise refused("futility", reason, "stop for it later, or less easily")
    if not rule.settles(found):
        reason = f"binding futility {futility} and efficacy {rule.efficacy.rule} leave no boundaries that agree"
        way_out = "stop for futility less easily, or let futility not be binding"
        raise refused("", f"{reason} with each other", way_out)
    early = np.asarray(found.lower)[:-1] >= np.asarray(found.upper)[:-1] - _TOUCHING
    if np.any(early):
        look = int(np.argmax(early))
        reason = f"stops at z {found.lower[look]:.4g} at the look at {rule.fractions[look]:g}, which is not below "
        reason += f"efficacy, {found.upper[look]:.4g}"
        raise refused("futility", reason, "lower it, or leave that look out")
