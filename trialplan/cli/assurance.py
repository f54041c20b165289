"""`trialplan assurance`: what is a number of participants worth, given what is believed?"""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options import output
from trialplan.cli.options.command import Verb
from trialplan.parameter import PROPORTION, Parameter

_TARGET = Parameter("probability of success", unit="proportion", domain=PROPORTION)


@click.command(
    "assurance",
    cls=Verb,
    params=[
        click.Argument(["plan"]),
        options.n_option(),
        click.Option(["--target"], type=options.NUMBER, help="the assurance that is sought  [default: the plan's]"),
        *output.options(),
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
    from trialplan.cli.options.output import show
    from trialplan.plan import build, read

    sought = None if target is None else _TARGET.check("assurance", "--target", target)
    show(_page(build(read(plan)), n, sought), as_json, output)


def _page(trial: Any, n: Any, target: Any) -> Any:
    from trialplan.page import Page, Table, plain
    from trialplan.plan.beliefs import assess_trial

    found, others = assess_trial(trial, n, target)
    rows = [[words, *_shown(one)] for words, one in others]
    facts = [[name.replace("_", " "), _number(value)] for name, value in found.as_json().items() if _plain(value)]
    events = [[f"at least one: {harm}", _number(value)] for harm, value in found.events.items()]
    data = found.as_json() | {"sensitivity": [{"belief": words} | one.as_json() for words, one in others]}
    return Page(
        data=plain(data),
        headline=f"assurance {found.assurance:.3f} with {found.n:,} participants; no number reaches more than "
        f"{found.ceiling:.3f}",
        tables=[
            Table(("", ""), facts + events, "At this number", frozenset({1})),
            Table(_COLUMNS, rows, "Under other beliefs", frozenset({1, 2, 3})),
        ],
        records=lambda: plain(data["sensitivity"]),
    )


_COLUMNS = ("belief", "assurance", "ceiling", "n for target")


def _shown(one: Any) -> list[str]:
    return [f"{one.assurance:.3f}", f"{one.ceiling:.3f}", f"{one.n_for_target:,}" if one.n_for_target else "none"]


def _plain(value: Any) -> bool:
    return isinstance(value, (int, float, str))


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
