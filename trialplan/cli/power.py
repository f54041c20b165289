"""`trialplan power`: the power that a given number of participants has."""

from __future__ import annotations

from typing import Any, cast

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design."""
    return options.verb(
        cls,
        _power,
        "Answers with the power of --n participants in all arms together.",
        [*options.of_design(cls), options.n_option(), *output_options()],
        f"trialplan power {cls.slug()} {options.example(cls)}{options.example_n(cls)}",
    )


def _power(cls: type[Design], n: int | None, as_json: bool, output: Any, **given: Any) -> None:
    from trialplan.verbs.sizing import power

    design = cast("Design", options.build(cls, given))
    with options.typed(cls):
        answer = power(design, n)
    show(answer.page(), as_json, output)


command = options.DesignGroup(
    "power",
    command_for=for_design,
    kind=Design,
    help="The probability that the trial succeeds with a given number of participants. --n is the total of all "
    "arms, a whole number of allocation blocks.",
    short_help="What power does a given number of participants have?",
    epilog=options.examples(
        "trialplan power two-proportions --control 0.3 --treatment 0.5 --n 186",
        "trialplan power two-means --difference 0.5 --sd 1 --n 96 --allocation 2:1 --json",
    ),
)
