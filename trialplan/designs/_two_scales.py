"""The null's boundary of an effect that is stated as a difference or as a ratio."""

from __future__ import annotations

from trialplan import fields
from trialplan.design import Design
from trialplan.numerics.elementary import log
from trialplan.numerics.two_rates import reciprocal_limits
from trialplan.parameter import Numbers


def null_values(design: Design) -> tuple[Numbers, ...]:
    """The effects on the null's boundary, on the scale that the design states."""
    if design.scale == "difference":
        return fields.limits(design.goal, design.margin, design.upward, lambda m: (-m, m), 0.0)
    return fields.limits(design.goal, design.margin, design.upward, reciprocal_limits, 1.0)


def limits(design: Design) -> tuple[Numbers, ...]:
    """The same as differences, of logs on the ratio scale."""
    values = null_values(design)
    return tuple(log(limit) for limit in values) if design.scale == "ratio" else values
