"""Cells of a table that are missing or doubtful, with what they may be: what to ask the authors, before it is priced.

Nothing is guessed: a cell may be what the table itself leaves possible (a denominator between the events and those
enrolled, the missing with the outcome or without, another count that the printed percentage fits, an SD as others of
the same outcome), and where the table leaves no bounds there is no range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialplan.evidence.audit_counts import counts_near, disagreeing_percentage
from trialplan.evidence.selection import ENROLLED, REPORTED
from trialplan.evidence.table import EvidenceTable, ReportedOutcome, Study
from trialplan.text import plural

_POINTS = 3
"""Values looked at of what a count may be: both ends, and the middle, since an n need not rise all the way."""


@dataclass(frozen=True, kw_only=True)
class Guess:
    """One thing that the cells may be: in words, as changes of rows, and on which denominators it is read then."""

    words: str
    changes: tuple[tuple[ReportedOutcome, Mapping[str, Any]], ...]
    denominator: str | None = None


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """What one study leaves open about rows that are read together, and what it may be."""

    study: Study
    rows: tuple[ReportedOutcome, ...]
    cell: str
    seen: str
    guesses: tuple[Guess, ...]
    no_range: str = ""

    @property
    def question(self) -> str:
        """What to ask of whom."""
        return f"ask the authors of {self.study.key} {_ASKED[self.cell]}"


_ASKED = {
    "of": "of how many participants these were",
    "missing": "what became of those without a result",
    "reported": "whether the count or the percentage is right",
    "sd": "for the standard deviation",
    "definition": "how the outcome was defined",
}


def edited(table: EvidenceTable, study: Study, guess: Guess) -> EvidenceTable:
    """The table with what a guess says in the rows of the study."""

    def row(one: ReportedOutcome) -> ReportedOutcome:
        changes = next((changed for known, changed in guess.changes if known is one), None)
        return one if changes is None else replace(one, **changes)

    changed = replace(study, outcomes=tuple(map(row, study.outcomes)))
    studies = tuple(changed if one.key == study.key else one for one in table.studies)
    return replace(table, studies=studies)


def doubts(table: EvidenceTable, study: Study, rows: tuple[ReportedOutcome, ...], denominator: str) -> Iterator[Doubt]:
    """What is open about the rows of a study that are read together on these denominators."""
    yield from _no_denominator(study, rows)
    if len(rows) == 1:
        yield from _lost(study, rows[0], denominator)
        yield from _misprinted(study, rows[0])
        yield from _no_spread(table, study, rows[0])


def _no_denominator(study: Study, rows: tuple[ReportedOutcome, ...]) -> Iterator[Doubt]:
    """Counts of nobody knows how many: between those counted and those enrolled."""
    open_rows = tuple(row for row in rows if isinstance(row.events, int) and not isinstance(row.of, int))
    if not open_rows:
        return
    counted = sum(row.events for row in rows if isinstance(row.events, int))
    seen = f"{plural(counted, 'event')} of a number that is not reported"
    if not isinstance(study.enrolled, int) or counted > study.enrolled:
        why = "neither a denominator nor how many were enrolled is reported"
        yield Doubt(study=study, rows=rows, cell="of", seen=seen, guesses=(), no_range=why)
        return
    guesses = [
        Guess(
            words=f"of {of}",
            changes=tuple((row, {"of": of}) for row in open_rows),
            denominator=REPORTED,
        )
        for of in _between(max(counted, 1), study.enrolled)
    ]
    yield Doubt(study=study, rows=rows, cell="of", seen=f"{seen}, {study.enrolled} enrolled", guesses=tuple(guesses))


def _lost(study: Study, row: ReportedOutcome, denominator: str) -> Iterator[Doubt]:
    """Those enrolled without a result: with the outcome or without it, if they belong to this row."""
    if row.counts is None or not isinstance(study.enrolled, int):
        return
    events, of = row.counts
    arms = [one for one in study.outcomes if (one.name, one.timepoint_months) == (row.name, row.timepoint_months)]
    if row.arm and denominator != ENROLLED and not all(one.counts for one in arms):
        return
    known = of if denominator == ENROLLED or not row.arm else sum(one.counts[1] for one in arms if one.counts)
    lost = study.enrolled - known
    if lost <= 0:
        return
    theirs = " who may be of this arm" if row.arm else ""
    guesses = [
        Guess(words=f"{events + more}/{of + lost}", changes=((row, {"events": events + more, "of": of + lost}),))
        for more in _between(0, lost)
    ]
    seen = f"{events}/{of}, and {lost} of {study.enrolled} enrolled without a result{theirs}"
    yield Doubt(study=study, rows=(row,), cell="missing", seen=seen, guesses=tuple(guesses))


def _misprinted(study: Study, row: ReportedOutcome) -> Iterator[Doubt]:
    """A count whose printed percentage is another's."""
    printed = disagreeing_percentage(row)
    if printed is None or row.counts is None:
        return
    others = [row.counts, *counts_near(*row.counts, printed)]
    guesses = [Guess(words=f"{x}/{n}", changes=((row, {"events": x, "of": n}),)) for x, n in others]
    seen = f"{row.counts[0]}/{row.counts[1]}, printed as {printed} %"
    why = "" if len(others) > 1 else "no count near it gives the printed percentage"
    yield Doubt(
        study=study, rows=(row,), cell="reported", seen=seen, guesses=tuple(guesses) if not why else (), no_range=why
    )


def _no_spread(table: EvidenceTable, study: Study, row: ReportedOutcome) -> Iterator[Doubt]:
    """A change without its SD: as small and as large as those that others report of the same outcome."""
    if not isinstance(row.change_mean, int | float) or isinstance(row.change_sd, int | float):
        return
    alike = [one for other in table.studies for one in other.outcomes if one.name == row.name]
    known = sorted(one.change_sd for one in alike if isinstance(one.change_sd, int | float))
    guesses = [Guess(words=f"SD {sd:g}", changes=((row, {"change_sd": sd}),)) for sd in dict.fromkeys(known)]
    why = "" if known else "nobody reports an SD of this outcome"
    yield Doubt(study=study, rows=(row,), cell="sd", seen="no SD of the change", guesses=tuple(guesses), no_range=why)


def _between(low: int, high: int) -> Sequence[int]:
    """Whole numbers from end to end, a few of them where there are many."""
    if high - low < _POINTS:
        return range(low, high + 1)
    return [low + round(i * (high - low) / (_POINTS - 1)) for i in range(_POINTS)]
