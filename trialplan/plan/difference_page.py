"""The difference between two plans as a page: the change as a sentence, its parts as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from trialplan.page import Page, Table
from trialplan.text import listed

if TYPE_CHECKING:
    from trialplan.plan.difference import Difference, Part

_MANY = 6
"""Places that differ in words only, named before the rest are counted."""


def page(found: Difference) -> Page:
    """The change as a sentence, its parts as a table."""
    records = [_record(part, found.drops_out) for part in found.parts]
    column = "change in n / enrolled" if found.drops_out else "change in n"
    rows = []
    for part in found.parts:
        changes = [part.shown, part.shown_enrolled] if found.drops_out else [part.shown]
        shown = " / ".join(f"{change:+,}" if change else "0" for change in changes)
        for position, clause in enumerate(part.clauses):
            rows.append([clause.assumption, clause.before, clause.after, "together" if position else shown])
    return Page(
        data=_data(found, records),
        headline=sentence(found),
        tables=[Table(("assumption", "A", "B", column), rows, right=frozenset({3}))] if rows else [],
        notes=list(_notes(found)),
        records=lambda: records,
    )


def sentence(found: Difference) -> str:
    """The change and its reasons, as an investigator would say them."""
    a, b = found.a.plan.name, found.b.plan.name
    if not found.parts:
        named = ", ".join(found.also[:_MANY])
        others = f" and {len(found.also) - _MANY} more" if len(found.also) > _MANY else ""
        differ = "differ" if len(found.also) > 1 else "differs"
        only = f"only {named}{others} {differ}." if found.also else "the two plans say the same."
        return f"n is the same, {found.of_a.n:,}; {only}"
    told = f"{_asks(b, a, found.change, found.of_b.n, found.of_a.n)}{_because(found.parts, 'shown')}"
    if found.offsetting:
        told = f"{told} The changes undo each other: {_between(found)}"
    if not found.drops_out:
        return told
    more = _asks(b, a, found.change_enrolled, found.of_b.enrolled, found.of_a.enrolled, verb="enrols")
    return f"{told} Losses counted, {more}{_because(found.parts, 'shown_enrolled')}"


def _asks(b: str, a: str, change: int, now: int, was: int, verb: str = "asks for") -> str:
    if not change:
        return f"{b} {verb} as many participants as {a}, {now:,}"
    how = "more" if change > 0 else "fewer"
    people = "participant" if abs(change) == 1 else "participants"
    return f"{b} {verb} {abs(change):,} {how} {people} than {a} ({now:,} instead of {was:,})"


def _because(parts: Sequence[Part], shown: str) -> str:
    """The parts that move the number, largest first, and those that do not."""
    moving = sorted((part for part in parts if getattr(part, shown)), key=lambda part: -abs(getattr(part, shown)))
    idle = [part for part in parts if not getattr(part, shown)]
    still = " and that ".join(map(_clauses, idle))
    if not moving:
        return f", although {still}."
    mixed = len({getattr(part, shown) > 0 for part in moving}) > 1
    told = []
    for part in moving:
        change = getattr(part, shown)
        way = (" more" if change > 0 else " fewer") if mixed else ""
        told.append(f"{abs(change):,}{way} because {_clauses(part)}")
    reasons = f", because {_clauses(moving[0])}" if len(moving) == 1 else f": {'; '.join(told)}"
    exactly = {"shown": "change_in_n", "shown_enrolled": "change_in_enrolled"}[shown]
    hardly = "next to no" if any(getattr(part, exactly) for part in idle) else "no"
    return f"{reasons}{f'; it makes {hardly} difference that {still}' if still else ''}."


def _clauses(part: Part) -> str:
    return " and ".join(clause.words for clause in part.clauses if clause.words)


def _notes(found: Difference) -> Iterator[str]:
    if any(part.change_in_n.denominator != 1 or part.change_in_enrolled.denominator != 1 for part in found.parts):
        yield (
            "Each part is an average over every order in which the changes could be made, so it may hold a fraction of "
            "a participant; the whole numbers shown add up to the change."
        )
    least, most = found.between
    low, high = sorted((found.of_a.n, found.of_b.n))
    if (least < low or most > high) and not found.offsetting:
        yield f"The changes pull in different directions: {_between(found)}"
    for part in found.parts:
        if part.why_joined:
            yield f"{listed(clause.assumption for clause in part.clauses)} are counted as one: {part.why_joined}."


def _between(found: Difference) -> str:
    least, most = found.between
    return f"with only some of them n would be between {least:,} and {most:,}."


def _record(part: Part, drops_out: bool) -> dict[str, Any]:
    """A part under the keys that a program reads; the exact change is a fraction written out."""
    record = {
        "assumption": " and ".join(clause.assumption for clause in part.clauses),
        "from": "; ".join(clause.before for clause in part.clauses),
        "to": "; ".join(clause.after for clause in part.clauses),
        "change_in_n": float(part.change_in_n),
        "exact": str(part.change_in_n),
        "shown": part.shown,
        "because": _clauses(part),
    }
    if drops_out:
        record |= {
            "change_in_enrolled": float(part.change_in_enrolled),
            "exact_enrolled": str(part.change_in_enrolled),
            "shown_enrolled": part.shown_enrolled,
        }
    return record | ({"joined": part.why_joined} if part.why_joined else {})


def _data(found: Difference, records: Sequence[Any]) -> dict[str, Any]:
    sides = {
        side: {"plan": trial.plan.name, "n": sizes.n} | ({"enrolled": sizes.enrolled} if found.drops_out else {})
        for side, trial, sizes in (("a", found.a, found.of_a), ("b", found.b, found.of_b))
    }
    enrolled = {"change_in_enrolled": found.change_enrolled} if found.drops_out else {}
    return {
        **sides,
        "change_in_n": found.change,
        **enrolled,
        "parts": list(records),
        "between": list(found.between),
        "differing": list(found.also),
        "sentence": sentence(found),
    }
