"""Survival at a time, of a single group, against a fixed share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trialplan import fields, sizing
from trialplan.design import AnalysisTest, Design
from trialplan.designs._along_curves import LOG_LOG, PLAIN, STABLE, SURE, log_log, survival_of
from trialplan.designs._along_one_curve import AlongOneCurve, ReadOff
from trialplan.designs._survival import Curve
from trialplan.numerics.elementary import divide, exp, log, normal_quantile, sqrt
from trialplan.numerics.lazy import np
from trialplan.numerics.student import z_power
from trialplan.outcome import EffectInterval
from trialplan.parameter import POSITIVE, PROPORTION, Numbers, parameter
from trialplan.rejection import decide_by_z, either_way

TestName = Literal["plain", "log-log"]
"""The scale on which the share is held against the fixed one."""


class Share(ReadOff):
    """A share read off one curve, whose interval inverts its test on either scale."""

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """On the scale log(-log S) the powers of the share (Kalbfleisch & Prentice 1980), which lie between 0 and 1."""
        found = super().interval(design, n, confidence, no_effect)
        if found is None or design.test == PLAIN:
            return found
        error, _ = design.standard_error(n)
        centre = float(design.null_values()[0] if no_effect else design.effect_value())
        _, variance = log_log(centre, error * error)
        factor = float(exp(normal_quantile(0.5 + confidence / 2) * sqrt(variance)))
        return EffectInterval(
            name=f"{design.test} interval of the {self.effect}", limits=(centre**factor, centre ** (1 / factor))
        )


@dataclass(frozen=True, kw_only=True)
class OneMilestone(AlongOneCurve):
    """Are more participants of one group without the event at a time than would be worth pursuing?

    Read off the Kaplan–Meier curve; n is the number enrolled. With nobody lost before the milestone it is the test of
    one rate with the variance at the planned one. What the group would have shown without treatment is not known.

    >>> OneMilestone(milestone=12, null=0.3, expected=0.5, accrual_time=6, follow_up_time=12).sample_size(0.8).n
    39

    References:
        Klein, Logan, Harhoff & Andersen (2007), Statistics in Medicine 26:4505.
        Breslow & Crowley (1974), Annals of Statistics 2:437 (the variance at the planned curve).
    """

    outcome = Share("survival at the milestone", "information")
    letters = {"V": "Greenwood's variance of the share at the milestone times the participants"}
    oddity = {LOG_LOG: 1}
    stated_example = "--milestone 12 --null 0.3 --expected 0.5 --accrual-time 6 --follow-up-time 12 --power 0.8 --n 39"

    milestone: Numbers = parameter(
        "time since enrolment at which the curve is read",
        POSITIVE,
        role="choice",
        symbol="τ",
        unit="units of time",
        typical=(10.0, 14.0),
    )
    null: Numbers = parameter(
        "share without the event at the milestone that would not be worth pursuing",
        PROPORTION,
        role="comparator",
        symbol="S₀",
        unit="proportion",
        typical=(0.2, 0.4),
    )
    expected: Numbers = parameter(
        "share without the event at the milestone that is hoped for",
        PROPORTION,
        role="effect",
        symbol="S₁",
        unit="proportion",
        typical=(0.5, 0.9),
    )
    test: TestName = parameter("the analysis test", TestName, role="method", default=PLAIN)

    def check(self) -> None:
        """A milestone that is seen, and a curve that falls before it."""
        self._check_curve("milestone", 1.0)

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
        """How much better the curve is than the fixed share, and the variance of that times the participants."""
        value, variance = log_log(self.effect_value(), self._variance)
        return self.sign * (value - log_log(self.null, 1.0)[0]), variance

    def tail(self, n: Numbers, direction: int) -> Numbers:
        """P(reject) in the treatment's favour, 1, or against it, -1, on the scale of the test."""
        if self.test == PLAIN:
            return super().tail(n, direction)
        gain, variance = self._on_log_log
        return z_power([direction * divide(gain, sqrt(variance / n))], self.z_alpha)

    def unrounded(self, target: Numbers) -> Numbers:
        """In closed form."""
        if self.test == PLAIN:
            return super().unrounded(target)
        gain, variance = self._on_log_log
        away = divide(self.z_alpha + normal_quantile(target), gain)
        return sizing.number(variance * away * away)

    def judged(self, value: Any, variance: Any) -> tuple[Any, Any]:
        """By the test's own scale."""
        return self.analysis.statistic(self, value, variance)


def _tail(design: OneMilestone, n: Numbers, direction: int = 1) -> Numbers:
    return design.tail(n, direction)


def _plain_statistic(design: OneMilestone, value: Any, variance: Any) -> tuple[Any, Any]:
    return AlongOneCurve.judged(design, value, variance)


def _log_log_statistic(design: OneMilestone, value: Any, variance: Any) -> tuple[Any, Any]:
    found, own = log_log(value, variance)
    apart = np.where(own > 0, found - log_log(design.null, 1.0)[0], 0.0)
    return decide_by_z(design, [apart / np.sqrt(np.where(own > 0, own, 1.0))])


OneMilestone.tests = {
    PLAIN: AnalysisTest(
        prose=SURE,
        formula="Kaplan–Meier curve at a time, Greenwood's variance at the planned curve",
        reference="Klein, Logan, Harhoff & Andersen 2007",
        tex=r"n = \left(z_{1-\alpha/s}+z_{1-\beta}\right)^2\frac{V}{\left(S_1-S_0\right)^2}",
        goals=(fields.SINGLE_ARM,),
        power=either_way(_tail),
        success=_tail,
        statistic=_plain_statistic,
    ),
    LOG_LOG: AnalysisTest(
        prose=STABLE,
        formula="Kaplan–Meier curve at a time on the scale log(-log S), Greenwood's variance at the planned curve",
        reference="Klein, Logan, Harhoff & Andersen 2007",
        tex=(
            r"n = \left(z_{1-\alpha/s}+z_{1-\beta}\right)^2\frac{V}{\left(S_1\ln S_1\right)^2 d^2},\quad "
            r"d = \ln\frac{\ln S_0}{\ln S_1}"
        ),
        goals=(fields.SINGLE_ARM,),
        power=either_way(_tail),
        success=_tail,
        statistic=_log_log_statistic,
    ),
}
