"""Enough participants to know one mean to a given width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trialplan import sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.designs import _precise_means as precise_means
from trialplan.designs import _spread as spread
from trialplan.numerics.elementary import sqrt
from trialplan.parameter import POSITIVE, PROPORTION, Numbers, parameter


@dataclass(frozen=True, kw_only=True)
class PrecisionMean(Sized):
    """How many participants make the confidence interval of a mean as narrow as asked for?

    The interval is Student's. With a probability it is as narrow as that in so many of repeated trials; without one, if
    the standard deviation that is seen is the planned one, which it exceeds in half of them. There is no test.

    >>> PrecisionMean(sd=1, width=1, probability=0.8).sample_size().n
    22

    References:
        Kupper & Hafner (1989), The American Statistician 43:101 (the probability of achieving the width).
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    attains: ClassVar[str] = "an interval of width"
    asks_for: ClassVar[str] = "width"
    formula = "width of the t interval of the mean"
    reference = "Kupper & Hafner 1989"
    stated_example = "--sd 1 --width 1 --probability 0.8 --n 22"

    sd: Numbers = spread.sd()
    width: Numbers = parameter(
        "full width of the interval that is wanted", POSITIVE, unit="units of the outcome", typical=(0.4, 1.0)
    )
    confidence: Numbers = parameter(
        "confidence of the interval", PROPORTION, default=0.95, unit="proportion", typical=(0.9, 0.99)
    )
    probability: Numbers | None = precise_means.probability()

    def attained(self, n: Numbers) -> Numbers:
        """The width of the interval with n participants."""
        return precise_means.width_of_t(self.sd / sqrt(n), n - 1, self.confidence, self.probability)

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for."""
        return sizing.size_width(self, self._asked("width", target))
