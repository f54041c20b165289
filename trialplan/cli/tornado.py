"""`trialplan tornado`: which assumption, wrong by how much, breaks the trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import PICTURES, output_options, show_or_draw
from trialplan.cli.scenarios import axes_of, typical_of, vary_option
from trialplan.design import Design
from trialplan.errors import ParameterError

if TYPE_CHECKING:
    from trialplan.analyses.sensitivity.tornado import Axis


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design, whose numbers are the plan."""
    name = (options.effects(cls) or options.required(cls))[0]
    return options.verb(
        cls,
        _of_design,
        "Answers with n and power at either end of each number's range, the others as given, the worst first.",
        [vary_option(), *options.of_design(cls), options.power_option(), *output_options(*PICTURES)],
        f"trialplan tornado {cls.slug()} {options.example(cls)} --vary {typical_of(cls, name)}",
    )


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
    from trialplan.analyses.sensitivity.tornado_page import axes_of_design

    name = (options.effects(cls) or options.required(cls))[0]
    with options.typed(cls):
        varied = axes_of(vary, f"--vary {typical_of(cls, name)}")
    design = cast("Design", options.build(cls, given))
    with options.typed(cls):
        axes = axes_of_design(design, varied)
        n = int(design.sample_size(power).n)
        _answer(axes, n, power, cls.slug(), given)


def _of_plan(name: str, given: Mapping[str, Any]) -> None:
    from trialplan import plan
    from trialplan.plan.ranges import axes_of as ranges_of

    trial = plan.build(plan.read(name))
    _answer(ranges_of(trial), int(trial.answer.n), float(trial.primary.section.power), name, given)


def _answer(axes: Sequence[Axis], n: int, target: float, of: str, given: Mapping[str, Any]) -> None:
    from trialplan.analyses.sensitivity.tornado import tornado
    from trialplan.analyses.sensitivity.tornado_page import page

    def picture() -> Any:
        from trialplan.analyses.sensitivity.tornado_figure import figure

        drawn = figure(tornado(axes, n=n, target=target), n, f"{of}: n for power {target:g}, one assumption at a time")
        if drawn is None:
            raise ParameterError("no assumption has a range, so there is nothing to draw; state one")
        return drawn

    show_or_draw(lambda: page(axes, n, target), picture, given["as_json"], given["output"])


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
