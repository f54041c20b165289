"""The share without the event at a time, read off two curves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trialplan import fields, sizing
from trialplan.design import AnalysisTest, Design
from trialplan.designs._along_curves import LOG_LOG, PLAIN, STABLE, SURE, _AlongCurves, log_log, survival_of
from trialplan.designs._survival import Curve
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import divide, log, normal_quantile, sqrt
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.outcome import EffectInterval
from trialplan.outcomes.times import Times
from trialplan.parameter import POSITIVE, PROPORTION, Interval, Numbers, largest, parameter, smallest
from trialplan.rejection import decide, either_way

TestName = Literal["plain", "log-log"]
"""The scale on which the shares are compared."""


class Shares(Times):
    """Shares read off two curves: the interval of their difference inverts the plain test, and no other one."""

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """The plain one, which says of another test that it has none."""
        found = super().interval(design, n, confidence, no_effect)
        if found is None or design.test == PLAIN:
            return found
        return EffectInterval(name=f"{found.name}: {design.test} has none of its own", limits=found.limits)


@dataclass(frozen=True, kw_only=True)
class Milestone(_AlongCurves):
    """Are more participants without the event at a time, by the Kaplan–Meier curves of two arms?

    n is the number randomised. With nobody lost before the milestone it is the unpooled test of two proportions:

    >>> design = Milestone(milestone=12, difference=0.2, control_survival=0.3, survival_time=12,
    ...     accrual_time=6, follow_up_time=12)
    >>> from trialplan import TwoProportions
    >>> design.sample_size(0.8).n, TwoProportions(control=0.3, treatment=0.5, test="wald").sample_size(0.8).n
    (182, 182)

    References:
        Klein, Logan, Harhoff & Andersen (2007), Statistics in Medicine 26:4505.
        Breslow & Crowley (1974), Annals of Statistics 2:437 (the variance at the planned curves).
    """

    outcome = Shares("difference of survival at the milestone", "information", "points")
    letters = {
        "S_i": "an arm's share without the event at the milestone",
        "V_i": "the variance of one participant's part in an arm's curve at the milestone, by Greenwood",
    }
    oddity = {LOG_LOG: 1}

    milestone: Numbers = parameter(
        "time since enrolment at which the curves are compared",
        POSITIVE,
        role="choice",
        symbol="τ",
        unit="units of time",
        typical=(10.0, 14.0),
    )
    difference: Numbers = parameter(
        "share of the treatment without the event at the milestone minus that of the control",
        Interval(-1, 1),
        role="effect",
        symbol="δ",
        unit="difference of proportions",
        typical=(0.1, 0.25),
        of_each="share of each treatment without the event at the milestone minus that of the control",
    )
    test: TestName = parameter("the analysis test", TestName, role="method", default=PLAIN)

    def check(self) -> None:
        """A milestone that is seen, a share left for the treatment, a margin that suits the goal."""
        self._check_time("milestone")
        fields.check_margin(self, domain=PROPORTION)
        if self.test == LOG_LOG and self.margin is not None:
            reason = f"{LOG_LOG} knows no {field('margin')}, which is a difference of shares"
            way_out = f"set {field('test')} to {PLAIN}"
            raise ParameterError(reason, owner=self, parameter="test", value=self.test, way_out=way_out)
        self._check_value("difference", 1.0)

    def null_values(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def effect_domain(self) -> Any:
        """What the control's share leaves room for."""
        low, high = self.attainable(1.0)
        return Interval(largest(low - self.control_value), smallest(high - self.control_value))

    @property
    def decides(self) -> str:
        """On the scale log(-log S) the statistic, for no interval of the difference inverts its test."""
        return "" if self.test == PLAIN else "the statistic on the scale log(-log S) decides"

    @property
    def until(self) -> Numbers:
        """The milestone."""
        return self.milestone

    def read_off(self, curve: Curve) -> Numbers:
        """The share without the event there."""
        return curve.survival(self.milestone)

    def weight(self, curve: Curve) -> Any:
        """Every event before the milestone moves the curve there alike."""
        share = np.asarray(self.read_off(curve))[..., None]
        return lambda times: share

    def scaled(self, shape: Curve, value: Numbers) -> Curve:
        """By the cumulative hazard."""
        return shape.times(-log(value) / shape.cumulative(self.milestone))

    def estimated(self, arm: Any) -> tuple[Any, Any]:
        """The curve at the milestone, and Greenwood's variance."""
        return survival_of(arm, self.milestone)

    @cached_property
    def _on_log_log(self) -> tuple[Numbers, Numbers]:
        """How much better the treatment's curve is, and the variance of that times the participants in all."""
        gain, total = 0.0, 0.0
        for way, share, seen, curve in zip((1, -1), self.split(1.0), self.seen, self.curves, strict=True):
            own = seen.variance(curve, self.duration, self.until, self.weight(curve)) / share
            value, variance = log_log(self.read_off(curve), own)
            gain, total = gain + way * self.sign * value, total + variance
        return gain, total

    def tail(self, n: Numbers, direction: int) -> Numbers:
        """P(reject) in the treatment's favour, 1, or against it, -1, on the scale of the test."""
        if self.test == PLAIN:
            return super().tail(n, direction)
        gain, variance = self._on_log_log
        return z_power([direction * divide(gain, sqrt(variance / n))], self.z_alpha)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form from one limit."""
        if self.test == PLAIN:
            return super().unrounded(target)
        gain, variance = self._on_log_log
        away = divide(self.z_alpha + normal_quantile(target), gain)
        return sizing.number(variance * away * away)

    def judged(self, one: tuple[Any, Any], other_arm: tuple[Any, Any]) -> tuple[Any, Any]:
        """By the test's own scale."""
        return self.analysis.statistic(self, one, other_arm)


