"""`trialplan recruit`: who can be recruited, in which time, and what can be shown with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import click

from trialplan.analyses.scenarios.vary import parse_vary
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show_or_draw
from trialplan.design import Design, Sized
from trialplan.page import PICTURES

_EXAMPLE = "--sites 20 --patients-per-year 5 --eligible 0.3 --months 48"


class DesignsOfAnySize(options.DesignsAndPlans):
    """Subcommands are the designs that may have any n; any other word is a plan."""

    def takes(self, cls: type[Sized]) -> bool:
        """Whether a design's own numbers leave n free."""
        return issubclass(cls, Design) and not cls.fixes_n()

    def refusal(self, slug: str) -> str:
        """Why it has no choice of n."""
        return f"{slug} has no choice of n to be asked about; ask `trialplan duration` about its own"


_OF_DESIGNS = ("power", *options.RECRUITING[:-1])
"""What a plan says itself."""


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design, at sites that are described by options."""
    return options.verb(
        cls,
        _of_design,
        "Answers with the months until its number is randomised, and with what those who come by --months can show.",
        [
            *_asked(),
            options.power_option(None),
            *options.sites_options(),
            *options.of_design(cls),
            *output_options(*PICTURES),
        ],
        f"trialplan recruit {cls.slug()} {options.example(cls)} {_EXAMPLE}",
    )


def for_plan(name: str) -> click.Command:
    """The verb for a plan: its [enrolment]."""
    return Verb(
        name,
        params=[*_asked(), *_of_designs_alone(), *output_options(*PICTURES)],
        callback=lambda **given: _answer(name, given, **{one: given[one] for one in _OF_DESIGNS}),
        help="Answers with the months and sites of the plan's [enrolment], and with what each n can show.",
        epilog=options.examples("trialplan recruit msc-lupus-nephritis --n 60,120,254"),
    )


def _asked() -> list[click.Parameter]:
    return [
        click.Option(
            ["--n"],
            metavar="VALUES",
            help="what can so many show: 120, 120,240 or first:last:step  [default: the trial's own number, and those "
            "who come by --months]",
        ),
        click.Option(
            ["--months"], type=options.NUMBER, help="the month by which all are to be randomised  [default: the plan's]"
        ),
    ]


def _of_designs_alone() -> list[click.Parameter]:
    """What a plan says itself: taken from whoever types it, to be told so."""
    several = [options.power_option(None), *options.sites_options()]
    for one in several:
        one.hidden = True  # type: ignore[attr-defined]
    return several


def _of_design(cls: type[Design], **given: Any) -> None:
    design = cast("Design", options.build(cls, given))
    with options.typed(type(cast("Any", design.fixed)), "recruit", "sites", "screening", **options.SITES_NAMES):
        _answer(design, given, **{one: given[one] for one in _OF_DESIGNS})


def _answer(plan: Any, given: Mapping[str, Any], **more: Any) -> None:
    from trialplan.verbs.recruiting import recruit

    numbers = None if given["n"] is None else list(parse_vary(f"n={given['n']}")[1])
    with options.typed(Sized, "recruit"):
        found = recruit(plan, numbers, months=given["months"], **more)
    show_or_draw(found.page, found.figure, given["as_json"], given["output"])


command = DesignsOfAnySize(
    "recruit",
    command_for=for_design,
    command_for_plan=for_plan,
    kind=Design,
    help="Who can be recruited: in how many months at how many sites, how probably by a month, and what can be shown "
    "with those who come: the detectable effect, the interval, and the assurance where a plan believes something. Name "
    "a plan with an [enrolment], or a design with its sites. -o FILE.svg draws the number randomised over time.",
    short_help="Who can be recruited, and what can be shown with them?",
    epilog=options.examples(
        "trialplan recruit msc-lupus-nephritis --n 60,120,254",
        f"trialplan recruit two-proportions --control 0.3 --treatment 0.5 {_EXAMPLE}",
        "trialplan recruit msc-lupus-nephritis-monitored -o recruitment.svg",
    ),
)
