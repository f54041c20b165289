"""The mean time without the event up to a horizon, read off two curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trialplan import fields
from trialplan.designs import _two_scales
from trialplan.designs._along_curves import _AlongCurves, mean_of, scaled_to_mean, weight_of_mean
from trialplan.designs._survival import Curve
from trialplan.errors import ParameterError, field
from trialplan.outcomes.times import Times
from trialplan.parameter import POSITIVE, REAL, Interval, Numbers, largest, parameter, smallest


@dataclass(frozen=True, kw_only=True)
class RestrictedMean(_AlongCurves):
    """Is the mean time without the event longer under treatment, up to a horizon?

    The area below each Kaplan–Meier curve (restricted mean survival time); it needs no constant ratio of hazards. n is
    the number randomised. At a control median of 12 months, a month and a half of 18 more:

    >>> times = {"control_median": 12, "accrual_time": 12, "follow_up_time": 18}
    >>> RestrictedMean(horizon=18, difference=1.5, **times).sample_size(0.8).n
    568

    References:
        Royston & Parmar (2013), BMC Medical Research Methodology 13:152.
        Karrison (1987), Journal of the American Statistical Association 82:1169 (the variance at the planned curves).
        Uno et al. (2014), Journal of Clinical Oncology 32:2380 (the ratio).
    """

    outcome = Times("difference of restricted means", "information", "units of time")
    reference = "Royston & Parmar 2013"
    formula = "Areas below two Kaplan–Meier curves, variance at the planned curves"

    horizon: Numbers = parameter(
        "time since enrolment up to which the mean is taken",
        POSITIVE,
        role="choice",
        symbol="τ",
        unit="units of time",
        typical=(10.0, 14.0),
    )
    difference: Numbers | None = parameter(
        "mean of the treatment up to the horizon minus that of the control (scale difference)",
        REAL,
        optional=True,
        role="effect",
        symbol="δ",
        unit="units of time",
        typical=(0.8, 2.0),
        of_each="mean of each treatment up to the horizon minus that of the control",
    )
    ratio: Numbers | None = parameter(
        "mean of the treatment up to the horizon over that of the control (scale ratio)",
        POSITIVE,
        optional=True,
        role="effect",
        symbol="ρ",
        unit="ratio",
        typical=(1.1, 1.3),
        of_each="mean of each treatment up to the horizon over that of the control",
    )
    scale: Literal["difference", "ratio"] = parameter(
        "the scale of the effect and of the margin", Literal["difference", "ratio"], default="difference"
    )

    def check(self) -> None:
        """A horizon that is seen, one effect that leaves the treatment a mean below it, a fitting margin."""
        other = {"difference": "ratio", "ratio": "difference"}[self.scale]
        if getattr(self, other) is not None:
            reason = f"{self.scale} needs {field(self.scale)}, and no {field(other)}"
            raise ParameterError(reason, owner=self, parameter="scale", value=self.scale)
        self._check_time("horizon")
        fields.check_margin(self, centre=1.0 if self.scale == "ratio" else 0.0)
        self._check_value(self.scale, self.horizon)

    @classmethod
    def needed(cls, numbers: Mapping[str, Any]) -> tuple[str, ...]:
        """The effect of the scale that is stated, the horizon and the times."""
        return "ratio" if numbers.get("scale") == "ratio" else "difference", "horizon", "accrual_time", "follow_up_time"

    def null_values(self) -> tuple[Numbers, ...]:
        """The effects on the null's boundary."""
        return _two_scales.null_values(self)

    def limits(self) -> tuple[Numbers, ...]:
        """The null's boundary as differences, of logs on the ratio scale."""
        return _two_scales.limits(self)

    def effect_domain(self) -> Any:
        """What the control's mean leaves room for, below the horizon."""
        mean = self.control_value
        least, most = self.attainable(self.horizon)
        if self.scale == "ratio":
            return Interval(largest(least / mean), smallest(most / mean))
        return Interval(largest(least - mean), smallest(most - mean))

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
