"""A tornado: which assumption, wrong by how much, changes the trial most, and which leave no trial at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures import canvas, wording
from trialplan.figures import row_axes as rows
from trialplan.figures import text_metrics as lettering
from trialplan.figures.canvas import BLUE, EDGE, LINE, ORANGE, SMALL, TEXT, medium
from trialplan.figures.layout import Key, blank, hatched
from trialplan.figures.shape import check_rows, check_shape
from trialplan.text import listed, plural

_BAR, _GAP = 11.0, 9.0
"""Points of one bar's thickness, and between two rows."""
_HEAD = SMALL * LINE + 8
"""Points above the bars: a line of small text and the room below it."""
_NONE = "no trial"


@dataclass(frozen=True, kw_only=True, eq=False)
class Tornado(canvas.Figure):
    """One assumption at a time, at a low and a high value, the others as planned.

    `bars` are (assumption, low value as words, high value as words, n at the low one, n at the high one), None
    for an n that does not exist. `assurance`, in the order of the bars, adds a second picture.
    """

    bars: Sequence[tuple[str, str, str, float | None, float | None]]
    planned: float
    assurance: Sequence[tuple[float | None, float | None]] = ()
    title: str = ""

    def __post_init__(self) -> None:
        """Check that every bar has its parts, and its assurance where there is any."""
        check_rows(self, "bars", self.bars, ("assumption", "low value", "high value", "n at low", "n at high"))
        if self.assurance:
            check_shape(self, "assurance", self.assurance, (len(self.bars), 2), "a low and a high value for each bar")

    def order(self) -> list[int]:
        """The bars from what changes the trial most: first what leaves no trial, then by the largest ratio of n."""
        return sorted(range(len(self.bars)), key=self._swing, reverse=True)

    @canvas.style()
    def draw(self) -> Any:
        """The picture: two thin bars a row, for the low and the high value."""
        order = self.order()
        names = [lettering.wrap(self.bars[i][0], _name_room(), TEXT, lines=4) for i in order]
        heights = [self._height(lines) for lines in names]
        body = _HEAD + sum(heights)
        sheet = blank(self.title, body + 34, self._keys())
        paper = sheet.paper()
        lanes = self._lanes()
        axes = [sheet.plot(lane.left, _HEAD, lane.across, sum(heights)) for lane in lanes]
        for lane, one in zip(lanes, axes, strict=True):
            lane.dress(paper, one, sum(heights), body)
        if not medium().narrow:
            paper.text(EDGE, _HEAD - 4, "assumption", va="bottom", size=SMALL, color=canvas.GREY)
        top = 0.0
        for i, lines, height in zip(order, names, heights, strict=True):
            above = len(lines) * TEXT * LINE if medium().narrow else 0.0
            middle = top + (height + above) / 2
            named = top + above / 2 + _GAP / 2 if above else middle
            rows.column(paper, EDGE, _HEAD + named, lines, size=TEXT, gid="assumption")
            self._row(paper, axes, lanes, i, middle)
            reach = (middle - _BAR, middle + _BAR) if medium().narrow else (top, top + height)
            lanes[0].mark_planned(axes[0], *reach)
            top += height
        return sheet.figure

    def alt(self) -> str:
        """Which assumptions leave no trial, then which change n most."""
        told = [self._told(i) for i in self.order()[:6]]
        more = len(self.bars) - 6
        rest = [f"{plural(more, 'assumption')} with less effect not told here."] if more > 0 else []
        opening = (
            f"Tornado: participants if {_which(len(self.bars))} is otherwise; "
            f"{wording.count(self.planned)} are planned."
        )
        return " ".join([opening, *told, *rest])

    def table(self) -> canvas.Table:
        """Two rows for each assumption, in the order of the picture."""
        names = ("assumption", "value", "participants", *(("assurance",) if self.assurance else ()))
        table = []
        for i in self.order():
            name, low, high, *sizes = self.bars[i]
            for side, value in enumerate((low, high)):
                table.append((name, value, sizes[side], *((self.assurance[i][side],) if self.assurance else ())))
        return names, tuple(table)

    def _height(self, name: Sequence[str]) -> float:
        """Points of a row: its two bars beside its name, or below it where there is no room."""
        words, bars = len(name) * TEXT * LINE, 2 * _BAR
        return (words + bars if medium().narrow else max(bars, words)) + _GAP

    def _swing(self, i: int) -> tuple[int, float]:
        _, _, _, *sizes = self.bars[i]
        ratios = [abs(math.log(n / self.planned)) for n in sizes if n is not None]
        return sizes.count(None), max(ratios, default=0.0)

    def _told(self, i: int) -> str:
        name, low, high, *sizes = self.bars[i]
        said = [_NONE if n is None else wording.count(n) for n in sizes]
        pairs = zip((low, high), said, strict=True)
        return f"{wording.brief(name)}: {listed([f'{n} at {wording.brief(v)}' for v, n in pairs])}."

    def _keys(self) -> list[Key]:
        found = [
            Key(label="at the lower value", kind="patch", look={"facecolor": BLUE}),
            Key(label="at the higher value", kind="patch", look={"facecolor": ORANGE}),
        ]
        if any(None in bar[3:] for bar in self.bars):
            label = f"{_NONE}: no number of participants reaches the power"
            found.append(Key(label=label, kind="patch", look=canvas.HATCH))
        return found

    def _lanes(self) -> list[_Lane]:
        """The panels: participants, and assurance where it is given, each with its column of numbers."""
        words = [lettering.shorten(value, 72, SMALL) for bar in self.bars for value in bar[1:3]]
        first = EDGE + (0 if medium().narrow else 124) + lettering.widest(words, SMALL) + 8
        sizes = [[bar[3], bar[4]] for bar in self.bars]
        number = lettering.widest([_said(n) for pair in sizes for n in pair], SMALL) + 14
        known = [n for pair in sizes for n in pair if n is not None] + [self.planned]
        by_ratio = max(known) > 4 * min(known)
        ends = rows.axis(known, by_ratio)
        room = medium().width - EDGE - first - number - 4
        if not self.assurance:
            return [_Lane("participants", first, room, self.planned, ends, by_ratio, _said)]
        half = (room - 44) / 2
        second = first + half + number + 8
        return [
            _Lane("participants", first, half, self.planned, ends, by_ratio, _said),
            _Lane("assurance", second, half - 4, None, (-0.0, 1.0), False, _chance),
        ]

    def _row(self, paper: Any, axes: Sequence[Any], lanes: Sequence[_Lane], i: int, middle: float) -> None:
        _, low, high, *sizes = self.bars[i]
        chances = self.assurance[i] if self.assurance else (None, None)
        for side, (word, n, chance) in enumerate(zip((low, high), sizes, chances, strict=True)):
            height = middle + (side - 0.5) * _BAR
            short = lettering.shorten(word, 72, SMALL)
            rows.column(paper, lanes[0].left - 6, _HEAD + height, [short], ha="right", gid="value")
            for lane, one, value in zip(lanes, axes, (n, chance), strict=False):
                lane.bar(one, value, height, (BLUE, ORANGE)[side])
                text = lane.say(value)
                bold = {"weight": "bold"} if text == _NONE else {}
                right = lane.left + lane.across + 8
                rows.column(paper, right, _HEAD + height, [text], gid="number", **bold)


