"""A grid of scenarios written to a file, stretch by stretch, so that its size does not matter."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from trialplan import files
from trialplan.analyses.scenarios.cells import GridSpec
from trialplan.analyses.scenarios.grid import Grid
from trialplan.analyses.scenarios.page import about, page
from trialplan.errors import FileError, require
from trialplan.page import as_markdown, as_text

FIGURES = (".svg", ".png", ".pdf")


def check(path: Path, asked: GridSpec, kind: str | None = None) -> None:
    """Raise before any work is done if the format needs what is not there, or cannot show these axes."""
    if path.suffix == ".parquet":
        require("pyarrow.parquet", "parquet", "writing .parquet")
    if path.suffix not in FIGURES:
        if kind is not None:
            raise FileError(f"--figure {kind} needs a figure to write to; name the output with .svg, .png or .pdf")
    else:
        from trialplan.analyses.scenarios.figures import kind_of

        kind_of(asked, kind)
        require("matplotlib", "report", f"writing {path.suffix}")


def write(grid: Grid, path: Path, kind: str | None = None, plan: Any = None) -> None:
    """The grid in the format that the suffix names; for a figure, of this kind or of the one that suits the axes.

    `plan` is the answer of the plan that is varied, where it is one.
    """
    suffix = path.suffix.lower()
    with files.writing(path) as file:
        if suffix in FIGURES:
            from trialplan.analyses.scenarios.figures import figure
            from trialplan.figures import render

            file.write(render(figure(grid, kind, plan), suffix))
        else:
            _WRITERS[suffix](grid, file)


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
    for i, columns in enumerate(grid.columns()):
        if not i:
            writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    text.detach()


def _parquet(grid: Grid, file: BinaryIO) -> None:
    arrow, parquet = require("pyarrow", "parquet", "writing .parquet"), require("pyarrow.parquet", "parquet", "it")
    writer: Any = None
    for columns in grid.columns():
        schema = writer.schema if writer else _schema(arrow, columns)
        table = arrow.table(columns, schema=schema)
        writer = writer or parquet.ParquetWriter(file, schema)
        writer.write_table(table)
    writer.close()


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
