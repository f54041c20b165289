"""What a look saw, as options and as typed: responders, means, a statistic, or both arms together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from trialplan.cli.options import design as options
from trialplan.errors import ParameterError
from trialplan.text import flag

if TYPE_CHECKING:
    from trialplan.design import Design

KINDS = ("events", "means", "z", "t")
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
"""A number as it may be typed, as a pattern."""


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


def spread(text: str | None) -> tuple[float | None, int | None]:
    """A standard deviation of participants of both arms together."""
    if text is None:
        return None, None
    parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?)/(\d{1,9})\s*", text)
    if not parts or float(parts[1]) <= 0 or int(parts[2]) < 2:
        raise ParameterError(
            f"--blinded-sd must be a standard deviation above 0 of 2 participants at least, as in 1.42/60, not {text}"
        )
    return float(parts[1]), int(parts[2])


def check_one_kind(given: Mapping[str, Any]) -> None:
    """One kind of result is given, before anything is computed."""
    kinds = [name for name in KINDS if given[name]]
    if len(kinds) != 1:
        told = f"not {' and '.join(f'--{flag(kind)}' for kind in kinds)}" if kinds else "as in --events 14/30,9/30"
        raise ParameterError(f"what the look saw is one of --events, --means, --z and --t, {told}")
    if given["sds"] is not None and not given["means"]:
        raise ParameterError("--sds belong to --means, which are not given; add --means 0.6/32,0.2/32")


def number_of_look(given: Any, results: int) -> int:
    """Which look it is, where so many results are given."""
    look = results if given is None else given
    if not isinstance(look, int) or isinstance(look, bool):
        raise ParameterError(f"--look must be a whole number, 1 for the first, not {look}")
    if results not in (1, look):
        raise ParameterError(
            f"--look is {look}, and results are given for {results}; give this look's alone, or one for each look so "
            "far"
        )
    return look


def fractions(given: Any) -> tuple[float, ...]:
    """Information as fractions of the plan."""
    if given is None:
        return ()
    shares = given if isinstance(given, tuple) else (given,)
    for share in shares:
        if not isinstance(share, (int, float)) or not 0 < share < 10:
            raise ParameterError(f"--information must be fractions of the planned one, as in 0.32, not {share}")
    return tuple(map(float, shares))


def t_statistic(text: str, design: Design) -> tuple[float, float]:
    """A t statistic and its degrees of freedom."""
    if design.noncentral_t(2.0 * design.block) is None:
        raise ParameterError(
            f"--t is no statistic of {design.slug()} with --test {design.test}; give its z, as in --z 2.1"
        )
    parts = re.fullmatch(rf"\s*({NUMBER})/(\d{{1,9}}(?:\.\d+)?)\s*", text)
    if not parts:
        raise ParameterError(f"--t must be a t statistic and its degrees of freedom, as in 2.31/57, not {text}")
    return float(parts[1]), float(parts[2])


def pairs(kind: str, text: str) -> list[tuple[Any, int]]:
    """Responders, or a mean, and participants of each arm."""
    counted = kind == "events"
    seen, way = (r"\d{1,9}", "14/30,9/30") if counted else (NUMBER, "0.6/32,0.2/32")
    arms = []
    for arm in text.split(","):
        parts = re.fullmatch(rf"\s*({seen})/(\d{{1,9}})\s*", arm)
        if not parts:
            raise ParameterError(
                f"--{kind} must be what was seen of participants, for each arm, as in {way}, not {text}"
            )
        arms.append((int(parts[1]) if counted else float(parts[1]), int(parts[2])))
    return arms


def check_growing(told: Sequence[Sequence[tuple[float, int]]], *, responders: bool) -> None:
    """Each look holds everybody that the one before it held, with what was seen of them."""
    for number, (before, now) in enumerate(pairwise(told), 2):
        for (x, of), (more, of_more) in zip(before, now, strict=False):
            if of_more < of:
                raise ParameterError(
                    f"--look {number} has {of_more} participants in an arm that had {of} at the look before; they must "
                    "increase from look to look: each with everybody read by then"
                )
            if responders and not 0 <= more - x <= of_more - of:
                raise ParameterError(
                    f"--look {number} has {more:g} of {of_more} in an arm that had {x:g} of {of} at the look before: "
                    f"not among {of_more - of} new participants; each look counts everybody read by then"
                )
