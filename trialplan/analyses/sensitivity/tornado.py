"""Which assumption, wrong by how much, breaks the trial: one at a time to the ends of its range, the worst first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from trialplan.analyses.sensitivity.break_even import BreakEven, break_even
from trialplan.design import Design
from trialplan.errors import TrialplanError
from trialplan.progress import tell


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One assumption with its range; `low` and `high` are None where no range is stated, and it is not varied.

    `says` is the clause that follows "if", with {} where the value stands. `design_at` gives the design at a value
    of the assumption, and `assurance_at` the probability of success there while all else is believed as planned.
    """

    assumption: str
    says: str
    unit: str
    planned: float
    source: str
    design_at: Callable[[float], Design]
    low: float | None = None
    high: float | None = None
    assurance_at: Callable[[float], float] | None = None

    @property
    def planned_design(self) -> Design:
        """The design where the assumption is right."""
        return self.design_at(self.planned)


@dataclass(frozen=True, kw_only=True)
class End:
    """The trial at one end of a range.

    n: the participants for the target power, None where no number would do, and `reason` says why. power: the
    probability that the planned number finds an effect in the treatment's favour. `effect` is False where there is
    none to find. assurance: the same averaged over what is believed of all else.
    """

    value: float
    n: int | None
    power: float | None
    assurance: float | None
    effect: bool
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class Swing:
    """One assumption at both ends of its range, and where the trial, of `n` for a power of `target`, breaks."""

    axis: Axis
    n: int
    target: float
    low: End | None = None
    high: End | None = None

    @cached_property
    def breaks(self) -> BreakEven | None:
        """Where it breaks on the way to the worse end, which takes longer to find than both ends."""
        return None if self.worst is None else _breaks(self.axis, self.worst.value, self.n, self.target)

    @property
    def worst(self) -> End | None:
        """The end that does more damage."""
        ends = [one for one in (self.low, self.high) if one is not None]
        return min(ends, key=_damage) if ends else None

    @property
    def best(self) -> End | None:
        """The other end."""
        return self.high if self.worst is self.low else self.low


def tornado(axes: Sequence[Axis], *, n: int, target: float) -> list[Swing]:
    """Each assumption at the ends of its range while the others stay as planned; those without a range last.

    `n` is what the trial plans with. First stand the assumptions that no number of participants survives, those
    with the least power before the others; then by the n of the worse end.

    >>> from trialplan import TwoMeans
    >>> trial = TwoMeans(difference=0.5, sd=1.0)
    >>> sd = Axis(assumption="sd", says="the SD is {}", unit="", planned=1.0, source="ours", low=0.8, high=1.5,
    ...           design_at=lambda sd: trial.replace(sd=sd))
    >>> (swing,) = tornado([sd], n=128, target=0.8)
    >>> swing.low.n, swing.high.n, round(swing.high.power, 2)
    (84, 286, 0.46)
    """
    swings = []
    for done, axis in enumerate(axes):
        tell("assumptions varied", done, len(axes))
        swings.append(_swing(axis, n, target))
    return sorted(swings, key=lambda swing: (2, 0.0) if swing.worst is None else _damage(swing.worst))


def _damage(end: End) -> tuple[int, float]:
    """A key that puts the greater damage first."""
    return (0, end.power or 0.0) if end.n is None else (1, -end.n)


def _swing(axis: Axis, n: int, target: float) -> Swing:
    if axis.low is None or axis.high is None:
        return Swing(axis=axis, n=n, target=target)
    low, high = (_end(axis, value, n, target) for value in (axis.low, axis.high))
    return Swing(axis=axis, n=n, target=target, low=low, high=high)


def _end(axis: Axis, value: float, n: int, target: float) -> End:
    try:
        design = axis.design_at(value)
    except TrialplanError as why:
        return End(value=value, n=None, power=None, assurance=None, effect=True, reason=why.sentence)
    needed, reason = None, None
    try:
        needed = int(design.sample_size(target).n)
    except TrialplanError as why:
        reason = why.sentence
    return End(
        value=value,
        n=needed,
        power=float(design.success(n)),
        assurance=None if axis.assurance_at is None else axis.assurance_at(value),
        effect=needed is not None or bool(design.fixed.reachable()),
        reason=reason,
    )


def _breaks(axis: Axis, end: float, n: int, target: float) -> BreakEven | None:
    """Where n doubles, power is a half and the effect is gone within the range; None where power is no smooth curve."""
    planned = axis.planned_design
    if not planned.smooth or len(planned.null_values()) != 1 or math.isclose(axis.planned, end):
        return None
    try:
        return break_even(axis.design_at, axis.planned, end, n=n, target=target, assumption=axis.assumption)
    except TrialplanError:
        return None
