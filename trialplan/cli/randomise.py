"""`trialplan randomise`: who gets what, in which order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import force_option, path_option, to_screen, wrote
from trialplan.design import Sized
from trialplan.enrolment.randomisation import SECRET
from trialplan.errors import ParameterError
from trialplan.files import read_text, together, write
from trialplan.page import FORMATS, Page, as_csv

if TYPE_CHECKING:
    from trialplan.enrolment.randomisation import Scheme

_FORMATS = (".csv", ".json")


@click.command(
    "randomise",
    cls=Verb,
    params=[
        click.Argument(["plan"], required=False),
        click.Option(["--arms"], metavar="NAMES", help="the arms where there is no plan, as in treatment,control"),
        click.Option(
            ["--allocation"], metavar="RATIO", help="participants per arm in one allocation block  [default: equal]"
        ),
        click.Option(["--seed"], metavar="NUMBER", help="a whole number; without it one is drawn and told on stderr"),
        click.Option(
            ["--blocks"],
            metavar="SIZES",
            help="block sizes to draw from, as in 4,6  [default: two and three allocation blocks]",
        ),
        click.Option(
            ["--stratum", "strata"], multiple=True, metavar="NAME=LEVELS", help="as in site=A,B; repeat it to cross"
        ),
        click.Option(
            ["--n"],
            type=options.Participants(),
            metavar="TOTAL",
            help="participants in all arms together, or clusters, where a plan randomises these  [default: those that "
            "the plan enrols]",
        ),
        click.Option(
            ["--minimise"],
            type=options.NUMBER,
            metavar="PROBABILITY",
            help="in place of blocks, give each participant with this probability, as in 0.8, the arm that balances "
            "the strata best",
        ),
        path_option(
            "--participants",
            help="with --minimise: a .csv file of those who have come, in their order, with a column for each stratum",
        ),
        path_option(
            *("-o", "--output"),
            help="write the list to a .csv or .json file  [default: CSV on the screen]",
            formats=_FORMATS,
        ),
        force_option(),
        path_option(
            "--masked",
            help="write the same list without arms and blocks to a .csv or .json file",
            formats=_FORMATS,
        ),
    ],
    short_help="Who gets what, in which order?",
    epilog=options.examples(
        "trialplan randomise msc-lupus-nephritis --seed 20261124 --stratum site=A,B -o list.csv",
        "trialplan randomise --arms cells,placebo --allocation 2:1 --n 60 --blocks 6,9 --seed 7 --masked sites.csv",
        "trialplan randomise msc-lupus-nephritis --seed 7 --stratum site=A,B --stratum sex=f,m --minimise 0.8",
    ),
)
def command(plan: str | None, output: Path | None, masked: Path | None, **given: Any) -> None:
    """A randomisation list for PLAN, or for the arms named by --arms: permuted blocks of randomly varying size.

    A plan's strata are crossed with those named here. Every stratum has its own list, long enough for all n of the
    trial, because nobody knows beforehand how they will spread; strata that are added later leave the others' lists
    as they are. The same seed gives the same list. Keep seed, block sizes and list away from everyone who enrols or
    treats: none of them belongs into the protocol.

    With --minimise the arms are balanced over every stratum's levels (Pocock and Simon), for which participants must
    be known: add them to --participants as they come, and the same seed gives those before them the same arms. Without
    a file the imbalance to expect is simulated, beside that of blocks and of plain chance.
    """
    if output is not None and masked is not None and output.resolve() == masked.resolve():
        raise ParameterError(f"--masked and --output are both {output}; the masked list needs a file of its own")
    sizes = tuple(_whole(size, "--blocks", "4,6") for size in given["blocks"].split(",")) if given["blocks"] else ()
    strata = _strata(given["strata"])
    seed = _whole(given["seed"], "--seed", "20261124") if given["seed"] is not None else None
    for option in ("arms", "allocation"):
        if plan is not None and given[option]:
            raise ParameterError(f"--{option} and a plan are both given; the plan says its {option}: keep one")
    arms = None if plan is not None else _arms(given)
    if given["minimise"] is None and given["participants"] is not None:
        raise ParameterError("--participants are for --minimise; add --minimise 0.8, or leave them out: a list has all")
    if given["minimise"] is not None:
        _minimised(plan, arms, strata, seed, output, masked, given)
        return
    from trialplan.verbs.planning import randomise

    with options.typed(Sized, **{name: f"--{name}" for name in ("arms", "blocks", "n", "seed")}):
        scheme = randomise(plan, arms=arms, n=given["n"], blocks=sizes, strata=strata or None, seed=seed)
    _write(scheme, output, masked)
    if seed is None:
        click.echo(f"seed {scheme.seed}: {SECRET}", err=True)
    if output is None and len(scheme.page().data["list"]) > scheme.n:
        click.echo(_extent(scheme), err=True)
    for doubt in (*scheme.without(), *scheme.doubts()):
        click.echo(doubt, err=True)


_SECRET = "whoever has the seed and the participants can make the list again, so both stay with who makes it"


def _minimised(
    plan: str | None,
    arms: Mapping[str, int] | None,
    strata: Mapping[str, tuple[str, ...]],
    seed: int | None,
    output: Path | None,
    masked: Path | None,
    given: Mapping[str, Any],
) -> None:
    """Assignments of those who have come, or the imbalance to expect where there are none."""
    if given["blocks"]:
        raise ParameterError("--blocks are for permuted blocks, and --minimise has none: keep one of them")
    if given["allocation"] and len(set(given["allocation"].split(":"))) > 1:
        raise ParameterError(f"--minimise takes arms of equal size, not {given['allocation']}; use permuted blocks")
    come = () if given["participants"] is None else _participants(given["participants"], tuple(strata))
    if not come and masked is not None:
        raise ParameterError("--masked has nobody to list without --participants")
    from trialplan.verbs.planning import minimise

    with options.typed(Sized, "minimisation", arms="--arms", n="--n", probability="--minimise"):
        found = minimise(
            plan,
            factors=strata,
            participants=come,
            probability=given["minimise"],
            arms=None if arms is None else list(arms),
            n=given["n"],
            seed=seed,
        )
    page = found.page()
    with together():
        if masked is not None:
            hidden = found.masked()
            sheet = Page(data={"list": hidden}, headline="", records=lambda: hidden)
            write(masked, FORMATS[masked.suffix.lower()](sheet))
        if output is not None:
            write(output, FORMATS[output.suffix.lower()](page), secret=True)
        elif come:  # the screen holds the list, and nothing else
            click.echo(as_csv(page), nl=False)
        else:
            to_screen(page)
    for path in filter(None, (output, masked)):
        wrote(path, f": {len(come):,} participants; {'without arms' if path == masked else _SECRET}")
    if seed is None:
        click.echo(f"seed {found.seed}: {_SECRET}", err=True)
    for doubt in found.doubts():
        click.echo(doubt, err=True)


def _participants(path: Path, strata: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    """The rows of a table, in its order; it has a column for each stratum."""
    import csv

    rows = list(csv.reader(read_text(path).splitlines()))
    header, *lines = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)] or [[]]
    if len(set(header)) < len(header) or "arm" in header:
        reason = f"{path}: its columns are {', '.join(header)}; give each stratum once, and no arm: arms are the answer"
        raise ParameterError(f"--participants {reason}")
    if header and not set(strata) <= set(header):
        reason = f"its columns are {', '.join(map(repr, header))}; they must be {', '.join(strata)}"
        raise ParameterError(f"--participants {path}: {reason}")
    if not lines:
        found = f"nobody below its columns {', '.join(header)}" if header else "nothing"
        raise ParameterError(f"--participants {path} holds {found}; leave it out for the imbalance to expect")
    for number, line in enumerate(lines, start=1):
        if len(line) != len(header):
            reason = f"participant {number} has {len(line)} cells, and there are {len(header)} columns"
            raise ParameterError(f"--participants {path}: {reason}: {', '.join(header)}")
    return tuple(dict(zip(header, line, strict=True)) for line in lines)


def _write(scheme: Scheme, output: Path | None, masked: Path | None) -> None:
    page, known = scheme.page(), scheme.masked()
    with together():
        if masked is not None:
            write(
                masked, FORMATS[masked.suffix.lower()](Page(data={"list": known}, headline="", records=lambda: known))
            )
        if output is not None:
            write(output, FORMATS[output.suffix.lower()](page), secret=True)
        else:  # the screen holds the list, and nothing else
            click.echo(as_csv(page), nl=False)
    if output is not None:
        wrote(output, f": {_extent(scheme)}; {SECRET}")
        if masked is not None:
            wrote(masked, ", without arms and blocks")


def _extent(scheme: Scheme) -> str:
    """How many lines there are, and why so many: in every stratum enough for all, in whole blocks."""
    lines = scheme.page().data["list"]
    strata = len({tuple(line[name] for name in scheme.strata) for line in lines})
    each = "each stratum's list" if strata > 1 else "it"
    across = f"{strata} strata, " if strata > 1 else ""
    whole = ", in whole blocks" if len(lines) > strata * scheme.n else ""
    return f"{across}{len(lines):,} lines; {each} is long enough for all {scheme.n:,} {scheme.of}s{whole}"


def _arms(given: Mapping[str, Any]) -> dict[str, int]:
    """The arms where there is no plan, each with its participants in one allocation block."""
    if not given["arms"]:
        raise ParameterError("randomise needs a plan, or --arms, as in --arms treatment,control --n 60")
    names = [name.strip() for name in given["arms"].split(",")]
    if len(set(names)) < len(names):
        raise ParameterError(f"--arms must differ, not {given['arms']}")
    ratio = given["allocation"] or ":".join("1" for _ in names)
    weights = ratio.split(":")
    if len(weights) != len(names) or not all(re.fullmatch(r"[1-9]\d{0,3}", weight) for weight in weights):
        offer = ":".join(["2", *("1" for _ in names[1:])])
        raise ParameterError(f"--allocation must be a whole number for each arm, as in {offer}, not {ratio}")
    return dict(zip(names, map(int, weights), strict=True))


def _strata(typed: Sequence[str]) -> dict[str, tuple[str, ...]]:
    strata: dict[str, tuple[str, ...]] = {}
    for text in typed:
        name, _, levels = (part.strip() for part in text.partition("="))
        if not (name and levels):
            raise ParameterError(f"--stratum cannot be {text!r}; write it as site=A,B")
        if name in strata:
            raise ParameterError(f"--stratum {name} is given twice; put all its levels into one --stratum")
        strata[name] = tuple(level.strip() for level in levels.split(","))
    return strata


def _whole(typed: str, option: str, example: str) -> int:
    if not re.fullmatch(r"\s*\d{1,60}\s*", typed):
        raise ParameterError(f"{option} takes whole numbers, as in {option} {example}, not {typed}")
    return int(typed)
