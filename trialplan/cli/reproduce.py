"""`trialplan reproduce`: does a stated sample size follow from what is stated?"""

from __future__ import annotations

from typing import Any

import click

from trialplan import catalogue, files
from trialplan.analyses.reproduction.statement import AROUND, EFFECTS, SIZES, NoDesignError, around, read
from trialplan.cli.options import design as options
from trialplan.cli.options import output
from trialplan.cli.options.command import Verb
from trialplan.design import Sized
from trialplan.errors import FileError, ParameterError, did_you_mean
from trialplan.page import Table
from trialplan.text import flag

FAILED = 1

FILE = "statement.toml"

EXAMPLES = {
    "two-proportions": "--control 0.3 --treatment 0.5 --n 186 --power 0.8",
    "two-means": "--difference 2 --sd 4.5 --power 0.8 --alpha 0.05 --sides 2 --per-arm 80 --enrolled 200 --dropout 0.2",
    "ancova": "--difference 0.5 --sd 1 --correlation 0.5 --power 0.8 --n 98",
    "ratio-of-means": "--ratio 1.5 --cv 0.6 --power 0.8 --n 62",
    "one-proportion": "--null 0.05 --expected 0.2 --power 0.8 --n 27",
    "simon": "--null 0.1 --expected 0.3 --power 0.8 --first-stage 10 --n 29",
    "precision-proportion": "--expected 0.5 --width 0.2 --n 97",
    "precision-difference": "--control 0.3 --treatment 0.5 --width 0.3 --per-arm 76",
    "adverse-event": "--rate 0.01 --n 300",
}


class DesignsAndStatements(click.Group):
    """Subcommands are the designs; any other word is a statement, shipped or at a path."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The designs."""
        return list(catalogue.designs())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The verb for a design or for a statement's file, or a sentence that names the nearest of either."""
        if cmd_name in catalogue.designs():
            return for_design(catalogue.designs()[cmd_name])
        statements = files.examples(FILE)
        if cmd_name in statements or "/" in cmd_name or cmd_name.endswith(".toml"):
            return for_file(cmd_name)
        near = did_you_mean(cmd_name, [*catalogue.designs(), *statements])
        raise ParameterError(f"there is no design and no statement {cmd_name!r} yet; {near}")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The verb alone is told the designs."""
        if not args:
            offer = ", ".join(self.list_commands(ctx))
            raise click.UsageError(f"{ctx.command_path} needs a statement.toml or a design, one of {offer}", ctx)
        return super().parse_args(ctx, args)


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for a statement about one design, number by number; none of them is required."""
    example = EXAMPLES.get(cls.slug())
    shown = f"trialplan reproduce {cls.slug()} {example}" if example else "trialplan reproduce etanercept-psoriasis"
    own: list[Any] = [one for one in options.of_design(cls) if one.name not in AROUND]
    for one in own:
        one.help = (one.help or "").replace("  [required]", "")
    return Verb(
        cls.slug(),
        params=[*own, *_stated(cls), *output.options()],
        callback=lambda **given: _of_design(cls.slug(), **given),
        help=f"{options.summary(cls)}\n\nAnswers with the method that gives the stated n. Leave the rest out.",
        short_help=options.summary(cls),
        epilog=options.examples(shown),
    )


def for_file(name: str) -> click.Command:
    """The verb for a statement in a file."""
    return Verb(
        name,
        params=output.options(),
        callback=lambda **given: _of_file(name, **given),
        help="Answers with the method that gives the stated n.",
        epilog=options.examples("trialplan reproduce etanercept-psoriasis"),
    )


def _stated(cls: type[Sized]) -> list[click.Parameter]:
    """The options that hold what was stated, beyond the design's own numbers."""
    names = [*SIZES, *around(cls.slug())]
    words = {**SIZES, **AROUND, **EFFECTS}
    lists = ("arms", "looks")
    own = {one.name for one in options.of_design(cls)} - set(AROUND)
    return [
        click.Option(
            [f"--{flag(name)}", name],
            type=options.Literal("NUMBERS" if name in lists else "NUMBER", lists=name in lists),
            help=words[name],
        )
        for name in names
        if name not in own
    ]


def _of_design(slug: str, as_json: bool, output: Any, **given: Any) -> None:
    with options.typed(catalogue.design(slug)):
        statement = read({"design": slug, **given})
    _answer(statement, as_json, output)


def _of_file(name: str, as_json: bool, output: Any) -> None:
    path = files.locate(name, FILE)
    try:
        statement = read(files.read_toml(path))
    except NoDesignError as why:
        _show(_without_design(str(why)), as_json, output)
        raise click.exceptions.Exit(FAILED) from None
    except ParameterError as why:
        raise FileError(f"{path.name}: {why}") from None
    _answer(statement, as_json, output)


def _answer(statement: Any, as_json: bool, output: Any) -> None:
    from trialplan.analyses.reproduction import reproduce

    found = reproduce(statement)
    _show(_page(found), as_json, output)
    if not found.reproduced:
        raise click.exceptions.Exit(FAILED)


def _show(page: Any, as_json: bool, output: Any) -> None:
    from trialplan.cli.options.output import show

    show(page, as_json, output)


def _without_design(why: str) -> Any:
    from trialplan.page import Page

    data = {"verdict": "no design", "candidates": [], "missing": [], "why": why}
    return Page(data=data, headline=f"Not tried: {why}")


def _page(found: Any) -> Any:
    from trialplan.analyses.reproduction.judge import as_json, stated
    from trialplan.analyses.reproduction.words import headline, notes
    from trialplan.page import Page, facts, plain

    data = plain(as_json(found))
    given = [(flag(name), _text(value)) for name, value in stated(found.statement).items()]
    tables = [facts(given, "Stated")]
    if found.candidates:
        tables.append(_table(found))
    return Page(
        data=data,
        headline=headline(found),
        tables=tables,
        notes=list(notes(found)),
        records=lambda: data["candidates"] or [{"verdict": found.verdict}],
    )


def _text(value: Any) -> str:
    from trialplan.text import number

    return number(value)


def _table(found: Any) -> Any:
    from trialplan.analyses.reproduction.words import shown_sizes

    rows = [
        [one.method, *shown_sizes(found.statement, one), "" if one.power is None else f"{one.power:.3f}", one.matches]
        for one in found.candidates
    ]
    return Table(("method", "n", "enrolled", "power at stated n", "matches"), rows, right=frozenset({1, 2, 3}))


command = DesignsAndStatements(
    "reproduce",
    help="Does the sample size that somebody else's protocol states follow from what it says it assumed? Name a design "
    "and give the numbers that are stated, or a TOML file that holds them; what is not stated is left out. Every "
    "standard method is tried, the plainest first: all tests, roundings, ways to allow for losses. Where none gives "
    "the stated n, the verdict says what the inputs give, which number is missing, and which slip would explain it.",
    short_help="Does a stated sample size follow from what is stated?",
    subcommand_metavar="DESIGN|FILE [OPTIONS]",
    epilog=options.examples(
        "trialplan reproduce two-proportions --control 0.3 --treatment 0.5 --power 0.8 --n 186",
        "trialplan reproduce two-means --difference 0.87 --sd 1 --power 0.8 --allocation 2:1 --dropout 0.1 --n 55",
        "trialplan reproduce etanercept-psoriasis",
    )
    + "\n\nExit codes: 0 reproduced; 1 not reproduced, the enrolment contradicts it, or not enough is stated; "
    "2 the input cannot be used.",
)
