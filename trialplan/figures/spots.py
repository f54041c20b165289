"""A picture with its read-outs: where on it each lies, in per cent of width and height, for a page to lay over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from trialplan.figures import canvas

_LEAST = 0.2
"""Per cent of the picture: a place that is smaller is not met by a pointer."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """One read-out: its words, and its place in per cent of the picture, from the upper left corner."""

    told: str
    left: float
    top: float
    width: float
    height: float


def spotted(figure: canvas.Figure, most: int | None = None) -> tuple[bytes, Sequence[Spot]]:
    """The picture as SVG, and its read-outs; none where there are more than `most`."""
    with canvas.style():
        drawn = figure.draw()
        svg = canvas.save(drawn, ".svg", title=figure.title, alt=figure.alt())
        axes = next(one for one in drawn.axes if one.get_gid() == "plot")
        onto, found = axes.transData + drawn.transFigure.inverted(), []
        told = list(islice(figure.read_outs(), None if most is None else most + 1))
        if most is not None and len(told) > most:
            return svg, ()
        ends = [(one.x[end], one.y[end]) for one in told for end in (0, 1)]
        corners = (onto.transform(ends) * 100).tolist() if ends else []
        for one, (x0, y0), (x1, y1) in zip(told, corners[::2], corners[1::2], strict=True):
            size = {"width": max(abs(x1 - x0), _LEAST), "height": max(abs(y1 - y0), _LEAST)}
            found.append(Spot(told=one.told, left=min(x0, x1), top=100 - max(y0, y1), **size))
    return svg, found
