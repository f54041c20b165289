"""`trialplan check`: does a finished protocol still say what its plan gives?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options import output
from trialplan.cli.options.command import Verb

FAILED = 1
_NAMED = 8
"""Places that are named before the rest are counted."""


@click.command(
    "check",
    cls=Verb,
    params=[
        click.Argument(["file"], type=click.Path(path_type=Path)),
        click.Option(
            ["--templates"],
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="the house style that the document was written with",
        ),
        click.Option(
            ["--patience"],
            type=click.FloatRange(1),
            default=300,
            show_default=True,
            metavar="SECONDS",
            help="how long the plan in it may take to compute",
        ),
        *output.options(),
    ],
    short_help="Does a finished protocol still say what its plan gives?",
    epilog=options.examples(
        "trialplan check protocol.docx",
        "trialplan check protocol.md --json",
    )
    + "\n\nExit codes: 0 all agrees; 1 something does not, and is named; 2 the document cannot be checked.",
)
def command(file: Path, templates: Path | None, patience: float, as_json: bool, output: Any) -> None:
    """Every number of FILE, a protocol as .md, .html or .docx, recomputed from the plan that is printed in it.

    A number, a word of a computed sentence or a row of a table that was changed, moved or removed is named, with what
    is printed and what the plan gives. Paragraphs and tables that were added are counted and not judged; comments,
    headers and footers are not read, and tracked changes are taken as accepted. The drawings of figures are not
    compared, their descriptions and tables are.
    """
    from trialplan.cli.options.output import show
    from trialplan.protocol.checking.check import check

    found = check(file, templates, patience)
    show(page(file.name, found), as_json, output)
    if not found.ok:
        raise click.exceptions.Exit(FAILED)


def page(name: str, found: Any) -> Any:
    """What does not agree as a table; what was added and left out below it."""
    from trialplan.page import Page, Table

    data = _data(name, found)
    rows = [[one.quantity, one.printed, one.recomputed] for one in found.wrong]
    return Page(
        data=data,
        headline=_headline(name, found),
        tables=[Table(("where", "printed", "recomputed"), rows)] if rows else [],
        notes=list(_notes(found)),
        records=lambda: data["statements"],
    )


def _data(name: str, found: Any) -> dict[str, Any]:
    import trialplan

    comparison = found.comparison
    return {
        "file": name,
        "ok": found.ok,
        "plan": found.plan,
        "written_by": found.version,
        "version": trialplan.__version__,
        "numbers": comparison.numbers,
        "statements": [
            {"quantity": one.quantity, "printed": one.printed, "recomputed": one.recomputed, "ok": one.ok}
            for one in comparison.statements
        ],
        "added": list(comparison.added),
        "left_out": list(comparison.left_out),
        "absent_sections": list(comparison.absent),
    }


def _headline(name: str, found: Any) -> str:
    wrong = len(found.wrong)
    if found.ok:
        agree = f"{name} says what its plan gives: all {found.comparison.numbers:,} numbers in it agree"
        absent = len(found.comparison.absent)
        if absent:
            agree += f"; {absent:,} of its sections {'is' if absent == 1 else 'are'} not in it"
        return f"{agree}."
    things = "1 statement is" if wrong == 1 else f"{wrong:,} statements are"
    return f"{name} does not say what its plan gives: {things} not as computed from {found.plan}."


def _notes(found: Any) -> Any:
    import trialplan

    comparison = found.comparison
    if found.other_version:
        yield (
            f"The document was written by trialplan {found.version} and is checked by {trialplan.__version__}: what "
            "differs may be how the two compute or word it."
        )
    for section in comparison.absent:
        yield f"Not in this document: section {section}."
    if comparison.left_out:
        yield f"Not in this document, without a number in it: {_listed(comparison.left_out)}."
    if comparison.added:
        many = len(comparison.added)
        yield f"Added text, not checked: {many:,} {'paragraph or table' if many == 1 else 'paragraphs or tables'}."


def _listed(places: Any) -> str:
    more = len(places) - _NAMED
    return "; ".join(places[:_NAMED]) + (f"; and {more:,} more" if more > 0 else "")
