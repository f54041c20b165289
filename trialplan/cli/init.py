"""`trialplan init`: write a plan to start from."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import NamedPath, wrote


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
    """
    from trialplan import files
    from trialplan.verbs.planning import starter_plan

    files.check_writable(path, replace=force)
    files.write(path, starter_plan())
    wrote(path)
    typed = shlex.quote(str(path)) if str(path).isprintable() else f"${str(path)!r}"  # as bash and zsh take escapes
    click.echo(f"next: trialplan protocol {typed} -o protocol.md")