def _tail(design: Milestone, n: Numbers, direction: int = 1) -> Numbers:
    return design.tail(n, direction)


def _plain_statistic(design: Milestone, treatment: tuple[Any, Any], control: tuple[Any, Any]) -> tuple[Any, Any]:
    return _AlongCurves.judged(design, treatment, control)


def _log_log_statistic(design: Milestone, treatment: tuple[Any, Any], control: tuple[Any, Any]) -> tuple[Any, Any]:
    (one, own), (two, other) = log_log(*treatment), log_log(*control)
    return decide(design, one - two, np.sqrt(own + other), design.z_alpha)


Milestone.tests = {
    PLAIN: AnalysisTest(
        prose=SURE,
        formula="Difference of two Kaplan–Meier curves at a time, Greenwood's variance at the planned curves",
        reference="Klein, Logan, Harhoff & Andersen 2007",
        tex=(
            r"n = \left(z_{1-\alpha/s}+z_{1-\beta}\right)^2\frac{V}{\delta^2},\quad "
            r"V = v_T+v_C,\quad v_i = \frac{V_i}{w_i}"
        ),
        goals=fields.GOALS,
        power=either_way(_tail),
        success=_tail,
        statistic=_plain_statistic,
    ),
    LOG_LOG: AnalysisTest(
        prose=STABLE,
        formula="Kaplan–Meier curves at a time on the scale log(-log S), Greenwood's variance at the planned curves",
        reference="Klein, Logan, Harhoff & Andersen 2007",
        tex=(
            r"n = \left(z_{1-\alpha/s}+z_{1-\beta}\right)^2\frac{V}{d^2},\quad d = \ln\frac{\ln S_C}{\ln S_T},\quad "
            r"V = v_T+v_C,\quad v_i = \frac{V_i}{w_i\left(S_i\ln S_i\right)^2}"
        ),
        goals=(fields.SUPERIORITY,),
        power=either_way(_tail),
        success=_tail,
        statistic=_log_log_statistic,
    ),
}
