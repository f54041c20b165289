"""What the next fact is worth as a page: what to ask first, then every open cell with the n over what it may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trialplan.page import Page, Table
from trialplan.text import listed, plural

if TYPE_CHECKING:
    from trialplan.plan.next_fact import Fact, Facts


def page(found: Facts) -> Page:
    """The question to ask first as the headline, the cells ranked as a table."""
    records = [_record(one) for one in found.facts]
    rows = [
        [
            one.doubt.study.key,
            listed(row.label for row in one.doubt.rows),
            one.doubt.seen,
            f"{one.answers[0][0]} to {one.answers[-1][0]}" if one.answers else one.doubt.no_range,
            _range(one),
            one.use,
        ]
        for one in found.facts
    ]
    columns = ("study", "outcome", "seen", "it may be", "n", "read for")
    return Page(
        data={
            "plan": found.plan,
            "n": found.n,
            "facts": records,
            "without": [
                {"study": one.study, "contradictions": one.contradictions, "n": one.n, "reason": one.reason}
                for one in found.without
            ],
        },
        headline=headline(found),
        tables=[Table(columns, rows)] if rows else [],
        notes=list(_notes(found)),
        records=lambda: records,
    )


def headline(found: Facts) -> str:
    """Whom to ask what first, and what it may change."""
    moving = [one for one in found.facts if one.spread > 1]
    if not moving:
        return f"n is {found.n:,}, and no cell that is open in the evidence moves it"
    first = moving[0]
    where = "the plan's own number" if first.own else first.use
    return f"first {first.doubt.question}: n may be {_range(first)} ({where}; planned {found.n:,})"


def _range(one: Fact) -> str:
    if not one.answers:
        return "no range"
    if one.least is None:
        return "none would do"
    if one.most is None:
        return f"{one.least:,} to none"
    return f"{one.least:,} to {one.most:,}" if one.least != one.most else f"{one.least:,}"


def _notes(found: Facts) -> Iterator[str]:
    yield (
        'Ranked by how many times the least n the most is; "none" says that for some value no number of participants '
        "would do. Each cell by itself, everything else as the plan reads it."
    )
    if not found.without:
        yield "No study that n rests on contradicts itself in the table."
    for one in found.without:
        many = plural(one.contradictions, "contradiction")
        told = f"n is {one.n:,}" if one.n is not None else one.reason
        yield f"Without {one.study}, whose rows contradict themselves most ({many}): {told}."


def _record(one: Fact) -> dict[str, Any]:
    return {
        "study": one.doubt.study.key,
        "outcome": [row.label for row in one.doubt.rows],
        "cell": one.doubt.cell,
        "seen": one.doubt.seen,
        "question": one.doubt.question,
        "read_for": one.use,
        "own": one.own,
        "planned": one.planned,
        "least": one.least,
        "most": one.most,
        "answers": [{"if": words, "n": n} for words, n in one.answers],
        "no_range": one.doubt.no_range or None,
    }
