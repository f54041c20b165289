"""A boundary on the scales that a data monitoring committee reads."""

from __future__ import annotations

import math
from typing import Any

from trialplan.design import Design
from trialplan.numerics.elementary import normal_cdf
from trialplan.numerics.lazy import np
from trialplan.sequential.boundaries.fields import refused

_LARGEST_LOG = 600
"""Of what the exponential still is a number to a computer, with room to calculate with it."""


def share_of_effect(design: Design, value: float) -> float:
    """How far a value of the estimate lies on the way from the null, 0, to the planned effect, 1."""
    null, planned, at = (straight(design, one) for one in (design.null_estimate(), design.planned_estimate(), value))
    if np.ndim(planned) or np.ndim(null):
        raise refused("futility", "on the scale of the effect needs one planned effect, not an array")
    if planned == null:
        raise refused("futility", "on the scale of the effect needs an effect that is planned for")
    return float((at - null) / (planned - null))


def effect_at(design: Design, z: Any, drift: Any, n: Any) -> Any:
    """The value of the estimate that has this z with n participants, nan where none has, seeing control as planned.

    By the design's own test; of a kind of outcome that does not say how, along the line from the null, at the planned
    variance. `drift` is the expected z of n participants.
    """
    of_test = design.outcome.estimate_at(design, n, z)
    if of_test is not None:
        return of_test
    null, planned = (straight(design, one) for one in (design.null_estimate(), design.planned_estimate()))
    value = null + z / drift * (planned - null)
    return np.exp(np.where(value <= _LARGEST_LOG, value, np.nan)) if design.logarithmic else value


def on_line(design: Design, null: float, away: float) -> float:
    """The value of the estimate so far from the null, along the line on which the statistic is straight."""
    value = straight(design, null) + away
    if not design.logarithmic:
        return float(value)
    if value > _LARGEST_LOG:
        reason = f"has a look so early that what it leaves open, e to the power of {value:.4g}, is no number any more"
        raise refused("looks", reason, "look later")
    return math.exp(value)


def conditional_power_at(z: Any, t: Any, drift: Any, critical: float) -> Any:
    """P(final z reaches `critical`), given z at fraction t, at a drift (Lan & Wittes 1988, Biometrics 44:579)."""
    with np.errstate(all="ignore"):
        return normal_cdf((z * np.sqrt(t) + drift * (1 - t) - critical) / np.sqrt(1 - t))


def predictive_power_at(z: Any, t: Any, critical: float) -> Any:
    """That, averaged over a flat prior updated by z (Spiegelhalter, Freedman & Blackburn 1986)."""
    with np.errstate(all="ignore"):
        return normal_cdf((z / np.sqrt(t) - critical) * np.sqrt(t / (1 - t)))


def straight(design: Design, value: Any) -> Any:
    """The value where the statistic is a straight line in it: its logarithm for ratios of odds and of means."""
    if not design.logarithmic:
        return value
    if isinstance(value, (int, float)):
        if value <= 0:
            raise refused("futility", f"effect({value:g}) must lie in (0, ∞), on a ratio scale")
        return math.log(value)
    return np.log(value)
