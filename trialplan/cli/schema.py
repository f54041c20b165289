"""`trialplan schema`: what a plan file may hold."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trialplan import files
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import check, path_option


@click.command(
    "schema",
    cls=Verb,
    params=[path_option("-o", "--output", help="write to a .json file")],
    short_help="What may a plan file hold? Its JSON Schema.",
    epilog=options.examples("trialplan schema", "trialplan schema -o plan.schema.json"),
)
def command(output: Path | None) -> None:
    """The JSON Schema of plan files, for editors that complete and check as one types."""
    if output is not None:
        check(output, [".json"])
    from trialplan import plan

    text = json.dumps(plan.json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"wrote {files.write(output, text)}")
