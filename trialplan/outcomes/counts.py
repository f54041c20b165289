"""Counts: events that a participant may have again and again, compared by the ratio of two rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialplan.numerics.elementary import exp, normal_quantile
from trialplan.outcome import EVENTS, EffectInterval, EffectScale, Outcome

if TYPE_CHECKING:
    from trialplan.design import Design, Sized


class Counts(Outcome):
    """Numbers of events: a design says the standard error of the logarithm of its rate ratio."""

    kind = "counts"
    observed = EVENTS
    planned = "rates"

    def effect_scale(self, design: Sized) -> EffectScale:
        """A ratio of rates."""
        return EffectScale(name="rate ratio", short="rate ratio", ratio=True)

    def better(self, design: Design) -> str:
        """Fewer events, as a rule."""
        return f"{'more' if design.upward else 'fewer'} events are better"

    def missing_counts_as(self, design: Design) -> str:
        """Nothing is counted after a participant has left; the time until then counts."""
        return "the events until the participant left, over the time until then"

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """A factor either way, by the standard error of the logarithm at the planned rates."""
        error, _ = design.standard_error(n)
        factor = exp(float(normal_quantile(0.5 + confidence / 2)) * float(error))
        centre = 1.0 if no_effect else float(design.effect_value())
        return EffectInterval(name="Wald interval of the rate ratio", limits=(centre / factor, centre * factor))


COUNTS = Counts()
"""The kind of every design of rates of events."""
