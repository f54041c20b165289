"""The share without the event at a time, read off two curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.designs._along_curves import _AlongCurves, survival_of
from trialplan.designs._survival import Curve
from trialplan.numerics.elementary import log
from trialplan.numerics.lazy import np
from trialplan.outcomes.times import Times
from trialplan.parameter import POSITIVE, PROPORTION, Interval, Numbers, largest, parameter, smallest


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

    outcome = Times("difference of survival at the milestone", "information", "points")
    reference = "Klein, Logan, Harhoff & Andersen 2007"
    formula = "Difference of two Kaplan–Meier curves at a time, Greenwood's variance at the planned curves"

    milestone: Numbers = parameter(
        "time since enrolment at which the curves are compared",
        POSITIVE,
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

    def check(self) -> None:
        """A milestone that is seen, a share left for the treatment, a margin that suits the goal."""
        self._check_time("milestone")
        fields.check_margin(self, domain=PROPORTION)
        self._check_value("difference", 1.0)

    def null_values(self) -> tuple[Numbers, ...]:
        """The differences on the null's boundary."""
        return fields.limits(self.goal, self.margin, self.upward, lambda m: (-m, m), 0.0)

    def effect_domain(self) -> Any:
        """What the control's share leaves room for."""
        low, high = self.attainable(1.0)
        return Interval(largest(low - self.control_value), smallest(high - self.control_value))

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
