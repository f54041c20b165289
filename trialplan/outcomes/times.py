"""Times to an event: who is still without it by when, compared by a ratio of hazards or along the curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from trialplan.numerics.elementary import exp, normal_quantile
from trialplan.numerics.lazy import np
from trialplan.outcome import TIME, Course, EffectInterval, EffectScale, InterimData, Outcome
from trialplan.time_unit import in_time

if TYPE_CHECKING:
    from trialplan.design import Design, Sized


class Times(Outcome):
    """Times to an event: a design says the standard error of its effect, of the logarithm where that is a ratio."""

    kind = "times"
    observed = TIME
    planned = "event rates"

    def __init__(self, effect: str, looks_count: str, unit: str = "") -> None:
        self.effect, self.looks_count, self.unit = effect, looks_count, unit

    def effect_scale(self, design: Sized) -> EffectScale:
        """A ratio, or a difference of what is read off the curves."""
        ratio = design.logarithmic
        name = (
            self.effect
            if not ratio or self.effect.endswith("ratio")
            else f"ratio of {self.effect.removeprefix('difference of ')}"
        )
        points = not ratio and self.unit == "points"
        unit = "" if ratio or points else in_time(self.unit, design.time_unit)
        return EffectScale(name=name, short=name, unit=unit, ratio=ratio, points=points)

    def better(self, design: Design) -> str:
        """Later events, as a rule."""
        return f"{'earlier' if design.favourable != self._late(design) else 'later'} events are better"

    def _late(self, design: Design) -> str:
        """Which effects mean later events: a lower hazard, a higher share without the event, a longer time."""
        return "lower" if self.effect == "hazard ratio" else "higher"

    def missing_counts_as(self, design: Design) -> str:
        """A time that ends without the event is censored there."""
        return "time without the event until the participant was last seen"

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """By the standard error at the planned curves."""
        error, _ = design.standard_error(n)
        half = float(normal_quantile(0.5 + confidence / 2)) * float(error)
        scale = self.effect_scale(design)
        centre = scale.none if no_effect else float(design.effect_value())
        factor = exp(half)
        limits = (centre / factor, centre * factor) if scale.ratio else (centre - half, centre + half)
        return EffectInterval(name=f"normal interval of the {scale.name}", limits=limits)

    def course(self, design: Design, n: int, times: Callable[[float], Any]) -> Course | None:
        """Curves until nobody is seen for longer, and the calendar until the analysis."""
        trial: Any = design
        end = float(trial.duration)
        longest = end if trial.longest_follow_up is None else min(end, float(trial.longest_follow_up))
        time, calendar = times(longest), times(end)
        return Course(
            time=time,
            without_event=tuple(trial.without_event(time)),
            at_risk=lambda at: tuple(trial.at_risk(n, at)),
            calendar=calendar,
            events=trial.events(n, calendar),
            enrolled=n * trial.entry.enrolled(calendar),
        )

    def seen_times(self, design: Design, n: int, arms: Sequence[Any]) -> InterimData:
        """By the design's own test; where a look counts events, with those seen as a share of those planned."""
        data = [np.asarray(people, dtype=float)[None] for people in arms]
        z = float(design.z(tuple(data) if len(data) > 1 else data[0])[0])
        share = None
        if self.looks_count == "events":
            share = sum(float(people[..., 2].sum()) for people in data) / float(design.details(n, 0.5)["events"])
        return InterimData(z=z, n=sum(people.shape[1] for people in data), share=share)


HAZARDS = Times("hazard ratio", "events")
"""Times compared by their hazards: a look counts events."""
