"""Enough participants to know one proportion to a given width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.designs import _stated_rates as stated_rates
from trialplan.numerics.binomial_limits import LIMITS
from trialplan.numerics.elementary import normal_quantile
from trialplan.parameter import PROPORTION, Numbers, parameter
from trialplan.text import percent

IntervalName = Literal["wald", "wilson", "clopper-pearson", "agresti-coull"]
"""The intervals of a rate."""


@dataclass(frozen=True, kw_only=True)
class PrecisionProportion(Sized):
    """How many participants make the confidence interval of a rate as narrow as asked for?

    The width is the interval's at the expected rate. There is no test and no power.

    >>> PrecisionProportion(expected=0.5, width=0.2, interval="wald").sample_size().n
    97

    References:
        Wilson (1927), JASA 22:209. Clopper & Pearson (1934), Biometrika 26:404.
        Brown, Cai & DasGupta (2001), Statistical Science 16:101 (why not wald).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    attains: ClassVar[str] = "an interval of width"
    asks_for: ClassVar[str] = "width"
    called = stated_rates.CALLED
    oddity = stated_rates.ODDITY
    slips = stated_rates.WIDTH_SLIPS
    stated_example = "--expected 0.5 --width 0.2 --n 97"

    expected: Numbers = parameter(
        "rate that is expected", PROPORTION, symbol="p", unit="proportion", typical=(0.2, 0.8)
    )
    width: Numbers = parameter(
        "full width of the interval that is wanted", PROPORTION, unit="proportion", typical=(0.1, 0.4)
    )
    confidence: Numbers = parameter(
        "confidence of the interval", PROPORTION, default=0.95, unit="proportion", typical=(0.9, 0.99)
    )
    interval: IntervalName = parameter("the interval", IntervalName, role="method", default="wilson")

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return f"width of the {self.interval.title()} interval at the expected rate"

    @property
    def reference(self) -> str:
        """Where the interval is published."""
        return _REFERENCES[self.interval]

    def attained(self, n: Numbers) -> Numbers:
        """The width of the interval with n participants at the expected rate."""
        lower, upper = self._limits(n)
        return upper - lower

    def _limits(self, n: Numbers) -> tuple[Numbers, Numbers]:
        return LIMITS[self.interval](self.expected, n, normal_quantile(0.5 + self.confidence / 2))

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The limits as the formula gives them, beyond 0 or 1 where it does."""
        lower, upper = self._limits(n)
        return {"lower": float(lower), "upper": float(upper)}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The limits, cut at 0 and 100 %, which no rate passes, and said to be."""
        if not extra:
            return []
        lower, upper = extra["lower"], extra["upper"]
        inside = max(lower, 0.0), min(upper, 1.0)
        cut = "" if inside == (lower, upper) else f"  (cut at 0 and 100 %; by the formula {lower:.4f} to {upper:.4f})"
        return [("limits", f"{percent(inside[0])} to {percent(inside[1])}{cut}")]

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for."""
        return sizing.size_width(self, self._asked("width", target))


_REFERENCES = {
    "wald": "Newcombe 1998, Statistics in Medicine 17:857, method 1",
    "wilson": "Wilson 1927",
    "agresti-coull": "Agresti & Coull 1998, The American Statistician 52:119",
    "clopper-pearson": "Clopper & Pearson 1934",
}
