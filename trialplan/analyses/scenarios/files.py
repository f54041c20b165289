"""A grid of scenarios written to a file, stretch by stretch, so that its size does not matter."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from trialplan import files
from trialplan.analyses.scenarios.cells import GridSpec
from trialplan.analyses.scenarios.page import about, page
from trialplan.errors import FileError, require
from trialplan.page import PICTURES, as_markdown, as_text, csv_cell
from trialplan.progress import tell

if TYPE_CHECKING:
    from trialplan.analyses.scenarios.grid import Grid


_DRAWN = (*PICTURES, ".html")
"""The formats that hold a figure."""


def prepared(path: Path, asked: GridSpec, kind: str | None = None) -> GridSpec:
    """The question as the format can show it; an error where it cannot show these axes or needs what is not there."""
    check_kind(path, asked, kind)
    if path.suffix.lower() not in _DRAWN:
        return asked
    from trialplan.analyses.scenarios.figures import drawable

    return drawable(asked)


def check_kind(path: Path, asked: GridSpec, kind: str | None = None) -> None:
    """Raise unless a file of this suffix can show these axes, as this kind of figure, with what is installed."""
    suffix = path.suffix.lower()
    files.check_suffix(path, [*_WRITERS, *_DRAWN])
    if suffix == ".parquet":
        require("pyarrow.parquet", "parquet", "writing .parquet")
    if suffix in _DRAWN:
        from trialplan.analyses.scenarios.figures import kind_of

        kind_of(asked, kind)
        require("matplotlib", "report", f"writing {suffix}")
    elif kind is not None:
        raise FileError(f"a {kind} needs a figure to write to; name the output with .svg, .png, .pdf or .html")


def write(grid: Grid, path: Path, kind: str | None = None, plan: Any = None, command: str = "") -> None:
    """The grid in the format that the suffix names; for a figure, of this kind or of the one that suits the axes.

    `plan` is the answer of the plan that is varied, where it is one; `command` the line that asks for the file.
    """
    suffix = path.suffix.lower()
    with files.writing(path) as file:
        if suffix not in _DRAWN:
            _WRITERS[suffix](grid, file)
            return
        from trialplan.analyses.scenarios.figures import figure

        drawn = figure(grid, kind, plan)
        if suffix in PICTURES:
            from trialplan.figures import render

            tell("pictures", 0, 1)
            file.write(render(drawn, suffix))
        else:
            from trialplan.mailed import mailed

            file.write(mailed(page(grid), drawn, command).encode())


def json_lines(grid: Grid) -> Iterator[str]:
    """The grid as one JSON object, a line for each scenario."""
    head = json.dumps(about(grid), ensure_ascii=False, indent=2, allow_nan=False)
    yield head.removesuffix("\n}") + ',\n  "rows": [\n'
    before = "    "
    for row in grid.rows():
        yield before + json.dumps(row, ensure_ascii=False, allow_nan=False)
        before = ",\n    "
    yield "\n  ]\n}\n"


def _json(grid: Grid, file: BinaryIO) -> None:
    for line in json_lines(grid):
        file.write(line.encode())


def _csv(grid: Grid, file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    for i, columns in enumerate(_columns(grid)):
        if not i:
            writer.writerow(columns)
        writer.writerows(map(csv_cell, row) for row in zip(*columns.values(), strict=True))
    text.detach()


def _parquet(grid: Grid, file: BinaryIO) -> None:
    arrow, parquet = require("pyarrow", "parquet", "writing .parquet"), require("pyarrow.parquet", "parquet", "it")
    writer: Any = None
    for columns in _columns(grid):
        schema = writer.schema if writer else _schema(arrow, columns)
        table = arrow.table(columns, schema=schema)
        writer = writer or parquet.ParquetWriter(file, schema)
        writer.write_table(table)
    writer.close()


def _columns(grid: Grid) -> Iterator[dict[str, list[Any]]]:
    """Each stretch as columns: what differs from scenario to scenario, then what is the same in all of them."""
    head = about(grid)
    same = {"design": head["design"], **head["assumptions"]}
    same |= {name: head[name] for name in ("target_power", "alpha", "sides", "test") if head.get(name) is not None}
    for columns in grid.columns():
        count = len(columns["n"])
        fixed = {name: value for name, value in same.items() if name not in columns}
        varied = {name: [*map(_cell, values)] if name in grid.axes else values for name, values in columns.items()}
        yield varied | {name: [_cell(value)] * count for name, value in fixed.items()}


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (list, tuple, dict)) else value


def _schema(arrow: Any, columns: dict[str, list[Any]]) -> Any:
    """Whole participants, doubles, and text; a column whose first stretch is all missing keeps its kind."""
    kinds = {int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    fields = []
    for name, values in columns.items():
        whole = name == "n" or name.startswith("n_")
        found = next((type(value) for value in values if value is not None), float)
        kind = arrow.string() if name == "reason" else arrow.int64() if whole else kinds[found]
        fields.append(arrow.field(name, kind))
    return arrow.schema(fields)


def _of_page(form: Callable[[Any], str]) -> Callable[[Grid, BinaryIO], None]:
    def written(grid: Grid, file: BinaryIO) -> None:
        file.write(form(page(grid)).encode())

    return written


_WRITERS: dict[str, Callable[[Grid, BinaryIO], None]] = {
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
    ".txt": _of_page(as_text),
    ".md": _of_page(as_markdown),
}
