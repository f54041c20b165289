"""`trialplan exclude`: what a trial of so many participants can exclude."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import click

from trialplan.analyses.scenarios.vary import parse_values
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show_or_draw
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError
from trialplan.page import PICTURES


class DesignsOfAnySize(options.DesignsAndPlans):
    """Subcommands are the designs that may have any n; any other word is a plan."""

    def takes(self, cls: type[Sized]) -> bool:
        """Whether a design's own numbers leave n free."""
        return issubclass(cls, Design) and not cls.fixes_n()

    def refusal(self, slug: str) -> str:
        """Why it has no choice of n."""
        return f"{slug} has no choice of n to be asked about; ask `trialplan size {slug}`"


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design."""
    return options.verb(
        cls,
        _of_design,
        "Answers with how far the interval reaches, what is significant, and what seeing no effect leaves possible.",
        [_n(), *options.of_design(cls), *output_options(*PICTURES)],
        f"trialplan exclude {cls.slug()} {options.example(cls)} --n 120,240",
    )


def for_plan(name: str) -> click.Command:
    """The verb for a plan: its primary endpoint."""
    return Verb(
        name,
        params=[_n(), *output_options(*PICTURES)],
        callback=lambda **given: _of_plan(name, given),
        help="Answers with what each n can exclude of the plan's primary endpoint.",
        epilog=options.examples("trialplan exclude msc-lupus-nephritis --n 100:400:50"),
    )


def _n() -> click.Option:
    return click.Option(
        ["--n"],
        metavar="VALUES",
        help="participants in all: 120, 120,240 or first:last:step (end included)  [required]",
    )


def _of_design(cls: type[Design], **given: Any) -> None:
    numbers = _numbers(given["n"])
    _answer(cast("Design", options.build(cls, given, left_open=options.effects(cls))), numbers, given)


def _of_plan(name: str, given: Mapping[str, Any]) -> None:
    numbers = _numbers(given["n"])
    from trialplan.verbs.planning import build

    _answer(build(name).design, numbers, given)


def _numbers(typed: str | None) -> tuple[Any, ...]:
    if typed is None:
        raise ParameterError("--n is needed, participants in all, as in --n 100:400:50")
    with options.typed(Design):
        return parse_values("n", typed)


def _answer(design: Design, numbers: tuple[Any, ...], given: Mapping[str, Any]) -> None:
    from trialplan.verbs.exploring import exclude

    with options.typed(type(cast("Any", design.fixed))):
        found = exclude(design, numbers)
        show_or_draw(found.page, found.figure, given["as_json"], given["output"])


command = DesignsOfAnySize(
    "exclude",
    command_for=for_design,
    command_for_plan=for_plan,
    kind=Design,
    help="What trials of these numbers of participants can and cannot tell: how far the confidence interval reaches, "
    "the smallest observed effect that is significant, and what an observed effect of none leaves possible. Name a "
    "design with its numbers, or a plan. -o FILE.svg draws it over n.",
    short_help="What can a trial of so many participants exclude?",
    epilog=options.examples(
        "trialplan exclude two-proportions --control 0.3 --treatment 0.5 --n 100:400:50",
        "trialplan exclude msc-lupus-nephritis --n 100,254 -o excluded.svg",
    ),
)
