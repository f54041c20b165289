"""`trialplan demo`: from the shipped table to a protocol draft, in one go."""

from __future__ import annotations

from pathlib import Path

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import path_option
from trialplan.errors import MissingExtra
from trialplan.files import make_folder

PLAN = "msc-lupus-nephritis"


@click.command(
    "demo",
    cls=Verb,
    params=[
        path_option(
            *("-o", "--output", "folder"),
            metavar="DIR",
            help="the folder to write to  [default: ./trialplan-demo]",
            default=Path("trialplan-demo"),
        )
    ],
    short_help="The whole road once: from the shipped table to a protocol draft.",
    epilog=options.examples("trialplan demo", "trialplan demo --output my-demo"),
)
def command(folder: Path) -> None:
    """The protocol draft of the shipped plan msc-lupus-nephritis, as Markdown, HTML and DOCX.

    Without the extra `report` it is Markdown alone, and the command that adds the others is printed.
    """
    made = make_folder(folder)
    try:
        paths, missing = _written(folder)
    except BaseException:
        if made and not any(folder.iterdir()):
            folder.rmdir()
        raise
    for path in paths:
        click.echo(f"wrote {path}")
    if missing:
        click.echo(f"HTML and DOCX are left out: {missing}")


def _written(folder: Path) -> tuple[list[Path], str]:
    """The files, and the sentence about what is missing for the others."""
    from trialplan import plan, protocol

    read = plan.read(PLAN)
    outputs = [folder / f"protocol{suffix}" for suffix in (".md", ".html", ".docx")]
    try:
        return protocol.write(read, outputs), ""
    except MissingExtra as missing:
        return protocol.write(read, outputs[:1]), str(missing)
