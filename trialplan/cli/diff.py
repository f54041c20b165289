"""`trialplan diff`: why one plan asks for more participants than another, or where a registry's record differs."""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, path_option, show


@click.command(
    "diff",
    cls=Verb,
    params=[
        click.Argument(["a"]),
        click.Argument(["b"], required=False),
        path_option("--add", help="in place of B: A with the studies of this evidence table"),
        *output_options(),
    ],
    short_help="Why does one plan ask for more participants than another?",
    epilog=options.examples(
        "trialplan diff starter msc-lupus-nephritis",
        "trialplan diff starter msc-lupus-nephritis --json",
        "trialplan diff msc-lupus-nephritis --add msc-lupus-nephritis-randomised",
        "trialplan diff registry.json msc-lupus-nephritis",
    ),
)
def command(a: str, b: str | None, add: str | None, as_json: bool, output: Any) -> None:
    """The change in the number of participants from plan A to plan B, shared among the assumptions that changed.

    A share is what changing that assumption does to n, averaged over every order in which the changes could be
    made (Shapley 1953), so the shares add up to the change. Plans are shipped ones by name, or files by path; only
    what sizes the primary endpoint is compared. Where A is a registry's record (.json, as ClinicalTrials.gov gives it),
    it says instead where record and plan differ: enrolment, allocation, masking, arms, outcomes and their time frames.
    With --add FILE the other plan is A with the studies of that table: each arm whose outcome A reads joins what A
    draws or borrows, and the change in n, in the rates and in assurance is shared among the arms.
    """
    from trialplan.verbs.planning import add_study, diff

    if (b is None) == (add is None):
        raise click.UsageError("diff takes a second plan, or --add FILE with a study for the first; give one of them")
    found = diff(a, b) if b is not None else add_study(a, str(add))
    show(found.page(), as_json, output)
