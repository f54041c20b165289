"""What a heat map and a contour picture share: values over two axes, some of them missing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures import canvas, scale, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.layout import Key, Sheet
from trialplan.figures.shape import check_shape
from trialplan.numerics.lazy import np
from trialplan.text import listed, plural

Spans = list[tuple[float, float]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface(canvas.Figure):
    """One value for each pair of assumptions: `values[i][j]` belongs to `y[i]` and `x[j]`, nan where there is none."""

    x_name: str
    x: Sequence[Any]
    y_name: str
    y: Sequence[Any]
    values: Any
    kind = "Heat map"
    quantity: str = "participants"
    planned: tuple[Any, Any] | None = None
    title: str = ""
    fixed: str = ""
    """What is the same in every cell, in words."""

    def __post_init__(self) -> None:
        """Check that there is one value for each pair."""
        shape = (len(self.y), len(self.x))
        check_shape(self, "values", self.values, shape, "a row for each y and a column for each x")

    @property
    def grid(self) -> Any:
        """The values as an array of numbers."""
        return np.asarray(self.values, dtype=float)

    @property
    def shown(self) -> scale.Quantity:
        """How the quantity is shown."""
        return scale.quantity(self.quantity)

    @property
    def missing(self) -> int:
        """How many cells have no value."""
        return int(np.isnan(self.grid).sum())

    def alt(self) -> str:
        """The range, where its ends are, how many cells have no answer, and what is planned."""
        axes = listed([f"{wording.brief(name)} ({_span(along)})" for name, along in self._axes()])
        opening = f"{self.kind} of {self.quantity} for {plural(self.grid.size, 'combination')} of {axes}."
        return " ".join([opening, *self._range(), *self._gaps(), *self._plan()])

    def table(self) -> canvas.Table:
        """One row a cell, in the order of y and then x; None where there is no value."""
        rows = [
            (x, y, None if np.isnan(value) else float(value))
            for y, line in zip(self.y, self.grid, strict=True)
            for x, value in zip(self.x, line, strict=True)
        ]
        return (self.x_name, self.y_name, self.quantity), tuple(rows)

    def read_outs(self) -> Iterator[canvas.ReadOut]:
        """One for each cell."""
        across, up = self.cells()
        columns, rows = (
            [f"{wording.brief(name)} {one}" for one in wording.ticked(along)] for name, along in self._axes()
        )
        values = zip(rows, up, self.grid.tolist(), strict=True)
        for row, height, line in values:
            for column, reach, value in zip(columns, across, line, strict=True):
                yield canvas.ReadOut(f"{column}, {row}: {self._said(value)}", reach, height)

    def cells(self) -> tuple[Spans, Spans]:
        """From where to where each column and each row reaches, in the units of the picture's axes."""
        raise NotImplementedError

    def _said(self, value: float) -> str:
        return self.shown.missing if math.isnan(value) else f"{self.shown.say(value)} {self.quantity}"

    def place(self) -> tuple[float, float] | None:
        """The planned point in columns and rows, if it lies on the picture."""
        if self.planned is None:
            return None
        column, row = (_position(value, along) for value, along in zip(self.planned, (self.x, self.y), strict=True))
        return None if column is None or row is None else (column, row)

    def entries(self) -> list[Key]:
        """The key's entries for cells without an answer and for the planned point."""
        found = []
        if self.missing:
            label = f"{self.shown.missing} ({self.missing:,} of {plural(self.grid.size, 'combination')})"
            found.append(Key(label=label, kind="patch", look=canvas.HATCH))
        if self.planned and self.place():
            found.append(Key(label=f"planned: {self._at(*self.planned)}", kind="point", look=PLANNED))
        return found

    def _axes(self) -> list[tuple[str, Sequence[Any]]]:
        return [(self.x_name, self.x), (self.y_name, self.y)]

    def _range(self) -> list[str]:
        if self.missing == self.grid.size:
            return [f"No combination has an answer: {self.shown.missing} anywhere."]
        low, high = np.nanargmin(self.grid), np.nanargmax(self.grid)
        if self.grid.flat[low] == self.grid.flat[high]:
            return [f"It is {self.shown.say(self.grid.flat[low])} throughout."]
        return [f"It runs from {self._cell(low)} to {self._cell(high)}."]

    def _cell(self, at: Any) -> str:
        row, column = divmod(int(at), len(self.x))
        return f"{self.shown.say(self.grid.flat[at])} (at {self._at(self.x[column], self.y[row])})"

    def _gaps(self) -> list[str]:
        if not 0 < self.missing < self.grid.size:
            return []
        verb = "has" if self.missing == 1 else "have"
        return [f"{plural(self.missing, 'combination')} {verb} {self.shown.missing}."]

    def _plan(self) -> list[str]:
        if self.planned is None:
            return []
        where = self.place()
        if where is None:
            return [f"The planned point, {self._at(*self.planned)}, lies outside the picture."]
        column, row = where
        exact = column % 1 == 0 and row % 1 == 0
        value = self.grid[int(row), int(column)] if exact else np.nan
        needs = "" if not exact else f": {self.shown.missing if np.isnan(value) else self.shown.say(value)}"
        return [f"Planned is {self._at(*self.planned)}{needs}."]

    def _at(self, x: Any, y: Any) -> str:
        pairs = zip((self.x_name, self.y_name), (x, y), (self.x, self.y), strict=True)
        return ", ".join(f"{wording.brief(name)} {_one(value, along)}" for name, value, along in pairs)


