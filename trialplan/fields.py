"""The fields that many designs share: level, sides, allocation, goal, margin and the favourable direction."""

from __future__ import annotations

import math
import re
from typing import Any

from trialplan.errors import ParameterError, field
from trialplan.parameter import POSITIVE, PROPORTION, REAL, Interval, Parameter, largest, parameter, smallest

SUPERIORITY, NON_INFERIORITY, EQUIVALENCE, SINGLE_ARM = (
    "superiority",
    "non-inferiority",
    "equivalence",
    "single-arm",
)
GOALS = (SUPERIORITY, NON_INFERIORITY, EQUIVALENCE)

LEVELS = {SUPERIORITY: (0.05, 2), NON_INFERIORITY: (0.025, 1), EQUIVALENCE: (0.05, 1), SINGLE_ARM: (0.05, 1)}
"""Significance level and sides by goal, where a design does not state them."""

POWER = Parameter("probability that the trial succeeds at the planned effect", "1-β", "proportion", PROPORTION)
_MARGIN = Parameter("", domain=POSITIVE)


def alpha() -> Any:
    """The significance level of the whole test; filled in by goal where it is not given."""
    return parameter(
        "significance level; critical values are at alpha/sides",
        PROPORTION,
        optional=True,
        symbol="α",
        typical=(0.01, 0.1),
    )


def sides() -> Any:
    """One- or two-sided; filled in by goal where it is not given."""
    return parameter("1 or 2: how many sides the significance level is split over", (1, 2), optional=True)


def allocation() -> Any:
    """The allocation ratio, treatment first."""
    return parameter(
        "participants per arm in one allocation block, treatment first",
        None,
        default="1:1",
        read=_read_allocation,
    )


def goal() -> Any:
    """What the trial sets out to show."""
    return parameter("what the trial sets out to show", GOALS, default=SUPERIORITY)


def favourable() -> Any:
    """The direction in which the outcome is better."""
    return parameter("which values of the outcome are better", ("higher", "lower"), default="higher")


def margin() -> Any:
    """The margin of a non-inferiority or equivalence trial."""
    return parameter(
        "non-inferiority or equivalence margin: on the difference scale the positive amount tolerated, on a ratio "
        "scale the limit itself; for equivalence one number, mirrored, or the pair lower,upper of limits",
        None,
        optional=True,
        read=_read_margin,
    )


def limits(goal: str, margin: Any, upward: bool, mirror: Any, centre: float) -> tuple[Any, ...]:
    """The null values of an effect: one limit, or the two of equivalence.

    `mirror` gives a margin's limits (lower, upper) on the scale at hand; `centre` is the effect of none.
    """
    if goal == SUPERIORITY:
        return (centre,)
    pair = margin if isinstance(margin, tuple) else mirror(margin)
    return pair if goal == EQUIVALENCE else (pair[0 if upward else 1],)


def check_margin(owner: object, goal: str, margin: Any, centre: float = 0.0, domain: Interval = REAL) -> None:
    """Raise unless there is a margin exactly where the goal needs one, of the form that the goal takes."""
    reason = way_out = ""
    both = margin if isinstance(margin, tuple) else (margin,)
    if goal == SUPERIORITY:
        if margin is not None:
            reason = "has no meaning for superiority"
            way_out = f"set {field('goal')} to non-inferiority or equivalence"
    elif margin is None:
        reason = f"is needed for {goal}"
    elif isinstance(margin, tuple) and goal != EQUIVALENCE:
        reason = f"must be one number for {goal}, not the pair {margin}"
    elif any(not (smallest(limit) in domain and largest(limit) in domain) for limit in both):
        reason = f"must lie in {domain}, not {margin}"
    elif isinstance(margin, tuple) and not margin[0] < centre < margin[1]:
        reason = f"must be a pair of limits around {centre:g}, not {margin}"
        reason += f", as in {centre - 0.1:g},{centre + 0.1:g}"
    if reason:
        raise ParameterError(reason, owner=owner, parameter="margin", value=margin, way_out=way_out)


def _read_allocation(value: Any) -> str:
    """The ratio in lowest terms, as protocols write it: "2:1"."""
    match = re.fullmatch(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*", value) if isinstance(value, str) else None
    first, second = (int(match[1]), int(match[2])) if match else (0, 0)
    if not first or not second:
        raise ParameterError(f'must be two whole numbers, treatment first, as in "2:1", not {value!r}')
    shared = math.gcd(first, second)
    return f"{first // shared}:{second // shared}"


def _read_margin(value: Any) -> Any:
    """A number, an array of numbers, or a pair (lower, upper) of limits."""
    if not isinstance(value, tuple):
        return _MARGIN.read_value(value)
    plain = len(value) == 2 and all(isinstance(v, (int, float)) and math.isfinite(v) for v in value)
    if not plain or value[0] >= value[1]:
        raise ParameterError(f"must be one number or a pair of limits, lower first, not {value!r}")
    return (float(value[0]), float(value[1]))
