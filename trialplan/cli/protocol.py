"""`trialplan protocol`: the protocol draft that a plan makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import force_option, path_option, wrote
from trialplan.cli.options.workers import patience_option
from trialplan.errors import FileError
from trialplan.text import plural

_SHOWN = 20
"""Letters that are shown before the rest are left to the eye."""

DOCUMENTS = ("protocol", "statistics", "statement", "committee", "registry")
"""What a plan can be made into; the names stand here so that a help page need not read plans."""


@click.command(
    "protocol",
    cls=Verb,
    params=[
        click.Argument(["plan"]),
        path_option(
            *("-o", "--output", "outputs"),
            help="write to a .md, .html, .docx, .pdf or .tex file, a registry's record also to .txt or .json; may be "
            "repeated  [default: Markdown on the screen]",
            multiple=True,
            formats=(".md", ".html", ".docx", ".pdf", ".tex", ".txt", ".json"),
        ),
        force_option(),
        click.Option(
            ["--document"],
            type=click.Choice(DOCUMENTS),
            help="for whom: the whole protocol; statistics, sample size and analysis alone; statement, a paragraph to "
            "copy; committee, the sheet of a data monitoring committee; registry, the fields of a trial registry  "
            "[default: what the plan's [report] says, else protocol]",
        ),
        path_option(
            "--templates",
            metavar="DIR",
            help="the house style: a folder whose templates, or single blocks of them, override the shipped ones",
        ),
        patience_option("making the documents from such templates"),
        path_option("--reference", help="the Word file whose styles, page, headers and footers a .docx takes"),
    ],
    short_help="Write the protocol draft that a plan makes.",
    epilog=options.examples(
        "trialplan protocol msc-lupus-nephritis -o protocol.md",
        "trialplan protocol msc-lupus-nephritis -o protocol.html -o protocol.docx -o protocol.pdf",
    ),
)
def command(
    plan: str,
    outputs: tuple[Path, ...],
    document: str | None,
    templates: Path | None,
    patience: float,
    reference: Path | None,
) -> None:
    """The protocol draft of PLAN: a shipped plan's name, or the path of a plan file.

    It holds the synopsis, the evidence with its findings, the estimand, every assumption with its source, the
    sample size and what it would be otherwise. The format follows the suffix; all but Markdown need the extra
    `report`. Markdown tells each figure in words and as a table; a .tex file has its figures in a folder beside it.
    Which sections are printed, the plan says under [report], by sections or leave_out.
    """
    _check_house(outputs, templates, reference)
    from trialplan.verbs.planning import render_protocol

    house: dict[str, Any] = {"templates": templates, "reference": reference, "patience": patience}
    house |= {"document": document}
    if outputs:
        for path in render_protocol(plan, *outputs, **house):
            wrote(path)
        _tell_of_letters(plan, outputs)
    else:
        click.echo(render_protocol(plan, **house), nl=False)


def _tell_of_letters(plan: str, outputs: tuple[Path, ...]) -> None:
    """Say which letters of the plan the fonts of a PDF lack: nobody else sees the boxes before a reader does."""
    if not any(path.suffix.lower() == ".pdf" for path in outputs):
        return
    from trialplan.plan import read
    from trialplan.protocol.formats.documents import lacking_letters

    if letters := lacking_letters(read(plan)):
        shown = letters[:_SHOWN] + ("…" if len(letters) > _SHOWN else "")
        click.echo(
            f"trialplan: the fonts that come along lack {plural(len(letters), 'letter')} of this plan ({shown}): a "
            "font of this machine sets them in the PDF, or a box where it has none, and boxes stand in figures",
            err=True,
        )


def _check_house(outputs: tuple[Path, ...], templates: Path | None, reference: Path | None) -> None:
    """Raise, before any work is done, where the house style is not there or has nothing to act on."""
    if templates is not None and not templates.is_dir():
        raise FileError(f"the folder of templates {templates} does not exist; name the folder that overrides some")
    if reference is None:
        return
    if not any(path.suffix.lower() == ".docx" for path in outputs):
        raise FileError("--reference lends styles to a .docx file, and none is written; add -o protocol.docx")
    if not reference.is_file():
        raise FileError(f"there is no reference document {reference}; name a .docx file")
