"""The mean time without the event up to a horizon, of a single group, against a fixed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.designs._along_curves import mean_of, scaled_to_mean, weight_of_mean
from trialplan.designs._along_one_curve import AlongOneCurve, ReadOff
from trialplan.designs._survival import Curve
from trialplan.parameter import POSITIVE, Interval, Numbers, parameter, smallest


@dataclass(frozen=True, kw_only=True)
class OneRestrictedMean(AlongOneCurve):
    """Is the mean time without the event up to a horizon longer than would be worth pursuing, in one group?

    The area below the Kaplan–Meier curve (restricted mean survival time); n is the number enrolled. What the group
    would have shown without treatment is not known.

    >>> OneRestrictedMean(horizon=12, null=7, expected=8.5, accrual_time=12, follow_up_time=12).sample_size(0.8).n
    48

    References:
        Royston & Parmar (2013), BMC Medical Research Methodology 13:152.
        Karrison (1987), Journal of the American Statistical Association 82:1169 (the variance at the planned curve).
    """

    outcome = ReadOff("restricted mean", "information", "units of time")
    reference = "Royston & Parmar 2013"
    formula = "Area below a Kaplan–Meier curve, variance at the planned curve"
    stated_example = "--horizon 12 --null 7 --expected 8.5 --accrual-time 12 --follow-up-time 12 --power 0.8 --n 48"

    horizon: Numbers = parameter(
        "time since enrolment up to which the mean is taken",
        POSITIVE,
        role="choice",
        symbol="τ",
        unit="units of time",
        typical=(10.0, 14.0),
    )
    null: Numbers = parameter(
        "mean time without the event up to the horizon that would not be worth pursuing",
        POSITIVE,
        role="comparator",
        symbol="μ₀",
        unit="units of time",
        typical=(4.0, 6.0),
    )
    expected: Numbers = parameter(
        "mean time without the event up to the horizon that is hoped for",
        POSITIVE,
        role="effect",
        symbol="μ₁",
        unit="units of time",
        typical=(5.0, 7.0),
    )

    def check(self) -> None:
        """A horizon that is seen, means below it, and a curve that falls before it."""
        self._check_curve("horizon", self.horizon)

    def effect_domain(self) -> Any:
        """No mean is longer than the horizon."""
        return Interval(0, smallest(self.horizon))

    @property
    def logarithmic(self) -> bool:
        """Means are compared as they are."""
        return False

    @property
    def until(self) -> Numbers:
        """The horizon."""
        return self.horizon

    def read_off(self, curve: Curve) -> Numbers:
        """The area below the curve."""
        return curve.mean_to(self.horizon)

    def weight(self, curve: Curve) -> Any:
        """An event takes away the area that was left."""
        return weight_of_mean(curve, self.horizon)

    def scaled(self, shape: Curve, value: Numbers) -> Curve:
        """By the factor that gives the area."""
        return scaled_to_mean(shape, self.horizon, value)

    def estimated(self, arm: Any) -> tuple[Any, Any]:
        """The area up to the horizon, and its variance."""
        return mean_of(arm, self.horizon)
