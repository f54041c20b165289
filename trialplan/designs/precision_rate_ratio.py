"""Enough participants to know the ratio of two rates of events to a given width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan import fields, sizing
from trialplan.answers import SampleSize
from trialplan.design import Sized
from trialplan.numerics.elementary import exp, normal_quantile, sqrt
from trialplan.parameter import POSITIVE, PROPORTION, Interval, Numbers, parameter


@dataclass(frozen=True, kw_only=True)
class PrecisionRateRatio(Sized):
    """How many participants, each followed for some time, make the interval of a ratio of rates of events narrow?

    The interval is as many times its lower limit long: with 2.5 it goes from 1.0 to 2.5, say. It is that of the
    logarithm (Wald) at the expected events, which are Poisson: those that come again and again to some participants and
    never to others need more. There is no test and no power.

    >>> PrecisionRateRatio(control=0.5, treatment=0.3, width=2).sample_size().arms
    {'treatment': 171, 'control': 171}

    References:
        Rothman (2012), Epidemiology: An Introduction, 2nd ed., ch. 9 (the interval).
        Rothman & Greenland (2018), Epidemiology 29:599 (planning by precision).
    """

    attains: ClassVar[str] = "an interval whose upper limit over its lower one is"
    asks_for: ClassVar[str] = "width"
    formula = "Wald interval of the logarithm of the ratio of Poisson rates, at the expected events"
    reference = "Rothman & Greenland 2018"
    stated_example = "--control 0.5 --treatment 0.3 --width 2 --per-arm 171"

    control: Numbers = parameter(
        "events that are expected of a control in a unit of time",
        POSITIVE,
        symbol="λ_C",
        unit="events in a unit of time",
        typical=(0.5, 2.0),
    )
    treatment: Numbers = parameter(
        "events that are expected of a treated participant in a unit of time",
        POSITIVE,
        symbol="λ_T",
        unit="events in a unit of time",
        typical=(0.3, 1.5),
    )
    width: Numbers = parameter(
        "upper limit of the wanted interval over its lower one", Interval(1), unit="ratio", typical=(1.5, 3.0)
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
    allocation: str = fields.allocation()

    def _events(self, n: Numbers) -> tuple[Numbers, Numbers]:
        """Expected: treatment, control."""
        n_t, n_c = self.split(n)
        return n_t * self.exposure * self.treatment, n_c * self.exposure * self.control

    def attained(self, n: Numbers) -> Numbers:
        """The upper limit over the lower one with n participants in all."""
        error = sqrt(sum(1 / events for events in self._events(n)))
        return exp(2 * normal_quantile(0.5 + self.confidence / 2) * error)

    def details(self, n: Any, target: Numbers) -> dict[str, Any]:
        """The events that are expected in both arms together."""
        return {"events": float(sum(self._events(n)))}

    def detail_rows(self, extra: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The events that are expected."""
        return [("events", f"{extra['events']:.1f} expected")] if extra else []

    def sample_size(self, target: Numbers | None = None) -> SampleSize:
        """The fewest participants whose interval is at most as wide as asked for."""
        return sizing.size_width(self, self._asked("width", target))
