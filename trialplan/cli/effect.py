"""`trialplan effect`: the smallest effect that a given number of participants shows."""

from __future__ import annotations

from typing import Any, cast

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design, Sized
from trialplan.parameter import parameters


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for one design: the effect is asked for, so it is no option."""
    if not issubclass(cls, Design):
        return _of_limit(cls)
    asked = options.effects(cls)
    call = f"trialplan effect {cls.slug()} {options.example(cls, without=asked)}".rstrip() + options.example_n(cls)
    return options.verb(
        cls,
        _effect,
        "Answers with the smallest effect, on the favourable side, that --n participants show with the power asked "
        "for.",
        [
            *options.of_design(cls, without=asked),
            *options.realised_options(cls),
            options.power_option(),
            *output_options(),
        ],
        f"{call} --power 0.8",
    )


def _of_limit(cls: type[Sized]) -> click.Command:
    """The verb for what has no test: the limit that so many participants set."""
    return options.verb(
        cls,
        _limit,
        f"Answers with the {cls.detects} beyond which --n participants exclude all.",
        [*options.of_design(cls, without=(cls.detects,)), *options.realised_options(cls), *output_options()],
        f"trialplan effect {cls.slug()} {options.example(cls, without=(cls.detects,))}".rstrip() + " --n 300",
    )


def _limit(cls: type[Sized], n: int | None, as_json: bool, output: Any, **given: Any) -> None:
    design = options.build(cls, given, held={cls.detects: parameters(cls)[cls.detects].typical[0]})
    from trialplan.verbs.sizing import effect

    with options.typed(cls):
        limit = effect(design, n)
    show(limit.page(), as_json, output)


class DesignsThatDetect(options.DesignGroup):
    """Subcommands are the designs that test, and those of which n participants exclude something."""

    def takes(self, cls: type[Sized]) -> bool:
        """Whether there is an effect, or a limit."""
        return issubclass(cls, Design) or bool(cls.detects)


def _effect(cls: type[Design], n: int | None, power: Any, as_json: bool, output: Any, **given: Any) -> None:
    from trialplan.verbs.sizing import effect

    n, given = options.realised(cls, n, given)
    design = cast("Design", options.build(cls, given, left_open=options.effects(cls)))
    with options.typed(cls):
        detectable = effect(design, n, power)
    show(detectable.page(), as_json, output)


command = DesignsThatDetect(
    "effect",
    command_for=for_design,
    help="The smallest effect, on the favourable side of the null, that a given number of participants shows with "
    "the power asked for. --n is the total of all arms.",
    short_help="What effect can a given number of participants show?",
    epilog=options.examples(
        "trialplan effect two-proportions --control 0.3 --n 186 --power 0.8",
        "trialplan effect adverse-event --n 300",
        "trialplan effect ancova --scale ratio --sd 0.9 --correlation 0.5 --n 120",
    ),
)
