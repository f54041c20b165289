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
    told = _seen.EXPLAINED
    return [
        click.Option(["--look"], type=options.NUMBER, help="which of the planned looks this is  [default: 1]"),
        click.Option(
            ["--events"],
            multiple=True,
            metavar="X/N,X/N",
            help=f"{told['events']}; repeated, one for each look so far, each with everybody read by then",
        ),
        click.Option(
            ["--means"], multiple=True, metavar="MEAN/N,MEAN/N", help=f"{told['means']}; repeated, one for each look"
        ),
        click.Option(["--sds"], type=options.Literal("SD,SD", lists=True), help=_seen.SDS),
        click.Option(["--times"], multiple=True, metavar="FILE", help=f"{told['times']}; repeated, one for each look"),
        click.Option(["--z"], multiple=True, type=options.Literal("NUMBER", lists=True), help=told["z"]),
        click.Option(["--t"], multiple=True, metavar="T/DF", help=told["t"]),
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
