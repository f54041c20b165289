"""One curve, of a single group, read at or up to a time and held against a fixed value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from trialplan import fields, sizing
from trialplan.design import Design, Sized
from trialplan.designs._along_curves import in_parts
from trialplan.designs._survival import NOT_NEGATIVE, Curve, Followed
from trialplan.designs._vectors import places
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import divide, every, normal_quantile, sqrt
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.outcome import EffectInterval, EffectScale
from trialplan.outcomes.times import Times
from trialplan.parameter import POSITIVE, Numbers, largest, parameter, smallest
from trialplan.rejection import decide, either_way, no_evidence
from trialplan.time_unit import in_time


class ReadOff(Times):
    """What is read off the curve of one group: a share, or a mean time."""

    def effect_scale(self, design: Sized) -> EffectScale:
        """The share or the mean itself, as it is read."""
        return EffectScale(name=self.effect, short=self.effect, unit=in_time(self.unit, design.time_unit))

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """Around the planned value or the null, by the standard error at the planned curve."""
        error, _ = design.standard_error(n)
        half = float(normal_quantile(0.5 + confidence / 2)) * float(error)
        centre = float(design.null_values()[0] if no_effect else design.effect_value())
        return EffectInterval(name=f"normal interval of the {self.effect}", limits=(centre - half, centre + half))


@dataclass(frozen=True, kw_only=True)
class AlongOneCurve(Followed):
    """What is read off one Kaplan–Meier curve at or up to a time, with the variance at the planned curve.

    The planned curve has a constant hazard, or one of a stated shape, by which it has the expected value.
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    goal = fields.SINGLE_ARM

    hazard: Numbers | tuple[float, ...] | None = parameter(
        "shape of the hazard, where it is not constant: hazards that are multiplied until they give the expected "
        "value, one for each piece of time",
        NOT_NEGATIVE,
        axis="pieces",
        optional=True,
        unit="events per unit of time",
        typical=(0.03, 0.08),
    )
    hazard_changes: Numbers | tuple[float, ...] | None = parameter(
        "times since enrolment at which the hazard changes, one fewer than there are hazards",
        POSITIVE,
        axis="changes",
        optional=True,
        unit="units of time",
        typical=(3.0, 9.0),
        one="time since enrolment at which the hazard changes",
    )
    favourable: fields.Favourable = fields.favourable()

    @property
    def until(self) -> Numbers:
        """The time up to which the curve is read."""
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

    def _check_curve(self, name: str, most: Numbers) -> None:
        """A time that some participants are seen for, hazards that belong to their times, values below `most`."""
        self._check_entry()
        seen = self.duration if self.longest_follow_up is None else np.minimum(self.duration, self.longest_follow_up)
        if largest(self.until / seen) >= 1:
            reason = f"must lie before the end of follow-up, at {largest(seen):g}: nobody is seen for longer"
            raise ParameterError(reason, owner=self, parameter=name, value=self.until)
        self._check_steps("hazard", "hazard_changes", None)
        if not every(self._shape.cumulative(self.until) > 0):
            reason = f"is 0 until {largest(self.until):g}: nobody would have the event by then"
            raise ParameterError(reason, owner=self, parameter="hazard", value=self.hazard)
        for one in ("null", "expected"):
            value = getattr(self, one)
            if value is not None and not (smallest(value / most) > 0 and largest(value / most) < 1):
                reason = f"must lie in (0, {largest(most):g})"
                raise ParameterError(reason, owner=self, parameter=one, value=value)

    @property
    def _shape(self) -> Curve:
        changes = [] if self.hazard_changes is None else places(self.hazard_changes)
        return Curve([1.0] if self.hazard is None else places(self.hazard), changes)

    @cached_property
    def curve(self) -> Curve:
        """The curve that is planned for."""
        return self.scaled(self._shape, self.effect_value())

    @property
    def two_tailed(self) -> bool:
        """Whether the test rejects in either direction."""
        return self.sides == 2

    @property
    def exact(self) -> bool:
        """No: the estimate is normal in large trials only."""
        return False

    def null_values(self) -> tuple[Numbers, ...]:
        """The fixed value."""
        return (self.value("comparator"),)

    @cached_property
    def _variance(self) -> Numbers:
        """Of the estimate, times the participants."""
        return self.seen_with(self.dropout_rate).variance(
            self.curve, self.duration, self.until, self.weight(self.curve)
        )

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of what is read off, at the planned curve."""
        return sqrt(self._variance / n), None

    def power(self, n: Numbers) -> Numbers:
        """Both tails of a two-sided test."""
        return either_way(_tail)(self, n)

    def success(self, n: Numbers) -> Numbers:
        """The favourable tail alone."""
        return _tail(self, n)

    def tail(self, n: Numbers, direction: int) -> Numbers:
        """P(reject) in the treatment's favour, 1, or against it, -1."""
        away = self.effect_value() - self.null_values()[0]
        return z_power([direction * self.sign * divide(away, self.standard_error(n)[0])], self.z_alpha)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form."""
        away = divide(self.z_alpha + normal_quantile(target), self.effect_value() - self.null_values()[0])
        return sizing.number(self._variance * away * away)

    def without_event(self, time: Numbers) -> tuple[Numbers, ...]:
        """The share without the event by a time since enrolment."""
        return (self.curve.survival(time),)

    def at_risk(self, n: Numbers, time: Numbers) -> tuple[Numbers, ...]:
        """The participants who are expected to be at risk at a time since enrolment, by the end."""
        seen = self.seen_with(self.dropout_rate)
        return (n * self.curve.survival(time) * seen.followed(time, self.duration),)

    def events(self, n: Numbers, calendar: Numbers | None = None) -> Numbers:
        """The events that are expected of n participants by a time of the calendar, or by the end."""
        at = self.duration if calendar is None else calendar
        return n * self.seen_with(self.dropout_rate).events(self.curve, at)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The events that are expected, and when the trial is analysed."""
        return {"events": self.events(n), "duration": self.duration}

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """Of every participant entry, time followed, and 1 where it ended in the event."""
        return self.drawn_arm(n, self.curve, self.seen_with(self.dropout_rate), trials, rng)

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """What is read off the Kaplan–Meier curve, against the normal critical value."""
        seen = data[:, : round(fraction * data.shape[1])]
        if not seen.shape[1]:
            return no_evidence(self, len(seen))
        return self.judged(*in_parts(self.estimated, seen))

    def judged(self, value: Any, variance: Any) -> tuple[Any, Any]:
        """What is read off the curve, with its variance."""
        return decide(self, value, np.sqrt(variance), self.z_alpha)


def _tail(design: AlongOneCurve, n: Numbers, direction: int = 1) -> Numbers:
    return design.tail(n, direction)
