"""When so many are randomised, and how many are by a month: a recruitment's law in the few numbers that are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from trialplan.enrolment.over_time import LEVELS, Recruits
from trialplan.errors import ParameterError
from trialplan.numerics.accrual import LATEST

IN_TIME = 0.8
"""The probability of being full in time for which sites are sought: that which a trial's power usually has."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """When so many are randomised: the months at the probabilities of `LEVELS`, and the chance by the deadline."""

    n: int
    early: float
    median: float
    late: float
    chance: float | None


@dataclass(frozen=True, kw_only=True)
class ByDeadline:
    """How many are randomised by a month: the least that nine in ten recruitments reach, half do, one in ten does."""

    month: float
    least: int
    median: int
    most: int
    expected: float


@dataclass(frozen=True, kw_only=True)
class Wait:
    """The months from the randomisation of the last who is needed to the reading of the endpoint, and its decision."""

    read_after: float = 0.0
    decision: float = 0.0

    @property
    def months(self) -> float:
        """Both together."""
        return self.read_after + self.decision


@lru_cache(maxsize=256)
def completion(law: Recruits, n: int, deadline: float | None = None) -> Completion:
    """When n are randomised; remembered, for a trial's own number is asked for wherever numbers are compared."""
    early, median, late = (law.month(n, level) for level in LEVELS)
    chance = None if deadline is None else law.chance(n, deadline)
    return Completion(n=n, early=early, median=median, late=late, chance=chance)


def later(one: Completion, months: float) -> Completion:
    """The same so many months later; what is said of a deadline falls away."""
    return replace(one, early=one.early + months, median=one.median + months, late=one.late + months, chance=None)


def by_deadline(law: Recruits, month: float) -> ByDeadline:
    """How many are randomised by a month, if recruitment goes on."""
    most, median, least = (law.count(month, level) for level in LEVELS)
    return ByDeadline(month=month, least=least, median=median, most=most, expected=law.expected(month))


def check_month(month: float | None, name: str) -> None:
    """Raise unless it is a month that a trial may reach, or None."""
    fine = isinstance(month, (int, float)) and not isinstance(month, bool) and 0 < month <= LATEST
    if month is not None and not fine:
        raise ParameterError(f"must be months in (0, {LATEST:,}], not {month}", parameter=name, value=month)
