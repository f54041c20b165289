"""`trialplan duration`: how long so many participants take, or how many so long a time brings."""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show
from trialplan.design import Sized


@click.command(
    "duration",
    cls=Verb,
    params=[
        click.Argument(["plan"], required=False),
        click.Option(
            ["--n"], type=options.Participants(), metavar="TOTAL", help="asks how long so many randomised take"
        ),
        click.Option(
            ["--months"], type=options.NUMBER, help="asks how many so many months bring, the last reading included"
        ),
        click.Option(
            ["--read-after"],
            type=options.NUMBER,
            help="months from randomisation to the reading, where no plan says it",
        ),
        click.Option(
            ["--so-far"],
            metavar="N/MONTHS,…",
            help="participants and months of each site that is open, as in 10/4,3/2: predicts the rest from now on",
        ),
        *options.sites_options(),
        *output_options(),
    ],
    short_help="How long do so many take, or how many does a time bring?",
    epilog=options.examples(
        "trialplan duration msc-lupus-nephritis --n 120",
        "trialplan duration msc-lupus-nephritis --months 60",
        "trialplan duration --sites 20 --patients-per-year 5 --eligible 0.3 --rate-shape 2 --read-after 12 --n 120",
        "trialplan duration msc-lupus-nephritis --so-far 3/8,1/7,0/5,2/4",
    ),
)
def command(plan: str | None, as_json: bool, output: Any, **given: Any) -> None:
    """The months that a number of participants takes, or the number that months bring.

    PLAN says how it recruits under [enrolment], and its own number is asked about unless --n or --months is given;
    without one the options describe the sites. Either way the months until the last endpoint is read are included.
    """
    from trialplan.verbs.recruiting import duration

    with options.typed(Sized, "duration", "sites", "screening", **options.SITES_NAMES):
        found = duration(plan, **given)
    show(found.page(), as_json, output)
