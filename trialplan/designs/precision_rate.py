"""Enough participants to know a rate of events to a given width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from trialplan import sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.numerics.elementary import normal_quantile, sqrt, square
from trialplan.parameter import POSITIVE, PROPORTION, Numbers, parameter

IntervalName = Literal["score", "wald"]
"""The intervals of a rate of events."""


@dataclass(frozen=True, kw_only=True)
class PrecisionRate(Sized):
    """How many participants, each followed for some time, make the interval of a rate of events as narrow as asked for?

    Events are Poisson: those that come again and again to some participants and never to others need more. The width is
    the interval's at the expected number of events. There is no test and no power.

    >>> PrecisionRate(rate=2.5, width=1, interval="wald").sample_size().n
    39

    References:
        Rao (1948), Proc Cambridge Philosophical Society 44:50 (score). Barker (2002), The American Statistician 56:85.
    """

    arm_names: ClassVar[tuple[str, ...]] = ("treatment",)
    attains: ClassVar[str] = "an interval of width"
    asks_for: ClassVar[str] = "width"
    stated_example = "--rate 2.5 --width 1 --interval wald --n 39"

    rate: Numbers = parameter(
        "events that are expected of a participant in a unit of time",
        POSITIVE,
        symbol="λ",
        unit="events in a unit of time",
        typical=(0.5, 2.0),
    )
    width: Numbers = parameter(
        "full width of the interval that is wanted", POSITIVE, unit="events in a unit of time", typical=(0.2, 0.5)
    )
    exposure: Numbers = parameter(
        "time for which each participant is followed, in the same unit",
        POSITIVE,
        default=1.0,
        unit="units of time",
        typical=(0.5, 2.0),
    )
    confidence: Numbers = parameter(
        "confidence of the interval", PROPORTION, default=0.95, unit="proportion", typical=(0.9, 0.99)
    )
    interval: IntervalName = parameter("the interval", IntervalName, role="method", default="score")

    @property
    def formula(self) -> str:
        """The name of the formula."""
        return f"width of the {self.interval} interval of a Poisson rate at the expected events"

    @property
    def reference(self) -> str:
        """Where the interval is published."""
        return "Rao 1948; Barker 2002" if self.interval == "score" else "Barker 2002"

    def attained(self, n: Numbers) -> Numbers:
        """The width of the interval with n participants."""
        time, z = n * self.exposure, normal_quantile(0.5 + self.confidence / 2)
        more = square(z) / 4 if self.interval == "score" else 0.0
        return 2 * z * sqrt(self.rate * time + more) / time

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The events that are expected."""
        return {"events": float(n * self.exposure * self.rate)}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The events that are expected."""
        return [("events", f"{extra['events']:.1f} expected")] if extra else []

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for."""
        return sizing.size_width(self, self._asked("width", target))
