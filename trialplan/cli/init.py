"""`trialplan init`: write a plan to start from."""

from __future__ import annotations

from pathlib import Path

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import NamedPath
from trialplan.cli.protocol import DOCUMENTS


@click.command(
    "init",
    cls=Verb,
    params=[
        click.Argument(["path"], type=NamedPath(), default=Path("plan.toml")),
        click.Option(
            ["--document"],
            type=click.Choice(DOCUMENTS),
            default=DOCUMENTS[0],
            help="the document that the plan is to make: all that a protocol says, or what its reader needs alone  "
            "[default: protocol]",
        ),
        click.Option(["--force"], is_flag=True, help="overwrite the file if it exists"),
    ],
    short_help="Write a plan to start from.",
    epilog=options.examples(
        "trialplan init", "trialplan init my-trial.toml", "trialplan init sheet.toml --document committee"
    ),
)
def command(path: Path, document: str, force: bool) -> None:
    """A commented plan file at PATH (plan.toml unless another is named), to be filled in.

    `trialplan protocol` makes a protocol draft of it; `trialplan schema` says what each key may hold.
    """
    from trialplan import files
    from trialplan.verbs.planning import starter_plan

    files.check_writable(path, replace=force)
    files.write(path, starter_plan(document))
    click.echo(f"wrote {path}\nnext: trialplan protocol {path} -o {document}.md")
