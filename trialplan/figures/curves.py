"""Curves: power against the number of participants, or participants against one assumption."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures import canvas, scale, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.grid_axes import PLAN, halfway, ticks
from trialplan.figures.layout import Key, blank, hatched, texts
from trialplan.figures.shape import check_rows, check_shape
from trialplan.numerics.lazy import np
from trialplan.text import number, plural, with_minus

_HEIGHT = 230.0
"""Points of the plot: half as high as the page is wide."""
_DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))
_MARKS = ("o", "s", "^", "D", "v")
_CHOSEN = {"marker": "o", "markersize": 7, "color": PLAN, "markeredgecolor": "white", "linestyle": "none"}
_TARGET = {"color": canvas.GREY, "linewidth": 1.0, "linestyle": (0, (4, 3))}


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves(canvas.Figure):
    """Lines over one axis: `lines` are (label, values along x), nan where there is no answer.

    `target` is drawn across, `chosen` is the point (x, value) that the trial takes; `fixed` says in words what all
    rests on.
    """

    x_name: str
    x: Sequence[Any]
    lines: Sequence[tuple[str, Any]]
    quantity: str = "power"
    target: float | None = None
    chosen: tuple[float, float] | None = None
    title: str = ""
    fixed: str = ""
    from_zero: bool = False
    """Whether the axis begins at 0 and is even however far apart the values are, as for a density."""

    def __post_init__(self) -> None:
        """Check that every line has a value for each x."""
        check_rows(self, "lines", self.lines, ("label", "values along x"))
        for label, values in self.lines:
            name = f"lines {wording.brief(label)!r}" if label else "lines"
            check_shape(self, name, values, (len(self.x),), "a value for each x")

    @property
    def labels(self) -> list[str]:
        """The lines' names."""
        return [wording.brief(label) for label, _ in self.lines]

    @property
    def rows(self) -> list[Any]:
        """The lines' values as arrays."""
        return [np.asarray(values, dtype=float) for _, values in self.lines]

    @property
    def shown(self) -> scale.Quantity:
        """How the quantity is shown."""
        return scale.quantity(self.quantity)

    @property
    def numeric(self) -> bool:
        """Whether x is a number, so that points may be joined."""
        return all(map(wording.is_number, self.x))

    @canvas.style()
    def draw(self) -> Any:
        """The picture."""
        line = canvas.TEXT * canvas.LINE
        low, high = self._limits()
        by_ratio = self._by_ratio()
        even = self.shown.by_ratio and not by_ratio
        y_ticks = scale.evenly(low, high, whole=self.shown.whole) if even else self.shown.ticks(low, high)
        y_labels = wording.ticked(y_ticks)
        left = canvas.EDGE + lettering.widest(y_labels, canvas.SMALL) + 8
        across = canvas.medium().width - left - canvas.EDGE - 14
        under = lettering.wrap(self.x_name, across, canvas.TEXT, lines=2)
        x_ticks, x_labels, room = self._along(across)
        top = line + 6
        sheet = blank(self.title, top + _HEIGHT + room + len(under) * line + 4, self.entries(), self.fixed)
        paper = sheet.paper()
        name = f"{self.quantity}{', logarithmic axis' if by_ratio else ''}"
        paper.text(canvas.EDGE, 0, name, va="top", gid="y name")
        texts(paper, (left + across / 2, top + _HEIGHT + room), under, ha="center", gid="x name")
        axes = sheet.plot(left, top, across, _HEIGHT)
        if by_ratio:
            axes.set_yscale("log")
        axes.set_ylim(low, high)
        self._stretches(axes, (low, high))
        self._lines(axes)
        self._marks(axes)
        axes.set_xlim(*self._ends())
        ticks(axes.xaxis, x_ticks, x_labels)
        ticks(axes.yaxis, y_ticks, y_labels)
        axes.grid(axis="y", color=canvas.PALE, linewidth=0.7)
        axes.set_axisbelow(True)
        return sheet.figure

    def alt(self) -> str:
        """Where each line begins and ends, or a density is highest; where it reaches the target or has no answer."""
        along = wording.ticked([min(self.x), max(self.x)]) if self.numeric else [f"{len(self.x)} choices"]
        opening = (
            f"{self.quantity.capitalize()} against {wording.brief(self.x_name)} ({' to '.join(along)}), "
            f"{plural(len(self.lines), 'line')}."
        )
        told = [self._told(label, row) for label, row in zip(self.labels[:8], self.rows, strict=False)]
        chosen = [] if self.chosen is None else [f"Chosen is {self._point()}."]
        return " ".join([opening, *told, *chosen])

    def read_outs(self) -> Iterator[canvas.ReadOut]:
        """One for each x: what every line is there."""
        limits, marks = self._limits(), wording.ticked(self.x)
        spans = halfway(self._places().tolist(), *self._ends())
        values = zip(*self.rows, strict=True)
        for mark, span, row in zip(marks, spans, values, strict=True):
            yield canvas.ReadOut(f"{wording.brief(self.x_name)} {mark}: {self._each(row)}", span, limits)

    def _each(self, row: Sequence[float]) -> str:
        told = (self.shown.missing if np.isnan(one) else f"{self.shown.say(one)} {self.quantity}" for one in row)
        return "; ".join(f"{label}: {one}" if label else one for label, one in zip(self.labels, told, strict=True))

    def table(self) -> canvas.Table:
        """One row for each x, one column for each line; None where there is no answer."""
        names = [label or self.quantity for label in self.labels]
        rows = [
            (x, *(None if np.isnan(value) else float(value) for value in values))
            for x, *values in zip(self.x, *self.rows, strict=True)
        ]
        return (self.x_name, *names), tuple(rows)

    def entries(self) -> list[Key]:
        """The key: the lines, the target, the chosen point, and the stretch without an answer."""
        kind, looks = "line" if self.numeric else "point", self._looks()
        keys = [
            Key(label=label, kind=kind, look=look) for label, look in zip(self.labels, looks, strict=False) if label
        ]
        if self.target is not None:
            label = f"target: {self.quantity} {self.shown.say(self.target)}"
            keys.append(Key(label=label, kind="line", look=_TARGET))
        if self.chosen is not None:
            keys.append(Key(label=f"chosen: {self._point()}", kind="point", look=_CHOSEN))
        if self._gone().any():
            keys.append(Key(label=self.shown.missing, kind="patch", look=canvas.HATCH))
        return keys

    def _places(self) -> Any:
        """x as numbers; names stand side by side."""
        return np.asarray(self.x, dtype=float) if self.numeric else np.arange(len(self.x), dtype=float)

    def _gone(self) -> Any:
        """Where no line has an answer."""
        return np.all([np.isnan(row) for row in self.rows], axis=0)

    def _known(self) -> list[float]:
        values = [float(value) for row in self.rows for value in row[~np.isnan(row)]]
        return [*values, *(value for value in (self.target, self.chosen and self.chosen[1]) if value is not None)]

    def _by_ratio(self) -> bool:
        """Whether the values are so far apart that ratios show them better."""
        known = self._known()
        return not self.from_zero and self.shown.by_ratio and bool(known) and max(known) > 5 * min(known)

    def _limits(self) -> tuple[float, float]:
        known = self._known() or [100.0]
        if not self.shown.by_ratio:
            return 0.0, 1.02
        return (min(known) / 1.25, max(known) * 1.25) if self._by_ratio() else (0.0, max(known) * 1.1)

    def _ends(self) -> tuple[float, float]:
        places = self._places()
        margin = 0.5 if not self.numeric else 0.0 if np.ptp(places) else max(1.0, abs(places[0]) * 0.1)
        return places.min() - margin, places.max() + margin

    def _along(self, across: float) -> tuple[Sequence[float], list[str], float]:
        """Ticks and labels below, and the room they take."""
        if self.numeric:
            places = scale.evenly(*self._ends())
            return places, wording.ticked(places), 20.0
        cell = across / len(self.x)
        every = max(1, round(40 / cell + 0.49)) if cell < 40 else 1
        wrapped = [lettering.wrap(one, cell * every - 6, canvas.SMALL) for one in self.x[::every]]
        room = max(map(len, wrapped)) * canvas.SMALL * canvas.LINE + 10
        return range(0, len(self.x), every), ["\n".join(lines) for lines in wrapped], room

    def _stretches(self, axes: Any, limits: tuple[float, float]) -> None:
        """Hatched boxes where no line has an answer, half-way to the nearest answers."""
        spans = sorted(halfway(self._places().tolist(), *self._ends()))
        gone = self._gone()[np.argsort(self._places(), kind="stable")]
        for start, past in canvas.part("cbook").contiguous_regions(gone):
            left, right = spans[start][0], spans[past - 1][1]
            corner, size = (left, limits[0]), (right - left, limits[1] - limits[0])
            hatched(axes, corner, size, f"no-answer {start} to {past - 1}")

    def _lines(self, axes: Any) -> None:
        beside = 0.0 if self.numeric else 0.6 / len(self.rows)
        for position, (row, look) in enumerate(zip(self.rows, self._looks(), strict=False)):
            alone = {"marker": "o", "markersize": 4} if int((~np.isnan(row)).sum()) == 1 else {}
            places = self._places() + beside * (position - (len(self.rows) - 1) / 2)
            axes.plot(places, row, **(alone | look), gid=f"line {position}")

    def _looks(self) -> Iterator[dict[str, Any]]:
        """Colours with dashes, or with marks where x is no number: each pair once before any comes back."""
        for turn in itertools.count():
            for position, colour in enumerate(canvas.CYCLE):
                dash, mark = _DASHES[(turn + position) % len(_DASHES)], _MARKS[(turn + position) % len(_MARKS)]
                joined = {"linewidth": 1.7, "linestyle": dash}
                yield {"color": colour} | (joined if self.numeric else {"linestyle": "none", "marker": mark})

    def _marks(self, axes: Any) -> None:
        if self.target is not None:
            axes.axhline(self.target, **_TARGET, zorder=1.5, gid="target")
        if self.chosen is not None:
            x, y = self.chosen
            axes.plot([x, x], [axes.get_ylim()[0], y], color=_CHOSEN["color"], linewidth=0.9, linestyle=(0, (1, 1.5)))
            axes.plot([x], [y], **_CHOSEN, zorder=5, gid="chosen")
            late = x > sum(self._ends()) / 2
            look = {"ha": "right" if late else "left", "color": PLAN, "size": canvas.SMALL, "weight": "bold"}
            place = {"xytext": (-4 if late else 4, 5), "textcoords": "offset points"}
            axes.annotate(_value(x), (x, axes.get_ylim()[0]), **place, **look, gid="chosen x")

    def _point(self) -> str:
        x, value = self.chosen or (0, 0)
        return f"{wording.brief(self.x_name)} {_value(x)}, {self.quantity} {self.shown.say(value)}"

    def _told(self, label: str, row: Any) -> str:
        known = np.flatnonzero(~np.isnan(row))
        opening = f"{label}: " if label else ""
        if not known.size:
            return f"{opening}{self.shown.missing} at any value."
        marks = wording.ticked(self.x)
        if self.from_zero:  # of a density the ends say nothing
            top = known[np.argmax(row[known])]
            at = with_minus(number(float(self.x[top]))) if self.numeric else marks[top]
            return f"{opening}highest at {at} ({self.shown.say(row[top])})."
        low, high = (f"{self.shown.say(row[end])} at {marks[end]}" for end in (known[0], known[-1]))
        missing = len(row) - known.size
        gaps = f"; {self.shown.missing} at {missing} of {len(row)} values" if missing else ""
        return f"{opening}{low} to {high}{self._reached(row, marks)}{gaps}."

    def _reached(self, row: Any, marks: list[str]) -> str:
        """From where on the line stays at or above the target."""
        if self.target is None or self.shown.by_ratio or not self.numeric:
            return ""
        below = np.flatnonzero(~(row >= self.target))
        start = 0 if not below.size else below[-1] + 1
        goal = self.shown.say(self.target)
        return f", at or above {goal} from {marks[start]} on" if start < len(row) else f", never staying above {goal}"


def _value(x: float) -> str:
    """A value on the axis, as far as it can be read there."""
    return wording.ticked([x if x == round(x) else float(f"{x:.4g}")])[0]
