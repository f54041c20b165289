"""A grid of scenarios as a page: a table of two axes where there are two, else a list."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from trialplan.cli.output import Page, Table, facts
from trialplan.cli.words import assumed, level, number, source
from trialplan.explore.scenarios import Grid
from trialplan.report import foot, head, plain

_NONE = "—"
LARGEST_SHOWN = 2000
"""Scenarios printed for a person; a file takes all of them."""


def page(grid: Grid) -> Page:
    """What was varied, the answers, and why some cells have none."""
    rows = list(grid.rows())
    missing = [row for row in rows if row["power"] is None]
    asked = {"target_power": grid.target, "asked_n": grid.asked_n}
    same = {name: value for name, value in foot(grid.design).items() if name not in _differing(grid)}
    return Page(
        data=plain(head(grid.design, _differing(grid)) | asked | grid.as_json() | same),
        headline=_headline(grid, rows, missing),
        tables=[*_tables(grid, rows), facts(_fixed(grid))],
        notes=_notes(grid, rows, missing),
        records=lambda: list(map(_record, rows)),
    )


def _differing(grid: Grid) -> tuple[str, ...]:
    """What is not the same in every cell: the axes, and what follows from them."""
    follows = {"test": ("formula", "reference"), "goal": ("level", "alpha", "sides"), "alpha": ("level",)}
    return (*grid.axes, *(other for name in grid.axes for other in follows.get(name, ())))


def _fixed(grid: Grid) -> list[tuple[str, str]]:
    rows = [*assumed(grid.design), *level(grid.design), *source(grid.design)]
    return [row for row in rows if row[0].replace("-", "_") not in _differing(grid)]


def _headline(grid: Grid, rows: Sequence[Mapping[str, Any]], missing: Sequence[Mapping[str, Any]]) -> str:
    asked = "n" if grid.target is None else f"n at power {grid.target:g}"
    if grid.asked_n:
        asked = f"power of {grid.asked_n:,} participants"
    found = [row for row in rows if row["power"] is not None]
    span = ""
    if found:
        shown = sorted((_shown(grid, row) for row in found), key=_size)
        span = f": {shown[0]} to {shown[-1]}{_unit(grid)}"
    without = f"; {len(missing):,} without an answer" if missing else ""
    return f"{len(rows):,} scenarios, {asked}{span}{without}"


def _notes(grid: Grid, rows: Sequence[Mapping[str, Any]], missing: Sequence[Mapping[str, Any]]) -> list[str]:
    notes = []
    if len(rows) > LARGEST_SHOWN:
        notes.append(f"the first {LARGEST_SHOWN:,} of {len(rows):,} scenarios are shown; -o FILE.csv writes all")
    if missing:
        first = missing[0]
        at = ", ".join(f"{name} = {number(first[name])}" for name in grid.axes)
        what = "cell has" if len(missing) == 1 else "cells have"
        notes.append(f"{len(missing):,} {what} no answer ({_NONE}). At {at}: {first['reason']}")
    return notes


def _tables(grid: Grid, rows: Sequence[Mapping[str, Any]]) -> list[Table]:
    if len(grid.axes) == 2 and len(rows) <= LARGEST_SHOWN and "allocation" not in grid.axes:
        return _crossed(grid, rows)
    return [_listed(grid, rows[:LARGEST_SHOWN])]


def _crossed(grid: Grid, rows: Sequence[Mapping[str, Any]]) -> list[Table]:
    """One axis down, the other across, in as many pieces as the screen is narrow."""
    (down, lines), (across, columns) = grid.axes.items()
    cells = [_shown(grid, row) for row in rows]
    width = max(map(len, [*cells, *map(number, columns)])) + 2
    room = max(1, (_screen() - len(down) - 12) // width)
    pieces = [range(start, min(start + room, len(columns))) for start in range(0, len(columns), room)]
    title = f"{_what(grid)}; down {down}, across {across}"
    return [
        Table(
            [down, *(number(columns[j]) for j in piece)],
            [[number(line), *(cells[i * len(columns) + j] for j in piece)] for i, line in enumerate(lines)],
            title,
            frozenset(range(1, len(piece) + 1)),
        )
        for piece in pieces
    ]


def _listed(grid: Grid, rows: Sequence[Mapping[str, Any]]) -> Table:
    arms = grid.design.arm_names
    columns = [*grid.axes, "n", *(arms if len(arms) > 1 else ()), "power"]
    lines = [[*(number(row[name]) for name in grid.axes), *_answer(row, arms)] for row in rows]
    names = [f"n {name}" if name in arms and i >= len(grid.axes) else name for i, name in enumerate(columns)]
    return Table(names, lines, right=frozenset(range(len(columns))))


def _answer(row: Mapping[str, Any], arms: Sequence[str]) -> list[str]:
    sizes = [row["n"], *((row["arms"] or {}).get(name) for name in (arms if len(arms) > 1 else ()))]
    power = _NONE if row["power"] is None else f"{row['power']:.3f}"
    return [*(_NONE if n is None else f"{n:,}" for n in sizes), power]


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of CSV: the arms beside n."""
    arms = {f"n_{name}": n for name, n in (row["arms"] or {}).items()}
    rest = {name: value for name, value in row.items() if name not in ("arms", "n", "power", "reason")}
    return {**rest, "n": row["n"], **arms, "power": row["power"], "reason": row["reason"]}


def _shown(grid: Grid, row: Mapping[str, Any]) -> str:
    """What a cell shows: the power, n per arm where arms are equal, else n in all."""
    if row["power"] is None:
        return _NONE
    if grid.asked_n:
        return f"{row['power']:.3f}"
    return f"{row['arms'][grid.design.arm_names[0]] if _per_arm(grid) else row['n']:,}"


def _per_arm(grid: Grid) -> bool:
    return len(grid.design.arm_names) > 1 and len(set(grid.design.weights)) == 1 and "allocation" not in grid.axes


def _what(grid: Grid) -> str:
    return "power" if grid.asked_n else "n" + (_unit(grid) or " in all")


def _unit(grid: Grid) -> str:
    return " per arm" if _per_arm(grid) and not grid.asked_n else ""


def _size(shown: str) -> float:
    return float(shown.replace(",", ""))


def _screen() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