@dataclass(frozen=True)
class _Lane:
    """One panel of bars: its name, its place across, what is planned, its axis, how its numbers are said."""

    name: str
    left: float
    across: float
    planned: float | None
    ends: tuple[float, float]
    by_ratio: bool
    say: Any

    def dress(self, paper: Any, axes: Any, height: float, body: float) -> None:
        """The axis, its name, and the line of what is planned."""
        rows.dress(axes, height, self.ends, self.by_ratio)
        paper.text(self.left + self.across / 2, body + 20, self.name, ha="center", va="top", size=SMALL, gid="x name")
        if self.planned is None:
            return
        words = f"planned: {self.say(self.planned)}"
        half = lettering.width(words, SMALL) / 2 + 1
        place = axes.transData.transform((self.planned, 0))[0] * 72 / axes.figure.dpi
        place = min(max(place, self.left + half), max(self.left + self.across + 40 - half, self.left + half))
        paper.text(place, _HEAD - 4, words, ha="center", va="bottom", size=SMALL, gid="planned words")

    def mark_planned(self, axes: Any, top: float, bottom: float) -> None:
        """The line of what is planned past the bars of one row, through no name that stands above them."""
        look = {"color": canvas.INK, "linewidth": 0.9, "zorder": 3, "gid": "planned"}
        axes.plot([self.planned, self.planned], [top, bottom], solid_capstyle="butt", **look)

    def bar(self, axes: Any, value: float | None, height: float, colour: str) -> None:
        """From what is planned to the value; hatched to the edge, with an arrow, where there is none."""
        start = self.ends[0] if self.planned is None else self.planned
        top, thick = height - _BAR / 2 + 0.8, _BAR - 1.6
        if value is not None:
            patch = canvas.part("patches").Rectangle((start, top), value - start, thick, facecolor=colour, gid="bar")
            axes.add_patch(patch)
        elif self.name != "assurance":
            hatched(axes, (start, top), (self.ends[1] - start, thick), "no-trial")
            arrow = {"marker": ">", "markersize": 6, "color": canvas.HATCH["edgecolor"], "clip_on": False}
            axes.plot([self.ends[1]], [height], **arrow)


def _name_room() -> float:
    """Points across for the name of an assumption."""
    return medium().width - 2 * EDGE if medium().narrow else 118.0


def _said(n: float | None) -> str:
    return _NONE if n is None else wording.count(n)


def _chance(value: float | None) -> str:
    return "–" if value is None else wording.share(value)


def _which(bars: int) -> str:
    """Of how many assumptions one is moved at a time."""
    return "one assumption" if bars == 1 else f"one of {bars} assumptions"
