"""`trialplan reestimate`: n again, from what both arms show together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, cast

import click

from trialplan import catalogue
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show_or_draw
from trialplan.design import Design, Sized
from trialplan.page import PICTURES
from trialplan.text import flag
from trialplan.verbs import _seen

_BLINDED = ("blinded", "blinded_sd", "at_least", "at_most", "kept")
"""What both arms show together, and the rule, as they are typed."""


class DesignsReestimated(options.DesignsAndPlans):
    """Subcommands are the designs whose outcome can be read blinded; any other word is a plan."""

    def takes(self, cls: type[Sized]) -> bool:
        """Whether both arms together tell something of what a design's n rests on."""
        return issubclass(cls, Design) and len(cls.arm_names) > 1 and cls.outcome.blinded is not None

    def refusal(self, slug: str) -> str:
        """The designs that can."""
        known = ", ".join(name for name, cls in catalogue.designs().items() if self.takes(cls))
        return f"{slug} has nothing that both arms together tell; {known} have"


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design."""
    assert cls.outcome.blinded is not None  # the verb takes no other
    seen = {"rate": "--blinded 23/60", "sd": "--blinded-sd 1.42/60"}[cls.outcome.blinded.key]
    return options.verb(
        cls,
        _of_design,
        "Answers with n by the rule, its level and power. The trial is the one planned for --power, or of --n "
        "participants in all.",
        [
            *_blinded_options(),
            *options.of_design(cls, without=options.MONITORING),
            options.power_option(default=None),
            options.n_option(),
            *output_options(*PICTURES),
        ],
        f"trialplan reestimate {cls.slug()} {options.example(cls)} {seen}",
    )


def for_plan(name: str) -> click.Command:
    """The verb for a plan: its primary endpoint."""
    return Verb(
        name,
        params=[*_blinded_options(), *output_options(*PICTURES)],
        callback=lambda **given: _of_plan(name, given),
        help="Answers with n by the rule for the plan's primary endpoint.",
        epilog=options.examples("trialplan reestimate msc-lupus-nephritis --blinded 23/60"),
    )


def _blinded_options() -> list[click.Parameter]:
    """What both arms show together, and the rule."""
    return [
        click.Option(
            ["--blinded"], metavar="X/N", help="responders of participants of both arms together, as in 23/60"
        ),
        click.Option(
            ["--blinded-sd"],
            metavar="SD/N",
            help="standard deviation of participants of both arms together, as in 1.42/60",
        ),
        click.Option(["--at-least"], type=options.NUMBER, help="n is never less  [default: as planned]"),
        click.Option(["--at-most"], type=options.NUMBER, help="n is never more"),
        click.Option(
            ["--kept"],
            type=options.Literal("difference|ratio|odds-ratio"),
            help="the scale on which the planned effect is kept  [default: difference]",
        ),
    ]


def _of_design(cls: type[Design], **given: Any) -> None:
    _check(given)
    design = cast("Design", options.build(cls, given))
    _answer(cls, design, given, n=given["n"], power=given["power"])


def _of_plan(name: str, given: Mapping[str, Any]) -> None:
    _check(given)
    _answer(Design, name, given)


def _check(given: Mapping[str, Any]) -> None:
    """One kind of result is given, before anything is computed."""
    with _spelt():
        _seen.check_one_blinded(given["blinded"], given["blinded_sd"])


def _answer(cls: type[Design], plan: Design | str, given: Mapping[str, Any], **planned: Any) -> None:
    from trialplan.verbs.monitoring import reestimate

    blinded = {name: given[name] for name in _BLINDED if given[name] is not None}
    with _spelt(cls):
        found = reestimate(plan, **blinded, **planned)
    show_or_draw(found.page, found.figure, given["as_json"], given["output"])


def _spelt(cls: type[Design] = Design) -> AbstractContextManager[None]:
    """Within it, errors name the options; those of whichever design a plan has, too."""
    owners = [one.__name__ for one in catalogue.designs().values()] if cls is Design else []
    words = {name: f"--{flag(name)}" for name in _BLINDED} | {"effect_scale": "--kept"}
    return options.typed(cls, "Reestimated", *owners, **words)


command = DesignsReestimated(
    "reestimate",
    command_for=for_design,
    command_for_plan=for_plan,
    kind=Design,
    help="How many participants the trial needs by what both arms show together, with nobody unblinded: a pooled rate "
    "or a standard deviation, the rule that was planned (at least, at most, the scale on which the effect is kept), "
    "and what the rule does to level and power. Name a design with its numbers, or a plan. -o FILE.svg draws n over "
    "what may be seen.",
    short_help="What is n, by what both arms show together?",
    epilog=options.examples(
        "trialplan reestimate two-proportions --control 0.3 --treatment 0.5 --blinded 23/60",
        "trialplan reestimate two-means --difference 0.5 --sd 1 --blinded-sd 1.42/60 --at-most 300",
    ),
)
