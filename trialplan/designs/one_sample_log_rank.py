"""Times to an event in a single group, against a fixed curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from trialplan import fields
from trialplan.design import AnalysisTest, Design
from trialplan.designs._survival import NOT_NEGATIVE, Curve, Followed, check_stated, stated
from trialplan.numerics.elementary import divide, exp, greatest, normal_quantile, sqrt
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.outcome import EffectInterval
from trialplan.outcomes.times import Times
from trialplan.parameter import POSITIVE, PROPORTION, Numbers, parameter
from trialplan.rejection import decide_by_z, either_way, no_evidence

_SCORE, _AVERAGED = "score", "averaged"
TestName = Literal["score", "averaged"]
"""By which variance the surplus of events is judged."""


class OneHazard(Times):
    """Times of one group whose hazard is held against a fixed curve's."""

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """A factor either way, by the standard error of the logarithm at the planned events."""
        error, _ = design.standard_error(n)
        factor = exp(float(normal_quantile(0.5 + confidence / 2)) * float(error))
        centre = 1.0 if no_effect else float(design.effect_value())
        return EffectInterval(name="interval of the hazard ratio", limits=(centre / factor, centre * factor))


@dataclass(frozen=True, kw_only=True)
class OneSampleLogRank(Followed):
    """Does the event come later in one group than by a fixed curve, such as that of earlier patients?

    The events that are seen are held against those that the fixed curve leads one to expect; n is the number enrolled.
    The curve counts as known: that it was estimated, and from other people, is not in the numbers.

    >>> OneSampleLogRank(hazard_ratio=0.5, null_median=6, accrual_time=12, follow_up_time=6, alpha=0.025).sample_size(
    ...     0.9).n
    42

    References:
        Breslow (1975), International Statistical Review 43:45 (the test).
        Wu (2015), Journal of Biopharmaceutical Statistics 25:1 (the exact variance at the alternative).
        Wu (2014), Pharmaceutical Statistics 13:26 (the variance averaged).
    """

    outcome = OneHazard("hazard ratio", "events")
    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    goal = fields.SINGLE_ARM
    scale = "ratio"
    oddity: ClassVar[Mapping[str, int]] = {_AVERAGED: 1}
    letters: ClassVar[Mapping[str, str]] = {
        "p": "the probability that a participant is seen to have the event",
        "q": "the mean, over those who are seen to have it, of the planned cumulative hazard by then, times p",
    }
    stated_example = (
        "--hazard-ratio 0.5 --null-median 6 --accrual-time 12 --follow-up-time 6 --alpha 0.025 --power 0.9 --n 42"
    )

    hazard_ratio: Numbers = parameter(
        "hazard of the event in the group over that of the fixed curve",
        POSITIVE,
        role="effect",
        symbol="θ",
        unit="ratio",
        typical=(0.5, 0.8),
    )
    null_median: Numbers | None = parameter(
        "median time to the event by the fixed curve, where its hazard is constant",
        POSITIVE,
        optional=True,
        role="comparator",
        symbol="m₀",
        unit="units of time",
        typical=(10.0, 20.0),
    )
    null_hazard: Numbers | tuple[float, ...] | None = parameter(
        "hazard of the event by the fixed curve, instead of a median: one, or one for each piece of time",
        NOT_NEGATIVE,
        axis="pieces",
        optional=True,
        role="comparator",
        symbol="λ₀",
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
    null_survival: Numbers | None = parameter(
        "share without the event at a stated time by the fixed curve, instead of a median",
        PROPORTION,
        optional=True,
        role="comparator",
        symbol="S₀",
        unit="proportion",
        typical=(0.3, 0.7),
    )
    survival_time: Numbers | None = parameter(
        "time since enrolment at which the fixed curve's share without the event is read",
        POSITIVE,
        optional=True,
        unit="units of time",
        typical=(12.0, 24.0),
    )
    favourable: fields.Favourable = parameter(
        "whether a higher or a lower hazard is better", fields.Favourable, default="lower"
    )
    test: TestName = parameter("the analysis test", TestName, role="method", default=_SCORE)

    def check(self) -> None:
        """One fixed curve, with events while the participants are followed."""
        self._check_entry()
        check_stated(self, "null", [self.seen])

    @property
    def null_curve(self) -> Curve:
        """The fixed curve."""
        return stated(self, "null")

    @property
    def curve(self) -> Curve:
        """The curve that is planned for."""
        return self.null_curve.times(self.hazard_ratio)

    @property
    def seen(self) -> Any:
        """What is seen of the participants."""
        return self.seen_with(self.dropout_rate)

    @property
    def two_tailed(self) -> bool:
        """Whether the test rejects in either direction."""
        return self.sides == 2

    @property
    def statistic_is_z(self) -> bool:
        """Yes, with independent increments between looks at events."""
        return True

    def null_values(self) -> tuple[Numbers, ...]:
        """No difference from the fixed curve."""
        return (1.0,)

    @cached_property
    def share(self) -> Numbers:
        """The share of the participants who are seen to have the event."""
        return self.seen.events(self.curve, self.duration)

    @cached_property
    def _moments(self) -> tuple[Numbers, Numbers]:
        """Of one participant: how many fewer events than expected, and their variance, by the planned curve.

        Of an event seen or not and of the planned cumulative hazard Λ so far, the difference has mean 0, and the mean
        of Λ² is twice that of Λ at events (the compensator of a counting process). Source: Wu (2015).
        """
        ratio, p = self.hazard_ratio, self.share
        q = self.seen.cumulative_at_events(self.curve, self.duration)
        expected = p / ratio
        second = p - 2 * q / ratio + 2 * q / ratio**2
        # where nearly all have the event at once, rounding may leave less than nothing
        return expected - p, greatest(second - (expected - p) ** 2, 0.0)

    def _null_variance(self) -> Numbers:
        """By which the test judges, of one participant."""
        expected = self.share / self.hazard_ratio
        return expected if self.test == _SCORE else (expected + self.share) / 2

    def standard_error(self, n: Numbers) -> tuple[Numbers, None]:
        """Of the log hazard ratio, at the events that are expected."""
        return 1 / sqrt(n * self.share), None

    def tail(self, n: Numbers, direction: int) -> Numbers:
        """P(reject) in the treatment's favour, 1, or against it, -1."""
        fewer, variance = self._moments
        away = -direction * self.sign * fewer * sqrt(n) - self.z_alpha * sqrt(self._null_variance())
        return z_power([divide(away, sqrt(variance))], 0.0)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form."""
        fewer, variance = self._moments
        root = self.z_alpha * sqrt(self._null_variance()) + normal_quantile(target) * sqrt(variance)
        return divide(root, fewer) ** 2

    def events(self, n: Numbers, calendar: Numbers | None = None) -> Numbers:
        """The events that are expected of n participants by a time of the calendar, or by the end."""
        return n * (self.share if calendar is None else self.seen.events(self.curve, calendar))

    def without_event(self, time: Numbers) -> tuple[Numbers, ...]:
        """The share without the event by a time since enrolment."""
        return (self.curve.survival(time),)

    def at_risk(self, n: Numbers, time: Numbers) -> tuple[Numbers, ...]:
        """The participants who are expected to be at risk at a time since enrolment, by the end."""
        seen = self.seen_with(self.dropout_rate)
        return (n * self.curve.survival(time) * seen.followed(time, self.duration),)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The events that are expected, by the plan and by the fixed curve, and when the trial is analysed."""
        events = self.events(n)
        return {"events": events, "events_on_fixed_curve": events / self.hazard_ratio, "duration": self.duration}

    def at_look(self, n: int, fraction: float) -> dict[str, Any]:
        """The events that a look waits for, the time of the calendar that it is expected at, and who is enrolled."""
        return self.look_by_events("null", n, fraction)

    def z_shown(self, effect: Any, n: Any) -> Any:
        """Of as many events as are planned, with those expected that the ratio makes of them."""
        seen = n * self.share
        expected = seen / effect
        variance = expected if self.test == _SCORE else (seen + expected) / 2
        return self.sign * (seen - expected) / np.sqrt(variance)

    def draw(self, n: int, trials: int, rng: Any) -> Any:
        """Of every participant entry, time followed, and 1 where it ended in the event."""
        return self.drawn_arm(n, self.curve, self.seen, trials, rng)

    def analyse(self, data: Any, fraction: float = 1) -> tuple[Any, Any]:
        """Events seen less those expected at the times followed; below 1 when this fraction of events has happened."""
        if not data.shape[1]:
            return no_evidence(self, len(data))
        entry, time, event = data[..., 0], data[..., 1], data[..., 2] > 0
        if fraction < 1:
            last = np.sort(np.where(event, entry + time, np.inf), axis=1)
            place = np.maximum(np.ceil(fraction * event.sum(axis=1) - 1e-9).astype(int) - 1, 0)
            calendar = np.take_along_axis(last, place[:, None], axis=1)
            open_for = np.clip(calendar - entry, 0.0, None)
            event = event & (time <= open_for)
            time = np.minimum(time, open_for)
        return self.analysis.statistic(self, event.sum(axis=1), self.null_curve.cumulative(time).sum(axis=1))


def _tail(design: OneSampleLogRank, n: Numbers, direction: int = 1) -> Numbers:
    return design.tail(n, direction)


def _judged(design: OneSampleLogRank, surplus: Any, variance: Any) -> tuple[Any, Any]:
    there = variance > 0
    return decide_by_z(design, [np.where(there, surplus, 0.0) / np.sqrt(np.where(there, variance, 1.0))])


def _score_statistic(design: OneSampleLogRank, seen: Any, expected: Any) -> tuple[Any, Any]:
    return _judged(design, seen - expected, expected)


def _averaged_statistic(design: OneSampleLogRank, seen: Any, expected: Any) -> tuple[Any, Any]:
    return _judged(design, seen - expected, (seen + expected) / 2)


_TEX = (
    r"n = \frac{\left(z_{1-\alpha/s}\sqrt{V_0}+z_{1-\beta}\sqrt{V_1}\right)^2}{\left(p/\theta-p\right)^2},"
    "\n"
    r"V_1 = p-\frac{2q}{\theta}+\frac{2q}{\theta^2}-\left(\frac{p}{\theta}-p\right)^2,\quad V_0 = "
)

OneSampleLogRank.tests = {
    _SCORE: AnalysisTest(
        prose="events seen less those expected, over the root of those expected. The one-sample log-rank test that "
        "trials report; below its level for a lower hazard in small trials, for the error is skewed.",
        formula="One-sample log-rank test, exact variance at the planned curve",
        reference="Breslow 1975; Wu 2015",
        goals=(fields.SINGLE_ARM,),
        scales=("ratio",),
        power=either_way(_tail),
        success=_tail,
        statistic=_score_statistic,
        tex=_TEX + r"\frac{p}{\theta}",
    ),
    _AVERAGED: AnalysisTest(
        prose="the same over the root of the mean of those seen and those expected. Nearer to its level in small "
        "trials.",
        formula="One-sample log-rank test, variance averaged, exact variance at the planned curve",
        reference="Wu 2014",
        goals=(fields.SINGLE_ARM,),
        scales=("ratio",),
        power=either_way(_tail),
        success=_tail,
        statistic=_averaged_statistic,
        tex=_TEX + r"\frac{1}{2}\left(\frac{p}{\theta}+p\right)",
    ),
}
