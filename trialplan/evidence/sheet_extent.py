"""How far the filled cells of a workbook reach: its reader makes room for every cell up to the last."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from trialplan.errors import EvidenceError

MOST_CELLS = 2_000_000
"""Cells of a sheet that are read, the empty ones between the filled among them: twenty thousand rows of a hundred
columns, of which each takes some hundred bytes (ours)."""

_LARGEST = 100_000_000
"""Bytes of a part once unpacked: the largest shipped table has a hundred thousandth of it."""

_CELL = re.compile(rb'<(?:\w+:)?c\s(?:[^>]*?\s)?r="([A-Z]{1,7})([0-9]{1,18})"[^>]*(?<!/)>')
"""A cell of an Excel file that holds something, which one that closes itself does not (ECMA-376, part 1, 18.3.1.4)."""

_ROW = re.compile(rb"<table:table-row\b([^>]*)(?<!/)>(.*?)</table:table-row>", re.DOTALL)
_OPEN_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*?)(/?)>")
"""Rows and cells of an OpenDocument spreadsheet, of which each may stand for many (OpenDocument 1.2, part 1, 9.1)."""
_ROWS = re.compile(rb'number-rows-repeated="(\d+)"')
_COLUMNS = re.compile(rb'number-columns-repeated="(\d+)"')


def check_extent(content: bytes, name: str) -> None:
    """Raise, with the farthest cell, where a sheet reaches farther than a table does."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            for part in file.infolist():
                if part.filename.endswith("content.xml"):
                    _check(_repeated(_read(file, part, name)), name)
                elif part.filename.endswith(".xml"):
                    _check(_addressed(_read(file, part, name)), name)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError, OSError, zlib.error):
        return  # what is damaged is told by its reader


def _read(file: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> bytes:
    if part.file_size > _LARGEST:
        raise EvidenceError(f"{name} unpacks to more than {_LARGEST:,} bytes; leave in it the table alone")
    return file.read(part)


def _addressed(part: bytes) -> tuple[int, int]:
    """The last row and column of the cells of an Excel sheet that say where they stand."""
    places = _CELL.findall(part)
    return max((int(row) for _, row in places), default=0), max((_column(letters) for letters, _ in places), default=0)


def _repeated(part: bytes) -> tuple[int, int]:
    """The last row with a filled cell and the widest such row of an OpenDocument spreadsheet."""
    at, last, widest = 0, 0, 0
    for attributes, cells in _ROW.findall(part):
        at += _times(_ROWS, attributes)
        wide, filled = 0, 0
        for cell, closed in _OPEN_CELL.findall(cells):
            wide += _times(_COLUMNS, cell)
            filled = filled if closed else wide
        if filled:
            last, widest = at, max(widest, filled)
    return last, widest


def _times(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found[1][:18]) if found else 1


def _column(letters: bytes) -> int:
    """Which column of that name it is, from 1."""
    found = 0
    for letter in letters:
        found = 26 * found + letter - ord("A") + 1
    return found


def _check(extent: tuple[int, int], name: str) -> None:
    rows, columns = extent
    if rows * columns > MOST_CELLS:
        raise EvidenceError(
            f"{name} has a sheet whose filled cells reach to row {rows:,} and column {columns:,}; "
            "remove what stands far from the table, or save the table alone"
        )
