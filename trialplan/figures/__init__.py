"""Figures from plain numbers and words: each draws itself, says in words what it shows, and gives its data as a table.

A figure is a frozen dataclass of arrays and strings with three answers: `draw()`, a matplotlib figure that was
never shown to pyplot; `alt()`, the sentence that stands for the picture; `table()`, column names and rows. `save(path)`
writes it, and a notebook shows it. `answer.figure()` makes the one that suits an answer.
`render(figure, ".svg")` gives the bytes of a .svg, .png or .pdf file, the same for the same data. matplotlib
(the extra `report`) is imported when the first figure is drawn, by `canvas` and nowhere else.
"""

from __future__ import annotations

from trialplan.figures.boundaries import Boundaries
from trialplan.figures.canvas import (
    FORMATS,
    PAPER,
    PHONE,
    SANS,
    SERIF,
    drawn_for,
    faced,
    prepare,
    render,
    renderings,
    save,
)
from trialplan.figures.contour import Contour
from trialplan.figures.curves import Curves
from trialplan.figures.fan import Fan, LookMark
from trialplan.figures.forest import Forest
from trialplan.figures.graph import Graph
from trialplan.figures.heat_map import HeatMap
from trialplan.figures.over_time import OverTime
from trialplan.figures.schema import TrialSchema
from trialplan.figures.tornado import Tornado

__all__ = [
    "FORMATS",
    "PAPER",
    "PHONE",
    "SANS",
    "SERIF",
    "Boundaries",
    "Contour",
    "Curves",
    "Fan",
    "Forest",
    "Graph",
    "HeatMap",
    "LookMark",
    "OverTime",
    "Tornado",
    "TrialSchema",
    "drawn_for",
    "faced",
    "prepare",
    "render",
    "renderings",
    "save",
]
