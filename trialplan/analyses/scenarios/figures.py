"""A grid of scenarios as a figure: a heat map or contours of two assumptions, curves over one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialplan.analyses.scenarios import by_effect
from trialplan.analyses.scenarios.cells import TARGET, GridSpec, N, variable
from trialplan.analyses.scenarios.page import fixed_rows
from trialplan.design_facts import in_words
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np
from trialplan.text import spoken, stated_apart

if TYPE_CHECKING:
    from trialplan.analyses.scenarios.grid import Grid

HEAT_MAP, CONTOUR, CURVES = KINDS = ("heat-map", "contour", "curves")

LARGEST_DRAWN = 250_000
"""Scenarios in one picture: five hundred by five hundred are as small as the dots that it is shown by."""

_MOST_LINES = 8
"""Curves that can be told apart in one picture."""


def kind_of(asked: GridSpec, kind: str | None = None) -> str:
    """The kind of figure that the axes make, or the sentence that says why they make none."""
    count, curved = len(asked.axes), len(asked.axes) == 1 or N in asked.axes
    if count > 2:
        raise ParameterError(
            f"a figure shows one or two varied assumptions, not {count}; vary fewer, or write .csv with all of them"
        )
    if asked.cells > LARGEST_DRAWN:
        raise ParameterError(
            f"a figure shows {LARGEST_DRAWN:,} scenarios at most, not {asked.cells:,}; use larger steps, or write .csv "
            "with all of them"
        )
    chosen = kind or (CURVES if curved else HEAT_MAP)
    if chosen != CURVES and count != 2:
        raise ParameterError(f"a {chosen} shows two varied assumptions, not one; vary another one, or choose curves")
    if chosen == CONTOUR and set(asked.axes) - set(asked.numeric):
        name = next(name for name in asked.axes if name not in asked.numeric)
        raise ParameterError(f"a contour needs numbers along both axes, and {name} is a choice; choose heat-map")
    if chosen == CURVES and count == 2 and len(asked.axes[_lines(asked)]) > _MOST_LINES:
        raise ParameterError(
            f"curves show {_MOST_LINES} lines at most, and {_lines(asked)} has {len(asked.axes[_lines(asked)])} "
            "values; vary fewer, or choose heat-map"
        )
    return chosen


def drawable(asked: GridSpec) -> GridSpec:
    """The question of a picture: participants in whole allocation blocks, the nearest ones, each once."""
    if N not in asked.axes or "allocation" in asked.axes:
        return asked
    block = asked.design.block
    whole = dict.fromkeys(max(1, round(n / block)) * block for n in asked.axes[N])
    return dataclasses.replace(asked, axes={**asked.axes, N: tuple(whole)})


def figure(grid: Grid, kind: str | None = None, plan: Any = None) -> Any:
    """The figure as plain data; `plan` is the answer of the plan that is varied, to be marked on its power curve."""
    chosen = kind_of(grid.asked, kind)
    return _curves(grid, plan) if chosen == CURVES else _surface(grid, chosen, plan)


def _surface(grid: Grid, chosen: str, plan: Any) -> Any:
    from trialplan.figures import Contour, HeatMap

    (y, down), (x, across) = grid.axes.items()
    kind: Any = Contour if chosen == CONTOUR else HeatMap
    return kind(
        x_name=_said(grid, x),
        x=across,
        y_name=_said(grid, y),
        y=down,
        values=_values(grid),
        quantity=quantity(grid),
        planned=None if plan is None else _planned(grid, (x, y)),
        title=f"{_title(grid)}, by {_brief(grid, y)} and {_brief(grid, x)}",
        fixed=_fixed(grid),
    )


def _curves(grid: Grid, plan: Any) -> Any:
    from trialplan.figures import Curves

    along = next((name for name in grid.axes if name != _lines(grid.asked)), "")
    values = _values(grid)
    if len(grid.axes) == 1:
        lines = [("", values)]
    else:
        other = _lines(grid.asked)
        rows = values if next(iter(grid.axes)) == other else values.T
        shown = stated_apart(grid.axes[other])
        lines = [(f"{spoken(other)} {value}", row) for value, row in zip(shown, rows, strict=True)]
    return Curves(
        x_name=_said(grid, along),
        x=grid.axes[along],
        lines=lines,
        quantity=quantity(grid),
        target=float(plan.target) if plan is not None and along == N else None,
        chosen=_chosen(grid, along, plan),
        title=f"{_title(grid)}, against {_brief(grid, along)}",
        fixed=_fixed(grid),
    )


def _chosen(grid: Grid, along: str, plan: Any) -> tuple[float, float] | None:
    """The plan's own point on its curve, where it lies on the picture."""
    if plan is None:
        return None
    if along == N:
        return int(plan.n), float(plan.success)
    place = _planned(grid, (along,))
    if place is None or grid.asked.asks_power or grid.asked.target != plan.target:
        return None
    return place[0], float(plan.n)


def _brief(grid: Grid, name: str) -> str:
    return _said(grid, name).split(",")[0]


def _fixed(grid: Grid) -> str:
    """What is the same in every cell, as a line: numbers, level, test, allocation."""
    return in_words(fixed_rows(grid))


def _lines(asked: GridSpec) -> str:
    """The axis that makes lines rather than points: not n, else the choice, else the first of two."""
    names = list(asked.axes)
    if len(names) == 1:
        return ""
    if N in names:
        return names[1 - names.index(N)]
    return next((name for name in names if name not in asked.numeric), names[0])


def _values(grid: Grid) -> Any:
    """The power in the treatment's favour, or the participants in all."""
    return grid.success if grid.asked.asks_power else grid.n


def quantity(grid: Grid) -> str:
    """What a cell counts, in words: all participants, or power."""
    return "power" if grid.asked.asks_power else f"{grid.design.counted_in} in all"


def _said(grid: Grid, name: str) -> str:
    """An axis in words: what a number is, with its symbol and the unit that the values are in."""
    own = {N: "participants in all", TARGET: "power asked for"}
    fixed = grid.design.fixed
    declared = variable(grid.design).get(name) or by_effect.declared(type(fixed), fixed.time_unit).get(name)
    if name in own or declared is None or declared.label in declared.choices:
        return own.get(name, spoken(name))
    unit = "" if declared.unit in ("", "proportion") else f"in {declared.unit}"
    if declared.unit == "ratio":
        unit = "" if "ratio" in declared.label else "as a ratio"
    return ", ".join(filter(None, [declared.label, f"{declared.symbol} {unit}".strip()]))


def _title(grid: Grid) -> str:
    if grid.asked.asks_power:
        return "Power" if grid.asked.n is None else f"Power with {grid.asked.n:,} participants"
    at = "" if grid.asked.target is None else f" for power {grid.asked.target:g}"
    return f"{quantity(grid).capitalize()}{at}"


def _planned(grid: Grid, names: Sequence[str]) -> tuple[Any, ...] | None:
    """Where the plan's own numbers lie, if they are numbers inside both axes."""
    assumed = grid.design.assumptions()
    own = [assumed.get(name) for name in names]
    for name, value in zip(names, own, strict=True):
        along = grid.axes[name]
        if not isinstance(value, (int, float)) or name not in grid.asked.numeric:
            return None
        if not np.min(along) <= value <= np.max(along):
            return None
    return tuple(own)
