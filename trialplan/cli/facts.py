"""`trialplan facts`: which missing or doubtful cell of the evidence is worth asking the authors for."""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show


@click.command(
    "facts",
    cls=Verb,
    params=[click.Argument(["plan"]), *output_options()],
    short_help="Which missing or doubtful cell is worth asking the authors for?",
    epilog=options.examples("trialplan facts msc-lupus-nephritis", "trialplan facts starter --json"),
)
def command(plan: str, as_json: bool, output: Any) -> None:
    """n over what each missing or doubtful cell of PLAN's evidence may be, the one that moves it most first.

    A denominator that is not reported lies between the events and those enrolled; those without a result had the
    outcome or had not; a count whose percentage is another's may be what fits; an outcome without a definition may be
    what the plan's other readings count; an SD may be as others of the same outcome. Where the table leaves no
    bounds, there is no range. Below stands n without the study that contradicts itself most.
    """
    from trialplan.verbs.planning import facts

    show(facts(plan).page(), as_json, output)
