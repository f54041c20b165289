"""`trialplan check`: whether a finished protocol still says what its plan gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, path_option, show
from trialplan.cli.options.workers import patience_option


@click.command(
    "check",
    cls=Verb,
    params=[
        click.Argument(["file"], type=click.Path(path_type=Path)),
        click.Option(["--plan"], metavar="PLAN", help="the plan to check against, where the file has lost its own"),
        path_option("--templates", metavar="DIR", help="the house style that the document was written with"),
        patience_option("computing the plan in it"),
        *output_options(),
    ],
    short_help="Does a finished protocol still say what its plan gives?",
    epilog=options.examples(
        "trialplan check protocol.docx",
        "trialplan check protocol.md --json",
        "trialplan check saved-elsewhere.docx --plan plan.toml",
    )
    + "\n\nExit codes: 0 all agrees; 1 something does not, and is named; 2 the document cannot be checked.",
)
def command(file: Path, plan: str | None, templates: Path | None, patience: float, as_json: bool, output: Any) -> None:
    """Every number of FILE (.md, .html, .docx, .odt or .pdf), recomputed from the plan that it holds, or from --plan.

    A number, a word of a computed sentence or a row of a table that was changed, moved or removed is named, with what
    is printed and what the plan gives. Paragraphs and tables that were added are counted and not judged; comments,
    headers and footers are not read, and tracked changes are taken as accepted. The drawings of figures are not
    compared, their descriptions and tables are.
    """
    from trialplan.verbs.planning import check

    checked = check(file, plan=plan, templates=templates, patience=patience)
    show(checked.page(), as_json, output, ok=checked.ok)
