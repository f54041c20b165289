"""Two curves compared by a number that is read off each: survival at a milestone, or the mean up to a horizon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from trialplan import fields, sizing
from trialplan.designs._course import _Course, in_pieces_of, shares_of, stated, under_course
from trialplan.designs._survival import NOT_NEGATIVE, Curve
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import divide, exp, log, normal_quantile, sqrt
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root
from trialplan.numerics.student import z_power
from trialplan.outcome import RATIO
from trialplan.parameter import Numbers, largest, parameter, smallest
from trialplan.rejection import decide, either_way, no_evidence


@dataclass(frozen=True, kw_only=True)
class _AlongCurves(_Course):
    """What is read off each arm's Kaplan–Meier curve at or up to a time, with the variance at the planned curves.

    The treatment's curve has hazards in a ratio to the control's, constant or with a course over time, or to a shape of
    its own, which the effect sets.
    """

    treatment_hazard: Numbers | tuple[float, ...] | None = parameter(
        "shape of the hazard under treatment, where it is not that of the control: hazards that are multiplied until "
        "they give the effect, one or one for each piece of time",
        NOT_NEGATIVE,
        axis="pieces",
        optional=True,
        unit="events per unit of time",
        typical=(0.03, 0.08),
        of_each="shape of the hazard under each treatment",
    )
    goal: fields.Goal = fields.goal()
    margin: Numbers | tuple[float, float] | None = fields.margin()
    favourable: fields.Favourable = fields.favourable()
    allocation: str = fields.allocation()

    @property
    def until(self) -> Numbers:
        """The time up to which the curves are read."""
        raise NotImplementedError

    def read_off(self, curve: Curve) -> Numbers:
        """What is read off a curve."""
        raise NotImplementedError

    def weight(self, curve: Curve) -> Any:
        """By how much an event at a time moves what is read, as a function of times on an axis of their own."""
        raise NotImplementedError

    def scaled(self, shape: Curve, value: Numbers) -> Curve:
        """The curve of this shape off which the value is read."""
        raise NotImplementedError

    def estimated(self, arm: Any) -> tuple[Any, Any]:
        """What is read off each trial's Kaplan–Meier curve, and its variance."""
        raise NotImplementedError

    def _check_time(self, name: str) -> None:
        """The curves are seen up to there by some participants, and the effect leaves a curve."""
        self._check_curves()
        seen = self.duration if self.longest_follow_up is None else np.minimum(self.duration, self.longest_follow_up)
        if largest(self.until / seen) >= 1:
            reason = f"must lie before the end of follow-up, at {largest(seen):g}: nobody is seen for longer"
            raise ParameterError(reason, owner=self, parameter=name, value=self.until)
        self._check_course()
        if self.treatment_hazard is not None:
            self._check_steps("treatment_hazard", "hazard_changes", None)
            shape = Curve(places(self.treatment_hazard), self.control.changes)
            if not smallest(shape.cumulative(self.until)) > 0:
                reason = f"has no event by {smallest(self.until):g}, and no multiple of it has the effect"
                way_out = "state a hazard above 0 before that time"
                raise ParameterError(
                    reason, owner=self, parameter="treatment_hazard", value=self.treatment_hazard, way_out=way_out
                )
            if not self.steady:
                reason = f"is stated beside {field('treatment_hazard')}, and each says how the effect changes"
                raise ParameterError(reason, owner=self, parameter="effect_course", value=self.effect_course)
        if self.crosses:
            reason = "has a share below 0: of curves that cross no ratio of hazards belongs to one effect"
            way_out = f"state the hazards, {field('treatment_hazard')}, with the effect that they have"
            raise ParameterError(
                reason, owner=self, parameter="effect_course", value=self.effect_course, way_out=way_out
            )

    def _check_value(self, name: str, most: Numbers) -> None:
        """What is read off the treatment's curve lies between 0 and `most`."""
        if self.open_effect is None and getattr(self, name) is not None:
            value = self.treatment_value / most
            if not (smallest(value) > 0 and largest(value) < 1):
                shown = largest(self.treatment_value)
                reason = f"leaves the treatment {shown:.4g}, which must lie in (0, {largest(most):g})"
                raise ParameterError(reason, owner=self, parameter=name, value=getattr(self, name))
            low, high = self.attainable(most)
            if not (smallest(self.treatment_value - low) > 0 and largest(self.treatment_value - high) < 0):
                shown = largest(self.treatment_value)
                reason = (
                    f"leaves the treatment {shown:.4g}, and an effect with this {field('effect_course')} comes too "
                    f"late for more than {largest(high):.4g}, or less than {smallest(low):.4g}"
                )
                raise ParameterError(reason, owner=self, parameter=name, value=getattr(self, name))

    def attainable(self, most: Numbers) -> tuple[Numbers, Numbers]:
        """What the treatment's curve can have at least and at most, given when its effect comes; else 0 to `most`."""
        if self.steady:
            return 0.0, most
        far = _WIDEST_EFFECT / max(largest(share) for share in self.course.hazards)
        low, high = (self.read_off(self.under_effect(self.control, log_ratio)) for log_ratio in (far, -far))
        return low, high

    @classmethod
    def from_hazard_ratios(cls, *, ratios: Sequence[float], changes: Sequence[float], **numbers: Any) -> Self:
        """The trial in which the hazard ratio is one of these in each period, as 1 and 0.6 of a delayed effect.

        The effect is what is read off the two curves. Curves that cross have no ratio of hazards that belongs to an
        effect: their hazards are the treatment's shape, which under another effect is multiplied as a whole.
        """
        plain = cls(**numbers)
        whole, course = shares_of(ratios, changes, cls)
        control = plain.control
        treatment = under_course(control, course, whole)
        if min(course.hazards) >= 0:
            shape = stated(course)
        else:
            shape = dict.fromkeys(("control_median", "control_survival", "survival_time")) | {
                "control_hazard": tuple(in_pieces_of(control, treatment).hazards),
                "treatment_hazard": tuple(treatment.hazards),
                "hazard_changes": tuple(treatment.changes),
            }
        seen, other = plain.read_off(treatment), plain.control_value
        return plain.replace(**{plain.effect: seen / other if plain.scale == RATIO else seen - other}, **shape)

    @property
    def control_value(self) -> Numbers:
        """What is read off the control's curve."""
        return self.read_off(self.control)

    @property
    def treatment_value(self) -> Numbers:
        """What is read off the treatment's curve, by the effect."""
        effect = self.effect_value()
        return self.control_value * effect if self.scale == RATIO else self.control_value + effect

    @cached_property
    def curves(self) -> tuple[Curve, Curve]:
        """Treatment, control."""
        control = self.control
        if not self.steady:
            return self._under_its_course(control), control
        shape = control if self.treatment_hazard is None else Curve(places(self.treatment_hazard), control.changes)
        return self.scaled(shape, self.treatment_value), control

    def _under_its_course(self, control: Curve) -> Curve:
        """By the whole effect's ratio of hazards with which the curve has its value."""
        far = _WIDEST_EFFECT / max(largest(share) for share in self.course.hazards)

        def surplus(log_ratio: Numbers) -> Numbers:
            return self.treatment_value - self.read_off(self.under_effect(control, log_ratio))

        middle = 0.0 * surplus(0.0)
        return self.under_effect(control, increasing_root(surplus, middle - far, middle + far))

    @cached_property
    def _variance(self) -> Numbers:
        """Of the estimate, of its logarithm on a ratio scale, times the participants in all."""
        total = 0.0
        for share, seen, curve in zip(self.split(1.0), self.seen, self.curves, strict=True):
            own = seen.variance(curve, self.duration, self.until, self.weight(curve)) / share
            total = total + (own / self.read_off(curve) ** 2 if self.scale == RATIO else own)
        return total

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of the difference, or of the log ratio, at the planned curves."""
        return sqrt(self._variance / n), None

    @property
    def _shift(self) -> Numbers:
        return log(self.effect_value()) if self.scale == RATIO else self.effect_value()

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test; for equivalence, both one-sided tests."""
        return either_way(_tail)(self, n)

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return _tail(self, n)

    def tail(self, n: Numbers, direction: int) -> Numbers:
        """P(reject) in the treatment's favour, 1, or against it, -1."""
        error, _ = self.standard_error(n)
        away = [direction * sign * divide(self._shift - limit, error) for limit, sign in self.sided_limits()]
        return z_power(away, self.z_alpha)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form from one limit; with two it is searched for."""
        if len(self.limits()) == 2:
            return super().unrounded(target)
        away = divide(self.z_alpha + normal_quantile(target), self._shift - self.limits()[0])
        with np.errstate(over="ignore"):  # of no difference to speak of, n is infinite, and is told to be
            return sizing.number(self._variance * away * away)

    @property
    def no_looks(self) -> str:
        """Why there are none."""
        return "what is read off the curves, for which no joint law from look to look is at hand"

    @property
    def exact(self) -> bool:
        """No: the estimate is normal in large trials only."""
        return False

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """What is read off the curves, the events that are expected, and when the trial is analysed."""
        control, treatment = self.control_value, self.treatment_value
        return {"control": control, "treatment": treatment, "events": self.events(n), "duration": self.duration}

    def draw(self, n: int, trials: int, rng: Any) -> tuple[Any, ...]:
        """Entry, time followed, and 1 where it ended in the event, of every participant: treatment, control."""
        return self.drawn_arms(n, trials, rng)

    def analyse(self, data: tuple[Any, ...], fraction: float = 1) -> tuple[Any, Any]:
        """What is read off the Kaplan–Meier curves, against the normal critical value."""
        arms = [arm[:, : round(fraction * arm.shape[1])] for arm in data]
        if not all(arm.shape[1] for arm in arms):
            return no_evidence(self, len(data[0]))
        treatment, control = (in_parts(self.estimated, arm) for arm in arms)
        return self.judged(treatment, control)

    def judged(self, one: tuple[Any, Any], other_arm: tuple[Any, Any]) -> tuple[Any, Any]:
        """What is read off each arm's curve, with its variance: treatment, control."""
        (treatment, own), (control, other) = one, other_arm
        if self.scale != RATIO:
            return decide(self, treatment - control, np.sqrt(own + other), self.z_alpha)
        there = (treatment > 0) & (control > 0)
        above, below = np.where(there, treatment, 1.0), np.where(there, control, 1.0)
        error = np.where(there, np.sqrt(own / above**2 + other / below**2), np.inf)
        return decide(self, np.log(above / below), error, self.z_alpha)


