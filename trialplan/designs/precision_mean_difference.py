"""Enough participants to know the difference of two means to a given width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from trialplan import fields, sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.designs import _precise_means as precise_means
from trialplan.designs import _spread as spread
from trialplan.errors import ParameterError, field
from trialplan.numerics.elementary import divide, sqrt, square
from trialplan.numerics.lazy import np
from trialplan.parameter import POSITIVE, PROPORTION, Numbers, parameter


@dataclass(frozen=True, kw_only=True)
class PrecisionMeanDifference(Sized):
    """How many participants make the confidence interval of a difference in means as narrow as asked for?

    The interval is Student's with one standard deviation, Welch's at the true ones with two. With a probability it is
    as narrow as that in so many of repeated trials, which is known for one standard deviation. There is no test.

    >>> PrecisionMeanDifference(sd=10, width=6).sample_size().arms
    {'treatment': 87, 'control': 87}

    References:
        Kupper & Hafner (1989), The American Statistician 43:101 (the probability of achieving the width).
        Welch (1938), Biometrika 29:350.
    """

    attains: ClassVar[str] = "an interval of width"
    asks_for: ClassVar[str] = "width"
    stated_example = "--sd 10 --width 6 --per-arm 87"

    sd: Numbers = spread.sd(spread.EITHER_ARM)
    sd_treatment: Numbers | None = parameter(
        "standard deviation in the treatment arm, where it differs",
        POSITIVE,
        optional=True,
        symbol="σ_T",
        unit="units of the outcome",
        typical=(0.8, 1.6),
    )
    width: Numbers = parameter(
        "full width of the interval that is wanted", POSITIVE, unit="units of the outcome", typical=(0.6, 1.5)
    )
    confidence: Numbers = parameter(
        "confidence of the interval", PROPORTION, default=0.95, unit="proportion", typical=(0.9, 0.99)
    )
    probability: Numbers | None = precise_means.probability()
    allocation: str = fields.allocation()

    def check(self) -> None:
        """The probability of a width is known for one standard deviation."""
        if self.probability is not None and self.sd_treatment is not None:
            reason = "of the width is not known where the arms' standard deviations differ"
            way_out = f"leave {field('sd_treatment')} or {field('probability')} out"
            raise ParameterError(reason, owner=self, parameter="probability", value=self.probability, way_out=way_out)

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return f"width of {'Student' if self.sd_treatment is None else 'Welch'}'s t interval of the difference"

    @property
    def reference(self) -> str:
        """Where the interval is published."""
        return "Kupper & Hafner 1989" if self.sd_treatment is None else "Welch 1938"

    def attained(self, n: Numbers) -> Numbers:
        """The width of the interval with n participants in all."""
        n_t, n_c = self.split(n)
        if self.sd_treatment is None:
            return precise_means.width_of_t(self.sd * sqrt(1 / n_t + 1 / n_c), n - 2, self.confidence, self.probability)
        v_t, v_c = square(self.sd_treatment) / n_t, square(self.sd) / n_c
        # fewer than two in an arm have no variance
        below = np.where((np.asarray(n_t) > 1) & (np.asarray(n_c) > 1), 1.0, np.nan)
        df = below * square(v_t + v_c) / (divide(square(v_t), n_t - 1) + divide(square(v_c), n_c - 1))
        return precise_means.width_of_t(sqrt(v_t + v_c), np.nan_to_num(df), self.confidence, None)

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for."""
        return sizing.size_width(self, self._asked("width", target))
