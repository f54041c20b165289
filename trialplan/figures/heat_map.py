"""A heat map: participants or power for each pair of assumptions, with the cells that have no answer marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures import canvas, scale, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.grid_axes import BAR, PLAN, Spans, Surface, colour_bar, mark, ticks
from trialplan.figures.layout import Key, blank, hatched, texts
from trialplan.numerics.lazy import np

_LARGEST = 8.0
"""Size of the letters in cells, where there is room."""
_AS_IMAGE = 5_000
"""Cells beyond which the colours are one image instead of so many shapes."""


@dataclass(frozen=True)
class _Names:
    """The labels along one axis: which of them, how they are set, and the room they take across."""

    first: int
    every: int
    texts: list[str]
    upright: bool
    room: float


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatMap(Surface):
    """A cell for each pair of assumptions, coloured by its value, with the value printed where there is room."""

    @canvas.style()
    def draw(self) -> Any:
        """The picture."""
        rows, columns = self.grid.shape
        cell = min(max(16.0, 210 / rows), 40.0) if rows <= 22 else 360 / rows
        side = _beside(self.y, cell)
        across = canvas.medium().width - 2 * canvas.EDGE - side.room - 10
        below = _below(self.x, across / columns)
        printed, size = self._printed(across / columns, cell)
        above = lettering.wrap(self.y_name, canvas.medium().width - 2 * canvas.EDGE, canvas.TEXT, lines=2)
        under = lettering.wrap(self.x_name, across, canvas.TEXT, lines=2)
        line = canvas.TEXT * canvas.LINE
        top, height = len(above) * line + 4, rows * cell
        end = top + height + below.room + len(under) * line + 8
        sheet = blank(self.title, end + BAR, self._keys(printed), self.fixed)
        paper = sheet.paper()
        texts(paper, (canvas.EDGE, 0), above, gid="y name")
        left = canvas.EDGE + side.room
        texts(paper, (left + across / 2, top + height + below.room + 2), under, ha="center", gid="x name")
        axes = sheet.plot(left, top, across, height)
        self._cells(axes)
        _dress(axes, self.x, self.y, (below, side))
        colours, norm = scale.colours(), self.shown.norm(self.grid)
        for row, column, text in printed:
            look = {"color": scale.legible(colours(norm(self.grid[row, column]))), "gid": f"cell {row} {column}"}
            axes.text(column, row, text, ha="center", va="center_baseline", size=size, **look)
        self._plan_on(axes, bool(printed))
        colour_bar(sheet, self, end)
        return sheet.figure

    def cells(self) -> tuple[Spans, Spans]:
        """Columns and rows, counted."""
        across, up = ([(i - 0.5, i + 0.5) for i in range(count)] for count in (len(self.x), len(self.y)))
        return across, up

    def _cells(self, axes: Any) -> None:
        """The colours, then hatched boxes over what has none, one for each run of cells in a row."""
        masked = np.ma.masked_invalid(self.grid)
        rows, columns = self.grid.shape
        few = columns <= 40 and rows <= 40
        axes.pcolormesh(
            np.arange(columns + 1) - 0.5,
            np.arange(rows + 1) - 0.5,
            masked,
            norm=self.shown.norm(self.grid),
            cmap=scale.colours(),
            edgecolors="white" if few else "face",
            linewidth=0.6 if few else 0.2,
            rasterized=self.grid.size > _AS_IMAGE,
            gid="cells",
        )
        for row, gone in enumerate(np.isnan(self.grid)):
            for first, past in canvas.part("cbook").contiguous_regions(gone):
                name = f"no-answer row {row} columns {first} to {past - 1}"
                hatched(axes, (first - 0.5, row - 0.5), (past - first, 1), name)

    def _printed(self, wide: float, high: float) -> tuple[list[tuple[int, int, str]], float]:
        """The numbers to print with their cells and the size of their letters; none where there is no room."""
        known = [(int(row), int(column)) for row, column in np.argwhere(~np.isnan(self.grid))]
        if not known or wide < 9 or high < 8:
            return [], 0.0
        for say in (wording.count, _whole, wording.compact) if self.shown.by_ratio else (self.shown.say,):
            words = [say(self.grid[cell]) for cell in known]
            size = min(_LARGEST, 0.92 * wide / lettering.widest(words, 1.0), high / 1.35)
            if size >= canvas.medium().smallest:
                return [(*cell, text) for cell, text in zip(known, words, strict=True)], size
        return [], 0.0

    def _plan_on(self, axes: Any, outlined: bool) -> None:
        """The planned point; where numbers are printed, a frame around the nearest cell, which hides none."""
        place = self.place()
        if place is None:
            return
        if not outlined:
            mark(axes, place)
            return
        corner = [round(along) - 0.5 for along in place]
        for edge, thick, name in (("white", 4.2, None), (PLAN, 2.0, "planned")):
            look = {"facecolor": "none", "edgecolor": edge, "linewidth": thick, "gid": name}
            axes.add_patch(canvas.part("patches").Rectangle(corner, 1, 1, zorder=5, clip_on=False, **look))

    def _keys(self, printed: Sequence[tuple[int, int, str]]) -> list[Key]:
        """The key, with a line about shortened numbers where there are any."""
        letters = {text[-1] for *_, text in printed}
        units = [f"{letter} = {name}" for letter, name in _UNITS.items() if letter in letters]
        note = [Key(label=f"{', '.join(units)}, rounded", kind="line", look={"linestyle": "none"})]
        found = self.entries()
        if printed and self.planned and (place := self.place()):
            exact = place == (round(place[0]), round(place[1]))
            label = found[-1].label + ("" if exact else " (the nearest combination is framed)")
            look = {"facecolor": "none", "edgecolor": PLAN, "linewidth": 2.0}
            found[-1] = Key(label=label, kind="patch", look=look)
        return [*found, *(note if units else [])]


_UNITS = {"k": "thousands", "M": "millions", "G": "thousand millions"}


def _whole(n: float) -> str:
    """Participants in full, without the commas that cells may have no room for."""
    return wording.count(n).replace(",", "")


def _beside(along: Sequence[Any], cell: float) -> _Names:
    """Labels left of the rows, each on as many lines as its row has room for."""
    every = math.ceil(canvas.SMALL * canvas.LINE / cell)
    lines = max(1, int(cell // (canvas.SMALL * canvas.LINE)))
    first, every = _thinned(along, every)
    texts = wording.ticked(along)[first::every]
    wrapped = [lettering.wrap(text, 110, canvas.SMALL, lines=lines) for text in texts]
    room = max(lettering.widest(lines, canvas.SMALL) for lines in wrapped) + 6
    return _Names(first, every, ["\n".join(lines) for lines in wrapped], False, room)


def _below(along: Sequence[Any], cell: float) -> _Names:
    """Labels under the columns: level where they fit or can be wrapped or thinned, else upright."""
    texts = wording.ticked(along)
    widest = lettering.widest([lettering.drawable(text) for text in texts], canvas.SMALL)
    line = canvas.SMALL * canvas.LINE
    if all(map(wording.is_number, along)) or widest + 6 <= cell:
        first, every = _thinned(along, math.ceil((widest + 4) / cell))
        return _Names(first, every, [lettering.drawable(text) for text in texts[first::every]], False, line + 5)
    if cell >= 50:
        wrapped = [lettering.wrap(text, cell - 6, canvas.SMALL) for text in texts]
        return _Names(0, 1, ["\n".join(lines) for lines in wrapped], False, max(map(len, wrapped)) * line + 5)
    every = math.ceil(line / cell)
    short = [lettering.shorten(text, 100, canvas.SMALL) for text in texts[::every]]
    return _Names(0, every, short, True, lettering.widest(short, canvas.SMALL) + 7)


def _thinned(along: Sequence[Any], every: int) -> tuple[int, int]:
    """The first label and the step to the next: round steps from where the numbers are roundest."""
    if every == 1 or not all(map(wording.is_number, along)):
        return 0, every
    step = next((round_one for round_one in (2, 5, 10, 20, 50, 100, 200, 500) if round_one >= every), every)
    digits = [len(f"{value:.6g}") for value in along]
    return min(range(min(step, len(along))), key=lambda first: (sum(digits[first::step]), first)), step


def _dress(axes: Any, x: Sequence[Any], y: Sequence[Any], names: tuple[_Names, _Names]) -> None:
    below, side = names
    ticks(axes.xaxis, range(below.first, len(x), below.every), below.texts)
    ticks(axes.yaxis, range(side.first, len(y), side.every), side.texts)
    axes.tick_params(length=0, pad=3)
    if below.upright:
        axes.tick_params(axis="x", rotation=90)
    axes.spines[:].set_visible(False)
    upwards = all(map(wording.is_number, y))  # names are read from the top, numbers grow upwards
    axes.set_ylim(*((-0.5, len(y) - 0.5) if upwards else (len(y) - 0.5, -0.5)))
    axes.set_xlim(-0.5, len(x) - 0.5)
