"""Times to an event as planned: who is without it and at risk by when, and events and enrolment over the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures import canvas, scale, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.grid_axes import ticks
from trialplan.figures.layout import Key, blank, texts
from trialplan.figures.shape import check_rows, check_shape
from trialplan.numerics.lazy import np
from trialplan.text import percent, plural

_HEIGHT, _GAP = 130.0, 24.0
"""Points of a panel, and between the two."""
_ARMS = (
    {"color": canvas.BLUE, "linewidth": 1.7, "linestyle": "-"},
    {"color": canvas.ORANGE, "linewidth": 1.7, "linestyle": (0, (5, 1.5))},
)
_EVENTS = {"color": canvas.INK, "linewidth": 1.7, "linestyle": "-"}
_ENROLLED = {"color": canvas.GREY, "linewidth": 1.4, "linestyle": (0, (1.5, 1.2))}
_LOOK = {"marker": "D", "markersize": 6, "color": canvas.CYCLE[2], "markeredgecolor": "white", "linestyle": "none"}

Line = tuple[str, Sequence[float]]


@dataclass(frozen=True, kw_only=True, eq=False)
class OverTime(canvas.Figure):
    """Above the share of each arm without the event along `time`, with those at risk; below what the calendar brings.

    `shares` are (arm, share at each of `time`); `at_risk` are (arm, participants at each of `marks`). `events` and
    `enrolled` are expected numbers along `calendar`, and `looks` are (month, events).
    Times are in `time_unit`, where somebody says it.
    """

    time: Sequence[float]
    shares: Sequence[Line]
    marks: Sequence[float]
    at_risk: Sequence[Line]
    calendar: Sequence[float]
    events: Sequence[float]
    enrolled: Sequence[float]
    looks: Sequence[tuple[float, float]] = ()
    time_unit: str | None = None
    title: str = ""
    fixed: str = ""

    @property
    def _in_unit(self) -> str:
        """What stands behind a time in a sentence."""
        return f" {self.time_unit}" if self.time_unit else ""

    @property
    def _named_unit(self) -> str:
        """What stands behind the name of an axis or a column."""
        return f", in {self.time_unit}" if self.time_unit else ""

    def __post_init__(self) -> None:
        """Check that every line has a value for each of its times."""
        for name, rows, along in (("shares", self.shares, self.time), ("at_risk", self.at_risk, self.marks)):
            check_rows(self, name, rows, ("arm", "values along time"))
            for _, values in rows:
                check_shape(self, name, values, (len(along),), "a value for each time")
        for name, line in (("events", self.events), ("enrolled", self.enrolled)):
            check_shape(self, name, line, (len(self.calendar),), "a value for each month")
        check_rows(self, "looks", self.looks, ("month", "events"))

    @canvas.style()
    def draw(self) -> Any:
        """The picture: curves and numbers at risk above, events and enrolment below."""
        line = canvas.TEXT * canvas.LINE
        most = max(*self.enrolled, *self.events) * 1.05
        counts = scale.evenly(0.0, most, most=6)
        names = [wording.brief(arm, 20) for arm, _ in self.shares]
        labels = [*wording.ticked(counts), "100 %"]
        left = canvas.EDGE + max(lettering.widest(labels, canvas.SMALL), lettering.widest(names, canvas.SMALL) + 12) + 8
        across = canvas.medium().width - left - canvas.EDGE - 14
        under = 20 + line + (1 + len(self.at_risk)) * line
        lower = line + 6 + _HEIGHT + under + _GAP
        sheet = blank(self.title, lower + line + 6 + _HEIGHT + 20 + line + 4, self.entries(), self.fixed)
        paper = sheet.paper()
        for top, words in ((0.0, "share without the event"), (lower, "expected numbers")):
            paper.text(canvas.EDGE, top, words, va="top", gid="y name")
        upper = self._panel(sheet, (left, line + 6, across), (0.0, 1.02), self.time)
        for (arm, values), look in zip(self.shares, _ARMS, strict=False):
            upper.plot(self.time, values, **look, gid=f"share {arm}")
        shares = [0.0, 0.25, 0.5, 0.75, 1.0]
        ticks(upper.yaxis, shares, [percent(share) for share in shares])
        ticks(upper.xaxis, list(self.marks), wording.ticked(list(self.marks)))
        below = line + 6 + _HEIGHT + 20
        texts(paper, (left + across / 2, below), [f"time since enrolment{self._named_unit}"], ha="center", gid="x name")
        self._numbers(paper, (left, below + line, across), line)
        months = self._panel(sheet, (left, lower + line + 6, across), (0.0, most), self.calendar)
        months.plot(self.calendar, self.enrolled, **_ENROLLED, gid="enrolled")
        months.plot(self.calendar, self.events, **_EVENTS, gid="events")
        for month, events in self.looks:
            months.plot([month], [events], **_LOOK, zorder=5, clip_on=False, gid="look")
        ticks(months.yaxis, counts, wording.ticked(counts))
        dates = scale.evenly(0.0, float(max(self.calendar)))
        ticks(months.xaxis, dates, wording.ticked(dates))
        place = (left + across / 2, lower + line + 6 + _HEIGHT + 20)
        texts(
            paper,
            place,
            [f"time of the calendar, from the first enrolment{self._named_unit}"],
            ha="center",
            gid="x name",
        )
        return sheet.figure

    def _panel(self, sheet: Any, place: tuple[float, float, float], limits: tuple[float, float], x: Any) -> Any:
        left, top, across = place
        axes = (sheet.plot if x is self.time else sheet.axes)(left, top, across, _HEIGHT)
        axes.set_xlim(0.0, float(max(x)))
        axes.set_ylim(*limits)
        axes.grid(axis="y", color=canvas.PALE, linewidth=0.7)
        axes.set_axisbelow(True)
        return axes

    def _numbers(self, paper: Any, place: tuple[float, float, float], line: float) -> None:
        """The participants at risk of each arm, below the times that they stand for."""
        left, top, across = place
        paper.text(canvas.EDGE, top, "at risk", va="top", size=canvas.SMALL, color=canvas.GREY)
        for row, (arm, numbers) in enumerate(self.at_risk, 1):
            paper.text(canvas.EDGE, top + row * line, wording.brief(arm, 20), va="top", size=canvas.SMALL)
            for mark, number in zip(self.marks, numbers, strict=True):
                x = left + across * mark / float(max(self.time))
                words = {"va": "top", "ha": "center", "size": canvas.SMALL, "gid": f"at risk {arm}"}
                paper.text(x, top + row * line, f"{round(number):,}", **words)

    def entries(self) -> list[Key]:
        """The key: the arms, events, enrolment, looks."""
        arms = [
            Key(label=wording.brief(arm), kind="line", look=look)
            for (arm, _), look in zip(self.shares, _ARMS, strict=False)
        ]
        lines = [Key(label="events", kind="line", look=_EVENTS), Key(label="enrolled", kind="line", look=_ENROLLED)]
        looks = [Key(label="looks", kind="point", look=_LOOK)] if self.looks else []
        return [*arms, *lines, *looks]

    def alt(self) -> str:
        """What is left of each arm, how many are at risk, and when events and looks come."""
        end = wording.ticked([float(max(self.time))])[0]
        arms = [
            f"{wording.brief(arm)}: {percent(float(values[-1]))} without the event at {end}{self._in_unit}."
            for arm, values in self.shares
        ]
        last = wording.ticked([round(float(max(self.calendar)), 1)])[0]
        enrolled, events = round(float(self.enrolled[-1])), round(float(self.events[-1]))
        total = f"By {last}{self._in_unit} of the calendar {enrolled:,} are enrolled and {events:,} events expected."
        looks = [f"{plural(len(self.looks), 'look')}:"] if self.looks else []
        told = [f"{events:.0f} events at {month:.1f}{self._in_unit}." for month, events in self.looks]
        return " ".join(["Curves as assumed, and the calendar.", *arms, total, *looks, *told])

    def table(self) -> canvas.Table:
        """One row for each of some times, with those at risk at the marks, then of some months; None for nothing.

        Every fifth point of the drawing: more are for the eye, not for a reader.
        """
        arms, at_risk = [arm for arm, _ in self.shares], [numbers for _, numbers in self.at_risk]
        columns = (
            f"time{self._named_unit}",
            *(f"without the event, {arm}" for arm in arms),
            *(f"at risk, {arm}" for arm, _ in self.at_risk),
            *(f"calendar{self._named_unit}", "events", "enrolled"),
        )
        # people and events are counted, so what is expected of them is told as a whole number, as in the drawing
        marked = {float(mark): [round(float(one[at])) for one in at_risk] for at, mark in enumerate(self.marks)}
        unmarked = [None] * len(at_risk)
        rows = [
            (
                time,
                *(float(np.interp(time, self.time, values)) for _, values in self.shares),
                *marked.get(time, unmarked),
                *(None, None, None),
            )
            for time in sorted({*map(float, self.time[::_EVERY]), *marked})
        ]
        nothing = (None,) * (1 + len(arms) + len(at_risk))
        months = zip(self.calendar[::_EVERY], self.events[::_EVERY], self.enrolled[::_EVERY], strict=True)
        counted = ((float(month), *(round(float(number)) for number in numbers)) for month, *numbers in months)
        return columns, (*rows, *((*nothing, *row) for row in counted))


_EVERY = 5
"""Of the points of a drawing that many are one row of its table."""


def marks_along(end: float) -> list[float]:
    """Round times from 0 to the end, at which those at risk are told."""
    return [float(mark) for mark in scale.evenly(0.0, end, most=8) if mark <= end + 1e-9]


def along(end: float, points: int = 121) -> Any:
    """Times from 0 to the end, close enough for a curve."""
    return np.linspace(0.0, end, points)
