"""A file as a grid of cells: text by comma, semicolon or tab in the usual encodings, or the sheet of a workbook."""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trialplan.errors import EvidenceError, require
from trialplan.files import read_bytes

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
TEXTS = (".csv", ".tsv", ".tab", ".txt")
WORKBOOKS = (".xlsx", ".xls", ".ods")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass
class Grid:
    """The header and the rows that are not blank, each with its line in the file."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    comma_separates: bool = True
    notes: list[str] = field(default_factory=list)
    wrong: dict[tuple[int, int], str] = field(default_factory=dict)
    """What is wrong with a cell of the file, by line and column."""


def decoded(path: Path) -> str:
    """The text of a file in UTF-8 or, with its mark in front, UTF-16; every line ends in a line feed."""
    content = read_bytes(path, EvidenceError)
    encoding = "utf-16" if content.startswith(_UTF16) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as cause:
        known = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise EvidenceError(f"{path} is not {known} text (byte {cause.start}); save it as UTF-8") from cause
    return re.sub("\r\n?", "\n", text)


def from_text(text: str, name: str) -> Grid:
    """The grid in a text; its separator is the one named in a line `sep=`, else the commonest in its header."""
    lines = text.split("\n")
    skipped, named, comments = 0, None, 0
    while skipped < len(lines) and (not lines[skipped].strip() or _aside(lines[skipped])):
        match = _SEPARATOR_LINE.fullmatch(lines[skipped])
        named = match[1] if match else named
        comments += lines[skipped].lstrip().startswith("#")
        skipped += 1
    first = re.sub(r'"[^"]*"', "", lines[skipped]) if skipped < len(lines) else ""
    separator = named or max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO("\n".join(lines[skipped:])), delimiter=separator)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if cells and cells[0].lstrip().startswith("#"):
                comments += 1
            elif any(cell.strip() for cell in cells):
                rows.append((skipped + reader.line_num, cells))
    except csv.Error as cause:
        raise EvidenceError(f"{name}, line {skipped + reader.line_num} is not CSV: {cause}") from cause
    notes = [] if separator == "," else [f"separated by {SEPARATORS.get(separator, repr(separator))}"]
    notes += [f"{comments} comment line{'' if comments == 1 else 's'} left out"] if comments else []
    return _grid(rows, name, notes, separator == ",")


def from_workbook(path: Path, name: str) -> Grid:
    """The grid in the first sheet that holds anything."""
    calamine: Any = require("python_calamine", "sheets", f"reading {name}")
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(read_bytes(path, EvidenceError)))
        sheets = {sheet: book.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in book.sheet_names}
    except calamine.CalamineError as cause:
        raise EvidenceError(f"{name} is not a workbook that can be read: {cause}; save it again, or as CSV") from cause
    filled = {sheet: rows for sheet, rows in sheets.items() if any(cell != "" for row in rows for cell in row)}
    notes = [f"sheet {next(iter(filled))!r} of {len(filled)}"] if len(filled) > 1 else []
    numbered = list(enumerate(next(iter(filled.values()), []), 1))
    rows = [(line, [_shown(cell) for cell in cells]) for line, cells in numbered if any(cell != "" for cell in cells)]
    comments = sum(cells[0].startswith("#") for _, cells in rows)
    notes += [f"{comments} comment line{'' if comments == 1 else 's'} left out"] if comments else []
    grid = _grid([row for row in rows if not row[1][0].startswith("#")], name, notes, True)
    dated = {(line, at) for line, cells in numbered for at, cell in enumerate(cells) if isinstance(cell, datetime.date)}
    grid.wrong = _dates(grid, dated)
    return grid


def _aside(line: str) -> bool:
    """Whether a line above the header is a remark or names the separator."""
    return line.lstrip().startswith("#") or _SEPARATOR_LINE.fullmatch(line) is not None


def _grid(rows: list[tuple[int, list[str]]], name: str, notes: list[str], comma: bool) -> Grid:
    """The header and the rows without what a program added: trailing empty columns, R's row names."""
    if len(rows) < 2:
        raise EvidenceError(f"{name} has no rows below its header; write one outcome a row")
    header, below = [cell.strip() for cell in rows[0][1]], rows[1:]
    while header and not header[-1] and not any(cells[len(header) - 1 :][:1] not in ([], [""]) for _, cells in below):
        header.pop()
    numbers = [str(at) for at in range(1, len(below) + 1)]
    firsts = [cells[0].strip() for _, cells in below]
    shifted = all(len(cells) == len(header) + 1 for _, cells in below)
    if firsts == numbers and (header[0] == "" or (shifted and header[0] != "")):
        header = header[1:] if header[0] == "" else header
        below = [(line, cells[1:]) for line, cells in below]
        notes = [*notes, "the row numbers left out"]
    return Grid(header, below, comma, notes)


def _shown(cell: Any) -> str:
    """A cell of a workbook as it would stand in a CSV."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat()[:10] if isinstance(cell, datetime.date) else str(cell)


def _dates(grid: Grid, dated: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Cells that a spreadsheet turned into a date, such as 3/10, outside the columns of dates."""
    return {
        (line, at): f"column {at + 1}: the cell is a date; format it as text and write again what was printed"
        for line, at in sorted(dated)
        if at < len(grid.header) and "enrolled" not in grid.header[at].lower()
    }
