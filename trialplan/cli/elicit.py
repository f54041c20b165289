"""`trialplan elicit`: what several experts believe of one number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.command import Verb
from trialplan.cli.options.output import NamedPath, output_options, show_or_draw
from trialplan.page import PICTURES


@click.command(
    "elicit",
    cls=Verb,
    params=[
        click.Argument(["sheets"], type=NamedPath(), nargs=-1, required=True),
        click.Option(
            ["--family"], default="beta", metavar="beta|normal|log-normal", help="what is fitted  [default: beta]"
        ),
        click.Option(["--pool"], default="linear", metavar="linear|logarithmic", help="the rule  [default: linear]"),
        *output_options(*PICTURES),
    ],
    short_help="What do several experts believe of one number?",
    epilog=options.examples("trialplan init sheet.md", "trialplan elicit --help"),
)
def command(sheets: tuple[Path, ...], family: str, pool: str, as_json: bool, output: Any) -> None:
    """A distribution fitted to what each of SHEETS says, by least squares on its cdf, and their pool.

    `trialplan init sheet.md` writes a sheet to send out, sheet.docx one in Word; experts fill in quantiles or lay
    chips, and all must have been asked the same. The page says how well each fit says what its expert said; -o
    FILE.svg draws the curves. A plan takes the same judgements under an assumption's [experts].
    """
    from trialplan.verbs.eliciting import elicit

    found = elicit(*sheets, family=family, pool=pool)
    show_or_draw(found.page, found.figure, as_json, output)
