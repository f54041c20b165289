"""Contours: along which pairs of assumptions the trial needs the same number of participants."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError
from trialplan.figures import canvas, scale, wording
from trialplan.figures import text_metrics as lettering
from trialplan.figures.grid_axes import BAR, Spans, Surface, colour_bar, halfway, mark, ticks
from trialplan.figures.layout import Key, blank, hatched, texts
from trialplan.numerics.lazy import np
from trialplan.text import listed

_HEIGHT = 260.0
"""Points of the plot: nearly as high as an A4 page's text allows two figures."""
_APART = 30.0
"""Points between the middles of two labels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Contour(Surface):
    """Lines of equal participants or power over two numbers, with the region that has no answer hatched."""

    kind = "Contours"

    def __post_init__(self) -> None:
        """Check that both axes are numbers in order, with one value for each pair."""
        super().__post_init__()
        for name, along in self._axes():
            _check_axis(name, along)

    @canvas.style()
    def draw(self) -> Any:
        """The picture."""
        line = canvas.TEXT * canvas.LINE
        above = lettering.wrap(self.y_name, canvas.medium().width - 2 * canvas.EDGE, canvas.TEXT, lines=2)
        x_ticks, y_ticks = (scale.evenly(min(along), max(along)) for _, along in self._axes())
        left = canvas.EDGE + lettering.widest(wording.ticked(y_ticks), canvas.SMALL) + 8
        across = canvas.medium().width - left - canvas.EDGE - 12
        under = lettering.wrap(self.x_name, across, canvas.TEXT, lines=2)
        top = len(above) * line + 6
        end = top + _HEIGHT + 18 + len(under) * line + 8
        sheet = blank(self.title, end + BAR, self.entries(), self.fixed)
        paper = sheet.paper()
        texts(paper, (canvas.EDGE, 0), above, gid="y name")
        texts(paper, (left + across / 2, top + _HEIGHT + 18), under, ha="center", gid="x name")
        axes = sheet.plot(left, top, across, _HEIGHT)
        self._surface(axes)
        ticks(axes.xaxis, x_ticks, wording.ticked(x_ticks))
        ticks(axes.yaxis, y_ticks, wording.ticked(y_ticks))
        if self.planned is not None and self.place() is not None:
            mark(axes, self.planned)
        colour_bar(sheet, self, end)
        return sheet.figure

    def cells(self) -> tuple[Spans, Spans]:
        """Half-way from each pair to its neighbours."""
        across, up = (halfway(along, min(along), max(along)) for _, along in self._axes())
        return across, up

    def lines(self) -> list[float]:
        """The round values that get a line, as far as the surface reaches them."""
        known = self.grid[~np.isnan(self.grid)]
        if not known.size or known.min() == known.max():
            return []
        low, high = float(known.min()), float(known.max())
        return [level for level in self.shown.ticks(low, high) if low < level < high]

    def _surface(self, axes: Any) -> None:
        """Hatching all over, colours over what has an answer, and the lines on them."""
        x, y = (np.asarray(along, dtype=float) for _, along in self._axes())
        axes.set_xlim(x.min(), x.max())
        axes.set_ylim(y.min(), y.max())
        if self.missing:
            hatched(axes, (x.min(), y.min()), (np.ptp(x), np.ptp(y)), "no-answer")
        if self.missing == self.grid.size:
            return
        masked = np.ma.masked_invalid(self.grid)
        low, high = self.shown.limits(self.grid)
        steps = np.geomspace(low, high, 33) if self.shown.by_ratio else np.linspace(0, 1, 21)
        steps[0], steps[-1] = low * (1 - 1e-9), high * (1 + 1e-9)
        look = {"norm": self.shown.norm(self.grid), "cmap": scale.colours()}
        filled = axes.contourf(x, y, masked, levels=steps, **look)
        filled.set(edgecolor="face", linewidth=0.4)  # or viewers show seams
        if levels := self.lines():
            drawn = axes.contour(x, y, masked, levels=levels, colors=canvas.INK, linewidths=0.9)
            words = dict(zip(levels, map(self.shown.say, levels), strict=True))
            places = _spread(axes, drawn)
            for label in axes.clabel(drawn, fmt=words, fontsize=7.5, manual=places) if places else ():
                # white behind the letters, which stand on any colour
                label.set_bbox({"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.8})
                label.set_gid("level")

    def entries(self) -> list[Key]:
        """The key, with the values of the lines, some of which may have no room for a label."""
        lines = [self.shown.say(level) for level in self.lines()]
        look = {"color": canvas.INK, "linewidth": 0.9}
        said = Key(label=f"{self.quantity}: {listed(lines)}", kind="line", look=look)
        return [*([said] if lines else []), *super().entries()]

    def _range(self) -> list[str]:
        drawn = [self.shown.say(level) for level in self.lines()]
        return [*super()._range(), *([f"Lines are drawn at {listed(drawn)}."] if drawn else [])]


def _spread(axes: Any, drawn: Any) -> list[tuple[float, float]]:
    """A place on each line for its label, in turn nearer to one end and to the other, none upon another."""
    found: list[Any] = []
    for turn, path in enumerate(drawn.get_paths()):
        points = max(path.to_polygons(closed_only=False), key=len, default=np.empty((0, 2)))
        for share in np.roll((0.3, 0.5, 0.7, 0.2, 0.8), -turn) if len(points) else ():
            place = points[int(share * (len(points) - 1))]
            here = axes.transData.transform(place) * 72 / axes.figure.dpi
            if _inside(axes, here) and all(np.hypot(*(here - there)) > _APART for _, there in found):
                found.append(((float(place[0]), float(place[1])), here))
                break
    return [place for place, _ in found]


def _inside(axes: Any, here: Any) -> bool:
    """Whether a label around the point stays within the axes."""
    (left, bottom), (right, top) = axes.get_window_extent().get_points() * 72 / axes.figure.dpi
    return bool(left + 18 < here[0] < right - 18 and bottom + 10 < here[1] < top - 10)


def _check_axis(name: str, along: Sequence[Any]) -> None:
    if len(along) < 2 or not all(map(wording.is_number, along)):
        raise ParameterError(
            f"must have two or more numbers to draw lines between, not "
            f"{listed([wording.brief(one, 40) for one in along[:4]]) or 'none'}",
            owner="Contour",
            parameter=name,
            way_out="a heat map takes any values",
        )
    rising = [b > a for a, b in itertools.pairwise(along)]
    if (not all(rising) and any(rising)) or len(set(along)) < len(along):
        raise ParameterError(f"the values of {name} must rise or fall all the way, each one once", owner="Contour")
