"""Side by side: two states next to each other, and why the one asks for more participants than the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

from trialplan.errors import TrialplanError
from trialplan.page import Page, Table
from trialplan.verbs.planning import diff
from trialplan.web.pages import PageKind
from trialplan.web.part import Link, Part
from trialplan.web.state import BESIDE, State, of_query
from trialplan.web.subject import Subject
from trialplan.web.told import told


def other_of(state: State) -> State:
    """The state that this one is held against: the one that was put aside, or the same without its changes."""
    aside = state.looked_at.get(BESIDE)
    return of_query(parse_qsl(aside)) if aside else replace(state, changes=(), view=())


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    other = Subject(replace(other_of(state), view=()), subject.shelf)
    yield Part(title="Both", page=_both(other, subject, bool(state.looked_at.get(BESIDE))))
    if subject.is_plan and other.is_plan:
        try:
            with subject.shelf.opened(subject.state.name), other.shelf.opened(other.state.name):
                yield Part(title="Why they differ", page=diff(other.trial, subject.trial).page())
        except TrialplanError as why:
            yield Part(title="Why they differ", wrong=told(why))
    here = replace(state, view=()).query()
    yield Part(
        title="Another pair",
        links=(
            Link(
                words="Put this state aside",
                path=f"side-by-side?{state.seen(**{BESIDE: here}).query()}",
                hint="then change something, and it is held against this",
            ),
            Link(words="Go to the other state", path=f"design?{other.state.query()}"),
        ),
    )


def _both(other: Subject, subject: Subject, aside: bool) -> Page:
    """Each number of the two answers, side by side."""
    left, right = other.answer.page(), subject.answer.page()
    rows: dict[str, list[str]] = {}
    for place, page in enumerate((left, right)):
        for name, text in page.tables[0].rows:
            rows.setdefault(name, ["", ""])[place] = text
    head = ("", "put aside" if aside else "as it was opened", "as it is now")
    made = [("in short", left.headline, right.headline), *((name, *pair) for name, pair in rows.items())]
    change = _randomised(subject) - _randomised(other)
    counted = subject.design.counted_in
    told = f"Now {abs(change):,} {'more' if change > 0 else 'fewer'} {counted}"
    same = f"Both ask for {_randomised(subject):,} {counted}"
    return Page(data=None, headline=told if change else same, tables=[Table(head, made)])


def _randomised(subject: Subject) -> int:
    """All who are randomised, those of whom no outcome is expected among them."""
    if subject.is_plan:
        return sum(subject.endpoint.arms_randomised.values())
    enrolled = subject.answer.enrolled
    return int(subject.answer.n if enrolled is None else enrolled["n"])


PAGE = PageKind(
    name="side-by-side",
    place=8,
    title="Side by side",
    question="What did the changes do?",
    takes=lambda control: False,
    parts=_parts,
)
