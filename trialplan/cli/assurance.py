"""`trialplan assurance`: the probability that a number of participants succeeds, given what is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show
from trialplan.page import Page, Table, plain
from trialplan.parameter import PROPORTION, Parameter

if TYPE_CHECKING:
    from trialplan.plan.building import Trial

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
    from trialplan.plan import build, read

    sought = None if target is None else _TARGET.check("assurance", "--target", target)
    show(_page(build(read(plan)), n, sought), as_json, output)


def _page(trial: Trial, n: Any, target: Any) -> Page:
    from trialplan.plan.beliefs import assess_trial

    answer, others = assess_trial(trial, n, target)
    rows = [
        [words, f"{other.assurance:.3f}", f"{other.ceiling:.3f}", _number(other.n_for_target or "none")]
        for words, other in others
    ]
    told = {name: value for name, value in answer.as_json().items() if isinstance(value, (int, float, str))}
    facts = [[name.replace("_", " "), _number(value)] for name, value in told.items()]
    events = [[f"at least one: {harm}", _number(value)] for harm, value in answer.events.items()]
    data = answer.as_json() | {"sensitivity": [{"belief": words} | other.as_json() for words, other in others]}
    return Page(
        data=plain(data),
        headline=f"assurance {answer.assurance:.3f} with {answer.n:,} participants; no number reaches more than "
        f"{answer.ceiling:.3f}",
        tables=[
            Table(("", ""), facts + events, "At this number", frozenset({1})),
            Table(
                ("belief", "assurance", "ceiling", "n for target"), rows, "Under other beliefs", frozenset({1, 2, 3})
            ),
        ],
        records=lambda: plain(data["sensitivity"]),
    )


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
