"""`trialplan init`: write a plan to start from."""

from __future__ import annotations

from pathlib import Path

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import NamedPath


@click.command(
    "init",
    cls=Verb,
    params=[
        click.Argument(["path"], type=NamedPath(), default=Path("plan.toml")),
        click.Option(["--force"], is_flag=True, help="overwrite the file if it exists"),
    ],
    short_help="Write a plan to start from.",
    epilog=options.examples("trialplan init", "trialplan init my-trial.toml"),
)
def command(path: Path, force: bool) -> None:
    """A commented plan file at PATH (plan.toml unless another is named), to be filled in.

    `trialplan protocol` makes a protocol draft of it; `trialplan schema` says what each key may hold.
    Where PATH ends in .md it is a sheet to send to experts, which `trialplan elicit` reads back.
    """
    from trialplan import files
    from trialplan.verbs.planning import starter_plan

    files.check_writable(path, replace=force)
    if path.suffix.lower() == ".md":
        from trialplan.verbs.eliciting import elicitation_sheet

        files.write(path, elicitation_sheet())
        click.echo(f"wrote {path}\nnext: write the question into it, send it out, then trialplan elicit SHEET.md ...")
        return
    files.write(path, starter_plan())
    click.echo(f"wrote {path}\nnext: trialplan protocol {path} -o protocol.md")
