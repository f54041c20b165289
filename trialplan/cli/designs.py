"""`trialplan designs`: the designs, and what their numbers mean."""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show
from trialplan.verbs.second_opinion import list_designs


@click.command(
    "designs",
    cls=Verb,
    params=[click.Argument(["design"], required=False), *output_options()],
    short_help="Which designs are there, and what do their numbers mean?",
    epilog=options.examples("trialplan designs", "trialplan designs two-proportions", "trialplan designs --json"),
)
def command(design: str | None, as_json: bool, output: Any) -> None:
    """The designs, each with the question that it answers.

    With a DESIGN, its numbers with symbol, unit, domain and meaning, and its table of tests: what each is, who
    uses it and when it errs.
    """
    show(list_designs(design).page(), as_json, output)
