"""`trialplan effect`: the smallest effect that a given number of participants shows."""

from __future__ import annotations

import math
from typing import Any, cast

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design
from trialplan.design_facts import assumed, foot, head, level, source
from trialplan.page import Page, facts, plain
from trialplan.parameter import parameters
from trialplan.text import number, participants


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design: the effect is asked for, so it is no option."""
    asked = options.effects(cls)
    call = f"trialplan effect {cls.slug()} {options.example(cls, without=asked)}".rstrip() + options.example_n(cls)
    return options.verb(
        cls,
        _effect,
        "Answers with the smallest effect, on the favourable side, that --n participants show with the power asked "
        "for.",
        [*options.of_design(cls, without=asked), options.n_option(), options.power_option(), *output_options()],
        f"{call} --power 0.8",
    )


def _effect(cls: type[Design], n: int | None, power: Any, as_json: bool, output: Any, **given: Any) -> None:
    effects = options.effects(cls)
    name = next((effect for effect in effects if effect == given.get("scale")), effects[0])
    placeholder = {name: parameters(cls)[name].typical[0]}  # a valid effect, on the scale that was chosen
    design = cast("Design", options.build(cls, given, held=placeholder))
    with options.typed(cls):
        n = options.total(design, n)
        design.check_n(n)
        target = options.DEFAULT_POWER if power is None else power
        detectable = float(design.detectable_effect(n, target))
    show(_page(design, n, target, detectable), as_json, output)


def _page(design: Design, n: int, target: float, detectable: float) -> Page:
    asked = (design.effect,)
    answer = {"effect": design.effect, "detectable": detectable, "null": design.null_values()[0]}
    size = {"n": n, "arms": design.arms(n), "target_power": target}
    rows = [*assumed(design, asked), *level(design), ("power", f"{target:g}"), *source(design)]
    return Page(
        data=plain(head(design, asked) | answer | size | foot(design)),
        headline=_headline(design, detectable, f"{participants(design.arms(n))}, power {target:g}"),
        tables=[facts(rows)],
    )


def _headline(design: Design, detectable: float, at: str) -> str:
    null = number(float(design.null_values()[0]))
    if math.isnan(detectable):
        return f"no {design.effect} can be shown with {at}: even the largest possible falls short"
    side = "lower" if design.upward else "higher"
    return f"{design.effect} = {number(detectable)} against a null value of {null}, and none {side}, is shown with {at}"


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
