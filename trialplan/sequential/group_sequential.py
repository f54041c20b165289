"""A trial that is looked at early and may stop, over any design whose statistic is a z or counts as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from trialplan.answers import SampleSize, Simulation
from trialplan.design import Design
from trialplan.errors import ParameterError, field
from trialplan.numerics.crossing import ending_below, stops
from trialplan.numerics.elementary import is_scalar, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root
from trialplan.numerics.secant import secant_root
from trialplan.parameter import Numbers, parameter
from trialplan.sequential import exact_two_arms, scales
from trialplan.sequential.base import WithLooks
from trialplan.sequential.boundaries.efficacy import Efficacy, check_efficacy, check_spent, read_efficacy
from trialplan.sequential.boundaries.fields import as_z, refused, shown
from trialplan.sequential.boundaries.futility import Futility, check_futility
from trialplan.sequential.boundaries.harm import harm_z
from trialplan.sequential.boundaries.power_curve import PowerCurve, harm_curve, power_curve
from trialplan.sequential.boundaries.rule import Rule, Solved, StoppingChances
from trialplan.sequential.inflation import drift_at, inflation, solved_at
from trialplan.sequential.look_table import chances_and_level, chances_by_hypothesis, expected_n, look_rows, whole_looks
from trialplan.sequential.one_n import PowerAtN, power_at
from trialplan.sequential.script_numbers import of_looks
from trialplan.sequential.simulated_looks import participants, stopped
from trialplan.text import with_commas
from trialplan.wrapper import Wrapper

_LARGEST_DRIFT, _FARTHEST_SCORE = 12.0, 8.2
"""Drifts searched, and normal scores of a power that have digits: 1 - power is 1e-16 at 8.2."""

_CERTAIN = 37.0
"""An expected z beyond which a normal distribution has no tail."""

_LEAST_LEVEL = 1e-12
"""The level below which the integration over looks has no digits left."""

_FLOOR = 4.0
"""Where futility keeps power from the level, fixed and sequential n are compared from this multiple of it on."""


def _read_design(value: Any) -> Design:
    if not isinstance(value, Design) or isinstance(value, GroupSequential):
        raise ParameterError(f"must be a fixed design, not {value!r}")
    return value


@dataclass(frozen=True, kw_only=True)
class GroupSequential(WithLooks):
    """How large must the trial be allowed to grow if it may stop early?

    The sample size is the inner design's unrounded n times the inflation factor; success inverts that: it counts the
    favourable boundary, with the futility boundary obeyed, and power the other one, too. Type I error is computed as if
    futility were ignored, unless it is `binding`: then the efficacy boundary relies on its being obeyed. Where futility
    spends error of the second kind, or stands on the scale of the effect or of conditional power, its boundary belongs
    to the planned effect and n: `settled(n)` writes it down as z values, and is the trial to ask for type I error.
    A look waits for whole allocation blocks; its boundary is that of the planned fraction. A t statistic is held
    against the boundary as the z of the same one-sided P value, as Pocock (1977) did with its nominal levels; what
    that errs in small trials is in the table of gaps.
    Numbers of the inner design can be replaced through this one.

    References:
        Jennison & Turnbull (2000), Group Sequential Methods with Applications to Clinical Trials, ch. 2-4, 7 and 19.
        O'Brien & Fleming (1979), Biometrics 35:549; Pocock (1977), Biometrika 64:191.
        Lan & DeMets (1983), Biometrika 70:659.
        Jennison & Turnbull (1991), Biometrika 78:133 (t statistics).
    """

    design: Design = parameter("the fixed design that is looked at early", None, read=_read_design)

    def check(self) -> None:
        """The looks need a statistic that is, or counts as, a z and one limit; the rules must suit the looks."""
        if isinstance(self.design, Wrapper):
            raise ParameterError(
                f"looks are not defined over several {self.design.numbered[1]} together, as in {self.design.slug()}",
                owner=self,
                way_out="leave them out",
            )
        if self.design.no_looks:
            reason = f"are not defined over {self.design.slug()} with {self.design.no_looks}"
            raise refused("looks", reason, "leave them out")
        if not self.design.may_be_looked_at():
            reason = f"are not defined over {self.design.slug()}, none of whose tests gives a z or counts"
            raise refused("looks", reason, "leave them out")
        if not self.design.statistic_is_z or len(self.design.null_values()) == 2:
            # the z test that most designs of counts have, where this one has it
            such_as = ", such as score," if "score" in self.design.tests else ""
            raise refused(
                "looks",
                f"are not defined over {self.design.slug()} with test {self.design.test or 'as given'} and goal "
                f"{self.design.goal or 'as given'}",
                f"use a z or t test{such_as} of superiority or non-inferiority",
            )
        if not isinstance(self.alpha, (int, float)):
            raise refused("alpha", "must be one number: each level has its own boundary")
        if self.level < _LEAST_LEVEL:
            reason = f"a level below {_LEAST_LEVEL:g} a side has no boundaries that could be computed"
            raise refused("", reason, f"{field('alpha')} is {self.alpha:g}, usual is 0.05")
        self._check_rule()

    def _check_rule(self) -> None:
        for name in ("efficacy_at", "futility_at"):
            strange = [one for one in getattr(self, name) or () if one not in self.looks]
            if strange:
                raise refused(name, f"has {strange[0]:g}, which is not one of the looks, {with_commas(self.looks)}")
        if self.efficacy_at is not None and 1.0 not in self.efficacy_at:
            raise refused("efficacy_at", f"must include 1: the last look tests, not {with_commas(self.efficacy_at)}")
        if not isinstance(self.binding, bool):
            raise refused("binding", f"must be true or false, not {self.binding!r}")
        if self.futility is None and (self.binding or self.futility_at is not None):
            raise refused("binding" if self.binding else "futility_at", "has no meaning without futility")
        if self.binding and self.design.two_tailed:
            way_out = f"set {field('sides')} to 1 and {field('alpha')} to {self.level:g}"
            raise refused("", "binding futility is defined for a one-sided test", way_out)
        check_efficacy(self._efficacy)
        if self.futility is not None:
            check_futility(self._futility(()))
            if 1.0 in (self.futility_at or ()):
                raise refused("futility_at", "has 1, where both boundaries meet", "leave the last look out")
        if self._efficacy.named[0] == "z" and not self.binding:
            check_spent(self._efficacy)

    # The rule.

    @property
    def _efficacy(self) -> Efficacy:
        tested = self.looks if self.efficacy_at is None else self.efficacy_at
        return Efficacy(
            rule=self.efficacy,
            fractions=self.looks,
            in_force=tuple(look in tested for look in self.looks),
            level=float(self.level),
            two_tailed=self.design.two_tailed,
        )

    def _futility(self, shares: tuple[float | None, ...]) -> Futility:
        asked = self.looks if self.futility_at is None else (*self.futility_at, 1.0)
        assert self.futility is not None
        return Futility(
            rule=self.futility,
            fractions=self.looks,
            in_force=tuple(look in asked for look in self.looks),
            shares=shares,
        )

    @cached_property
    def rule(self) -> Rule:
        """The boundaries as a rule that can be solved for a power."""
        if self.futility is None:
            return Rule(efficacy=self._efficacy)
        name, numbers = self._futility(()).named
        bounds = numbers if name == "effect" else ()
        shares = tuple(None if one is None else scales.share_of_effect(self.design, one) for one in bounds)
        return Rule(efficacy=self._efficacy, futility=self._futility(shares), binding=self.binding)

    def solved(self, power: float) -> Solved:
        """The boundaries on the z scale of the trial that is planned for this power, and its drift.

        The drift is the expected z at the end; both boundaries and it are remembered.
        """
        return solved_at(self.rule, power)

    @property
    def efficacy_z(self) -> tuple[float, ...]:
        """The z from which each look rejects the null, as if futility were ignored; inf where it is not tested."""
        return tuple(map(float, self.rule.upper))

    def harm_z(self, power: float, spending: Any = "hwang-shih-decani(-2)", error: float = 0.2) -> tuple[float, ...]:
        """The z at each look below which the treatment looks harmful, of a trial with this power.

        Of all trials without an effect `error` come there before they have shown efficacy, shared out by `spending`.

        >>> from trialplan import TwoMeans
        >>> trial = TwoMeans(difference=0.5, sd=1, test="z", alpha=0.025, sides=1)
        >>> rule = {"efficacy": "lan-demets-obrien-fleming", "futility": "hwang-shih-decani(-2)", "binding": True}
        >>> looks = GroupSequential(design=trial, looks=3, **rule)
        >>> [round(z, 2) for z in looks.harm_z(0.9)]
        [-1.89, -1.44, -0.92]
        """
        found, looks = self.solved(power), len(self.looks)
        lower = [-np.inf] * looks if self.futility is None else found.lower
        return harm_z(found.upper, lower, self.looks, read_efficacy(spending), error)

    def settled(self, n: int) -> Self:
        """The same trial with the boundaries of n participants written down as z, whatever the truth then is."""
        if not self._planned:
            return self
        found = self.planned_at(n)
        efficacy = as_z(found.upper) if self.binding else self.efficacy
        return self.replace(efficacy=efficacy, futility=as_z(found.lower[:-1]), futility_at=None)

    @property
    def _planned(self) -> bool:
        return self.futility is not None and self._futility(()).planned

    @property
    def formula(self) -> str:
        """The inner formula, inflated."""
        rule = f"{len(self.looks)} looks, {shown(self.efficacy)} boundary by recursive integration"
        if self.futility is None:
            return f"{self.design.formula}; {rule}"
        kind = "binding" if self.binding else "non-binding"
        return f"{self.design.formula}; {rule}, {kind} futility {shown(self.futility)}"

    @property
    def reference(self) -> str:
        """The inner design's, and the boundaries'."""
        parts = [self.design.reference, "Jennison & Turnbull 2000", self._efficacy.reference]
        if self.futility is not None:
            parts.append(self._futility(()).reference)
        return "; ".join(dict.fromkeys(filter(None, parts)))

    @property
    def exact(self) -> bool:
        """Not even over an exact design: looks fall on whole participants."""
        return False

    # Sample size and power.

    def crossed(self, drift: float) -> tuple[Any, Any]:
        """P(stop above) and P(stop below), look by look, at an expected final z of `drift`, futility ignored."""
        passed = Rule(efficacy=self._efficacy).at(drift, 0.5)
        return passed.above, passed.below

    def unrounded(self, target: Numbers) -> Numbers:
        """The inner design's unrounded n times the inflation factor."""
        return self.design.unrounded(target) * self.inflation(target)

    def inflation(self, target: Numbers) -> Numbers:
        """How much larger the trial must be allowed to grow than the fixed one of the same power."""
        if np.ndim(target) == 0:
            # where the score of a whole n, asked next, is looked for first
            vars(self)["_loss"] = drift_at(self.rule, float(target)) - float(self.z_alpha + normal_quantile(target))
            return inflation(self.rule, float(target))
        different, back = np.unique(np.asarray(target, dtype=float), return_inverse=True)
        return np.array([self.inflation(float(one)) for one in different])[back].reshape(np.shape(target))

    def power(self, n: Numbers) -> Numbers:
        """The probability of rejecting at some look, either way: of a two-sided test stopping below the mirror, too."""
        favourable = self.success(n)
        if not self.design.two_tailed:
            return favourable
        # against the treatment the same efficacy rule asks for the n of the fixed test's far tail
        toward_harm = _drift_of(self, power_curve(Rule(efficacy=self._efficacy)), n, _far_score)
        return favourable + harm_curve(self.rule).power(toward_harm)

    def success(self, n: Numbers) -> Numbers:
        """The probability of stopping above, at the chance whose sample size is n."""
        alone = self._alone(n)
        return power_curve(self.rule).power(self.final_drift(n)) if alone is None else alone.power

    def success_under(self, n: int, truths: Design) -> Numbers:
        """At the boundaries that n participants are planned with, whatever the truth then is."""
        above, _, _ = stops(*self._ending(n), np.asarray(self.looks), _certain(truths.fixed.drift(n)))
        return np.minimum(above.sum(axis=-1), 1.0)

    def power_under(self, n: int, truths: Design) -> Numbers:
        """With what a two-sided test rejects below the mirror."""
        favourable = self.success_under(n, truths)
        if not self.design.two_tailed:
            return favourable
        upper, lower = self._ending(n)
        drift = _certain(truths.fixed.drift(n))
        return favourable + ending_below(-upper, upper, lower, np.asarray(self.looks), drift)

    def wrong_side(self, n: int, truths: Design) -> Numbers:
        """Of the estimate at the look that ends the trial."""
        drift = _certain(truths.fixed.distance_to_null(n))
        below = ending_below(np.zeros(len(self.looks)), *self._ending(n), np.asarray(self.looks), drift)
        return np.where(drift > 0, below, 1 - below)

    def _ending(self, n: int) -> tuple[Any, Any]:
        """The z above, and below, which each look ends the trial of n participants."""
        upper, lower = self.bounds(n)
        return upper, np.maximum(lower, -upper) if self.design.two_tailed else lower

    def planned_at(self, n: int) -> Solved:
        """The boundaries and the drift of the trial that n participants are planned for."""
        alone = self._alone(n)
        return self.solved(float(self.success(n))) if alone is None else alone.solved

    def _alone(self, n: Numbers) -> PowerAtN | None:
        """What one n has, solved without the table, and remembered; None for arrays and where that does not work."""
        if not is_scalar(n) or self.shape():
            return None
        memory: dict[float, PowerAtN | None] = vars(self).setdefault("_at", {})
        if n not in memory:
            memory[n] = power_at(self.design, self.rule, float(n), vars(self).get("_loss"))
        return memory[n]

    def final_drift(self, n: Numbers) -> Numbers:
        """The expected z at the end of n participants: that of the power whose sample size is n.

        The fixed design of n divided by the inflation factor has the same power. It is negative where the effect lies
        on the unfavourable side. With futility, n so small that the power is near the level is in proportion to the
        squared drift.
        """
        curve = power_curve(self.rule)
        if curve.through_level:
            return _drift_of(self, curve, n, _score)
        low = float(curve.drift(min(_FLOOR * self.level, 0.5)))
        root = np.asarray(_drift_of(self, curve, n, _score, low))
        if np.all(root >= low):
            return root[()]
        return np.where(root >= low, root, self._small_drift(n, curve, low))[()]

    def _small_drift(self, n: Numbers, curve: PowerCurve, floor: float) -> Numbers:
        """In proportion to the root of n up to the floor; the fixed test's where the effect is not favourable."""
        null, value = self.null_values()[0], self.effect_value()
        favourable = (value > null) if self.upward else (value < null)
        with np.errstate(all="ignore"):
            reached = self.design.unrounded(float(curve.power(floor))) / curve.root_share(floor) ** 2
            below = np.minimum(floor * np.sqrt(n / reached), floor)
            drift = np.clip(self.design.drift(n), -_LARGEST_DRIFT, floor)
        return np.where(favourable & np.isfinite(below), below, drift)

    # The trial itself.

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """The inner design's participants."""
        return self.design.draw(n, trials, rng)

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """The statistic at the look that stops the trial, or at the last one, and whether it rejects.

        A trial that has crossed the futility boundary has stopped, and does not reject later.
        """
        statistic, rejects, _ = self.stopping(data, fraction)
        return statistic, rejects

    def stopping(self, data: Any, fraction: float = 1) -> tuple[Any, Any, Any]:
        """The statistic at the look that stops each trial, whether it rejects, and the number of that look from 0."""
        n = participants(data)
        upper, lower = self.bounds(n)
        sizes = whole_looks(self.looks, n, self.block)
        looks = [
            (size / n, up, low)
            for size, up, low, planned in zip(sizes, upper, lower, self.looks, strict=True)
            if planned <= fraction
        ]
        return stopped(self.design, data, looks)

    def bounds(self, n: int) -> tuple[Any, Any]:
        """The z of both boundaries at n participants; no futility at the last look."""
        if self.futility is None:
            return self.rule.upper, np.full(len(self.looks), -np.inf)
        found: Any = self.planned_at(n) if self._planned else self.rule.at(0.0, 0.5)
        return found.upper, np.append(found.lower[:-1], -np.inf)

    def simulate(self, n: int, trials: int, rng: Any) -> Simulation:
        """Draw and analyse trials, with the boundaries that n participants have."""
        return super(GroupSequential, self.settled(n)).simulate(n, trials, rng)

    def rejections(self, n: int, *, obeyed: bool = True) -> Any:
        """P(rejecting at some look | final counts) of two arms, had the trial gone on."""
        return exact_two_arms.rejection_table(self, n, obeyed=obeyed)

    # What the answer holds.

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The looks, the inflation factor, and how many participants are expected to be needed."""
        sizes, found = whole_looks(self.looks, int(n), self.block), self.planned_at(int(n))
        by, alpha = chances_and_level(self.rule, found)
        waits = [self.design.at_look(int(n), look) for look in self.looks]
        there = tuple(wait.get("n", size) for wait, size in zip(waits, sizes, strict=True))
        rows = look_rows(self.design, self.rule, found, sizes, (by, alpha))
        return {
            "looks": [row | dict(wait) for row, wait in zip(rows, waits, strict=True)],
            "inflation": self.inflation(target),
            "expected_n": {name: expected_n(chances, there) for name, chances in by.items()},
        }

    def script_numbers(self, answer: SampleSize) -> Mapping[str, Any]:
        """The rule, and its boundaries at the power asked for and at the one attained."""
        return of_looks(self, answer)

    def chances(self, n: int) -> dict[str, StoppingChances]:
        """What may happen at each look of n participants: under the null, halfway, and at the planned effect."""
        return chances_by_hypothesis(self.rule, self.planned_at(n))


def _drift_of(
    design: GroupSequential,
    curve: PowerCurve,
    n: Numbers,
    fixed: Callable[[Design, Numbers], Numbers],
    low: float = -_LARGEST_DRIFT,
) -> Any:
    """The drift at which the curve has the normal score of the fixed design of n divided by the inflation factor."""
    most = max(_LARGEST_DRIFT, curve.high)

    def surplus(drift: Any) -> Any:
        inside = np.maximum(drift, low)
        return curve.score(inside) - fixed(design.design, n * curve.root_share(inside) ** 2) + (drift - inside)

    start = np.clip(design.z_alpha + fixed(design.design, np.asarray(n)), low, most)
    root = secant_root(surplus, np.broadcast_to(start, np.broadcast_shapes(design.shape(), np.shape(n))))
    if np.isnan(root).any():
        ends = np.full(root.shape, most)
        root = np.where(np.isnan(root), increasing_root(surplus, -ends, ends, tolerance=1e-12), root)
    return root[()]


def _certain(drift: Numbers) -> Any:
    return np.clip(drift, -_CERTAIN, _CERTAIN)


def _score(design: Design, n: Numbers) -> Numbers:
    """The normal score of the fixed design's success, within the scores that have digits."""
    return _of_chance(design.success(n))


def _far_score(design: Design, n: Numbers) -> Numbers:
    """The same of its rejecting against the treatment."""
    return _of_chance(np.maximum(design.power(n) - design.success(n), 0.0))


def _of_chance(chance: Numbers) -> Numbers:
    with np.errstate(all="ignore"):
        return np.clip(normal_quantile(chance), -_FARTHEST_SCORE, _FARTHEST_SCORE)
