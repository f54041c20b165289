"""`trialplan demo`: from the shipped table to a protocol draft, in one go."""

from __future__ import annotations

from pathlib import Path

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import force_option, path_option, wrote


@click.command(
    "demo",
    cls=Verb,
    params=[
        path_option(
            *("-o", "--output", "folder"),
            metavar="DIR",
            help="the folder to write to  [default: ./trialplan-demo]",
            default=Path("trialplan-demo"),
        ),
        force_option(),
    ],
    short_help="The whole road once: from the shipped table to a protocol draft.",
    epilog=options.examples("trialplan demo", "trialplan demo --output my-demo"),
)
def command(folder: Path) -> None:
    """The protocol draft of the shipped plan msc-lupus-nephritis, as Markdown, HTML and DOCX.

    Without the extra `report` it is Markdown alone, and the command that adds the others is printed.
    """
    from trialplan.verbs.planning import demo

    made = demo(folder)
    for path in made.paths:
        wrote(path)
    if made.left_out:
        click.echo(f"HTML and DOCX are left out: {made.left_out}")
