"""What a look saw, as options: responders, means or a statistic."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import click

from trialplan import catalogue
from trialplan.cli.options import design as options
from trialplan.design import Design
from trialplan.verbs import _seen

SEEN = ("events", "means", "sds", "times", "z", "t", "look", "information", "final")
"""What a look at the arms is told by."""


def seen_options() -> list[click.Parameter]:
    """One option for each kind of result, and what goes with it."""
    z = "the statistic itself, positive in favour of the treatment"
    t = "a t statistic, positive in favour of the treatment, and its degrees of freedom, as in 2.31/57"
    return [
        click.Option(["--look"], type=options.NUMBER, help="which of the planned looks this is  [default: 1]"),
        click.Option(
            ["--events"],
            multiple=True,
            metavar="X/N,X/N",
            help="responders of participants seen, treatment first, as in 14/30,9/30; repeated, one for each look "
            "so far, each with everybody read by then",
        ),
        click.Option(
            ["--means"],
            multiple=True,
            metavar="MEAN/N,MEAN/N",
            help="mean and participants seen, treatment first, as in 0.6/32,0.2/32; repeated, one for each look",
        ),
        click.Option(
            ["--sds"],
            type=options.Literal("SD,SD", lists=True),
            help="standard deviations seen at the last of --means  [default: as planned, and taken as known]",
        ),
        click.Option(
            ["--times"],
            multiple=True,
            metavar="FILE",
            help="a .csv file of participants, with the columns arm (treatment or control), time and event (1 or 0), "
            "and entry if it is known; repeated, one for each look",
        ),
        click.Option(["--z"], multiple=True, type=options.NUMBER, help=z),
        click.Option(["--t"], multiple=True, metavar="T/DF", help=t),
        click.Option(
            ["--information"],
            type=options.Literal("FRACTIONS", lists=True),
            help="the information as fractions of the plan, at this look or at all so far  [default: from the "
            "participants seen, else as planned]",
        ),
        click.Option(["--final"], is_flag=True, help="the trial ends here: this look uses all the level"),
    ]


def check_one_kind(given: Mapping[str, Any]) -> None:
    """One kind of result is given, before anything is computed."""
    with spelt():
        _seen.check_one_kind(given)


def spelt(cls: type[Design] = Design) -> AbstractContextManager[None]:
    """Within it, errors name the options; those of whichever design a plan has, too."""
    owners = [one.__name__ for one in catalogue.designs().values()] if cls is Design else []
    words = {str(option.name): option.opts[0] for option in seen_options()}
    words |= {"final=True": "--final"}
    return options.typed(cls, "observed_boundaries", *owners, **words)
