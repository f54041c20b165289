"""What a trial of n participants can exclude: how far its interval reaches, and what a null result leaves possible.

The interval is the one that the kind of outcome has, taken at the planned values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError
from trialplan.outcome import DIFFERENCE, RATIO, Limits
from trialplan.progress import tell


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """The answers at one n; None where the design has no such interval.

    `kind` says whether effects are differences or ratios. half_width: half of the interval's width at the planned
    values; of a ratio the factor by which it reaches to either side. smallest_significant: the observed effect
    nearest to the null that is significant. possible: the limits of the interval when no effect at all is observed,
    so that a true effect beyond them is excluded.
    """

    n: int
    arms: Mapping[str, int]
    kind: str
    interval: str | None
    confidence: float
    half_width: float | None
    smallest_significant: float | None
    possible: Limits | None


def exclusion(design: Sized, ns: Sequence[int], confidence: float = 0.95) -> list[Exclusion]:
    """What trials of these numbers of participants can exclude; looks before the end are left out.

    >>> from trialplan import TwoProportions
    >>> (found,) = exclusion(TwoProportions(control=0.3, treatment=0.5), [186])
    >>> [round(value, 3) for value in (found.half_width, found.smallest_significant, found.possible[1])]
    [0.137, 0.14, 0.131]
    """
    if not isinstance(design, Design):
        way_out = "its own width is asked by size"
        raise ParameterError("there is no test, so nothing is significant", owner=design, way_out=way_out)
    if len(design.members) > 1:
        raise ParameterError("it has no interval of its own", owner=design, way_out="ask each of its designs")
    if design.fixed.only_n is not None:
        way_out = f"ask `power` about its {design.fixed.only_n:,} participants"
        raise ParameterError("its own numbers fix n, so there is no choice to ask about", owner=design, way_out=way_out)
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence must lie in (0, 1), not {confidence:g}; write 95 % as 0.95")
    for n in ns:
        design.check_n(n)
    answers = []
    for done, n in enumerate(ns):
        tell("numbers of participants", done, len(ns))
        answers.append(_at(design.fixed, n, confidence))
    return answers


def half_width(design: Design, n: int, confidence: float = 0.95) -> float | None:
    """Half of the interval's width at the planned values alone; None where the design has no such interval."""
    planned = design.fixed.outcome.interval(design.fixed, n, confidence, False)
    return None if planned is None else _half(planned.limits, design.fixed.outcome.effect_scale(design.fixed).ratio)


def _at(design: Design, n: int, confidence: float) -> Exclusion:
    outcome = design.outcome
    planned = None if design.open_effect is None else outcome.interval_at_any(design, n, confidence)
    if planned is None and design.open_effect is not None:
        declared = design.declarations()[design.open_effect]
        reason = f"is needed, for what can be excluded depends on it: {declared.meaning}"
        raise ParameterError(reason, owner=design, parameter=design.open_effect)
    if planned is None:
        planned = outcome.interval(design, n, confidence, False)
    none = outcome.interval(design, n, confidence, True)
    ratio = outcome.effect_scale(design).ratio
    return Exclusion(
        n=n,
        arms=design.arms(n),
        kind=RATIO if ratio else DIFFERENCE,
        interval=None if planned is None else planned.name,
        confidence=confidence,
        half_width=None if planned is None else _half(planned.limits, ratio),
        smallest_significant=outcome.smallest_significant(design, n),
        possible=None if none is None else none.limits,
    )


def _half(limits: Limits, ratio: bool) -> float | None:
    low, high = limits
    if ratio and low <= 0:  # two participants of each arm may exclude no ratio at all
        return None
    half = math.sqrt(high / low) if ratio else (high - low) / 2
    return half if math.isfinite(half) else None
