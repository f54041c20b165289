"""`trialplan schema`: what may a plan file hold?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from trialplan import files
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.files import check_suffix


@click.command(
    "schema",
    cls=Verb,
    params=[
        click.Option(["-o", "--output"], type=click.Path(path_type=Path), metavar="FILE", help="write to a .json file")
    ],
    short_help="What may a plan file hold? Its JSON Schema.",
    epilog=options.examples("trialplan schema", "trialplan schema -o plan.schema.json"),
)
def command(output: Path | None) -> None:
    """The JSON Schema of plan files, for editors that complete and check as one types."""
    if output is not None:
        check_suffix(output, [".json"])
        files.check_writable(output)
    text = _text()
    if output is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"wrote {files.write(output, text)}")


def _text() -> str:
    from trialplan import plan

    return json.dumps(plan.json_schema(), indent=2, ensure_ascii=False) + "\n"
