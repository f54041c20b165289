"""Recruitment over time: how many are randomised by each month, in the middle and at either side, with the looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from trialplan.errors import ParameterError
from trialplan.figures import canvas, scale, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.grid_axes import PLAN, ticks
from trialplan.figures.layout import Key, blank, texts
from trialplan.figures.shape import check_shape

_HEIGHT = 230.0
"""Points of the plot: half as high as the page is wide."""
_BAND = {"facecolor": "#cfe3f1", "edgecolor": "none"}
"""Blue, pale enough for the lines upon it."""
_MIDDLE = {"color": canvas.BLUE, "linewidth": 1.7, "linestyle": "-"}
_TARGET = {"color": canvas.GREY, "linewidth": 1.0, "linestyle": (0, (4, 3))}
_DEADLINE = {"color": canvas.ORANGE, "linewidth": 1.4, "linestyle": (0, (5, 1.5))}
_LOOK = {"color": PLAN, "linewidth": 1.2, "marker": "D", "markersize": 5, "linestyle": "-"}


@dataclass(frozen=True, kw_only=True)
class LookMark:
    """A look on the picture: its words, and the month of its decision, in the middle and at either side."""

    label: str
    early: float
    middle: float
    late: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Fan(canvas.Figure):
    """Participants over months: `lower`, `middle` and `upper` are as long as `months`, which increase.

    `band` says in words what lies between lower and upper; `target` are those who are wanted, `deadline` the month by
    which, and `looks` stand where they are decided on.
    """

    months: Sequence[float]
    lower: Sequence[float]
    middle: Sequence[float]
    upper: Sequence[float]
    target: int
    band: str = "eight in ten recruitments"
    deadline: float | None = None
    looks: Sequence[LookMark] = ()
    title: str = ""
    fixed: str = ""

    def __post_init__(self) -> None:
        """Check that months increase and every line is as long."""
        if len(self.months) < 2 or not all(before < after for before, after in pairwise(self.months)):
            raise ParameterError("must increase over two months at least", owner=self, parameter="months")
        for name, line in (("lower", self.lower), ("middle", self.middle), ("upper", self.upper)):
            check_shape(self, name, line, (len(self.months),), "a number for each month")

    @canvas.style()
    def draw(self) -> Any:
        """The picture: the band, the middle, what is wanted, and the looks."""
        line = canvas.TEXT * canvas.LINE
        high = 1.08 * max(self.target, max(self.upper))
        y_ticks = scale.evenly(0.0, high, whole=True)
        y_labels = wording.ticked(y_ticks)
        left = canvas.EDGE + lettering.widest(y_labels, canvas.SMALL) + 8
        across = canvas.medium().width - left - canvas.EDGE - 14
        top = line + 6
        sheet = blank(self.title, top + _HEIGHT + 20 + line + 4, self.entries(), self.fixed)
        paper = sheet.paper()
        paper.text(canvas.EDGE, 0, "participants randomised", va="top", gid="y name")
        name = ["months from the start of the trial"]
        texts(paper, (left + across / 2, top + _HEIGHT + 20), name, ha="center", gid="x name")
        axes = sheet.plot(left, top, across, _HEIGHT)
        self._recruitment(axes)
        self._looks(axes)
        axes.set_xlim(0, self.last)
        axes.set_ylim(0, high)
        x_ticks = scale.evenly(0.0, self.last)
        ticks(axes.xaxis, x_ticks, wording.ticked(x_ticks))
        ticks(axes.yaxis, y_ticks, y_labels)
        axes.grid(axis="y", color=canvas.PALE, linewidth=0.7)
        axes.set_axisbelow(True)
        return sheet.figure

    @property
    def last(self) -> float:
        """The end of the axis: the last month, the deadline, or the last look, with a little room."""
        ends = [self.months[-1], self.deadline or 0.0, *(look.late for look in self.looks)]
        return 1.02 * max(ends)

    def entries(self) -> list[Key]:
        """The key: the middle, the band, what is wanted, by when, and the looks."""
        keys = [
            Key(label="an even chance", kind="line", look=_MIDDLE),
            Key(label=self.band, kind="patch", look=_BAND),
            Key(label=f"wanted: {self.target:,}", kind="line", look=_TARGET),
        ]
        if self.deadline is not None:
            keys.append(Key(label=f"month {self.deadline:g}, the latest that is planned", kind="line", look=_DEADLINE))
        if self.looks:
            keys.append(Key(label="a look's decision, in the middle and in eight of ten", kind="point", look=_LOOK))
        return keys

    def alt(self) -> str:
        """When the recruitment is full, how many there are by the deadline, and when looks are decided on."""
        return " ".join(self._told())

    def table(self) -> canvas.Table:
        """A dozen of the months, the last among them, with the three numbers."""
        every = max(1, (len(self.months) - 1) // 12)
        rows = list(zip(self.months, self.lower, self.middle, self.upper, strict=True))
        kept = [row for at, row in enumerate(rows) if (len(rows) - 1 - at) % every == 0]
        return ("month", "9 in 10 reach", "an even chance", "1 in 10 reach"), tuple(kept)

    def _told(self) -> Iterator[str]:
        yield f"Participants randomised over {self.months[-1]:.0f} months, up to the {self.target:,} that are wanted."
        full = next((month for month, n in zip(self.months, self.middle, strict=True) if n >= self.target), None)
        if full is None:
            yield f"With an even chance {self.middle[-1]:,.0f} are reached by the end."
        else:
            yield f"All are randomised by about month {full:.0f} with an even chance."
        if self.deadline is not None:
            lower, middle, upper = (self._at(line, self.deadline) for line in (self.lower, self.middle, self.upper))
            yield (
                f"By month {self.deadline:g} they are about {middle:.0f} with an even chance, {lower:.0f} to "
                f"{upper:.0f} in {self.band}."
            )
        for look in self.looks:
            label = look.label[:1].upper() + look.label[1:]
            yield f"{label} is decided on in month {look.middle:.0f} ({look.early:.0f} to {look.late:.0f})."

    def _recruitment(self, axes: Any) -> None:
        months = [*self.months, self.last]
        lines = ([*line, line[-1]] for line in (self.lower, self.middle, self.upper))
        lower, middle, upper = lines  # what is reached stays
        axes.fill_between(months, lower, upper, **_BAND, linewidth=0, zorder=1.2, gid="band")
        axes.axhline(self.target, **_TARGET, zorder=1.5, gid="target")
        axes.plot(months, middle, **_MIDDLE, zorder=2, gid="middle")
        if self.deadline is not None:
            axes.axvline(self.deadline, **_DEADLINE, zorder=1.6, gid="deadline")

    def _looks(self, axes: Any) -> None:
        for number, look in enumerate(self.looks):
            height = self._at(self.middle, look.middle)
            axes.plot([look.middle] * 2, [0, height], color=PLAN, linewidth=0.9, linestyle=(0, (1, 1.5)))
            whisker = {name: value for name, value in _LOOK.items() if not name.startswith("marker")}
            axes.plot([look.early, look.late], [height] * 2, **whisker, zorder=3)
            axes.plot([look.middle], [height], **_LOOK, zorder=4, gid=f"look {number}")
            words = wording.brief(look.label, 30)
            # points to the right of it, a little less
            room = canvas.medium().width * (1 - look.middle / self.last) - 20
            side = "left" if lettering.width(words, canvas.SMALL) < room else "right"
            apart = 5 if side == "left" else -5
            place = {"xytext": (apart, -12), "textcoords": "offset points", "ha": side, "size": canvas.SMALL}
            axes.annotate(words, (look.middle, height), **place, color=PLAN, gid=f"look name {number}")

    def _at(self, line: Sequence[float], month: float) -> float:
        """The value of a line at a month between two; before the first and after the last, theirs."""
        for (before, low), (after, high) in pairwise(zip(self.months, line, strict=True)):
            if before <= month <= after:
                return float(low + (high - low) * (month - before) / (after - before))
        return float(line[0] if month < self.months[0] else line[-1])
