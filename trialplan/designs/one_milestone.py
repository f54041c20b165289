"""Survival at a time, of a single group, against a fixed share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.designs._along_curves import survival_of
from trialplan.designs._along_one_curve import AlongOneCurve, ReadOff
from trialplan.designs._survival import Curve
from trialplan.numerics.elementary import log
from trialplan.numerics.lazy import np
from trialplan.parameter import POSITIVE, PROPORTION, Numbers, parameter


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

    outcome = ReadOff("survival at the milestone", "information")
    reference = "Klein, Logan, Harhoff & Andersen 2007"
    formula = "Kaplan–Meier curve at a time, Greenwood's variance at the planned curve"
    stated_example = "--milestone 12 --null 0.3 --expected 0.5 --accrual-time 6 --follow-up-time 12 --power 0.8 --n 39"

    milestone: Numbers = parameter(
        "time since enrolment at which the curve is read",
        POSITIVE,
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