PLAN = "#c2185b"
"""The colour of what is planned, in every figure."""
PLANNED = {"marker": "D", "markersize": 7, "markerfacecolor": "none", "markeredgecolor": PLAN} | {
    "markeredgewidth": 1.8,
    "linestyle": "none",
}
"""The look of the planned point."""


def mark(axes: Any, place: tuple[float, float]) -> None:
    """The planned point, with a white rim so that it shows on any colour."""
    axes.plot(*place, **(PLANNED | {"markeredgecolor": "white", "markeredgewidth": 3.6}), zorder=5)
    axes.plot(*place, **PLANNED, zorder=6, gid="planned")


def colour_bar(sheet: Sheet, surface: Surface, top: float) -> None:
    """The colours with their values, below the picture, under the name of the quantity."""
    low, high = surface.shown.limits(surface.grid)
    name = f"{surface.quantity}{', logarithmic colours' if surface.shown.by_ratio else ''}"
    sheet.paper().text(canvas.EDGE, top, name, va="top", size=canvas.SMALL, gid="quantity")
    values = surface.shown.ticks(low, high)
    labels = wording.ticked(values)
    inset = canvas.EDGE + max(8.0, lettering.widest(labels, canvas.SMALL) / 2)
    axes = sheet.axes(inset, top + 14, sheet.width - 2 * inset, 8)
    if surface.shown.by_ratio:
        axes.set_xscale("log")
    edges = np.geomspace(low, high, 65) if surface.shown.by_ratio else np.linspace(low, high, 65)
    norm = surface.shown.norm(surface.grid)
    middles = [(edges[1:] + edges[:-1]) / 2]
    # edges in the colour of their faces, or viewers show seams between them
    axes.pcolormesh(edges, [0, 1], middles, norm=norm, cmap=scale.colours(), edgecolors="face", linewidth=0.4)
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_xlim(low, high)
    ticks_apart(axes, values, labels)


BAR = 38.0
"""Points that the colour bar takes with its name and numbers."""


def ticks(axis: Any, places: Sequence[float], labels: Sequence[str]) -> None:
    """These ticks and no others."""
    ticker = canvas.part("ticker")
    axis.set_major_locator(ticker.FixedLocator([float(place) for place in places]))
    axis.set_major_formatter(ticker.FixedFormatter(list(labels)))
    axis.set_minor_locator(ticker.NullLocator())


def ticks_apart(axes: Any, places: Sequence[float], labels: Sequence[str]) -> None:
    """Those of the ticks along x whose labels leave each other room, taken from the left."""
    points = axes.transData.transform([(place, 0.0) for place in places])[:, 0] * 72 / axes.figure.dpi
    kept: list[int] = []
    past = -math.inf
    for i, (point, label) in enumerate(zip(points, labels, strict=True)):
        half = lettering.width(label, canvas.SMALL) / 2
        if point - half > past + 6:
            kept.append(i)
            past = point + half
    ticks(axes.xaxis, [places[i] for i in kept], [labels[i] for i in kept])


def halfway(places: Sequence[float], first: float, last: float) -> Spans:
    """From where to where each place reaches: half-way to its neighbours, in the order in which they are given."""
    order = np.argsort(np.asarray(places, dtype=float), kind="stable")
    along = np.asarray(places, dtype=float)[order]
    edges = [first, *((along[1:] + along[:-1]) / 2).tolist(), last]
    found = dict(zip(order.tolist(), itertools.pairwise(edges), strict=True))
    return [found[position] for position in range(len(places))]


def _position(value: Any, along: Sequence[Any]) -> float | None:
    """Where a value lies among the values of an axis, counted in cells; None where it does not."""
    if value in along:
        return float(list(along).index(value))
    if not all(wording.is_number(one) for one in (value, *along)):
        return None
    for left, (one, other) in enumerate(itertools.pairwise(along)):
        if min(one, other) <= value <= max(one, other):
            return float(left + (value - one) / (other - one))
    return None


def _span(along: Sequence[Any]) -> str:
    if len(along) == 1:
        return wording.ticked(along)[0]
    if all(map(wording.is_number, along)):
        return " to ".join(wording.ticked([min(along), max(along)]))
    return listed([wording.brief(one, 40) for one in along[:6]]) + (
        f" and {len(along) - 6} more" if len(along) > 6 else ""
    )


def _one(value: Any, along: Sequence[Any]) -> str:
    """One value, printed as the axis prints its own."""
    if value in along:
        return wording.ticked(along)[list(along).index(value)]
    return f"{value:.4g}" if wording.is_number(value) else wording.brief(value)
