"""Groups of which none need be the control: their sizes in a block, their names, and all their differences at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan import fields
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError
from trialplan.outcome import EffectScale, Outcome
from trialplan.parameter import Interval, Numbers, parameter

MOST_OF_ONE = 9999
"""Participants of one group in an allocation block: the more, the fewer numbers of participants are whole blocks."""


class Differences(Outcome):
    """Outcomes of several groups, of which any difference counts, in no direction."""

    def __init__(self, kind: str, observed: str, differences: str, groups: str) -> None:
        """The kind, what is seen of a participant, what is planned, as "differences", and what groups are called."""
        self.kind, self.observed, self.differences, self.groups = kind, observed, differences, groups

    def effect_scale(self, design: Sized) -> EffectScale:
        """How much of what is planned there is."""
        planned = f"planned {self.differences}"
        name = f"share of the {planned}"
        return EffectScale(name=name, short=name, of_plan=f"the {planned} between the {self.groups}")

    def better(self, design: Design) -> str:
        """No direction is."""
        return f"any difference between the {self.groups} counts"


@dataclass(frozen=True, kw_only=True)
class AllAtOnce(Design):
    """Tests all differences at once and in no direction, at the whole level: any rejection is a success."""

    directed = False

    def noncentrality(self, n: Numbers) -> Numbers:
        """Of the statistic with n participants: 0 where nothing of the plan is true."""
        raise NotImplementedError

    def null_values(self) -> tuple[Numbers, ...]:
        """No difference."""
        return (0.0,)

    def reachable(self) -> Any:
        """Whether anything differs."""
        return self.noncentrality(1.0) > 0

    def success(self, n: Numbers) -> Numbers:
        """Any difference is one."""
        return self.power(n)


def realised(differences: str, **words: Any) -> Any:
    """The share of the plan that is true, as an effect whose null is 0 and whose plan is 1."""
    return parameter(
        f"share of the {differences} that is true: 1 is the plan, 0 no difference",
        Interval(0, 10, "left"),
        role="effect",
        default=1.0,
        typical=(0.7, 1.3),
        **words,
    )


def sides(groups: str) -> Any:
    """Two, as the test has no direction."""
    meaning = f"number of sides: always 2, because the test asks whether the {groups} differ, in no direction"
    return parameter(meaning, (2,), optional=True)


def sizes(of: str, example: str = "2:1:1") -> Any:
    """Participants of each of the groups in a block, `of` what in which order, as the allocation of arms is written."""
    meaning = f"participants of {of}, as in {example}; as many of each if it is not given"
    return parameter(meaning, None, optional=True, read=read_sizes, shown=example)


def read_sizes(value: Any) -> str:
    """Whole numbers in lowest terms, for n is in whole blocks: from 2:1:1, from 2,1,1 or from a list."""
    parts: Any = re.split("[:,]", value) if isinstance(value, str) else value
    numbers = [_whole(part) for part in parts] if isinstance(parts, (list, tuple)) else []
    if len(numbers) < 2 or not all(numbers):
        reason = f'must be whole numbers from 1 to {MOST_OF_ONE}, one for each group in order, as in "2:1:1"'
        raise ParameterError(f"{reason}, not {value!r}")
    lowest = fields.allocation_of(numbers)
    if lowest != ":".join(map(str, numbers)):
        raise ParameterError("must be in lowest terms, for n is in whole blocks of it", way_out=f"write {lowest}")
    return lowest


def _whole(part: Any) -> int:
    """A size, or 0 for what is none."""
    if isinstance(part, str):
        part = int(part) if re.fullmatch(r"\s*[0-9]{1,4}\s*", part) else 0
    fits = isinstance(part, (int, float)) and not isinstance(part, bool) and part in range(1, MOST_OF_ONE + 1)
    return int(part) if fits else 0


def divide(design: Design, group_sizes: str | None, names: Sequence[str]) -> None:
    """Give a design the arms of these names, allocated as its group sizes say."""
    parts = ["1"] * len(names) if group_sizes is None else group_sizes.split(":")
    if len(parts) != len(names):
        reason = f"must be {len(names)} whole numbers, one for each group, not {len(parts)}"
        raise ParameterError(reason, owner=design, parameter="group_sizes", value=group_sizes)
    design._set("arm_names", tuple(names))
    design._set("allocation", ":".join(parts))


def about_mean(values: Sequence[Numbers], shares: Sequence[Numbers]) -> tuple[Numbers, list[Numbers]]:
    """The mean of values, each of a share of all, and how far each lies from it: exactly 0 where all are the same.

    Measured from the first, for a weighted mean of equal numbers is not always that number to a computer.
    """
    away = [value - values[0] for value in values]
    centre: Any = sum(share * one for share, one in zip(shares, away, strict=True))
    return values[0] + centre, [one - centre for one in away]


def numbered(groups: int) -> tuple[str, ...]:
    """The names of groups that have no others."""
    return tuple(f"group {i}" for i in range(1, groups + 1))
