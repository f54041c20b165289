"""What recruitment comes to: when a trial is full, whether that is in time, with how many sites, and what else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from trialplan.enrolment.completion import (
    IN_TIME,
    ByDeadline,
    Completion,
    Wait,
    by_deadline,
    check_month,
    completion,
    later,
)
from trialplan.enrolment.over_time import LEVELS, Recruits, sites_needed
from trialplan.enrolment.screening import Screening
from trialplan.enrolment.showing import Shown
from trialplan.enrolment.sites import MOST_SITES
from trialplan.errors import ParameterError
from trialplan.page import Answer, Page
from trialplan.text import quoted

if TYPE_CHECKING:
    from trialplan.figures import Fan

_SITES = (0.5, 1.0, 1.5, 2.0)
"""Shares of the planned sites that a page compares."""

_SLOWER = (1.0, 0.75, 0.5)
"""Shares of the stated rates. Investigators expect more patients than come (Lasagna's law; van der Wouden et al. 2007,
J Clin Epidemiol 60:819), and of 151 British trials 44 % did not reach their number (Walters et al. 2017, BMJ Open
7:e015276): nobody knows by how much here, so two steps down are shown."""


_OF_LOOKS = ("the looks are left out of what other numbers can show",)
_UNDATED = (
    "the month of a look is the one in which its participants are randomised: when the endpoint is read is not said, "
    "which a plan says by timepoint_months",
)


@dataclass(frozen=True, kw_only=True)
class WithSites:
    """When the trial is full with so many sites, or at such a share of the stated rates."""

    sites: int | None
    share: float
    completion: Completion


@dataclass(frozen=True, kw_only=True)
class LookDue:
    """When a look is decided on: the participants it needs randomised, and the months at the same probabilities."""

    number: int
    final: bool
    completion: Completion


@dataclass(frozen=True, kw_only=True, repr=False)
class Recruiting(Answer):
    """How a trial of n participants recruits, with what can be shown at that number and at others.

    `by` is what is reached by the deadline; None without one. `shown` are the numbers asked about, each with its
    completion.
    """

    law: Recruits
    screening: Screening
    full: Completion
    by: ByDeadline | None
    shown: tuple[tuple[Completion, Shown | None], ...]
    looks: tuple[LookDue, ...]
    wait: Wait | None
    power: float | None
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Those to be randomised."""
        return self.full.n

    @property
    def deadline(self) -> float | None:
        """The month by which all are to be randomised."""
        return None if self.by is None else self.by.month

    @cached_property
    def needed(self) -> int | None:
        """The fewest sites that are full by the deadline with probability `IN_TIME`."""
        return None if self.deadline is None else sites_needed(self.law, self.n, self.deadline, IN_TIME, MOST_SITES)

    @cached_property
    def by_sites(self) -> tuple[WithSites, ...]:
        """When the trial is full with other numbers of sites."""
        return tuple(_with_sites(self.law, self.n, self.deadline))

    @cached_property
    def slower(self) -> tuple[WithSites, ...]:
        """When it is at the stated rates, and at shares of them."""
        law, n = self.law, self.n
        return tuple(
            WithSites(sites=law.sites, share=share, completion=completion(law.at_rate(share), n, self.deadline))
            for share in _SLOWER
        )

    @property
    def duration(self) -> Completion | None:
        """The months until the decision; None where it is not said when the endpoint is read."""
        return None if self.wait is None else later(self.full, self.wait.months)

    def page(self) -> Page:
        """Months and sites, and what can be shown."""
        from trialplan.enrolment.recruiting_page import page

        return page(self)

    def figure(self) -> Fan:
        """The number randomised over time, with the looks."""
        from trialplan.enrolment.recruiting_figure import figure

        return figure(self)


def recruiting(
    law: Recruits,
    n: int,
    *,
    deadline: float | None = None,
    screening: Screening | None = None,
    shown: Sequence[tuple[int, Shown | None]] = (),
    looks: Sequence[int] = (),
    wait: Wait | None = None,
    power: float | None = None,
    notes: Sequence[str] = (),
) -> Recruiting:
    """Every answer about recruiting n; `looks` are the participants that each look needs randomised, the last n.

    >>> from trialplan.enrolment.over_time import of_sites
    >>> from trialplan.enrolment.sites import Sites
    >>> answer = recruiting(of_sites([Sites(number=10, per_year=6, shape=2)]), 60, deadline=15)
    >>> round(answer.full.median, 1), round(answer.full.chance, 2), answer.by.median, answer.needed
    (12.1, 0.79, 74, 11)
    """
    _check(n, deadline)
    return Recruiting(
        law=law,
        screening=screening or Screening(),
        full=completion(law, n, deadline),
        by=None if deadline is None else by_deadline(law, deadline),
        shown=tuple((completion(law, number, deadline), what) for number, what in shown),
        looks=tuple(_looks(law, looks, wait)),
        wait=wait,
        power=power,
        notes=(*notes, *(_OF_LOOKS if looks else ()), *(_UNDATED if looks and wait is None else ())),
    )


def reachable(law: Recruits, n: int, deadline: float | None, block: int) -> list[int]:
    """Those who are wanted, and those who come by the deadline, in whole blocks, where they are fewer."""
    by = [] if deadline is None else [law.count(deadline, level) // block * block for level in LEVELS]
    return sorted({n, *(one for one in by if block <= one < n)})


def _check(n: int, deadline: float | None) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ParameterError(
            f"must be a whole number of participants from 1 on, not {quoted(n)}", parameter="n", value=n
        )
    check_month(deadline, "months")


def _with_sites(law: Recruits, n: int, deadline: float | None) -> list[WithSites]:
    planned, rows = law.sites, []
    for number in sorted({max(round(share * planned), 1) for share in _SITES}) if planned else ():
        other = law.with_sites(number)
        if other is not None:
            rows.append(WithSites(sites=number, share=1.0, completion=completion(other, n, deadline)))
    return rows


def _looks(law: Recruits, needed: Sequence[int], wait: Wait | None) -> list[LookDue]:
    """When each is decided on; where nobody says when the endpoint is read, when its participants are randomised."""
    after = 0.0 if wait is None else wait.months
    return [
        LookDue(number=number, final=number == len(needed), completion=later(completion(law, n), after))
        for number, n in enumerate(needed, 1)
    ]