_WIDEST_EFFECT = 40.0
"""The logarithm of the ratio of hazards at most, where the effect is whole: beyond it nobody, or everybody, is left."""

_PART = 50_000
"""Participants of an arm whose curves are made at once: they then stay in a processor's own memory."""


def in_parts(estimated: Callable[[Any], tuple[Any, Any]], arm: Any) -> tuple[Any, Any]:
    """As `estimated` of an arm, of so many trials at a time as fit."""
    step = max(1, _PART // arm.shape[1])
    parts = [estimated(arm[start : start + step]) for start in range(0, len(arm), step)]
    value, variance = (np.concatenate(column) for column in zip(*parts, strict=True))
    return value, variance


def _tail(design: _AlongCurves, n: Numbers, direction: int = 1) -> Numbers:
    return design.tail(n, direction)


def in_order(arm: Any) -> tuple[Any, Any, Any, Any]:
    """Times in order, who was at risk at each, the share of them with the event, and the curve after it; a row a trial.

    Source: Kaplan & Meier (1958), JASA 53:457.
    """
    order = np.argsort(arm[..., 1], axis=1)
    time, event = (np.take_along_axis(arm[..., one], order, axis=1) for one in (1, 2))
    at_risk = np.arange(arm.shape[1], 0, -1)
    return time, at_risk, event / at_risk, np.cumprod(1 - event / at_risk, axis=1)


PLAIN: str = "plain"
LOG_LOG: str = "log-log"
"""The scales on which shares without the event are compared, as programs call them for their intervals."""

SURE = (
    "Greenwood's variance of the share itself, the usual one. Where few are at risk at the milestone it is too small, "
    "and the test rejects too often: at 20 participants with many lost twice as often as it should, or more."
)
STABLE = (
    "the same variance on the scale log(-log S), on which SAS makes its intervals. Keeps its level in two arms where "
    "few are at risk, and rejects less often there than its formula says; not in one group of whom hardly anybody is "
    "seen at the milestone. Blind where nobody, or everybody, has the event."
)
"""Of the tests on both scales, who uses them, and when they err."""


def log_log(share: Any, variance: Any) -> tuple[Any, Any]:
    """-log(-log S) and its variance; of shares of 0 and 1 an infinite one, for they have no such scale.

    Kalbfleisch & Prentice (1980), The Statistical Analysis of Failure Time Data, ch. 1.
    """
    inside = (share > 0) & (share < 1)
    there = np.where(inside, share, 0.5)
    slope = there * np.log(there)
    return np.where(inside, -np.log(-np.log(there)), 0.0), np.where(inside, variance / slope**2, np.inf)


def greenwood(at_risk: Any, share: Any) -> Any:
    """What each event adds to the variance of the log of the curve; the last participant's event adds nothing."""
    return np.where(at_risk > 1, share / np.maximum(at_risk - 1, 1), 0.0)


def survival_of(arm: Any, milestone: Numbers) -> tuple[Any, Any]:
    """Each trial's curve at the milestone, and Greenwood's variance."""
    time, at_risk, share, curve = in_order(arm)
    before = time <= milestone
    last = np.minimum.reduce(np.where(before, curve, 1.0), axis=1)
    return last, last**2 * np.where(before, greenwood(at_risk, share), 0.0).sum(axis=1)


def mean_of(arm: Any, horizon: Numbers) -> tuple[Any, Any]:
    """The area up to the horizon, and its variance; beyond the last time seen the curve goes on as it is there."""
    time, at_risk, share, curve = in_order(arm)
    ends = np.minimum(time, horizon)
    steps = np.diff(ends, axis=1, append=np.full((len(ends), 1), float(horizon)))
    # the area after each time, from the end
    after = np.cumsum((curve * steps)[:, ::-1], axis=1)[:, ::-1]
    moved = np.where(time <= horizon, after**2 * greenwood(at_risk, share), 0.0)
    return ends[:, 0] + after[:, 0], moved.sum(axis=1)


def weight_of_mean(curve: Curve, horizon: Numbers) -> Callable[[Any], Any]:
    """By how much an event at a time moves the mean up to the horizon: it takes away the area that was left."""
    parts = ([np.asarray(value)[..., None] for value in values] for values in (curve.hazards, curve.changes))
    along = Curve(*parts)
    whole = np.asarray(curve.mean_to(horizon))[..., None]
    return lambda times: whole - along.mean_to(times)


def scaled_to_mean(shape: Curve, horizon: Numbers, value: Numbers) -> Curve:
    """The curve of this shape with this mean up to the horizon: its hazards by the factor that gives it."""

    def surplus(log_factor: Numbers) -> Numbers:
        return value - shape.times(exp(log_factor)).mean_to(horizon)

    middle = 0.0 * value * surplus(0.0)
    return shape.times(exp(increasing_root(surplus, middle - _WIDEST, middle + _WIDEST)))


_WIDEST = 40.0
"""The logarithm of the factor by which hazards are multiplied at most: beyond it the curve is flat or falls at once."""
