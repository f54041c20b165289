"""A forest plot: estimates with their intervals, what they pool to, and where a new study would lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError, did_you_mean
from trialplan.figures import canvas, wording
from trialplan.figures import row_axes as rows
from trialplan.figures import text_metrics as lettering
from trialplan.figures.canvas import EDGE, LINE, SMALL, TEXT, WIDTH
from trialplan.figures.layout import Key, blank, texts
from trialplan.text import plural

SCALES = ("linear", "log")
_PAD = 7.0
"""Points between two rows."""
_MARKS = ("s", "o", "^", "v", "P", "X")
Row = tuple[str, float | None, float | None, float | None, float | None, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """Rows of (label, estimate, lower, upper, weight or None, kind), then pooled rows, then a prediction interval.

    `kind` is any word, such as "landmark" or "ever": each has its own mark, and a key where there is more than
    one. A row whose numbers are None is printed as not estimable. `reference` is a value to compare with.
    """

    rows: Sequence[Row]
    pooled: Sequence[Row] = ()
    prediction: tuple[float, float] | None = None
    measure: str = "estimate"
    confidence: float = 0.95
    scale: str = "linear"
    reference: float | None = None
    reference_name: str = "reference"
    title: str = ""

    def __post_init__(self) -> None:
        """Check the scale, the order of each row's numbers, and that a logarithm can be taken."""
        if self.scale not in SCALES:
            raise ParameterError(
                f"there is no scale {self.scale!r}", owner=self, way_out=did_you_mean(self.scale, SCALES)
            )
        if not self.rows and not self.pooled:
            raise ParameterError("must hold one estimate at least", owner=self, parameter="rows")
        for label, *numbers, weight, _ in (*self.rows, *self.pooled):
            _check_row(label, [value for value in numbers if not _gone(value)], self.scale)
            if weight is not None and not weight >= 0:
                raise ParameterError(f"the weight of {label} must lie in [0, ∞), not {weight}", owner=self)
        if self.prediction:
            _check_row("the prediction interval", list(self.prediction), self.scale)

    @property
    def kinds(self) -> list[str]:
        """The kinds of the rows, in the order in which they come."""
        return list(dict.fromkeys(wording.literal(row[5]) for row in self.rows))

    @canvas.in_style
    def draw(self) -> Any:
        """The picture: labels, marks, and the numbers that they stand for."""
        shown = self._shown()
        labels = [lettering.wrap(row[0], 150, TEXT, lines=2) for row in shown]
        heights = [len(lines) * TEXT * LINE + _PAD for lines in labels]
        head = 2 * SMALL * LINE + 4
        body = head + sum(heights)
        sheet = blank(self.title, body + 32, self._keys())
        paper = sheet.paper()
        left, right, across = self._columns(labels, shown)
        axes = sheet.plot(left, head, across, sum(heights))
        log, total = self.scale == "log", sum(row[4] or 0 for row in self.rows) or 1.0
        rows.dress(axes, sum(heights), rows.axis(self._extremes(), log), log)
        self._head(paper, (left, right, across), (head, body))
        top = 0.0
        for row, lines, height in zip(shown, labels, heights, strict=True):
            middle = top + height / 2
            rows.column(paper, EDGE, head + middle, lines, size=TEXT, gid="label", **_weight_of_type(row))
            rows.column(paper, right, head + middle, [self._numbers(row)], gid="numbers", **_weight_of_type(row))
            if self._weighted() and row[4] is not None:
                share = f"{100 * row[4] / total:.0f} %"
                rows.column(paper, WIDTH - EDGE, head + middle, [share], ha="right", gid="weight")
            self._mark(axes, row, middle)
            top += height
        self._lines(axes, sum(heights[: len(self.rows)]))
        return sheet.figure

    def alt(self) -> str:
        """How many estimates over which range, what they pool to, and where a new study would lie."""
        known = [row for row in self.rows if not _gone(row[1])]
        parts = [f"Forest plot of {wording.brief(self.measure)}, {plural(len(self.rows), 'row')}."]
        if known:
            ends = [pick(known, key=lambda row: row[1] or 0.0) for pick in (min, max)]
            low, high = (f"{self._one(row[1])} ({wording.brief(row[0])})" for row in ends)
            parts.append(f"Estimates run from {low} to {high}.")
        if len(known) < len(self.rows):
            parts.append(f"{len(self.rows) - len(known)} not estimable.")
        parts += [f"{wording.brief(row[0])}: {self._numbers(row)}." for row in self.pooled]
        if self.prediction:
            parts.append(f"A new study is predicted at {self._limits(*self.prediction)}.")
        return " ".join(parts)

    def table(self) -> canvas.Table:
        """The rows as they were given, the pooled ones, and the prediction interval."""
        names = ("label", "estimate", "lower", "upper", "weight", "kind")
        last = [("prediction interval", None, *self.prediction, None, "prediction")] if self.prediction else []
        rows = (*self.rows, *self.pooled, *last)
        return names, tuple([tuple(None if _gone(value) else value for value in row) for row in rows])

    def _shown(self) -> list[Row]:
        """Every row of the picture, the pooled ones and the prediction named by kinds of their own."""
        pooled = [(*row[:5], _POOLED) for row in self.pooled]
        last = [("prediction for a new study", None, *self.prediction, None, _PREDICTED)] if self.prediction else []
        return [*self.rows, *pooled, *last]

    def _extremes(self) -> list[float]:
        """The values that the axis must hold; a lower limit of 0 on a log scale becomes an arrow."""
        values = [value for row in self._shown() for value in row[1:4] if not _gone(value)]
        values += [] if self.reference is None else [self.reference]
        inside = [v for v in values if v is not None and math.isfinite(v) and (v > 0 or self.scale == "linear")]
        return inside or [0.5, 1.0]

    def _weighted(self) -> bool:
        return any(row[4] is not None for row in self.rows)

    def _columns(self, labels: Sequence[list[str]], shown: Sequence[Row]) -> tuple[float, float, float]:
        """Where the marks begin, where the numbers begin, and how wide the marks' panel is."""
        left = EDGE + max(lettering.widest(lines, TEXT, bold=True) for lines in labels) + 12
        numbers = max(lettering.widest([self._numbers(row) for row in shown], SMALL, bold=True), 70)
        right = WIDTH - EDGE - numbers - (44 if self._weighted() else 0)
        return left, right, right - left - 12

    def _head(self, paper: Any, columns: tuple[float, float, float], heights: tuple[float, float]) -> None:
        left, right, across = columns
        grey = {"size": SMALL, "color": canvas.GREY}
        level = f"{100 * self.confidence:g} % interval"
        texts(paper, (right, heights[0] - 4), ["estimate", f"({level})"], va="bottom", **grey)
        if self._weighted():
            paper.text(WIDTH - EDGE, heights[0] - 4, "weight", ha="right", va="bottom", **grey)
        name = lettering.shorten(self.measure, 2 * across, SMALL)
        paper.text(left + across / 2, heights[1] + 20, name, ha="center", va="top", size=SMALL, gid="x name")

    def _mark(self, axes: Any, row: Row, height: float) -> None:
        """A mark as large as the weight on the interval; a diamond for a pool; a bar for a prediction."""
        _, estimate, lower, upper, weight, kind = row
        if lower is None or upper is None or _gone(lower) or _gone(upper):
            return
        if kind is _POOLED and estimate is not None:
            place = ([lower, estimate, upper, estimate], [height, height - 5.5, height, height + 5.5])
            axes.fill(*place, color=canvas.BLUE, gid="pooled")
            return
        self._interval(axes, lower, upper, height, canvas.ORANGE if kind is _PREDICTED else canvas.INK)
        if estimate is not None and not _gone(estimate):
            share = 0.35 if weight is None else weight / max(row[4] or 0 for row in self.rows)
            marker = _MARKS[self.kinds.index(wording.literal(kind)) % len(_MARKS)]
            look = {"marker": marker, "markersize": 4 + 5 * math.sqrt(share), "color": canvas.INK}
            axes.plot([estimate], [height], **look, gid="estimate")

    def _interval(self, axes: Any, lower: float, upper: float, height: float, colour: str) -> None:
        """The line of an interval, with an arrow where it leaves the picture."""
        low, high = axes.get_xlim()
        ends = [max(lower, low), min(upper, high)]
        axes.plot(ends, [height] * 2, color=colour, linewidth=3 if colour == canvas.ORANGE else 1.2, gid="interval")
        for end, marker, beyond in ((low, "<", lower < low), (high, ">", upper > high)):
            if beyond:
                axes.plot([end], [height], marker=marker, color=colour, markersize=5, clip_on=False, gid="beyond")

    def _lines(self, axes: Any, height: float) -> None:
        """The reference, and a rule between the rows and what they pool to."""
        if self.reference is not None:
            axes.axvline(self.reference, **_REFERENCE, zorder=0, gid="reference")
        if self.rows and (self.pooled or self.prediction):
            axes.axhline(height, color=canvas.RULE, linewidth=0.8, zorder=0)

    def _keys(self) -> list[Key]:
        kinds = self.kinds if len(self.kinds) > 1 else []
        look = {"color": canvas.INK, "markersize": 6, "linestyle": "none"}
        looks = [look | {"marker": _MARKS[i % len(_MARKS)]} for i in range(len(kinds))]
        keys = [Key(label=kind, kind="point", look=look) for kind, look in zip(kinds, looks, strict=True)]
        if self.reference is not None:
            label = f"{wording.brief(self.reference_name)}: {self._one(self.reference)}"
            keys.append(Key(label=label, kind="line", look=_REFERENCE))
        return keys

    def _numbers(self, row: Row) -> str:
        """What a row says in numbers."""
        _, estimate, lower, upper, *_ = row
        if _gone(lower) or _gone(upper):
            return "not estimable" if _gone(estimate) else self._one(estimate)
        limits = self._limits(lower, upper)
        return limits if _gone(estimate) else f"{self._one(estimate)} ({limits})"

    def _limits(self, lower: float | None, upper: float | None) -> str:
        return f"{self._one(lower)} to {self._one(upper)}"

    def _one(self, value: float | None) -> str:
        """Two decimals, or three digits where the numbers are large."""
        value = value if value is not None else math.nan
        if not math.isfinite(value):
            return "∞" if value > 0 else "−∞"
        text = f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"
        return ("0.00" if float(text.replace(",", "")) == 0 else text).replace("-", "−")


_POOLED, _PREDICTED = "pooled estimate", "prediction"
_REFERENCE = {"color": canvas.GREY, "linewidth": 1.0, "linestyle": (0, (4, 3))}


def _weight_of_type(row: Row) -> dict[str, Any]:
    return {"weight": "bold"} if row[5] is _POOLED else {}


def _gone(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _check_row(label: str, numbers: list[Any], scale: str) -> None:
    """Raise unless estimate lies within its limits, and above 0 on a log scale."""
    if len(numbers) == 3 and not numbers[1] <= numbers[0] <= numbers[2]:
        raise ParameterError(
            f"the estimate of {label} must lie within its interval, not {numbers[0]:g} with {numbers[1]:g} to "
            f"{numbers[2]:g}",
            owner="Forest",
        )
    if scale == "log" and any(value < 0 for value in numbers):
        raise ParameterError(
            f"on the log scale {label} must not lie below 0", owner="Forest", way_out="use the linear scale"
        )
