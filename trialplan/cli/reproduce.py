"""`trialplan reproduce`: whether a stated sample size follows from what is stated."""

from __future__ import annotations

from typing import Any

import click

from trialplan.analyses.reproduction.statement import AROUND, around, sizes
from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import output_options, show
from trialplan.cli.options.workers import progress
from trialplan.design import Sized
from trialplan.errors import TrialplanError
from trialplan.parameter import typical
from trialplan.text import flag
from trialplan.verbs._arguments import DEFAULT_POWER

_SHIPPED = "etanercept-psoriasis"
"""A statement that comes with the package."""

_TABLE = "statements.csv"
"""A table of statements, as its user may call it."""


class DesignsAndStatements(options.DesignsAndPlans):
    """Subcommands are the designs; any other word is a statement, shipped or at a path."""

    needs, metavar = "a statement.toml or a design", "DESIGN|FILE"
    file, unknown = "statement.toml", "there is no design and no statement {!r} yet"

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The verb for a design, for a statement, or for a table of statements."""
        return for_batch(cmd_name) if cmd_name.lower().endswith(".csv") else super().get_command(ctx, cmd_name)


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for a statement about one design, number by number; none of them is required."""
    stated = cls.stated_example or example(cls)
    shown = f"{cls.slug()} {stated}" if stated else _SHIPPED
    own: list[Any] = options.of_design(cls, without=AROUND)
    for option in own:
        option.help = (option.help or "").replace("  [required]", "")
    names = [option.name for option in own]
    beside = [_stated(name, meaning) for name, meaning in {**sizes(cls), **around(cls)}.items() if name not in names]
    return options.verb(
        cls,
        _of_design,
        "Answers with the method that gives the stated n. Leave the rest out.",
        [*own, *beside, *output_options()],
        f"trialplan reproduce {shown}",
    )


def example(cls: type[Sized]) -> str:
    """The options of a statement with the typical values that the design declares, and the n that they need."""
    try:
        design = cls(**typical(cls))
        target = DEFAULT_POWER if cls.attains == "power" else None
        answer = design.sample_size() if target is None else design.sample_size(target)
    except TrialplanError:
        return ""  # values at which it has no n, as where n is among its own numbers
    power = "" if target is None else f" --power {target:g}"
    return f"{options.example(cls)}{power} --n {answer.n}"


def for_file(name: str) -> click.Command:
    """The verb for a statement in a file."""
    return Verb(
        name,
        params=output_options(),
        callback=lambda **given: _of_file(name, **given),
        help="Answers with the method that gives the stated n.",
        epilog=options.examples(f"trialplan reproduce {_SHIPPED}"),
    )


def for_batch(name: str) -> click.Command:
    """The verb for a table of statements, one a row."""
    return Verb(
        name,
        params=output_options(),
        callback=lambda **given: _of_batch(name, **given),
        help="Answers with the verdict on each row. The columns are the fields of a statement, with its design and a "
        "label; an empty cell is not stated. A row that cannot be read is told to be so; a column that no statement "
        "has ends the run.",
        epilog=options.examples(f"trialplan reproduce {_TABLE} -o verdicts.csv"),
    )


def _stated(name: str, meaning: str) -> click.Option:
    """An option that holds what was stated, beyond the design's own numbers."""
    lists = name in ("arms", "looks")
    kind = options.Literal("NUMBERS" if lists else "NUMBER", lists=lists)
    return click.Option([_option(name), name], type=kind, help=options.in_options(meaning))


def _of_design(cls: type[Sized], as_json: bool, output: Any, **given: Any) -> None:
    from trialplan.analyses.reproduction import Reproduction
    from trialplan.verbs.second_opinion import reproduce

    with options.typed(cls, **{name: _option(name) for name in given}):
        found = reproduce(cls, **given)
    page = found.page(_option) if isinstance(found, Reproduction) else found.page()
    show(page, as_json, output, ok=found.reproduced)


def _option(name: str) -> str:
    return f"--{flag(name)}"


def _of_file(name: str, as_json: bool, output: Any) -> None:
    from trialplan.verbs.second_opinion import reproduce

    found = reproduce(name)
    show(found.page(), as_json, output, ok=found.reproduced)


def _of_batch(name: str, as_json: bool, output: Any) -> None:
    from trialplan.verbs.second_opinion import reproduce_table

    with progress("statements") as told:
        found = reproduce_table(name, progress=told)
    show(found.page(), as_json, output, ok=found.reproduced)


command = DesignsAndStatements(
    "reproduce",
    command_for=for_design,
    command_for_plan=for_file,
    help="Does the sample size that somebody else's protocol states follow from what it says it assumed? Name a design "
    "and give the numbers that are stated, or a TOML file that holds them, or a CSV file with one statement a row; "
    "what is not stated is left out. Every standard method is tried, the plainest first: all tests, roundings, ways to "
    "allow for losses. A two-sided level of 5 % and the plain test may be assumed, and the headline says so; the power "
    "never is. Where no method gives the stated n, the verdict says what the inputs give, which number is missing, "
    "and which slip would explain it.",
    short_help="Does a stated sample size follow from what is stated?",
    epilog=options.examples(
        "trialplan reproduce two-proportions --control 0.3 --treatment 0.5 --power 0.8 --n 186",
        "trialplan reproduce two-means --difference 0.87 --sd 1 --power 0.8 --allocation 2:1 --dropout 0.1 --n 55",
        "trialplan reproduce etanercept-psoriasis",
        f"trialplan reproduce {_TABLE} -o verdicts.csv",
    )
    + "\n\nExit codes: 0 reproduced, of a table every row; 1 not reproduced, the enrolment contradicts it, or not "
    "enough is stated; 2 the input cannot be used.",
)
