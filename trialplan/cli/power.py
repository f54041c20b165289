"""`trialplan power`: how likely a given number of participants is to reject, and in the treatment's favour."""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design, Sized
from trialplan.parameter import parameters


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for one design."""
    return options.verb(
        cls,
        _power,
        f"Answers with the {'power' if issubclass(cls, Design) else cls.asks_for} of so many participants.",
        [
            *options.of_design(cls, without=(cls.asks_for,), several=True),
            *options.realised_options(cls),
            *output_options(),
        ],
        f"trialplan power {cls.slug()} {options.example(cls, without=(cls.asks_for,))}{options.example_n(cls)}",
    )


def _power(cls: type[Sized], n: int | None, as_json: bool, output: Any, **given: Any) -> None:
    from trialplan.verbs.sizing import power

    n, given = options.realised(cls, n, given)
    # what is asked for where there is no power is what is answered here: any valid number holds its place
    held = {cls.asks_for: parameters(cls)[cls.asks_for].typical[0]} if cls.asks_for else None
    design = options.build(cls, given, held=held)
    with options.typed(cls):
        answer = power(design, n)
    show(answer.page(), as_json, output)


class DesignsOfGivenSize(options.DesignGroup):
    """Subcommands are the designs whose n can be given: those that test, and those with a width or a probability."""

    def takes(self, cls: type[Sized]) -> bool:
        """Whether so many participants attain something."""
        return issubclass(cls, Design) or bool(cls.asks_for)


command = DesignsOfGivenSize(
    "power",
    command_for=for_design,
    help="The probability that a given number of participants rejects, either way; success, in the treatment's favour, "
    "stands beside it where it is another number. Of what has no test, the width of the interval or the probability of "
    "seeing an event. --n is the total of all arms, a whole number of allocation blocks; --arms are the arms as they "
    "are.",
    short_help="What power does a given number of participants have?",
    epilog=options.examples(
        "trialplan power two-proportions --control 0.3 --treatment 0.5 --n 186",
        "trialplan power two-means --difference 0.5 --sd 1 --arms 61,58",
        "trialplan power precision-proportion --expected 0.2 --n 100 --json",
    ),
)
