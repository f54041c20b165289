"""An answer to mail: one file that shows the figure with its read-outs and the tables, offline and without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialplan import files
from trialplan.page import Page, with_printed_signs
from trialplan.progress import tell

if TYPE_CHECKING:
    from trialplan.figures.canvas import Figure, Medium
    from trialplan.figures.spots import Spot

MOST_SPOTS = 2000
"""Read-outs of a page: as many cells as its table has."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The figure for one medium, as an address that holds the picture itself, with its read-outs."""

    medium: str
    address: str
    spots: Sequence[Spot]


def mailed(page: Page, figure: Figure, command: str = "") -> str:
    """The file: it reads nothing from elsewhere and runs nothing; `command` is the line that makes it, if one does."""
    import jinja2

    from trialplan.figures.canvas import PAPER, PHONE

    page = with_printed_signs(page)
    loader = jinja2.FileSystemLoader(files.shipped("templates"))
    drawn: list[Drawn] = []
    for name, medium in (("wide", PAPER), ("narrow", PHONE)):
        tell("pictures", len(drawn), 2)
        drawn.append(_drawn(figure, name, medium))
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    written = made.get_template("mailed/page.html").render(
        title=figure.title or page.headline,
        page=page,
        answers=[table for table in page.tables if table.columns],
        fixed=[table for table in page.tables if not table.columns],
        alt=figure.alt(),
        drawn=drawn,
        read_out=all(one.spots for one in drawn),
        command=command,
    )
    return f"{written}\n"


def _drawn(figure: Figure, name: str, medium: Medium) -> Drawn:
    from trialplan.figures.canvas import as_address, drawn_for
    from trialplan.figures.spots import spotted

    with drawn_for(medium):
        svg, spots = spotted(figure, MOST_SPOTS)
    return Drawn(medium=name, address=as_address(svg), spots=spots)
