"""`trialplan schema`: what a plan file may hold."""

from __future__ import annotations

import json
from pathlib import Path

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import force_option, path_option, show_text


@click.command(
    "schema",
    cls=Verb,
    params=[path_option("-o", "--output", help="write to a .json file", formats=(".json",)), force_option()],
    short_help="What may a plan file hold? Its JSON Schema.",
    epilog=options.examples("trialplan schema", "trialplan schema -o plan.schema.json"),
)
def command(output: Path | None) -> None:
    """The JSON Schema of plan files, for editors that complete and check as one types."""
    from trialplan.verbs.planning import schema

    show_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", output)
