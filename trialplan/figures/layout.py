"""A sheet of paper: a title above, a key below, and places in points between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trialplan.figures.canvas import EDGE, GREY, HATCH, LINE, SMALL, TEXT, TITLE, medium, part
from trialplan.figures.text_metrics import width, wrap

_BASELINE = 0.76
"""How far down its line the letters of a text stand."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """One entry of the key below a picture: a mark as it looks there, and what it means."""

    label: str
    kind: str
    """patch, line or point"""
    look: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A figure with its title and key in place; `axes` and `paper` put things into the body, in points."""

    figure: Any
    width: float
    height: float
    top: float
    body: float

    def plot(self, left: float, top: float, width: float, height: float) -> Any:
        """Axes for the data at a place in the body, counted from its upper left corner."""
        axes = self.axes(left, top, width, height)
        axes.set_gid("plot")
        return axes

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Axes for anything else."""
        bottom = self.height - EDGE - self.top - top - height
        place = [left / self.width, bottom / self.height, width / self.width, height / self.height]
        return self.figure.add_axes(place)

    def paper(self) -> Any:
        """Invisible axes over the whole body whose coordinates are points from its upper left corner."""
        return _in_points(self.axes(0, 0, self.width, self.body), self.width, self.body)


def blank(title: str, body: float, keys: Sequence[Key] = (), fixed: str = "") -> Sheet:
    """An empty picture with a body of that many points between title and key; `fixed` is what the title rests on."""
    most = 6 if medium().narrow else 3
    lines = wrap(title, medium().width - 4 * EDGE, TITLE, lines=most, bold=True) if title.strip() else []
    under = wrap(fixed, medium().width - 2 * EDGE, SMALL, lines=4) if fixed else []
    heading = len(lines) * TITLE * LINE
    top = heading + len(under) * SMALL * LINE + (6 if lines or under else 0)
    placed, below = _flow(keys)
    height = top + body + below + 2 * EDGE
    figure = part("figure").Figure(figsize=(medium().width / 72, height / 72), facecolor="white")
    part("backends.backend_agg").FigureCanvasAgg(figure)
    made = Sheet(figure, medium().width, height, top, body)
    if top:
        paper = _in_points(made.axes(0, -top, medium().width, top), medium().width, top)
        texts(paper, (EDGE, 0), lines, size=TITLE, weight="bold", gid="title")
        texts(paper, (EDGE, heading), under, size=SMALL, color=GREY, gid="fixed")
    _foot(made, placed, below)
    return made


def texts(paper: Any, place: tuple[float, float], lines: Sequence[str], **look: Any) -> None:
    """Lines of text at a place on paper, evenly spaced: `va` says which part of them is at its height."""
    look = {"size": TEXT} | look
    size, anchor = look["size"], look.pop("va", "top")
    height = len(lines) * size * LINE
    top = place[1] - {"top": 0.0, "center": height / 2, "bottom": height}[anchor]
    for position, line in enumerate(lines):
        paper.text(place[0], top + (position + _BASELINE) * size * LINE, line, va="baseline", **look)


def hatched(axes: Any, place: tuple[float, float], size: tuple[float, float], name: str) -> None:
    """A rectangle that says: no answer here."""
    axes.add_patch(part("patches").Rectangle(place, *size, gid=name, **HATCH))


def _foot(sheet: Sheet, placed: Sequence[tuple[Key, float, float, list[str]]], height: float) -> None:
    if not placed:
        return
    paper = _in_points(sheet.axes(0, sheet.body, sheet.width, height), sheet.width, height)
    for key, left, top, lines in placed:
        _mark(paper, key, left, top + SMALL * LINE / 2)
        texts(paper, (left + 24, top), lines, size=SMALL, gid="key")


def _mark(paper: Any, key: Key, left: float, middle: float) -> None:
    if key.kind == "patch":
        paper.add_patch(part("patches").Rectangle((left, middle - 4), 18, 8, **key.look))
    else:
        across = [left, left + 18] if key.kind == "line" else [left + 9]
        paper.plot(across, [middle] * len(across), **key.look)


def _flow(keys: Sequence[Key]) -> tuple[list[tuple[Key, float, float, list[str]]], float]:
    """Each entry with its place, from left to right while there is room; and the height of all."""
    placed, left, top, row = [], EDGE, 8.0, 0.0
    for key in keys:
        lines = wrap(key.label, medium().width - 2 * EDGE - 24, SMALL)
        wide = 24 + max(width(line, SMALL) for line in lines)
        if left > EDGE and left + wide > medium().width - EDGE:
            left, top, row = EDGE, top + row, 0.0
        placed.append((key, left, top, lines))
        left, row = left + wide + 16, max(row, len(lines) * SMALL * LINE + 3)
    return placed, (top + row if placed else 0.0)


def _in_points(axes: Any, width: float, height: float) -> Any:
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    return axes
