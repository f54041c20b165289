"""A grid of scenarios as a page: a table of two axes where there are two, else a list."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from trialplan.design_facts import assumed, foot, head, level, source
from trialplan.numerics.lazy import np
from trialplan.page import Page, Table, facts, plain
from trialplan.text import decimals, plural, spoken, stated, stated_apart

if TYPE_CHECKING:
    from trialplan.analyses.scenarios.grid import Grid

_NONE = "—"
LARGEST_SHOWN = 2000
"""Scenarios printed for a person; a file takes all of them."""


@dataclass(frozen=True)
class Summary:
    """What a grid of any size comes to: the least and greatest answer, and the cells that have none."""

    cells: int
    missing: int
    least: float
    greatest: float
    first_missing: Mapping[str, Any] | None


def page(grid: Grid) -> Page:
    """What was varied, the answers, and why some cells have none; for a screen, so no more cells than fit one."""
    rows = list(islice(grid.rows(), LARGEST_SHOWN))
    came_to, differing = summary(grid), _differing(grid)
    return Page(
        data=None,
        headline=_headline(grid, came_to),
        tables=[*_tables(grid, rows), facts([*fixed_rows(grid), *_same(source(grid.design), differing)])],
        notes=_notes(grid, came_to),
    )


def fixed_rows(grid: Grid) -> list[tuple[str, str]]:
    """What is the same in every cell: the design, its numbers, level and test."""
    return _same([*assumed(grid.design), *level(grid.design)], _differing(grid))


def _same(rows: Sequence[tuple[str, str]], differing: Sequence[str]) -> list[tuple[str, str]]:
    return [row for row in rows if row[0].replace("-", "_") not in differing]


def about(grid: Grid) -> dict[str, Any]:
    """What is the same for every scenario, as JSON has it: what was assumed, asked and varied, and how."""
    asked, differing = {"target_power": grid.asked.target, "asked_n": grid.asked.n}, _differing(grid)
    axes = {"axes": {name: list(values) for name, values in grid.axes.items()}}
    same = {name: value for name, value in foot(grid.design).items() if name not in differing}
    shared: dict[str, Any] = plain(head(grid.design, differing) | asked | axes | same)
    return shared


def summary(grid: Grid) -> Summary:
    """One pass over the stretches, whatever their number."""
    missing, least, greatest, first = 0, math.inf, -math.inf, None
    for start, block in grid.blocks():
        none = np.isnan(block.success)
        values = np.where(none, np.nan, block.success if grid.asked.asks_power else block.n)
        if none.any():
            missing += int(none.sum())
            first = start + int(np.flatnonzero(none)[0]) if first is None else first
        if not none.all():
            least, greatest = min(least, float(np.nanmin(values))), max(greatest, float(np.nanmax(values)))
    return Summary(grid.asked.cells, missing, least, greatest, None if first is None else grid.cell(first))


def _differing(grid: Grid) -> tuple[str, ...]:
    """What is not the same in every cell: the axes, and what follows from them."""
    follows = {"test": ("formula", "reference"), "goal": ("level", "alpha", "sides"), "alpha": ("level",)}
    _, block = next(grid.blocks())
    others = (other for name in grid.axes for other in follows.get(name, ()))
    return (*grid.axes, *block.derived, *others)


def _headline(grid: Grid, found: Summary) -> str:
    target, n = grid.asked.target, grid.asked.n
    asked = "n" if target is None else f"n at power {target:g}"
    if grid.asked.asks_power:
        asked = "power" if n is None else f"power of {n:,} participants"
    span = ""
    if found.missing < found.cells:
        ends = found.least, found.greatest
        low, high = (f"{end:.3f}" if grid.asked.asks_power else f"{end:,.0f}" for end in ends)
        span = f": {low if low == high else f'{low} to {high}'}{'' if grid.asked.asks_power else ' in all'}"
    without = f"; {found.missing:,} without an answer" if found.missing else ""
    return f"{plural(found.cells, 'scenario')}, {asked}{span}{without}"


def _notes(grid: Grid, found: Summary) -> list[str]:
    notes = [*grid.asked.short]
    if found.cells > LARGEST_SHOWN:
        notes.append(f"the first {LARGEST_SHOWN:,} of {found.cells:,} scenarios are shown; a .csv file has all")
    if found.first_missing is not None:
        columns = {name: "target_power" if name == "power" else name for name in grid.axes}
        at = ", ".join(f"{name} = {stated(found.first_missing[column])}" for name, column in columns.items())
        what = "cell has" if found.missing == 1 else "cells have"
        notes.append(f"{found.missing:,} {what} no answer ({_NONE}). At {at}: {found.first_missing['reason']}")
    return notes


def _tables(grid: Grid, rows: Sequence[Mapping[str, Any]]) -> list[Table]:
    crossed = len(grid.axes) == 2 and len(rows) == grid.asked.cells
    if crossed and not {"allocation", "n"} & set(grid.axes):
        return _crossed(grid, rows)
    return [_listed(grid, rows)]


def _crossed(grid: Grid, rows: Sequence[Mapping[str, Any]]) -> list[Table]:
    """One axis down, the other across, in as many pieces as the screen is narrow."""
    (down, lines), (across, columns) = grid.axes.items()
    cells = [_shown(grid, row) for row in rows]
    heads, beside = stated_apart(columns), stated_apart(lines)
    width = max(map(len, [*cells, *heads])) + 2
    screen = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    room = max(1, (screen - len(down) - 12) // width)
    pieces = [range(start, min(start + room, len(columns))) for start in range(0, len(columns), room)]
    title = f"{what(grid)}; down {spoken(down)}, across {spoken(across)}"
    return [
        Table(
            [down, *(heads[j] for j in piece)],
            [[line, *(cells[i * len(columns) + j] for j in piece)] for i, line in enumerate(beside)],
            title,
            frozenset(range(1, len(piece) + 1)),
        )
        for piece in pieces
    ]


def _listed(grid: Grid, rows: Sequence[Mapping[str, Any]]) -> Table:
    arms = grid.design.arm_names
    first = next(iter(rows))
    last = ("n", "arms", "power", "success", "attained", "reason")
    names = [name for name in first if name not in last]
    tested = "power" in first
    chances = ("success", "power") if tested and any(map(_differ, rows)) else ("power" if tested else "attained",)
    columns = [*names, "n", *(f"n {name}" for name in arms if len(arms) > 1), *chances]
    lines = [[*(stated(row[name]) for name in names), *_answer(row, arms, chances)] for row in rows]
    return Table(columns, lines, right=frozenset(range(len(columns))))


def _answer(row: Mapping[str, Any], arms: Sequence[str], chances: Sequence[str]) -> list[str]:
    sizes = [row["n"], *((row["arms"] or {}).get(name) for name in (arms if len(arms) > 1 else ()))]
    return [*(_NONE if n is None else f"{n:,}" for n in sizes), *(decimals(row[name]) for name in chances)]


def _differ(row: Mapping[str, Any]) -> bool:
    """Whether rejecting in the treatment's favour and either way are two numbers, as printed."""
    return decimals(row["success"]) != decimals(row["power"])


def _shown(grid: Grid, row: Mapping[str, Any]) -> str:
    """What a cell shows: the chances, the one in favour first; or n in all."""
    if row["n"] is None or row.get("success", 0) is None:
        return _NONE
    if grid.asked.asks_power:
        return " / ".join(decimals(row[name]) for name in (("success", "power") if _differ(row) else ("success",)))
    return f"{row['n']:,}"


def what(grid: Grid) -> str:
    """What the cells hold, in words."""
    return _chances(grid) if grid.asked.asks_power else "n in all"


def _chances(grid: Grid) -> str:
    """Power, or success / power where they are two numbers somewhere."""
    return "success / power" if any(map(_differ, grid.rows())) else "power"
