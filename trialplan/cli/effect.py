"""`trialplan effect`: what effect can a given number of participants show?"""

from __future__ import annotations

import math
from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options import output
from trialplan.cli.options.command import Verb
from trialplan.design import Design
from trialplan.parameter import parameters

DEFAULT_POWER = 0.8


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design: the effect is asked for, so it is no option."""
    asked = options.effects(cls)
    call = f"trialplan effect {cls.slug()} {options.example(cls, without=asked)}".rstrip() + options.example_n(cls)
    return Verb(
        cls.slug(),
        params=[
            *options.of_design(cls, without=asked),
            options.n_option(),
            options.power_option(),
            *output.options(),
        ],
        callback=lambda **given: _effect(cls, **given),
        help=f"{options.summary(cls)}\n\nAnswers with the smallest effect, on the favourable side, that --n "
        "participants show with the power asked for.",
        short_help=options.summary(cls),
        epilog=options.examples(f"{call} --power 0.8"),
    )


def _effect(cls: type[Design], n: int | None, power: Any, as_json: bool, output: Any, **given: Any) -> None:
    from trialplan.cli.options.output import show

    design: Any = options.build(cls, given, held=_placeholder(cls, given))
    with options.typed(cls):
        n = options.total(design, n)
        design.check_n(n)
        target = DEFAULT_POWER if power is None else power
        found = design.detectable_effect(n, target)
    show(_page(design, n, target, float(found)), as_json, output)


def _placeholder(cls: type[Design], given: Any) -> dict[str, float]:
    """A valid effect, on the scale that was chosen, for the design to be made with."""
    effects = options.effects(cls)
    name = given.get("scale") if given.get("scale") in effects else effects[0]
    return {name: parameters(cls)[name].typical[0]}


def _page(design: Any, n: int, target: float, found: float) -> Any:
    from trialplan.design_facts import assumed, foot, head, level, source
    from trialplan.page import Page, facts, plain
    from trialplan.text import participants

    asked = (design.effect,)
    arms, null = design.arms(n), design.null_values()[0]
    answer = {"effect": design.effect, "detectable": found, "null": null, "n": n, "arms": arms, "target_power": target}
    rows = [*assumed(design, asked), *level(design), ("power", f"{target:g}"), *source(design)]
    return Page(
        data=plain(head(design, asked) | answer | foot(design)),
        headline=_headline(design, found, f"{participants(arms)}, power {target:g}"),
        tables=[facts(rows)],
    )


def _headline(design: Any, found: float, at: str) -> str:
    from trialplan.text import number

    null = number(float(design.null_values()[0]))
    if math.isnan(found):
        return f"no {design.effect} can be shown with {at}: even the largest possible falls short"
    side = "lower" if design.upward else "higher"
    return f"{design.effect} = {number(found)} against a null value of {null}, and none {side}, is shown with {at}"


command = options.DesignGroup(
    "effect",
    command_for=for_design,
    kind=Design,
    help="The smallest effect, on the favourable side of the null, that a given number of participants shows with "
    "the power asked for. --n is the total of all arms.",
    short_help="What effect can a given number of participants show?",
    subcommand_metavar="DESIGN [OPTIONS]",
    epilog=options.examples(
        "trialplan effect two-proportions --control 0.3 --n 186 --power 0.8",
        "trialplan effect ancova --scale ratio --sd 0.9 --correlation 0.5 --n 120",
    ),
)
