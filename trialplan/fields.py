"""The fields that many designs share: level, sides, allocation, goal, margin and the favourable direction."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from trialplan.errors import ParameterError, field
from trialplan.parameter import POSITIVE, PROPORTION, REAL, Interval, Parameter, largest, parameter, smallest

if TYPE_CHECKING:
    from trialplan.design import Design

SUPERIORITY, NON_INFERIORITY, EQUIVALENCE, SINGLE_ARM = (
    "superiority",
    "non-inferiority",
    "equivalence",
    "single-arm",
)
Goal = Literal["superiority", "non-inferiority", "equivalence"]
Favourable = Literal["higher", "lower"]
Sides = Literal[1, 2]
GOALS: tuple[str, ...] = get_args(Goal)

LEVELS = {SUPERIORITY: (0.05, 2), NON_INFERIORITY: (0.025, 1), EQUIVALENCE: (0.05, 1), SINGLE_ARM: (0.05, 1)}
"""Significance level and sides by goal, where a design does not state them."""


def usual_level(goal: str, margin: Any) -> tuple[float, int]:
    """The level and sides of a trial that does not state its own.

    One that wants to be better by a margin tests against one limit in one direction, as non-inferiority does, and has
    its level. An unknown goal, which is refused elsewhere, has that of superiority.
    """
    by_margin = named(goal, margin) != goal
    return LEVELS.get(NON_INFERIORITY if by_margin else goal, LEVELS[SUPERIORITY])


def named(goal: str, margin: Any) -> str:
    """What the trial sets out to show, in words: superiority by a margin is another thing than superiority."""
    return f"{goal} by a margin" if goal == SUPERIORITY and margin is not None else goal


POWER = Parameter("probability that the trial succeeds at the planned effect", "1-β", "proportion", PROPORTION)
_MARGIN = Parameter("", domain=REAL)


def alpha() -> Any:
    """The significance level of the whole test; filled in by goal where it is not given."""
    return parameter(
        "significance level; critical values are at alpha/sides",
        PROPORTION,
        optional=True,
        symbol="α",
        typical=(0.01, 0.1),
        likely=0.5,
    )


def sides() -> Any:
    """One- or two-sided; filled in by goal where it is not given."""
    return parameter("number of sides over which the significance level is split: 1 or 2", Sides, optional=True)


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
    return parameter("what the trial sets out to show", Goal, default=SUPERIORITY)


def favourable() -> Any:
    """The direction in which the outcome is better."""
    return parameter("which values of the outcome are better", Favourable, default="higher")


def margin() -> Any:
    """The margin by which the treatment may be worse, or must be better."""
    return parameter(
        "margin of non-inferiority or equivalence, or by which superiority is to be shown: on the difference scale a "
        "positive amount, on a ratio scale the limit itself; for equivalence one number, mirrored, or the pair "
        "lower,upper of limits",
        None,
        optional=True,
        read=_read_margin,
    )


def limits(goal: str, margin: Any, upward: bool, mirror: Any, centre: float) -> tuple[Any, ...]:
    """The null values of an effect: one limit, or the two of equivalence.

    `mirror` gives a margin's limits (lower, upper) on the scale at hand; `centre` is the effect of none. The limit of
    superiority by a margin lies on the favourable side of it, that of non-inferiority on the other.
    """
    if margin is None:
        return (centre,)
    pair = margin if isinstance(margin, tuple) else mirror(margin)
    upper = upward == (goal == SUPERIORITY)
    return pair if goal == EQUIVALENCE else (pair[upper],)


def check_margin(design: Design, centre: float = 0.0, domain: Interval = POSITIVE) -> None:
    """Raise unless the design has a margin exactly where its goal needs one, of the form that the goal takes.

    `domain` is that of one number: an amount where the effect of none, `centre`, is 0, and else a limit, which must
    lie on the side of `centre` that the goal and the favourable direction leave it. It is never mirrored.
    """
    goal, margin = design.goal, design.margin
    reason = way_out = ""
    if margin is None:
        reason = "" if goal == SUPERIORITY else f"is needed for {goal}"
    elif isinstance(margin, tuple):
        reason = _wrong_pair(goal, margin, centre, domain)
    elif smallest(margin) not in domain or largest(margin) not in domain:
        reason = f"must lie in {domain}, not {_plainly(margin)}"
        if not centre and smallest(margin) < 0:
            reason += ": it is the amount, and the goal gives its direction"
            way_out = f"write {_plainly(-margin)}" if smallest(-margin) in domain else ""
    elif centre and goal == EQUIVALENCE and smallest(abs(margin - centre)) == 0:
        reason = f"must not be {centre:g}, which leaves no room on either side"
    elif centre and goal != EQUIVALENCE:
        reason, way_out = _wrong_side(design, margin, centre, domain)
    if reason:
        raise ParameterError(reason, owner=design, parameter="margin", value=margin, way_out=way_out)


def _wrong_pair(goal: str, margin: tuple[float, float], centre: float, domain: Interval) -> str:
    """What is wrong with a pair of limits; the amounts of a difference may be limits on either side of none."""
    both = domain if centre else Interval(-domain.high, domain.high)
    if goal != EQUIVALENCE:
        return f"must be one number for {goal}, not the pair {margin}"
    if any(limit not in both for limit in margin):
        return f"must be a pair of limits in {both}, not {margin}"
    if not margin[0] < centre < margin[1]:
        return f"must be a pair of limits around {centre:g}, not {margin}, as in {centre - 0.1:g},{centre + 0.1:g}"
    return ""


def _wrong_side(design: Design, margin: Any, centre: float, domain: Interval) -> tuple[str, str]:
    """Why a limit of a ratio does not suit the goal, and the ways out: another limit, another goal or direction."""
    above = design.upward == (design.goal == SUPERIORITY)
    room = Interval(centre, domain.high) if above else Interval(domain.low, centre)
    if smallest(margin) in room and largest(margin) in room:
        return "", ""
    shown = {True: "at least so much better", False: "not worse than that"}[design.goal == SUPERIORITY]
    reason = (
        f"must lie in {room} for {design.goal} where {design.favourable} values are better, to show that the treatment "
        f"is {shown}, not {_plainly(margin)}"
    )
    if isinstance(margin, float) and margin == centre:
        return reason, f"write a limit {'above' if above else 'below'} {centre:g}"
    other_goal = NON_INFERIORITY if design.goal == SUPERIORITY else SUPERIORITY
    other_side = {"higher": "lower", "lower": "higher"}[design.favourable]
    mirrored = f"write the limit on that side, as in {_plainly(1 / margin)}, or " if isinstance(margin, float) else ""
    return reason, f"{mirrored}set {field('goal')} to {other_goal} or {field('favourable')} to {other_side}"


def _plainly(value: Any) -> str:
    """A number as it is typed, or an array in short."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def allocation_of(arms: Sequence[int]) -> str:
    """The allocation, as it is written, that arms of these sizes have: 2:1 for 40 and 20."""
    shared = math.gcd(*arms)
    return ":".join(str(size // shared) for size in arms)


def _read_allocation(value: Any) -> str:
    """The ratio as protocols write it, "2:1", in lowest terms: 2:2 may mean a block of four."""
    match = re.fullmatch(r"\s*(\d{1,7})\s*:\s*(\d{1,7})\s*", value) if isinstance(value, str) else None
    first, second = (int(match[1]), int(match[2])) if match else (0, 0)
    if not first or not second:
        typed = ",".join(map(str, value)) if isinstance(value, tuple) else repr(value)
        raise ParameterError(f'must be two whole numbers, treatment first, as in "2:1", not {typed}')
    written, lowest = f"{first}:{second}", allocation_of((first, second))
    if written != lowest:
        reason = f"must be in lowest terms, for n is in whole blocks of it, not {written}"
        raise ParameterError(reason, way_out=f"write {lowest}")
    return lowest


def _read_margin(value: Any) -> Any:
    """A number, an array of numbers, or a pair (lower, upper) of limits."""
    if not isinstance(value, tuple):
        return _MARGIN.read_value(value)
    plain = len(value) == 2 and all(isinstance(v, (int, float)) and math.isfinite(v) for v in value)
    if not plain or value[0] >= value[1]:
        raise ParameterError(f"must be one number or a pair of limits, lower first, not {value!r}")
    return (float(value[0]), float(value[1]))
