"""`trialplan size`: how many participants the trial needs."""

from __future__ import annotations

from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.output import output_options, show_or_draw, show_text
from trialplan.design import Design, Sized
from trialplan.page import PICTURES

_STATEMENT = click.Option(
    ["--statement"],
    is_flag=True,
    help="print the justification of the number as one paragraph to copy (DELTA²), in place of the page",
)


_OF_ITS_OWN = (
    "Answers with the participants that its own numbers fix, and with what they attain; --alpha changes nothing but "
    "what the actual level is held against."
)


def for_design(cls: type[Sized]) -> click.Command:
    """The verb for one design."""
    call = f"trialplan size {cls.slug()} {options.example(cls)}"
    more = "--json" if cls.attains != "power" else "" if cls.fixes_n() else "--power 0.9"
    if cls.attains == "power" and not cls.loses_by:
        more = f"{more} --dropout 0.1".strip()
    calendar = options.calendar_options() if issubclass(cls, Design) else []
    pictures = PICTURES if issubclass(cls, Design) else ()
    return options.verb(
        cls,
        _size,
        _OF_ITS_OWN if cls.fixes_n() else "Answers with the fewest participants, in whole allocation blocks.",
        [
            *options.of_design(cls, several=True),
            *options.sizing_options(cls),
            *calendar,
            _STATEMENT,
            *output_options(*pictures),
        ],
        *(call, f"{call} {more}"),
    )


def _size(
    cls: type[Sized],
    as_json: bool,
    output: Any,
    statement: bool,
    dropout: Any = None,
    power: Any = None,
    **given: Any,
) -> None:
    from trialplan.verbs.sizing import size

    if statement and (as_json or output is not None):
        raise click.UsageError("--statement prints a paragraph, and no page: leave out --json and --output")
    design = options.build(cls, given)
    calendar = {name: given[name] for name in options.CALENDAR if given.get(name) is not None}
    with options.typed(cls):
        answer = size(design, power, dropout=dropout, **calendar)

    if statement:
        show_text(f"{answer.statement()}\n", None)
        return

    show_or_draw(answer.page, answer.figure, as_json, output)


command = options.DesignGroup(
    "size",
    command_for=for_design,
    help="The fewest participants, in whole allocation blocks, that reach the power asked for. Name a design, "
    "then its numbers; `trialplan designs` says what they mean. Power is 0.8 unless --power says otherwise.",
    short_help="How many participants does the trial need?",
    epilog=options.examples(
        "trialplan size two-proportions --control 0.3 --treatment 0.5 --power 0.8",
        "trialplan size two-means --difference 0.5 --sd 1 --power 0.9 --allocation 2:1",
        "trialplan size two-proportions --control 0.3 --treatment 0.5 --looks 0.5,1 --json",
    ),
)
