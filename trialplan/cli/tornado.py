"""`trialplan tornado`: which assumption, wrong by how much, breaks the trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show_or_draw
from trialplan.cli.scenarios import axes_of, typical_of, varied_in_example, vary_option
from trialplan.design import Design
from trialplan.page import PICTURES
from trialplan.parameter import parameters
from trialplan.text import flag

if TYPE_CHECKING:
    from trialplan.analyses.sensitivity.tornado_page import Tornado


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design, whose numbers are the plan."""
    name = varied_in_example(cls)
    return options.verb(
        cls,
        _of_design,
        "Answers with n and power at either end of each number's range, the others as given, the worst first.",
        [vary_option(), *options.of_design(cls), options.power_option(), *output_options(*PICTURES)],
        f"trialplan tornado {cls.slug()} {options.example(cls)} --vary {_around(cls, name)}",
    )


def _around(cls: type[Design], name: str) -> str:
    """An example of a range: about the planned value of the example, a sixth of what is typical to either side."""
    low, high = parameters(cls)[name].typical or (1.0, 1.0)
    away = min((high - low) / 6, low / 2)
    return f"{flag(name)}={low - away:g},{low + away:g}"


def for_plan(name: str) -> click.Command:
    """The verb for a plan, which states the ranges."""
    return Verb(
        name,
        params=output_options(*PICTURES),
        callback=lambda **given: _of_plan(name, given),
        help="Answers with n, power and assurance at either end of each of the plan's ranges, the worst first.",
        epilog=options.examples(
            "trialplan tornado msc-lupus-nephritis", "trialplan tornado msc-lupus-nephritis -o tornado.svg"
        ),
    )


def _of_design(cls: type[Design], vary: tuple[str, ...], power: Any, **given: Any) -> None:
    from trialplan.verbs.exploring import tornado

    with options.typed(cls):
        varied = axes_of(vary, f"--vary {typical_of(cls, varied_in_example(cls))}")
    design = cast("Design", options.build(cls, given))
    with options.typed(cls):
        _show(tornado(design, varied, power=power), cls.slug(), given)


def _of_plan(name: str, given: Mapping[str, Any]) -> None:
    from trialplan.verbs.exploring import tornado

    _show(tornado(name), name, given)


def _show(found: Tornado, of: str, given: Mapping[str, Any]) -> None:
    show_or_draw(found.page, lambda: found.figure(of), given["as_json"], given["output"])


command = options.DesignsAndPlans(
    "tornado",
    command_for=for_design,
    command_for_plan=for_plan,
    kind=Design,
    help="One assumption at a time to the ends of its range, the others as planned: what n would be, what power the "
    "planned n has, and where on the way the trial breaks, in sentences, the most damaging first. Name a plan, which "
    "states its ranges, or a design with its numbers and --vary. -o FILE.svg draws it.",
    short_help="Which assumption, wrong by how much, breaks the trial?",
    epilog=options.examples(
        "trialplan tornado msc-lupus-nephritis",
        "trialplan tornado two-proportions --control 0.3 --treatment 0.5 --vary control=0.2,0.4 -o tornado.svg",
    ),
)
