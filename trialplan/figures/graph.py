"""A graph that hands levels on: hypotheses with their shares of the level, and arrows with what they hand on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError
from trialplan.figures import canvas, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.canvas import EDGE, GREY, LINE, SMALL, TEXT, medium
from trialplan.figures.layout import blank, texts
from trialplan.figures.shape import check_rows, check_shape
from trialplan.text import listed

_ACROSS, _INSIDE = 132.0, 6.0
"""Points across a box, and from its edge to its words."""

_BETWEEN = 78.0
"""Points between two rows of boxes: room for arrows and what stands on them."""

_BEND, _AT = 0.14, 0.37
"""How much an arrow is bent, so that one does not hide the one that comes back; and how far along its weight stands."""


@dataclass(frozen=True, kw_only=True)
class Graph(canvas.Figure):
    """Hypotheses as (name, share of the level), and what each hands on to each, a row for each that hands on.

    `level` is the level of all together; the shares are of it.
    """

    nodes: Sequence[tuple[str, float]]
    arrows: Sequence[Sequence[float]]
    level: float
    title: str = ""

    def __post_init__(self) -> None:
        """Check that there is a row for every hypothesis."""
        check_rows(self, "nodes", self.nodes, ("name", "share of the level"))
        k = len(self.nodes)
        if k < 2:
            raise ParameterError(f"must be two hypotheses or more, not {k}", owner=self, parameter="nodes")
        check_shape(self, "arrows", self.arrows, (k, k), "a row and a column for each hypothesis")

    @canvas.style()
    def draw(self) -> Any:
        """The picture: boxes around an oval in their order, the first one above on the left, and arrows between."""
        words = [self._words(i) for i in range(len(self.nodes))]
        height = max(len(name) for name, _ in words) * TEXT * LINE + SMALL * LINE + 2 * _INSIDE
        places, body = _places(len(words), height)
        sheet = blank(self.title, body)
        paper = sheet.paper()
        boxes = [_box(paper, place, height, *said) for place, said in zip(places, words, strict=True)]
        for i, row in enumerate(self.arrows):
            for j, weight in enumerate(row):
                if weight:
                    back = bool(self.arrows[j][i])
                    _arrow(paper, (places[i], boxes[i]), (places[j], boxes[j]), _number(weight), back)
        return sheet.figure

    def alt(self) -> str:
        """Who begins with what, and who hands what to whom."""
        names = [wording.brief(name) for name, _ in self.nodes]
        first = [f"{name} ({_number(share)})" for name, (_, share) in zip(names, self.nodes, strict=True)]
        handed = [
            f"{names[i]} hands {listed(f'{_number(g)} of its level to {names[j]}' for j, g in enumerate(row) if g)}"
            for i, row in enumerate(self.arrows)
            if any(row)
        ]
        then = f" What is shown hands its level on: {'; '.join(handed)}." if handed else " Nothing is handed on."
        return f"Graph of the testing procedure: shares of the level of {self.level:g} are {listed(first)}.{then}"

    def table(self) -> canvas.Table:
        """A row for each hypothesis: its share, its level, and what it hands on to each."""
        places = range(1, len(self.nodes) + 1)
        columns = ("hypothesis", "share of the level", "level", *(f"hands to {i}" for i in places))
        rows = (
            (f"{i}: {name}", _number(share), f"{share * self.level:.4g}", *(_number(g) if g else "" for g in row))
            for i, (name, share), row in zip(places, self.nodes, self.arrows, strict=True)
        )
        return columns, tuple(rows)

    def _words(self, place: int) -> tuple[list[str], str]:
        name, share = self.nodes[place]
        room = _ACROSS - 2 * _INSIDE
        lines = lettering.wrap(f"{place + 1}: {name}", room, TEXT, lines=4, bold=True)
        return lines, f"{_number(share)} of {self.level:g} = {share * self.level:.4g}"


def _places(k: int, height: float) -> tuple[list[tuple[float, float]], float]:
    """The middle of each box, and the height of all; two stand beside each other, four in two rows of two."""
    left, right = EDGE + _ACROSS / 2, medium().width - EDGE - _ACROSS / 2
    if k == 2:
        middle = height / 2 + _BETWEEN / 2
        return [(left, middle), (right, middle)], height + _BETWEEN
    rows = 2 if k <= 4 else 3
    top, step = height / 2 + 6, height + _BETWEEN
    middle = medium().width / 2
    last = top + (rows - 1) * step
    corners = [(left, top), (right, top), (left, last), (right, last)]
    placed = {
        3: [(left, top), (right, top), (middle, last)],
        4: corners,
        5: [(left, top), (right, top), (left, top + step), (right, top + step), (middle, last)],
        6: [
            (left + _ACROSS * 0.3, top),
            (right - _ACROSS * 0.3, top),
            (left, top + step),
            (right, top + step),
            (left + _ACROSS * 0.3, last),
            (right - _ACROSS * 0.3, last),
        ],
    }
    if k not in placed:
        return _oval(k, height)
    return placed[k], last + height / 2 + 6


def _oval(k: int, height: float) -> tuple[list[tuple[float, float]], float]:
    """More of them around an oval, as high as keeps them apart."""
    across, down = (medium().width - _ACROSS) / 2 - EDGE, k * (height + 10) / 2
    angles = [2 * math.pi * (i + 0.5) / k - math.pi for i in range(k)]
    body = 2 * down + height + 12
    return [(medium().width / 2 + across * math.cos(one), body / 2 + down * math.sin(one)) for one in angles], body


def _box(paper: Any, middle: tuple[float, float], height: float, bold: list[str], plain: str) -> Any:
    look = {"facecolor": "white", "edgecolor": canvas.INK, "linewidth": 1.0}
    shape = {"boxstyle": "round,pad=0,rounding_size=4", "gid": "box", "zorder": 2}
    corner = middle[0] - _ACROSS / 2, middle[1] - height / 2
    box = canvas.part("patches").FancyBboxPatch(corner, _ACROSS, height, **look, **shape)
    paper.add_patch(box)
    spare = height - 2 * _INSIDE - len(bold) * TEXT * LINE - SMALL * LINE
    top = corner[1] + _INSIDE + spare / 2
    texts(paper, (middle[0], top), bold, ha="center", weight="bold", gid="box name", zorder=4)
    below = top + len(bold) * TEXT * LINE
    texts(paper, (middle[0], below), [plain], size=SMALL, ha="center", gid="box words", zorder=4)
    return box


def _arrow(paper: Any, start: tuple[Any, Any], end: tuple[Any, Any], weight: str, back: bool) -> None:
    """An arrow from box to box, bent where another one comes back; its weight stands on it, nearer to its start."""
    (x, y), (to_x, to_y) = start[0], end[0]
    bend = _BEND if back else 0.0
    look = {"arrowstyle": "-|>", "mutation_scale": 10, "color": GREY, "linewidth": 1, "shrinkA": 1, "shrinkB": 2}
    joined = {"connectionstyle": f"arc3,rad={bend}", "patchA": start[1], "patchB": end[1], "zorder": 1}
    paper.add_patch(canvas.part("patches").FancyArrowPatch((x, y), (to_x, to_y), **look, **joined, gid="arrow"))
    # the curve has one point that draws it aside, as matplotlib's arc3 has it; the paper counts downwards
    aside = (x + to_x) / 2 - bend * (to_y - y), (y + to_y) / 2 + bend * (to_x - x)
    t = _AT
    on = [(1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c for a, b, c in ((x, aside[0], to_x), (y, aside[1], to_y))]
    label = {"size": SMALL, "ha": "center", "va": "center", "gid": "weight", "zorder": 3}
    paper.text(on[0], on[1], weight, **label, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2})


def _number(value: float) -> str:
    return f"{value:.3g}"
