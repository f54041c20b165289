"""What a new study brings to a plan as a page: the change as a sentence, its shares among the arms as a table."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from trialplan.page import Page, Table
from trialplan.text import listed, with_minus

if TYPE_CHECKING:
    from trialplan.plan.addition import Addition, Share


def page(found: Addition) -> Page:
    """The change as a sentence, its shares as a table with their sum."""
    names = list(found.before)
    rows = [["before", *(_held(name, found.before[name]) for name in names)]]
    rows += [[_label(one), *(_shown(name, one.changes[name]) for name in names)] for one in found.shares]
    rows.append(["after", *(_held(name, found.after[name]) for name in names)])
    records = [
        {
            "joined": _label(one),
            "changes": {name: {"exact": str(x), "value": float(x)} for name, x in one.changes.items()},
        }
        for one in found.shares
    ]
    return Page(
        data={
            "plan": found.plan,
            "added": list(found.added),
            "before": {name: float(x) for name, x in found.before.items()},
            "after": {name: float(x) for name, x in found.after.items()},
            "shares": records,
            "ignored": list(found.ignored),
        },
        headline=headline(found),
        tables=[Table(("what joins", *names), rows)],
        notes=list(_notes(found)),
        records=lambda: records,
    )


def headline(found: Addition) -> str:
    """n before and after, and the assurance that the planned number has."""
    before, after = (int(each["n"]) for each in (found.before, found.after))
    told = f"with {listed(found.added)} {found.plan} asks for {after:,} participants instead of {before:,}"
    if "assurance" not in found.before:
        return told
    was, now = (float(each["assurance"]) for each in (found.before, found.after))
    return f"{told}; the assurance of {before:,} is {now:.3f} instead of {was:.3f}"


def _notes(found: Addition) -> Iterator[str]:
    yield (
        "A share is what an arm brings, averaged over every order in which the arms could be added; before they are "
        "rounded the shares add up to the whole change exactly (Shapley 1953). The assurance is that of the number "
        "planned before. What joins a bridged rate is bridged with it, whoever was blinded."
    )
    if found.ignored:
        yield f"Rows that the plan does not read: {'; '.join(found.ignored)}."
    if any(len(one.joined) > 1 for one in found.shares):
        yield "Arms in one row are counted as one: with only some of them no number of participants would do."


def _label(one: Share) -> str:
    return " and ".join(joined.label for joined in one.joined)


def _shown(name: str, change: Fraction) -> str:
    """A change with its sign: whole participants as they are, halves and thirds to a figure; rates to four."""
    if name == "n":
        return with_minus(f"{float(change):+,.1f}".removesuffix(".0"))
    return with_minus(f"{float(change):+.4f}")


def _held(name: str, value: Fraction) -> str:
    return f"{int(value):,}" if name == "n" else f"{float(value):.4f}"
