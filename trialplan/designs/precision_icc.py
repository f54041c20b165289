"""Enough participants to know an intraclass correlation to a given width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.errors import ParameterError
from trialplan.numerics.elementary import normal_quantile, sqrt, where
from trialplan.parameter import PROPORTION, Interval, Numbers, parameter

FormulaName = Literal["bonett", "bonett-adjusted"]
"""The formulas."""

_ADDED, _HIGH, _TWO = 5, 0.7, 2
"""Bonett (2002) adds 5 times the correlation where two raters agree with a correlation of .7 or more: the large-sample
width falls short there."""

_MOST_RATERS = 1000
"""A bound against slips: the formula has none."""

_NO_INTERVAL = 1e9
"""A width beyond any that is asked for, where participants are too few for the formula: the search needs a number."""


def _read_raters(value: Any) -> int:
    """A whole number from 2 on."""
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value
    if not whole or value not in range(2, _MOST_RATERS + 1):
        raise ParameterError(f"must be a whole number of measurements from 2 to {_MOST_RATERS}, not {value!r}")
    return int(value)


@dataclass(frozen=True, kw_only=True)
class PrecisionIcc(Sized):
    """How many participants make the confidence interval of an intraclass correlation as narrow as asked for?

    Each is measured by as many raters, or as often. The width is that of large samples at the expected correlation.
    There is no test and no power.

    >>> PrecisionIcc(icc=0.8, width=0.15, raters=2).sample_size().n
    94

    References:
        Bonett (2002), Statistics in Medicine 21:1331.
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    attains: ClassVar[str] = "an interval of width"
    asks_for: ClassVar[str] = "width"
    stated_example = "--icc 0.8 --width 0.15 --n 94"

    icc: Numbers = parameter("intraclass correlation that is expected", PROPORTION, symbol="ρ", typical=(0.4, 0.9))
    width: Numbers = parameter(
        "full width of the interval that is wanted", Interval(0, 2), unit="of a correlation", typical=(0.1, 0.4)
    )
    raters: int = parameter(
        "measurements of each participant, by a rater each", None, default=2, read=_read_raters, shown="2"
    )
    confidence: Numbers = parameter(
        "confidence of the interval", PROPORTION, default=0.95, unit="proportion", typical=(0.9, 0.99)
    )
    method: FormulaName = parameter(
        "the formula: for large samples, or with what is added for two raters who agree well",
        FormulaName,
        role="method",
        default="bonett-adjusted",
    )

    @property
    def formula(self) -> str:
        """The name of the formula."""
        more = ", with 5ρ added for two raters from 0.7 on" if self.method == "bonett-adjusted" else ""
        return f"width of the interval of an intraclass correlation in large samples{more}"

    reference = "Bonett 2002"

    def attained(self, n: Numbers) -> Numbers:
        """The width of the interval with n participants at the expected correlation; beyond any where n is too few."""
        high = (self.icc >= _HIGH) & (self.raters == _TWO) & (self.method == "bonett-adjusted")
        left = n - 1 - where(high, _ADDED * self.icc, 0.0)
        ours, others = 1 - self.icc, 1 + (self.raters - 1) * self.icc
        z = normal_quantile(0.5 + self.confidence / 2)
        spread = z * ours * others * sqrt(8 / (self.raters * (self.raters - 1)))
        return where(left > 0, spread / sqrt(where(left > 0, left, 1.0)), _NO_INTERVAL + 0 * spread)

    def script_numbers(self, answer: SampleSize) -> Mapping[str, Any]:
        """From which correlation of two raters on how many times it is added."""
        return {"well": _HIGH, "more": _ADDED}

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for."""
        return sizing.size_width(self, self._asked("width", target))
