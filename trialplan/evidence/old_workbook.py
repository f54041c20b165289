"""A workbook of Excel 97 to 2003, by a reader that tells of formats: the values of its cells and what stands beside."""

from __future__ import annotations

import io
import struct
from typing import Any

from trialplan.errors import EvidenceError, require
from trialplan.evidence.sheet_marks import FAILED, NO_CODE, PARTLY, Book, Seen

OLD = b"\xd0\xcf\x11\xe0"
"""What a file of the old form begins with (MS-CFB, 2.2)."""
_OF_A_BROKEN_FILE = (AssertionError, LookupError, TypeError, ValueError, OverflowError, struct.error)
"""What the reader raises of a file whose parts do not fit together."""


def old_workbook(content: bytes, name: str) -> Book:
    """The sheets of a file; an EvidenceError where it is none or damaged.

    The reader of today's forms is not asked: of a damaged file of the old one it ends the process.
    """
    xlrd: Any = require("xlrd", "sheets", f"reading {name}")
    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())
        pages = {each: book.sheet_by_name(each) for each in book.sheet_names()}
        rows = {each: [_row(xlrd, book, page, at) for at in range(page.nrows)] for each, page in pages.items()}
        marks = {each: _seen(xlrd, book, page) for each, page in pages.items()}
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, xlrd.xldate.XLDateError, *_OF_A_BROKEN_FILE) as cause:
        raise EvidenceError(f"{name} is not a workbook that can be read: {cause}; save it again, as .xlsx") from cause
    shown = {each for each, page in pages.items() if page.visibility == 0}
    return Book(
        rows, shown, lambda sheet: marks[sheet].merged if sheet in marks else [], lambda s: marks.get(s, Seen())
    )


def _row(xlrd: Any, book: Any, page: Any, at: int) -> list[Any]:
    """The values of a row: texts, numbers, truths and dates; nothing for an error, which is told beside."""

    def value(column: int) -> Any:
        kind, held = page.cell_type(at, column), page.cell_value(at, column)
        if kind == xlrd.XL_CELL_DATE:
            return xlrd.xldate_as_datetime(held, book.datemode)
        if kind == xlrd.XL_CELL_BOOLEAN:
            return bool(held)
        return held if kind in (xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER) else ""

    return [value(column) for column in range(page.row_len(at))]


def _seen(xlrd: Any, book: Any, page: Any) -> Seen:
    """What a sheet holds beside its values."""
    seen = Seen()
    seen.hidden = [range(at + 1, at + 2) for at, row in page.rowinfo_map.items() if row.hidden]
    seen.hidden_columns = [range(at, at + 1) for at, column in page.colinfo_map.items() if column.hidden]
    seen.merged = [((top, left), (bottom - 1, right - 1)) for top, bottom, left, right in page.merged_cells]
    for row in range(page.nrows):
        for at in range(page.row_len(row)):
            place, kind = (row + 1, at), page.cell_type(row, at)
            style = book.xf_list[page.cell_xf_index(row, at)]
            shown = book.format_map[style.format_key].format_str
            if kind == xlrd.XL_CELL_ERROR:
                seen.wrong[place] = FAILED
            if kind == xlrd.XL_CELL_NUMBER and "%" in NO_CODE.sub("", shown):
                seen.percent.add(place)
            # the text before the first run has the font of the cell
            fonts = [style.font_index, *(font for _, font in page.rich_text_runlist_map.get((row, at), ()))]
            struck = [bool(book.font_list[font].struck_out) for font in fonts]
            if all(struck):
                seen.struck.add(place)
            elif any(struck):
                seen.wrong[place] = PARTLY
    return seen
