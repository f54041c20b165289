"""Pictures made of rows: columns of words and numbers beside marks on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.figures import canvas, scale, wording
from trialplan.figures.grid_axes import ticks_apart
from trialplan.figures.layout import texts


def axis(values: Sequence[float], by_ratio: bool) -> tuple[float, float]:
    """The ends of an axis that holds the values with a little room."""
    low, high = min(values), max(values)
    if by_ratio:
        room = max((high / low) ** 0.06, 1.02)
        return low / room, high * room
    room = 0.05 * (high - low) or max(abs(high) * 0.1, 0.05)
    return low - room, high + room


def dress(axes: Any, height: float, ends: tuple[float, float], by_ratio: bool) -> None:
    """An axis below the rows, whose heights are points from the top; ticks where they do not collide."""
    if by_ratio:
        axes.set_xscale("log")
    axes.set_xlim(*ends)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if canvas.medium().narrow:
        axes.patch.set_visible(False)  # the labels of the rows stand on the same place
    places = scale.by_ratio(*ends, most=8) if by_ratio else scale.evenly(*ends, most=6)
    labels = wording.ticked(places)
    ticks_apart(axes, places, labels)


def column(paper: Any, left: float, top: float, lines: Sequence[str], **look: Any) -> None:
    """Lines of one cell, centred on the height `top`."""
    texts(paper, (left, top), lines, **({"va": "center", "size": canvas.SMALL} | look))
