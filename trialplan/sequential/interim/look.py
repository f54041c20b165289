"""Look: an interim look decided, of a z or of counts: what the rule says, and what may be said of the effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from trialplan.page import Answer, Page
from trialplan.sequential.base import WithLooks


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """What a trial that stopped here may say, ordered by stage: P value, median-unbiased estimate and interval.

    Counts of one arm have the P value alone.
    """

    p: float
    estimate: float | None = None
    interval: tuple[float, float] | None = None


class Evidence(Protocol):
    """What a look saw, in the terms of its statistic: a z with its boundaries, or counts with theirs."""

    planned: ClassVar[str]
    """What the trial is planned for, in the words of a table: planned effect, expected rate."""
    observed: ClassVar[str]
    """What is seen: an effect, a rate."""

    def read(self, look: Look) -> str:
        """How many were read, as a headline goes on; empty where nobody says, or the reason says it."""

    def because(self, look: Look) -> str:
        """Why the rule says what it says."""

    def rows(self, look: Look) -> list[tuple[str, str]]:
        """What was seen beside what stops the trial, labelled."""

    def rule(self, look: Look) -> list[tuple[str, str]]:
        """Where the looks are, and whether they are as planned."""

    def data(self, look: Look) -> dict[str, Any]:
        """The same as plain data, under the keys of `--json`."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Look(Answer):
    """A look of a trial that is planned for `n` participants, decided.

    `size` are the participants read, None where only a z is told; `again` says that the look was not as planned, so
    that the errors were spent again; `p` is the one-sided P value of this look alone. `conditional_power` is that of
    the final test at the planned effect, at the one that is seen and without any, and `predictive_power` averages it
    over what the look leaves open; both are None at the last look. `ordered` is None while the trial goes on. `before`
    are the looks before it, where their results are known, `assumed` the numbers of those of which nothing is told,
    and `moment` is its place on the calendar.
    """

    design: WithLooks
    number: int
    n: int
    size: int | None
    final: bool
    again: bool
    verdict: str
    p: float
    estimate: float
    evidence: Evidence
    conditional_power: Mapping[str, float] | None
    predictive_power: float | None
    ordered: Ordered | None
    before: tuple[Look, ...] = ()
    assumed: tuple[int, ...] = ()
    moment: Mapping[str, Any] | None = None

    def page(self) -> Page:
        """What the rule says, as a person on a committee reads it."""
        from trialplan.sequential.interim.page import page

        return page(self)

    @property
    def how_planned(self) -> str:
        """Whether the looks were where the plan has them."""
        return "not as planned: the errors are spent again" if self.again else "as planned"

    @property
    def confidence(self) -> float:
        """Of the intervals: 1 less twice the one-sided level."""
        return 1 - 2 * float(self.design.level)
