"""A checked document as a page: what does not agree as a table; what was added and left out below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import trialplan
from trialplan.page import Page, Table
from trialplan.text import plural

if TYPE_CHECKING:
    from trialplan.protocol.checking.check import Checked

_NAMED = 8
"""Places that are named before the rest are counted."""


def page(found: Checked) -> Page:
    """The document held against its plan."""
    name, comparison = found.file, found.comparison
    statements = [asdict(statement) for statement in comparison.statements]
    rows = [[wrong.quantity, wrong.printed, wrong.recomputed] for wrong in found.wrong]
    return Page(
        data={
            "file": name,
            "ok": found.ok,
            "plan": found.plan,
            "written_by": found.version,
            "version": trialplan.__version__,
            "numbers": comparison.numbers,
            "statements": statements,
            "added": list(comparison.added),
            "left_out": list(comparison.left_out),
            "absent_sections": list(comparison.absent),
        },
        headline=_headline(name, found),
        tables=[Table(("where", "printed", "recomputed"), rows)] if rows else [],
        notes=list(_notes(found)),
        records=lambda: statements,
    )


def _headline(name: str, found: Checked) -> str:
    wrong = len(found.wrong)
    if found.ok:
        agree = f"{name} says what its plan gives: all {found.comparison.numbers:,} numbers in it agree"
        absent = len(found.comparison.absent)
        if absent:
            agree += f"; {absent:,} of its sections {'is' if absent == 1 else 'are'} not in it"
        return f"{agree}."
    things = f"{plural(wrong, 'statement')} {'is' if wrong == 1 else 'are'}"
    return f"{name} does not say what its plan gives: {things} not as computed from {found.plan}."


def _notes(found: Checked) -> Iterator[str]:
    comparison = found.comparison
    if found.other_version:
        yield (
            f"The document was written by trialplan {found.version} and is checked by {trialplan.__version__}: what "
            "differs may be how the two compute or word it."
        )
    for section in comparison.absent:
        yield f"Not in this document: section {section}."
    if comparison.left_out:
        more = len(comparison.left_out) - _NAMED
        places = "; ".join(comparison.left_out[:_NAMED]) + (f"; and {more:,} more" if more > 0 else "")
        yield f"Not in this document, without a number in it: {places}."
    if comparison.added:
        many = len(comparison.added)
        yield f"Added text, not checked: {many:,} {'paragraph or table' if many == 1 else 'paragraphs or tables'}."
