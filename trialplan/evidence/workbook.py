"""The sheet of a workbook as a grid of cells: Excel or OpenDocument, with what its reader passes over in silence."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from xml.parsers import expat

from trialplan.errors import EvidenceError, require
from trialplan.evidence.headers import LEFT_OUT, known_as, names_columns, plain
from trialplan.evidence.numerals import as_percentage
from trialplan.evidence.old_workbook import OLD, old_workbook
from trialplan.evidence.sheet_extent import check_extent
from trialplan.evidence.sheet_marks import FAILED, NO_CODE, PARTLY, UNCOMPUTED, Block, Book, Cells, Seen
from trialplan.evidence.text_table import ERROR, UNSEEN, Grid, is_remark, made_grid
from trialplan.files import read_bytes
from trialplan.text import listed, plural

_LARGEST = 100_000_000
"""Bytes of a part once unpacked, beyond which it is not looked through."""
_LOOKED_AT = 10
"""Rows among which a sheet has the names of its columns."""
_WIDE = "the cell is merged over several columns; part it, and write in each column its own"
_STRUCK = "the cell is struck out; empty it, or take the line off it"
_STRUCK_ROW = "the row is struck out; remove it, or take the line off its cells"
_BESIDE = ("xl/styles.xml", "xl/sharedStrings.xml")
"""Parts of an Excel file beside its sheets."""
_PERCENT_FORMATS = ("9", "10")
"""Number formats 0% and 0.00%, which no file spells out (ECMA-376, part 1, 18.8.30)."""
_PANIC = "PanicException"
"""What a library in Rust raises where it gives up; it has no class that could be imported."""


def from_workbook(path: Path, name: str) -> Grid:
    """The grid in the first sheet with a row that names columns, one that is shown first; else in the first with any.

    A cell that is merged over rows is that of each of them; one over columns is wrong, as are errors, formulas that
    were never computed, which the reader takes for empty cells, and dates. A percentage stands as it is shown among
    events and what was printed, where the file holds its hundredth; hidden rows and columns are read, and told.
    """
    content = read_bytes(path, EvidenceError)
    book = old_workbook(content, name) if content.startswith(OLD) else _opened(content, name)
    rows_of, shown = book.rows, book.shown
    filled = {each: rows for each, rows in rows_of.items() if any(cell != "" for row in rows for cell in row)}
    likely = [each for each, rows in filled.items() if any(names_columns(_texts(row)) for row in rows[:_LOOKED_AT])]
    chosen = next(iter(sorted(likely or filled, key=lambda each: each not in shown)), "")
    notes = _of_sheets(chosen, filled, likely, shown)
    rows = filled.get(chosen, [])
    passed_over = book.seen(chosen)
    blocks = book.merged(chosen) or passed_over.merged
    merged = _spread_out(rows, blocks)
    notes += [f"{plural(merged, 'merged cell')} as that of each of its rows"] if merged else []
    numbered = list(enumerate(rows, 1))
    texts = [(line, _texts(cells)) for line, cells in numbered if any(cell != "" for cell in cells)]
    comments = sum(is_remark(cells) for _, cells in texts)
    notes += [f"{comments} comment line{'' if comments == 1 else 's'} left out"] if comments else []
    grid = made_grid([row for row in texts if not is_remark(row[1])], name, notes, False)
    _show_percentages(grid, passed_over.percent)
    hidden = sum(any(line in lines for lines in passed_over.hidden) for line, _ in grid.rows)
    grid.notes += [f"{plural(hidden, 'row')} that the sheet hides among them"] if hidden else []
    columns = [
        repr(name)
        for name, at in zip(grid.header, grid.places, strict=True)
        if any(at in places for places in passed_over.hidden_columns)
    ]
    grid.notes += [f"{listed(columns)} among the columns, which the sheet hides"] if columns else []
    wide = {(top + 1, left): _WIDE for (top, left), (_, right) in blocks if left < right}
    dated = {(line, at) for line, cells in numbered for at, cell in enumerate(cells) if isinstance(cell, datetime.date)}
    wrong = {**wide, **_dates(grid, dated), **_struck(grid, passed_over.struck), **passed_over.wrong}
    grid.wrong = {(line, at): f"column {at + 1}: {why}" for (line, at), why in wrong.items()}
    for line, cells in grid.rows:  # what is told once is not told again as no number
        for column, at in enumerate(grid.places[: len(cells)]):
            cells[column] = "" if (line, at) in wrong else cells[column]
    return grid


def _opened(content: bytes, name: str) -> Book:
    """A workbook of Excel since 2007 or an OpenDocument."""
    calamine: Any = require("python_calamine", "sheets", f"reading {name}")
    check_extent(content, name)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {each: book.get_sheet_by_name(each) for each in book.sheet_names}
        rows = {each: sheet.to_python(skip_empty_area=False) for each, sheet in sheets.items()}
    except BaseException as cause:
        if not isinstance(cause, calamine.CalamineError) and type(cause).__name__ != _PANIC:
            raise
        raise EvidenceError(f"{name} is not a workbook that can be read: {cause}; save it again, or as CSV") from cause
    return Book(
        rows,
        {each.name for each in book.sheets_metadata if each.visible == calamine.SheetVisibleEnum.Visible},
        lambda sheet: getattr(sheets.get(sheet), "merged_cell_ranges", None) or [],
        lambda sheet: _passed_over(content, sheet),
    )


def _of_sheets(chosen: str, filled: Mapping[str, object], likely: Sequence[str], shown: set[str]) -> list[str]:
    """Which sheet was read, where there are several or it is hidden, and which others name columns, too."""
    others = [repr(each) for each in likely if each != chosen]
    which = f"sheet {chosen!r} of {len(filled)}" if len(filled) > 1 else f"sheet {chosen!r}"
    hidden = [] if chosen in shown or not chosen else ["it is hidden"]
    more = [*hidden, *([f"{listed(others)} not read"] if others else [])]
    return [f"{which}{f' ({listed(more)})' if more else ''}"] if len(filled) > 1 or hidden else []


def _show_percentages(grid: Grid, percent: set[tuple[int, int]]) -> None:
    """Write a percentage as it is shown among events and what was printed; the numbers of others are as stored."""
    stored = dict.fromkeys(grid.header, 0)
    for name, at, column in zip(grid.header, grid.places, range(len(grid.header)), strict=True):
        of_events = known_as(plain(name)) in ("events", "reported") or re.search("reported|printed|event", name.lower())
        for line, cells in grid.rows:
            if (line, at) in percent and of_events:
                cells[column] = as_percentage(cells[column])
            stored[name] += (line, at) in percent and not of_events and not name.startswith(LEFT_OUT)
    told = [
        f"{plural(cells, 'percentage')} of `{name}` as stored, 35 % as 0.35" for name, cells in stored.items() if cells
    ]
    grid.notes += told


def _struck(grid: Grid, struck: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Cells that are struck out, a row at once where all of it is: nobody struck it out to have it counted."""
    wrong: dict[tuple[int, int], str] = {}
    for line, cells in grid.rows if struck else []:
        filled = [(line, at) for at, cell in zip(grid.places, cells, strict=False) if cell]
        whole = set(filled) <= struck
        wrong |= {
            place: _STRUCK_ROW if whole else _STRUCK for place in filled[: 1 if whole else None] if place in struck
        }
    return wrong


