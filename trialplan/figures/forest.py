"""A forest plot: estimates with their intervals, what they pool to, and where a new study would lie."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.figures import canvas, wording
from trialplan.figures import row_axes as rows
from trialplan.figures import text_metrics as lettering
from trialplan.figures.canvas import EDGE, LINE, SMALL, TEXT, medium
from trialplan.figures.layout import Key, blank, texts
from trialplan.figures.shape import check_rows, check_shape
from trialplan.text import plural, with_minus

_PAD = 7.0
"""Points between two rows."""
_MARKS = ("s", "o", "^", "v", "P", "X")
_POOLED, _PREDICTED = "pooled estimate", "prediction"
_LIGHT = 12.0
"""Points from one light to the next."""
_LIGHTS = {"+": canvas.BLUE, "−": canvas.CYCLE[4], "×": canvas.ORANGE, "!": canvas.INK}
"""Colours of the signs; grey for what says neither."""
_SIGNS_SAY = "+ low or yes, − moderate or some concerns, × serious, high or no, ! critical, ? unknown"
_PARTS = ("label", "estimate", "lower", "upper", "weight or None", "kind")
Row = tuple[str, float | None, float, float, float | None, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest(canvas.Figure):
    """Rows of (label, estimate, lower, upper, weight or None, kind), then pooled rows, then a prediction interval.

    `kind` is any word, such as "landmark" or "ever": each has its own mark, and a key where there is more than one.
    """

    rows: Sequence[Row]
    pooled: Sequence[Row] = ()
    prediction: tuple[float, float] | None = None
    measure: str = "estimate"
    confidence: float = 0.95
    title: str = ""
    by_ratio: bool = False
    """Whether equal ratios are as wide as each other, as they are for a ratio; every value is above 0 then."""
    no_effect: float | None = None
    """The value at which arms are alike, where arms are compared: a line through the rows."""
    lights: Sequence[str] = ()
    """One text of signs a row, one sign a domain: what each row was judged in; empty where nothing was."""
    lights_are: tuple[str, Sequence[str]] = ("", ())
    """What the lights are, and the domain of each."""

    def __post_init__(self) -> None:
        """Check that every row has its parts."""
        check_rows(self, "rows", self.rows, _PARTS)
        check_rows(self, "pooled", self.pooled, _PARTS)
        if self.lights:
            check_shape(self, "lights", self.lights, (len(self.rows),), "a text of signs for each row")
        if self.prediction is not None:
            check_shape(self, "prediction", self.prediction, (2,), "a lower and an upper end")

    @property
    def kinds(self) -> list[str]:
        """The kinds of the rows, in the order in which they come."""
        return list(dict.fromkeys(wording.literal(row[5]) for row in self.rows))

    @canvas.style()
    def draw(self) -> Any:
        """The picture: labels, marks, and the numbers that they stand for."""
        shown = self._shown()
        labels = [lettering.wrap(row[0], *_label_room()) for row in shown]
        above = [len(lines) * TEXT * LINE if medium().narrow else 0.0 for lines in labels]
        heights = [(len(lines) + medium().narrow) * TEXT * LINE + _PAD for lines in labels]
        head = 2 * SMALL * LINE + 4
        body = head + sum(heights)
        sheet = blank(self.title, body + 32, self._keys(), self._domains())
        paper = sheet.paper()
        left, right, across = columns = self._columns(labels, shown)
        axes = sheet.plot(left, head, across, sum(heights))
        total = sum(row[4] or 0 for row in self.rows) or 1.0
        extremes = [value for row in shown for value in row[1:4] if value is not None]
        extremes += [] if self.no_effect is None else [self.no_effect]
        rows.dress(axes, sum(heights), rows.axis(extremes, self.by_ratio), self.by_ratio)
        if self.no_effect is not None:
            axes.axvline(self.no_effect, color=canvas.GREY, linewidth=0.8, linestyle="--", zorder=0, gid="no effect")
        self._head(paper, columns, (head, body))
        top = 0.0
        for row, lines, up, height in zip(shown, labels, above, heights, strict=True):
            middle = top + (height + up) / 2
            named = top + (up + _PAD) / 2 if up else middle
            rows.column(paper, EDGE, head + named, lines, size=TEXT, gid="label", **_weight_of_type(row))
            rows.column(paper, right, head + middle, [_numbers(row)], gid="numbers", **_weight_of_type(row))
            if self._weighted() and row[4] is not None:
                share = f"{100 * row[4] / total:.0f} %"
                rows.column(paper, medium().width - EDGE, head + middle, [share], ha="right", gid="weight")
            self._mark(axes, row, middle)
            top += height
        self._draw_lights(paper, left + across + 12, head, list(zip(above, heights, strict=True)))
        if self.rows and (self.pooled or self.prediction):
            # a rule between the rows and what they pool to
            axes.axhline(sum(heights[: len(self.rows)]), color=canvas.RULE, linewidth=0.8, zorder=0)
        return sheet.figure

    def alt(self) -> str:
        """How many estimates over which range, what they pool to, and where a new study would lie."""
        parts = [f"Forest plot of {wording.brief(self.measure)}, {plural(len(self.rows), 'row')}."]
        if self.rows:
            ends = [pick(self.rows, key=lambda row: row[1] or 0.0) for pick in (min, max)]
            low, high = (f"{_short(row[1] or 0.0)} ({wording.brief(row[0])})" for row in ends)
            parts.append(f"Estimates run from {low} to {high}.")
        parts += [f"{wording.brief(row[0])}: {_numbers(row)}." for row in self.pooled]
        if self.prediction:
            low, high = map(_short, self.prediction)
            parts.append(f"A new study is predicted at {low} to {high}.")
        if self._lit():
            lit = [
                f"{wording.brief(row[0])} {' '.join(signs)}" for row, signs in zip(self.rows, self.lights, strict=True)
            ]
            parts.append(f"{self._domains()}. {'; '.join(lit)}.")
        return " ".join(parts)

    def table(self) -> canvas.Table:
        """The rows as they were given, the pooled ones, and the prediction interval."""
        names = ("label", "estimate", "lower", "upper", "weight", "kind")
        last = [("prediction interval", None, *self.prediction, None, "prediction")] if self.prediction else []
        return names, (*self.rows, *self.pooled, *last)

    def _shown(self) -> list[Row]:
        """Every row of the picture, the pooled ones and the prediction named by kinds of their own."""
        pooled = [(*row[:5], _POOLED) for row in self.pooled]
        last = [("prediction for a new study", None, *self.prediction, None, _PREDICTED)] if self.prediction else []
        return [*self.rows, *pooled, *last]

    def _weighted(self) -> bool:
        return any(row[4] is not None for row in self.rows)

    def _columns(self, labels: Sequence[list[str]], shown: Sequence[Row]) -> tuple[float, float, float]:
        """Where the marks begin, where the numbers begin, and how wide the marks' panel is.

        On a narrow medium the labels stand above, and the numbers in their place.
        """
        numbers = max(lettering.widest([_numbers(row) for row in shown], SMALL, bold=True), 70)
        end = medium().width - EDGE - (44 if self._weighted() else 0)
        if medium().narrow:
            left = EDGE + numbers + 12
            return left, EDGE, end - self._lit() - left - 12
        left = EDGE + max(lettering.widest(lines, TEXT, bold=True) for lines in labels) + 12
        right = end - numbers
        return left, right, right - self._lit() - left - 12

    def _lit(self) -> float:
        """How wide the column of lights is."""
        most = max(map(len, self.lights), default=0)
        return most * _LIGHT + 10 if most else 0.0

    def _domains(self) -> str:
        """What the lights are and what their signs say; nothing where there are none."""
        name, domains = self.lights_are
        if not self._lit():
            return ""
        numbered = ", ".join(f"{i} {domain}" for i, domain in enumerate(domains, 1))
        return f"{name[:1].upper()}{name[1:]}: {numbered}; {_SIGNS_SAY}".lstrip(": ")

    def _draw_lights(self, paper: Any, left: float, head: float, heights: Sequence[tuple[float, float]]) -> None:
        """A disc with its sign for each domain of each row: the sign says what the colour does."""
        first = left + 4 + _LIGHT / 2
        for i in range(max(map(len, self.lights), default=0)):
            place = first + i * _LIGHT
            paper.text(place, head - 4, str(i + 1), ha="center", va="bottom", size=SMALL, color=canvas.GREY)
            top = head
            for signs, (above, height) in zip(self.lights, heights, strict=False):
                middle = top + (above + height) / 2
                sign = signs[i : i + 1].strip()
                if sign:
                    look = {
                        "marker": "o",
                        "markersize": 9,
                        "color": _LIGHTS.get(sign, canvas.GREY),
                        "linestyle": "none",
                    }
                    paper.plot([place], [middle], **look, gid="light")
                    said = {"ha": "center", "va": "center", "size": SMALL, "color": "white", "weight": "bold"}
                    paper.text(place, middle, sign, **said, gid="sign")
                top += height

    def _head(self, paper: Any, columns: tuple[float, float, float], heights: tuple[float, float]) -> None:
        left, right, across = columns
        grey = {"size": SMALL, "color": canvas.GREY}
        level = f"{100 * self.confidence:g} % interval"
        texts(paper, (right, heights[0] - 4), ["estimate", f"({level})"], va="bottom", **grey)
        if self._weighted():
            paper.text(medium().width - EDGE, heights[0] - 4, "weight", ha="right", va="bottom", **grey)
        name = lettering.shorten(self.measure, 2 * across, SMALL)
        paper.text(left + across / 2, heights[1] + 20, name, ha="center", va="top", size=SMALL, gid="x name")

    def _mark(self, axes: Any, row: Row, height: float) -> None:
        """A mark as large as the weight on the interval; a diamond for a pool; a bar for a prediction."""
        _, estimate, lower, upper, weight, kind = row
        if kind is _POOLED and estimate is not None:
            place = ([lower, estimate, upper, estimate], [height, height - 5.5, height, height + 5.5])
            axes.fill(*place, color=canvas.BLUE, gid="pooled")
            return
        colour, thick = (canvas.ORANGE, 3) if kind is _PREDICTED else (canvas.INK, 1.2)
        axes.plot([lower, upper], [height] * 2, color=colour, linewidth=thick, gid="interval", solid_capstyle="butt")
        if estimate is not None:
            share = 0.35 if weight is None else weight / max(row[4] or 0 for row in self.rows)
            marker = _MARKS[self.kinds.index(wording.literal(kind)) % len(_MARKS)]
            look = {"marker": marker, "markersize": 4 + 5 * math.sqrt(share), "color": canvas.INK}
            axes.plot([estimate], [height], **look, gid="estimate")

    def _keys(self) -> list[Key]:
        kinds = self.kinds if len(self.kinds) > 1 else []
        look = {"color": canvas.INK, "markersize": 6, "linestyle": "none"}
        marked = zip(kinds, itertools.cycle(_MARKS), strict=False)
        return [Key(label=kind, kind="point", look=look | {"marker": marker}) for kind, marker in marked]


def _label_room() -> tuple[float, float, int]:
    """Points across for a label, the size of its letters, and its lines."""
    return (medium().width - 2 * EDGE if medium().narrow else 150.0), TEXT, 2


def _weight_of_type(row: Row) -> dict[str, Any]:
    return {"weight": "bold"} if row[5] is _POOLED else {}


def _numbers(row: Row) -> str:
    """What a row says in numbers."""
    _, estimate, lower, upper, *_ = row
    limits = f"{_short(lower)} to {_short(upper)}"
    return limits if estimate is None else f"{_short(estimate)} ({limits})"


def _short(value: float) -> str:
    """Two decimals, or three digits where the numbers are large."""
    text = f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return with_minus("0.00" if float(text.replace(",", "")) == 0 else text)
