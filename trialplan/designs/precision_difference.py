"""Enough participants to know the difference of two proportions to a given width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from trialplan import fields, sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.designs import _stated_rates as stated_rates
from trialplan.numerics.binomial_limits import wald_limits, wilson_limits
from trialplan.numerics.elementary import hypot, normal_quantile, sqrt
from trialplan.parameter import PROPORTION, Interval, Numbers, parameter

IntervalName = Literal["newcombe", "wald", "agresti-caffo"]
"""The intervals of a difference."""


@dataclass(frozen=True, kw_only=True)
class PrecisionDifference(Sized):
    """How many participants make the confidence interval of a difference in rates as narrow as asked for?

    What a randomised pilot is sized by, when the table cannot carry a confirmatory trial: what it will be
    able to exclude. The width is the interval's at the expected rates. There is no test and no power.

    >>> PrecisionDifference(control=0.3, treatment=0.5, width=0.3).sample_size().arms
    {'treatment': 76, 'control': 76}

    References:
        Newcombe (1998), Statistics in Medicine 17:873, method 10.
        Agresti & Caffo (2000), The American Statistician 54:280 (Wald's, a success and a failure added to each arm).
    """

    attains: ClassVar[str] = "an interval of width"
    asks_for: ClassVar[str] = "width"
    called = stated_rates.CALLED
    oddity = stated_rates.ODDITY
    slips = stated_rates.WIDTH_SLIPS
    stated_example = "--control 0.3 --treatment 0.5 --width 0.3 --per-arm 76"

    control: Numbers = parameter(
        "expected rate in the control arm", PROPORTION, symbol="p_C", unit="proportion", typical=(0.1, 0.6)
    )
    treatment: Numbers = parameter(
        "expected rate in the treatment arm", PROPORTION, symbol="p_T", unit="proportion", typical=(0.3, 0.9)
    )
    width: Numbers = parameter(
        "full width of the interval that is wanted",
        Interval(0, 2),
        unit="difference of proportions",
        typical=(0.2, 0.6),
    )
    confidence: Numbers = parameter(
        "confidence of the interval", PROPORTION, default=0.95, unit="proportion", typical=(0.9, 0.99)
    )
    interval: IntervalName = parameter("the interval", IntervalName, role="method", default="newcombe")
    allocation: str = fields.allocation()

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return f"width of the {self.interval.title()} interval of the difference at the expected rates"

    @property
    def reference(self) -> str:
        """Where the interval is published."""
        return _REFERENCES[self.interval]

    def attained(self, n: Numbers) -> Numbers:
        """The width of the interval with n participants in all at the expected rates."""
        if self.interval == "agresti-caffo":
            return self._with_four_added(n)
        limits = wilson_limits if self.interval == "newcombe" else wald_limits
        (n_t, n_c), z = self.split(n), normal_quantile(0.5 + self.confidence / 2)
        low_t, high_t = limits(self.treatment, n_t, z)
        low_c, high_c = limits(self.control, n_c, z)
        below = hypot(self.treatment - low_t, high_c - self.control)
        return below + hypot(high_t - self.treatment, self.control - low_c)

    def _with_four_added(self, n: Numbers) -> Numbers:
        """The width of Wald's interval where each arm has one success and one failure more than it is expected to."""
        variance: Numbers = 0.0
        for rate, size in zip((self.treatment, self.control), self.split(n), strict=True):
            added = (rate * size + 1) / (size + 2)
            variance = variance + added * (1 - added) / (size + 2)
        return 2 * normal_quantile(0.5 + self.confidence / 2) * sqrt(variance)

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for."""
        return sizing.size_width(self, self._asked("width", target))


_REFERENCES = {
    "newcombe": "Newcombe 1998, method 10",
    "wald": "Newcombe 1998, method 1",
    "agresti-caffo": "Agresti & Caffo 2000",
}
