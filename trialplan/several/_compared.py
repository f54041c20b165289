"""The outcome of several treatments against one control: that of one comparison, asked about its own participants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from trialplan.outcome import EffectInterval, EffectScale, Outcome
from trialplan.parameter import Numbers

if TYPE_CHECKING:
    from trialplan.design import Design, Sized
    from trialplan.several._treatments import Treatments


class Compared(Outcome):
    """Of every comparison what its own outcome says; nothing is counted, re-estimated or joined for all of them."""

    def __init__(self, inner: Outcome) -> None:
        """Take over what the kind is called."""
        self.inner = inner
        self.kind, self.responder, self.planned = inner.kind, inner.responder, inner.planned
        self.looks_count, self.results, self.z_is_read = inner.looks_count, (), inner.z_is_read

    def effect_scale(self, design: Sized) -> EffectScale:
        """That of one comparison."""
        return self.inner.effect_scale(_one(design))

    def same_effect(self, design: Design) -> tuple[tuple[EffectScale, float], ...]:
        """That of one comparison."""
        return self.inner.same_effect(_one(design))

    def target_scale(self, design: Design) -> EffectScale:
        """That of one comparison."""
        return self.inner.target_scale(_one(design))

    def null_limits(self, design: Design) -> tuple[Numbers, ...]:
        """That of one comparison."""
        return self.inner.null_limits(_one(design))

    def better(self, design: Design) -> str:
        """That of one comparison."""
        return self.inner.better(_one(design))

    def missing_counts_as(self, design: Design) -> str:
        """That of one comparison."""
        return self.inner.missing_counts_as(_one(design))

    def estimate_name(self, design: Design) -> str:
        """That of one comparison."""
        return self.inner.estimate_name(_one(design))

    def estimate_in_points(self, design: Design) -> bool:
        """That of one comparison."""
        return self.inner.estimate_in_points(_one(design))

    def estimate_axis(self, design: Design, arms: Sequence[str]) -> str:
        """Of the first treatment and the control."""
        return self.inner.estimate_axis(_one(design), (arms[0], arms[-1]))

    def interval(self, design: Design, n: int, confidence: float, no_effect: bool) -> EffectInterval | None:
        """Of one comparison, among its own participants."""
        return self.inner.interval(_one(design), _of_one(design, n), confidence, no_effect)

    def interval_at_any(self, design: Design, n: int, confidence: float) -> EffectInterval | None:
        """Of one comparison, among its own participants."""
        return self.inner.interval_at_any(_one(design), _of_one(design, n), confidence)

    def expected_width(self, design: Design, n: int, confidence: float) -> Numbers | None:
        """Of one comparison, among its own participants."""
        return self.inner.expected_width(_one(design), _of_one(design, n), confidence)

    def smallest_significant(self, design: Design, n: int) -> float | None:
        """Of one comparison, at the level that it is tested at."""
        return self.inner.smallest_significant(_tested(design), _of_one(design, n))

    def observed_width(self, counts: Sequence[Any], sizes: Sequence[int], confidence: float) -> Any:
        """Of the first treatment and the control."""
        return self.inner.observed_width((counts[0], counts[-1]), (sizes[0], sizes[-1]), confidence)

    def shrunk(self, design: Design, ratio: float) -> Design:
        """Every comparison's."""
        whole = cast("Treatments", design)
        return whole.with_members((self.inner.shrunk(whole.design, ratio),))


def _one(design: Sized) -> Design:
    return cast("Treatments", design).design


def _tested(design: Design) -> Design:
    return cast("Treatments", design).tested[0]


def _of_one(design: Design, n: int) -> int:
    return round(float(cast("Treatments", design).participants_of_one(n)))
