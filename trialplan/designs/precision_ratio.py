"""Enough participants to know the ratio, or the odds ratio, of two proportions to a given width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from trialplan import fields, sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.designs import _stated_rates as stated_rates
from trialplan.numerics.elementary import exp, normal_quantile, sqrt
from trialplan.parameter import PROPORTION, Interval, Numbers, parameter

ScaleName = Literal["ratio", "odds-ratio"]
"""The scales of the interval."""


@dataclass(frozen=True, kw_only=True)
class PrecisionRatio(Sized):
    """How many participants make the confidence interval of a ratio of rates, or of odds, as narrow as asked for?

    A ratio's interval is as many times its lower limit long: with 2.5 it goes from 1.0 to 2.5, say. It is that of the
    logarithm (Wald) at the expected rates. There is no test and no power.

    >>> PrecisionRatio(control=0.25, treatment=0.4, width=2.5).sample_size().arms
    {'treatment': 83, 'control': 83}

    References:
        Katz, Baptista, Azen & Pike (1978), Biometrics 34:469 (ratio). Woolf (1955), Annals of Human Genetics 19:251.
    """

    attains: ClassVar[str] = "an interval whose upper limit over its lower one is"
    asks_for: ClassVar[str] = "width"
    called = stated_rates.CALLED
    oddity = stated_rates.ODDITY
    stated_example = "--control 0.25 --treatment 0.4 --width 2.5 --per-arm 83"

    control: Numbers = parameter(
        "expected rate in the control arm", PROPORTION, symbol="p_C", unit="proportion", typical=(0.2, 0.6)
    )
    treatment: Numbers = parameter(
        "expected rate in the treatment arm", PROPORTION, symbol="p_T", unit="proportion", typical=(0.3, 0.8)
    )
    width: Numbers = parameter(
        "upper limit of the wanted interval over its lower one", Interval(1), unit="ratio", typical=(1.5, 3)
    )
    confidence: Numbers = parameter(
        "confidence of the interval", PROPORTION, default=0.95, unit="proportion", typical=(0.9, 0.99)
    )
    scale: ScaleName = parameter("ratio that is estimated: of rates, or of odds", ScaleName, default="ratio")
    allocation: str = fields.allocation()

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return f"width of the log interval of the {self.scale.replace('-', ' ')} at the expected rates"

    @property
    def reference(self) -> str:
        """Where the interval is published."""
        return "Katz et al. 1978" if self.scale == "ratio" else "Woolf 1955"

    def attained(self, n: Numbers) -> Numbers:
        """The upper limit over the lower one with n participants in all."""
        arms = zip(self.split(n), (self.treatment, self.control), strict=True)
        if self.scale == "ratio":
            variance = sum((1 - rate) / (size * rate) for size, rate in arms)
        else:
            variance = sum(1 / (size * rate * (1 - rate)) for size, rate in arms)
        return exp(2 * normal_quantile(0.5 + self.confidence / 2) * sqrt(variance))

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for."""
        return sizing.size_width(self, self._asked("width", target))