def _texts(cells: Sequence[Any]) -> list[str]:
    return [_shown(cell) for cell in cells]


def _spread_out(rows: Cells, ranges: Sequence[Block]) -> int:
    """Write a cell that is merged over rows into each of them, and say how many there were."""
    merged = 0
    for (top, left), (bottom, right) in ranges:
        if left == right and top < bottom < len(rows) and left < len(rows[top]) and rows[top][left] != "":
            merged += 1
            for row in rows[top + 1 : bottom + 1]:
                row[left] = rows[top][left]
    return merged


def _shown(cell: Any) -> str:
    """A cell of a workbook as it would stand in a CSV."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat()[:10] if isinstance(cell, datetime.date) else str(cell).translate(UNSEEN)


def _dates(grid: Grid, dated: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Cells that a spreadsheet turned into a date, such as 3/10, outside the columns of dates."""
    return {
        (line, at): "the cell is a date; format it as text and write again what was printed"
        for line, at in sorted(dated)
        if at in grid.places and "enrolled" not in grid.header[grid.places.index(at)].lower()
    }


def _passed_over(content: bytes, sheet: str) -> Seen:
    """What the parts of a file say of a sheet beside the values of its cells."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            names = file.namelist()
            if "content.xml" in names:
                seen = _in_open_document(_part(file, "content.xml"), sheet)
            else:
                part = _sheet_part(file, sheet)
                styles, texts = (_part(file, each) if each in names else b"" for each in _BESIDE)
                seen = _in_excel(_part(file, part) if part in names else b"", _styles(styles), _struck_texts(texts))
    except (zipfile.BadZipFile, expat.ExpatError, KeyError, ValueError):
        return Seen()  # a part that only the reader understands
    return seen


def _part(file: zipfile.ZipFile, name: str) -> bytes:
    return b"" if file.getinfo(name).file_size > _LARGEST else file.read(name)


def _sheet_part(file: zipfile.ZipFile, sheet: str) -> str:
    """The part of an Excel file that holds a sheet (ECMA-376, part 1, 18.2.19)."""
    sheets = _tags(_part(file, "xl/workbook.xml").decode(), "sheet")
    targets = {
        each["Id"]: each["Target"] for each in _tags(_part(file, "xl/_rels/workbook.xml.rels").decode(), "Relationship")
    }
    named = (targets[each["r:id"]] for each in sheets if unescape(each["name"]) == sheet)
    if (target := next(named, None)) is None:
        raise ValueError(f"no part is named for the sheet {sheet!r}")  # its tags have a prefix of their own
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _tags(xml: str, name: str) -> list[dict[str, str]]:
    return [dict(re.findall(r'([\w:]+)="([^"]*)"', tag)) for tag in re.findall(rf"<{name}\s[^>]*>", xml)]


@dataclass
class _Styles:
    """The numbers of the cell styles of an Excel file that show a percentage, and of those that strike out."""

    percent: set[str] = field(default_factory=set)
    struck: set[str] = field(default_factory=set)


def _styles(part: bytes) -> _Styles:
    """Number formats and fonts of cell styles (ECMA-376, part 1, 18.8.10, 18.8.22 and 18.8.30)."""
    formats: set[str] = {*_PERCENT_FORMATS}
    fonts: list[bool] = []
    styles: list[tuple[str, str]] = []
    within = ""

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal within
        if name == "numFmt" and "%" in NO_CODE.sub("", attributes.get("formatCode", "")):
            formats.add(attributes["numFmtId"])
        elif name == "font" and within == "fonts":
            fonts.append(False)
        elif name == "strike" and within == "fonts" and _is_on(attributes):
            fonts[-1] = True
        elif name == "xf" and within == "cellXfs":
            styles.append((attributes.get("numFmtId", ""), attributes.get("fontId", "")))
        elif name in ("fonts", "dxfs") or (name != "xf" and name.endswith("Xfs")):
            within = name

    if part:
        _parsed(part, start)
    struck = {str(at) for at, is_struck in enumerate(fonts) if is_struck}
    return _Styles(
        {str(at) for at, (shown, _) in enumerate(styles) if shown in formats},
        {str(at) for at, (_, font) in enumerate(styles) if font in struck},
    )


def _is_on(attributes: Mapping[str, str]) -> bool:
    return attributes.get("val", "1") not in ("0", "false")


def _struck_texts(part: bytes) -> dict[str, bool]:
    """The numbers of the shared texts of which something is struck out, and whether all of it is."""
    found: dict[str, bool] = {}
    at = -1
    runs: list[bool] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal at
        if name == "si":
            at += 1
            runs.clear()
        elif name == "r":
            runs.append(False)
        elif name == "strike" and runs and _is_on(attributes):
            runs[-1] = True

    def end(name: str) -> None:
        if name == "si" and any(runs):
            found[str(at)] = all(runs)

    if part:
        _parsed(part, start, end)
    return found


def _in_excel(part: bytes, styles: _Styles, struck_texts: Mapping[str, bool]) -> Seen:
    """What a worksheet holds beside its values, by the styles of its cells and the texts that are struck out."""
    seen = Seen()
    line, at, kind, value, formula, inside = 0, -1, "", "", False, ""
    runs: list[bool] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal line, at, kind, value, formula, inside
        if name == "row":
            line, at = int(attributes.get("r", line + 1)), -1
            if attributes.get("hidden") in ("1", "true"):
                seen.hidden.append(range(line, line + 1))
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            seen.hidden_columns.append(range(int(attributes["min"]) - 1, int(attributes["max"])))
        elif name == "c":
            at = _column(attributes["r"]) if "r" in attributes else at + 1
            kind, value, formula = attributes.get("t", ""), "", False
            runs.clear()
            if kind in ("", "n") and attributes.get("s") in styles.percent:
                seen.percent.add((line, at))
            if attributes.get("s") in styles.struck:
                seen.struck.add((line, at))
        elif name == "r":
            runs.append(False)
        elif name == "strike" and runs and _is_on(attributes):
            runs[-1] = True
        formula, inside = formula or name == "f", name

    def text(more: str) -> None:
        nonlocal value
        value += more if inside == "v" else ""

    def end(name: str) -> None:
        nonlocal inside
        inside = ""
        if name == "c" and (kind == "e" or (formula and not value)):
            seen.wrong[line, at] = FAILED if kind == "e" else UNCOMPUTED
        whole = all(runs) if any(runs) else struck_texts.get(value) if kind == "s" else None
        if name == "c" and whole is not None:
            seen.struck |= {(line, at)} if whole else set()
            seen.wrong |= {} if whole else {(line, at): PARTLY}

    if part:
        _parsed(part, start, end, text)
    return seen


def _in_open_document(part: bytes, sheet: str) -> Seen:
    """What a table of an OpenDocument spreadsheet holds beside its values; its rows and cells may be repeated."""
    seen = Seen()
    here, line, at, rows, cells, columns, value = False, 0, 0, 1, 1, 0, ""
    style = ""
    struck_styles: set[str] = set()

    def start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal here, line, at, rows, cells, columns, value, style
        if name == "style:style":
            style = attributes.get("style:name", "")
        elif name == "style:text-properties" and attributes.get("style:text-line-through-style", "none") != "none":
            struck_styles.add(style)
        elif here and name == "text:span" and attributes.get("text:style-name") in struck_styles:
            seen.wrong[line, at] = PARTLY
        elif name == "table:table":
            here, line, rows, columns = attributes.get("table:name") == sheet, 1, 0, 0
        elif here and name == "table:table-column":
            first, columns = columns, columns + int(attributes.get("table:number-columns-repeated", 1))
            if attributes.get("table:visibility", "visible") != "visible":
                seen.hidden_columns.append(range(first, columns))
        elif here and name == "table:table-row":
            line, at, cells = line + rows, 0, 0
            rows = int(attributes.get("table:number-rows-repeated", 1))
            if attributes.get("table:visibility", "visible") != "visible":
                seen.hidden.append(range(line, line + rows))
        elif here and name in ("table:table-cell", "table:covered-table-cell"):
            at, value = at + cells, ""
            cells = int(attributes.get("table:number-columns-repeated", 1))
            high, wide = (int(attributes.get(f"table:number-{part}-spanned", 1)) for part in ("rows", "columns"))
            if attributes.get("table:style-name") in struck_styles:
                seen.struck |= {(line + i, at + j) for i in range(rows) for j in range(cells)}
            if (high, wide) != (1, 1):
                seen.merged.append(((line - 1, at), (line + high - 2, at + wide - 1)))
            if attributes.get("calcext:value-type") == "error":
                seen.wrong[line, at] = FAILED
            elif attributes.get("office:value-type") == "percentage":
                seen.percent |= {(line + i, at + j) for i in range(rows) for j in range(cells)}

    def text(more: str) -> None:
        nonlocal value
        value += more

    def end(name: str) -> None:
        if here and name == "table:table-cell" and ERROR.fullmatch(value):
            seen.wrong[line, at] = FAILED

    if part:
        _parsed(part, start, end, text)
    return seen


def _parsed(
    part: bytes,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] = lambda name: None,
    text: Callable[[str], None] = lambda text: None,
) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.Parse(part, True)


def _column(reference: str) -> int:
    """The place of a cell such as AB12, from 0."""
    at = 0
    for letter in reference.rstrip("0123456789"):
        at = 26 * at + ord(letter) - ord("A") + 1
    return at - 1
