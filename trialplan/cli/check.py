"""`trialplan check`: whether a finished protocol still says what its plan gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import FAILED, Verb
from trialplan.cli.options.output import output_options, path_option, show
from trialplan.page import Page, Table
from trialplan.text import plural

if TYPE_CHECKING:
    from trialplan.protocol.checking.check import Checked

_NAMED = 8
"""Places that are named before the rest are counted."""


@click.command(
    "check",
    cls=Verb,
    params=[
        click.Argument(["file"], type=click.Path(path_type=Path)),
        path_option("--templates", metavar="DIR", help="the house style that the document was written with"),
        click.Option(
            ["--patience"],
            type=click.FloatRange(1),
            default=300,
            show_default=True,
            metavar="SECONDS",
            help="how long the plan in it may take to compute",
        ),
        *output_options(),
    ],
    short_help="Does a finished protocol still say what its plan gives?",
    epilog=options.examples("trialplan check protocol.docx", "trialplan check protocol.md --json")
    + "\n\nExit codes: 0 all agrees; 1 something does not, and is named; 2 the document cannot be checked.",
)
def command(file: Path, templates: Path | None, patience: float, as_json: bool, output: Any) -> None:
    """Every number of FILE, a protocol as .md, .html or .docx, recomputed from the plan that is printed in it.

    A number, a word of a computed sentence or a row of a table that was changed, moved or removed is named, with what
    is printed and what the plan gives. Paragraphs and tables that were added are counted and not judged; comments,
    headers and footers are not read, and tracked changes are taken as accepted. The drawings of figures are not
    compared, their descriptions and tables are.
    """
    from trialplan.protocol.checking.check import check

    checked = check(file, templates, patience)
    show(page(file.name, checked), as_json, output)
    if not checked.ok:
        raise click.exceptions.Exit(FAILED)


def page(name: str, found: Checked) -> Page:
    """What does not agree as a table; what was added and left out below it."""
    data = _data(name, found)
    rows = [[wrong.quantity, wrong.printed, wrong.recomputed] for wrong in found.wrong]
    return Page(
        data=data,
        headline=_headline(name, found),
        tables=[Table(("where", "printed", "recomputed"), rows)] if rows else [],
        notes=list(_notes(found)),
        records=lambda: data["statements"],
    )


def _data(name: str, found: Checked) -> dict[str, Any]:
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
            {name: getattr(statement, name) for name in ("quantity", "printed", "recomputed", "ok")}
            for statement in comparison.statements
        ],
        "added": list(comparison.added),
        "left_out": list(comparison.left_out),
        "absent_sections": list(comparison.absent),
    }


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
        more = len(comparison.left_out) - _NAMED
        places = "; ".join(comparison.left_out[:_NAMED]) + (f"; and {more:,} more" if more > 0 else "")
        yield f"Not in this document, without a number in it: {places}."
    if comparison.added:
        many = len(comparison.added)
        yield f"Added text, not checked: {many:,} {'paragraph or table' if many == 1 else 'paragraphs or tables'}."
