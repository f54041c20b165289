"""`trialplan effect`: the smallest effect that a given number of participants shows."""

from __future__ import annotations

from typing import Any, cast

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design


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
    from trialplan.verbs.sizing import effect

    design = cast("Design", options.build(cls, given, left_open=options.effects(cls)))
    with options.typed(cls):
        detectable = effect(design, n, power)
    show(detectable.page(), as_json, output)


command = options.DesignGroup(
    "effect",
    command_for=for_design,
    kind=Design,
    help="The smallest effect, on the favourable side of the null, that a given number of participants shows with "
    "the power asked for. --n is the total of all arms.",
    short_help="What effect can a given number of participants show?",
    epilog=options.examples(
        "trialplan effect two-proportions --control 0.3 --n 186 --power 0.8",
        "trialplan effect ancova --scale ratio --sd 0.9 --correlation 0.5 --n 120",
    ),
)
