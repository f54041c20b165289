"""What can be shown with the participants that can be recruited: power, detectable effect, interval, assurance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trialplan.analyses.assurance.assess import Beliefs, assurance
from trialplan.analyses.sensitivity.exclusion import half_width
from trialplan.design import Design
from trialplan.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a trial that randomises n can show, its looks left out; None where the design has no such answer.

    observed: those of n who are expected to be observed, in whole allocation blocks, on whom all else rests.
    success: the probability of success if the assumptions hold. detectable: the smallest effect that is shown with
    the power asked for, on the scale on which effects are read, and `effect`, the same in words. half_width: half of
    the interval's width at the planned values (of a ratio the factor to either side), in words `interval`.
    assurance: success averaged over what is believed.
    """

    n: int
    observed: int
    success: float
    detectable: float | None
    effect: str | None
    half_width: float | None
    interval: str | None
    assurance: float | None


def what_is_shown(
    design: Design, ns: Sequence[int], power: float, *, dropout: float = 0.0, beliefs: Beliefs | None = None
) -> tuple[Shown, ...]:
    """What each number of randomised participants can show; a number for which the design has no answer is left out.

    It has none with fewer than one block observed, nor, where its own numbers fix n, for any other.

    >>> from trialplan import TwoProportions
    >>> (one,) = what_is_shown(TwoProportions(control=0.3, treatment=0.5), [186], 0.8)
    >>> round(one.success, 3), one.effect, one.interval
    (0.8, '20 points', '± 13.7 points')
    """
    fixed = design.fixed
    assert isinstance(fixed, Design)  # only a test is looked at early
    counted = [(n, _observed(fixed, n, dropout)) for n in ns]
    return tuple(
        _shown(fixed, n, observed, power, beliefs)
        for n, observed in counted
        if observed and fixed.only_n in (None, observed)
    )


def _observed(design: Design, n: int, dropout: float) -> int:
    return math.floor(n * (1 - dropout) / design.block + 1e-9) * design.block


def _shown(design: Design, n: int, observed: int, power: float, beliefs: Beliefs | None) -> Shown:
    detectable, half = _detectable(design, observed, power), _half_width(design, observed)
    scale = design.outcome.effect_scale(design)
    sign = "× or ÷" if scale.ratio else "±"
    return Shown(
        n=n,
        observed=observed,
        success=float(design.success(observed)),
        detectable=detectable,
        effect=None if detectable is None else scale.shown(detectable),
        half_width=half,
        interval=None if half is None else f"{sign} {scale.shown(half)}",
        assurance=None if beliefs is None else assurance(design, observed, beliefs),
    )


def _detectable(design: Design, n: int, power: float) -> float | None:
    """On the scale of the effect; None where there is none, as for equivalence or a family."""
    if not _asked_of_any(design):
        return None
    try:
        value = float(design.detectable_effect(n, power))
    except ParameterError:
        return None
    return None if math.isnan(value) else _as_read(design.replace(**{design.effect: value}))


def _as_read(design: Design) -> float:
    """The planned effect on the scale on which effects are read, from the null where one arm is held against it.

    A test may compare the arms on another scale than its limits have: two rates without a margin by their difference.
    """
    scale = design.outcome.effect_scale(design)
    if design.test_scale != design.scale:
        for other, value in design.outcome.same_effect(design):
            if other.short == scale.short or other.short.startswith(f"{scale.short} of "):
                return value
    planned = float(design.planned_estimate())
    return planned if design.held_against is None else planned - float(design.value("comparator"))


def _half_width(design: Design, n: int) -> float | None:
    return half_width(design, n) if _asked_of_any(design) else None


def _asked_of_any(design: Design) -> bool:
    """Whether there is one effect, and n is free: several endpoints have no one effect, fixed stages no other n."""
    return len(design.members) <= 1 and design.only_n is None
