"""Boundaries of a trial that is looked at early: on the z scale and on that of the effect, over participants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from trialplan.errors import ParameterError
from trialplan.figures import canvas, scale, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.grid_axes import ticks
from trialplan.figures.layout import Key, blank, texts
from trialplan.figures.shape import check_rows, check_shape
from trialplan.text import listed, plural, three_decimals

_HEIGHT, _GAP = 120.0, 26.0
"""Points of a panel, and between the two."""
_EFFICACY = {"color": canvas.BLUE, "linewidth": 1.6, "marker": "o", "markersize": 5, "linestyle": "-"}
_FUTILITY = {"color": canvas.ORANGE, "linewidth": 1.6, "marker": "s", "markersize": 5, "linestyle": (0, (5, 1.5))}
_NULL = {"color": canvas.GREY, "linewidth": 1.0, "linestyle": (0, (4, 3))}
_PLANNED = {"color": canvas.CYCLE[2], "linewidth": 1.2, "linestyle": (0, (1.5, 1.2))}

Bounds = Sequence[float | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Boundaries(canvas.Figure):
    """What stops the trial at each look: `efficacy` and `futility` are pairs of bounds, on z and on the effect's scale.

    A bound is None where a look has none. `opposite` are the bounds at which a two-sided test rejects in the other
    direction; `null` and `planned` are values of the effect.
    """

    participants: Sequence[int]
    efficacy: tuple[Bounds, Bounds]
    futility: tuple[Bounds, Bounds]
    effect: str
    null: float
    planned: float
    opposite: tuple[Bounds, Bounds] | None = None
    title: str = ""
    fixed: str = ""
    counted: str = "participants assessed"
    """What the looks count: participants, or the events that a look waits for."""

    def __post_init__(self) -> None:
        """Check that looks increase (several may fall on the same participants) and that each has its bounds."""
        rising = all(earlier < later for earlier, later in pairwise(self.participants))
        if len(self.participants) < 2 or not rising:
            raise ParameterError(
                f"must increase over two looks at least, not {list(self.participants)}",
                owner=self,
                parameter="participants",
            )
        for name, pair in (("efficacy", self.efficacy), ("futility", self.futility), ("opposite", self.opposite)):
            if pair is not None:
                check_rows(self, name, [pair], ("bounds on z", "bounds on the effect's scale"))
                for bounds in pair:
                    check_shape(self, name, bounds, (len(self.participants),), "a bound, or None, for each look")

    @canvas.style()
    def draw(self) -> Any:
        """The picture: z above, the effect below."""
        line = canvas.TEXT * canvas.LINE
        rows = [self._panel(0), self._panel(1)]
        y_ticks = [scale.evenly(*one[1], most=6) for one in rows]
        labels = [wording.ticked(one) for one in y_ticks]
        left = canvas.EDGE + max(lettering.widest(one, canvas.SMALL) for one in labels) + 8
        across = canvas.medium().width - left - canvas.EDGE - 14
        each = line + 6 + _HEIGHT
        sheet = blank(self.title, 2 * each + _GAP + 20 + line + 4, self.entries(), self.fixed)
        paper = sheet.paper()
        names = ("z statistic", self.effect)
        for panel, (lines, limits) in enumerate(rows):
            top = panel * (each + _GAP)
            texts(paper, (canvas.EDGE, top), lettering.wrap(names[panel], across, canvas.TEXT, lines=1), gid="y name")
            axes = self._axes(sheet, (left, top + line + 6, across), panel)
            for number, (x, y, look) in enumerate(lines):
                axes.plot(x, y, **look, gid=f"bound {panel} {number}")
            axes.set_ylim(*limits)
            ticks(axes.yaxis, y_ticks[panel], labels[panel])
            places = list(self.participants)
            ticks(axes.xaxis, places, wording.ticked(places) if panel else ["" for _ in places])
        texts(paper, (left + across / 2, 2 * each + _GAP + 20), [self.counted], ha="center", gid="x name")
        return sheet.figure

    def _axes(self, sheet: Any, place: tuple[float, float, float], panel: int) -> Any:
        left, top, across = place
        axes = (sheet.axes if panel else sheet.plot)(left, top, across, _HEIGHT)
        first, last = self.participants[0], self.participants[-1]
        room = 0.06 * (last - first)
        axes.set_xlim(first - room, last + room)
        axes.axhline(self.null if panel else 0.0, **_NULL, zorder=1.5, gid=f"null {panel}")
        if panel:
            axes.axhline(self.planned, **_PLANNED, zorder=1.5, gid="planned")
        axes.grid(axis="y", color=canvas.PALE, linewidth=0.7)
        axes.set_axisbelow(True)
        return axes

    def _panel(self, panel: int) -> tuple[list[tuple[list[int], list[float], dict[str, Any]]], tuple[float, float]]:
        """The lines of a panel, and the ends of its axis."""
        bounds = [(self.efficacy, _EFFICACY), (self.opposite, _EFFICACY), (self.futility, _FUTILITY)]
        lines = [self._line(pair[panel], look) for pair, look in bounds if pair is not None]
        lines = [line for line in lines if line[0]]
        values = [value for _, y, _ in lines for value in y] + ([self.null, self.planned] if panel else [0.0])
        low, high = min(values), max(values)
        room = 0.08 * (high - low)
        return lines, (low - room, high + room)

    def _line(self, bounds: Bounds, look: dict[str, Any]) -> tuple[list[int], list[float], dict[str, Any]]:
        known = [(n, float(one)) for n, one in zip(self.participants, bounds, strict=True) if one is not None]
        return [n for n, _ in known], [one for _, one in known], look

    def entries(self) -> list[Key]:
        """The key: the boundaries, no effect, the planned effect."""
        label = (
            "stops for efficacy"
            if self.opposite is None
            else "significant: better above the upper line, worse below the lower"
        )
        lines = [(label, _EFFICACY), ("no effect", _NULL), ("planned effect", _PLANNED)]
        if any(bound is not None for bound in self.futility[0]):
            lines.insert(1, ("stops for futility (z at or below)", _FUTILITY))
        return [Key(label=label, kind="line", look=look) for label, look in lines]

    def alt(self) -> str:
        """Each look with its bounds."""
        opening = (
            f"Boundaries at {plural(len(self.participants), 'look')}, on the z scale and as "
            f"{wording.brief(self.effect)}; the planned effect is {three_decimals(self.planned)}."
        )
        return " ".join([opening, *self._told()])

    def _told(self) -> Iterator[str]:
        counted = self.counted.removeprefix("participants ")
        for look, n in enumerate(self.participants):
            parts = [
                f"{words} z {three_decimals(bounds[0][look])} ({three_decimals(bounds[1][look])})"
                for words, bounds in (("efficacy from", self.efficacy), ("futility up to", self.futility))
                if bounds[0][look] is not None
            ]
            yield f"With {n:,} {counted}: {listed(parts) or 'no boundary'}."

    def table(self) -> canvas.Table:
        """One row a look; None where it has no bound."""
        columns = (self.counted, "efficacy z", "efficacy effect", "futility z", "futility effect")
        return columns, tuple(zip(self.participants, *self.efficacy, *self.futility, strict=True))
