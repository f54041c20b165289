"""`trialplan assurance`: the probability that a number of participants succeeds, given what is believed."""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show
from trialplan.parameter import PROPORTION, Parameter

_TARGET = Parameter("probability of success", unit="proportion", domain=PROPORTION)


@click.command(
    "assurance",
    cls=Verb,
    params=[
        click.Argument(["plan"]),
        options.n_option(),
        click.Option(["--target"], type=options.NUMBER, help="the assurance that is sought  [default: the plan's]"),
        *output_options(),
    ],
    short_help="What is a number of participants worth, given what is believed?",
    epilog=options.examples(
        "trialplan assurance msc-lupus-nephritis",
        "trialplan assurance msc-lupus-nephritis --n 400 --target 0.7 --json",
    ),
)
def command(plan: str, n: Any, target: Any, as_json: bool, output: Any) -> None:
    """The probability that the trial of PLAN succeeds in the treatment's favour, averaged over its beliefs.

    The control rate is integrated first, then the treatment rate given it; a significant harm is no success.
    Beside it stand its ceiling, the number that reaches the target, expected width and smallest significant
    difference, and the same under other beliefs.
    """
    sought = None if target is None else _TARGET.check("assurance", "--target", target)
    from trialplan.verbs.exploring import assurance

    show(assurance(plan, n, target=sought).page(), as_json, output)
