"""The schedule of visits as one grid: procedures down, visits across, as SPIRIT prints it."""

from __future__ import annotations

from dataclasses import dataclass

from trialplan.plan.building import Trial
from trialplan.plan.narrative import Visit
from trialplan.text import plural


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The visits in their order, and at which of them each procedure is done."""

    visits: tuple[Visit, ...]
    rows: tuple[tuple[str, tuple[bool, ...]], ...]

    @property
    def in_words(self) -> str:
        """What the grid holds."""
        first, last = self.visits[0], self.visits[-1]
        return f"{plural(len(self.visits), 'visit')}, from {first.name} to {last.name}, in the grid below"


def schedule(trial: Trial) -> Schedule | None:
    """The grid of the plan's visits; None where it names none."""
    visits = tuple(sorted(trial.plan.content.visit, key=lambda one: one.months))
    if not visits:
        return None
    procedures = dict.fromkeys(one for visit in visits for one in visit.procedures)
    rows = tuple((name, tuple(name in visit.procedures for visit in visits)) for name in procedures)
    return Schedule(visits=visits, rows=rows)
