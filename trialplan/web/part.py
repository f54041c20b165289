"""A part of a page: an answer's page, a picture, a form for how it is looked at, or work that is started by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trialplan.page import Page
from trialplan.web.controls import Control

if TYPE_CHECKING:
    from trialplan.web.state import State


def without_last(page: Page) -> Page:
    """An answer's page without what closes it, the same in all rows: that stands once, on the page Design."""
    return replace(page, tables=page.tables[:-1])


@dataclass(frozen=True)
class Cell:
    """A cell of a map that is looked at by hand: what stands in it, its tone from 0 to 9, and where it leads."""

    shown: str
    told: str
    tone: int | None = None
    leads_to: State | None = None
    here: bool = False


@dataclass(frozen=True)
class Map:
    """A heat map whose cells are links: the names and values of both axes, and the rows of cells."""

    across: str
    columns: tuple[str, ...]
    down: str
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Link:
    """Where something is to be had: its words, and the path below the explorer's own."""

    words: str
    path: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one part of a page shows; everything but the title may be left out."""

    title: str
    page: Page | None = None
    figure: str = ""
    map: Map | None = None
    form: tuple[Control, ...] = ()
    text: str = ""
    copied: str = ""
    prose: bool = False
    """Whether what is copied is text to read, and not lines to run."""
    links: tuple[Link, ...] = ()
    work: str = ""
    """The work that a button starts, by its name."""
    wrong: str = ""
    """The sentence that stands in place of an answer."""
