"""How wrong an assumption may be before the trial is: where n doubles, power falls below a half, the effect is gone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from trialplan.design import Design
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root

_EDGE = 1e-9
"""Share of the way that is left before the end, which may lie outside the assumption's domain."""


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """The values of one assumption at which the trial would have needed twice its n, has half its power, has none.

    A value is None where it is not reached before the end of the assumption's domain.
    """

    assumption: str
    planned: float
    n_doubles: float | None
    half_power: float | None
    effect_gone: float | None


def break_even(
    design_at: Callable[[float], Design], planned: float, end: float, *, n: int, target: float, assumption: str
) -> BreakEven:
    """Where the trial of n participants breaks as one assumption moves from `planned` toward `end`.

    `design_at` gives the design for a value of the assumption, and the effect must shrink toward `end`.
    """
    twice = 2 * float(design_at(planned).unrounded(target))

    def margin(value: float) -> float:
        design = design_at(value)
        return design.sign * (float(design.effect_value()) - float(design.null_values()[0]))

    gone = _crossing(lambda value: -margin(value), planned, end)
    last = end if gone is None else gone

    def more_than_twice(value: float) -> float:
        with np.errstate(all="ignore"):
            needed = float(design_at(value).unrounded(target)) if margin(value) > 0 else math.inf
        return min(needed, 1e300) - twice

    return BreakEven(
        assumption=assumption,
        planned=planned,
        n_doubles=_crossing(more_than_twice, planned, last),
        half_power=_crossing(lambda value: 0.5 - float(design_at(value).success(n)), planned, last),
        effect_gone=gone,
    )


def _crossing(f: Callable[[float], float], start: float, end: float) -> float | None:
    """Where f turns non-negative on the way from start to end; None where it does not."""
    span = (end - start) * (1 - _EDGE)
    if f(start + span) < 0:
        return None
    share = increasing_root(lambda t: np.asarray(f(start + float(t) * span)), 0.0, 1.0, tolerance=1e-10)
    return start + float(share) * span
