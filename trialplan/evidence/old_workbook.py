"""A workbook of Excel 97 to 2003, by a reader that tells of formats: the values of its cells and what stands beside."""

from __future__ import annotations

import io
import struct
from typing import Any

from trialplan.errors import EvidenceError, require
from trialplan.evidence.sheet_marks import FAILED, NO_CODE, PARTLY, UNCOMPUTED, Book, Seen

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
        # on demand, so that its records are still there when the sheets have been read
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO(), on_demand=True)
        pages = {each: book.sheet_by_name(each) for each in book.sheet_names()}
        rows = {each: [_row(xlrd, book, page, at) for at in range(page.nrows)] for each, page in pages.items()}
        marks = {each: _seen(xlrd, book, page) for each, page in pages.items()}
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, xlrd.xldate.XLDateError, *_OF_A_BROKEN_FILE) as cause:
        ours = not isinstance(cause, _OF_A_BROKEN_FILE)  # the text of others is of the reader's own code, or none
        why = str(cause) if ours and str(cause) else "its parts do not fit together"
        raise EvidenceError(f"{name} is not a workbook that can be read: {why}; save it again, as .xlsx") from cause
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
    formulas = _formulas_of_text(book, page)
    for row in range(page.nrows):
        for at in range(page.row_len(row)):
            place, kind = (row + 1, at), page.cell_type(row, at)
            style = book.xf_list[page.cell_xf_index(row, at)]
            shown = book.format_map[style.format_key].format_str
            if kind == xlrd.XL_CELL_ERROR:
                seen.wrong[place] = FAILED
            if kind == xlrd.XL_CELL_TEXT and (row, at) in formulas and not page.cell_value(row, at):
                seen.wrong[place] = UNCOMPUTED
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


_FORMULA, _BEGINS, _ENDS, _NO_NUMBER = (0x0006, 0x0206, 0x0406), (0x0009, 0x0209, 0x0409, 0x0809), 0x000A, b"\xff\xff"
"""Records of a formula, of where a part begins and ends, and what marks a result that is no number (MS-XLS, Formula and
FormulaValue)."""


def _formulas_of_text(book: Any, page: Any) -> set[tuple[int, int]]:
    """Row and column of the formulas of a sheet whose result is a text: the reader takes it for one that was typed.

    A program that writes formulas and computes none leaves an empty one.
    """
    found, at, depth = set(), book._sh_abs_posn[page.number], 0
    while at + 4 <= len(book.mem):
        code, length = struct.unpack_from("<HH", book.mem, at)
        depth += (code in _BEGINS) - (code == _ENDS)
        if depth <= 0:
            break
        of_no_number = code in _FORMULA and length >= 14 and book.mem[at + 16 : at + 18] == _NO_NUMBER
        if of_no_number and book.mem[at + 10] in (0, 3):  # a text, or an empty one; others are truths and errors
            found.add(struct.unpack_from("<HH", book.mem, at + 4))
        at += 4 + length
    return found
