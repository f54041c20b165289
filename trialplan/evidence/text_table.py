"""A text as a grid of cells: by comma, semicolon or tab, in the usual encodings."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trialplan.errors import EvidenceError
from trialplan.files import read_bytes
from trialplan.text import listed

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces"}
"""The last where no other stands in the header, and every row has as many cells as it (R's write.table)."""
TEXTS = (".csv", ".tsv", ".tab", ".txt")
WORKBOOKS = (".xlsx", ".xls", ".ods")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SHOWN = 40
"""Characters of a cell that a sentence holds."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WESTERN = "cp1252"
UNSEEN = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
"""What has no width in a text, and makes two names of one: they are left out."""
_SOME_UTF8 = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+(?![\x80-\xff])")
"""A letter in UTF-8: a file that holds one, and bytes that are none, is damaged."""
ERROR = re.compile(r"#[^\W_][\w/]*[!?]|#N/A|#N/D|#NV|Err:\d{3}", re.IGNORECASE)
"""An error of a spreadsheet's formula, in its language: #DIV/0!, #REF!, #NAME?, #N/A, #WERT!, Err:502."""
ERROR_SAYS = "an error of its formula; write the number, or leave it empty"
_RULE = re.compile(r"\s*(:?-{2,}:?)?\s*")
"""A cell of the line that Markdown draws under the names of columns."""
_ROW_NUMBERS = re.compile(
    r"(unnamed: ?\d+|\.\.\.\d+|x|index|obs|rn|row ?names?|rows?|no\.?|nr\.?|id|#)?", re.IGNORECASE
)
"""What the first column is called where it numbers the rows: by R, pandas and SAS, and by people."""
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
    places: list[int] = field(default_factory=list)
    """The column of the file in which each cell of the header stands."""
    confidence: float | None = None
    """That of the intervals, where the names of their columns say it."""
    separator: str = ","

    def __post_init__(self) -> None:
        """Every column of the file has a name, unless it is said otherwise."""
        self.places = self.places or list(range(len(self.header)))

    def rewritten(self, header: list[str], rows: list[tuple[int, list[str]]], notes: Iterable[str]) -> Grid:
        """The same file with other columns, of which it is not said where they stand in it, and more that is told."""
        told = [*self.notes, *notes]
        return Grid(header, rows, self.comma_separates, told, self.wrong, [], self.confidence, self.separator)


def decoded(path: Path) -> tuple[str, list[str]]:
    """The text of a file and what was understood of its encoding; every line ends in a line feed.

    UTF-8, UTF-16, or what Excel writes west of Poland: Windows-1252, of which Latin-1 is a part. The last is told with
    the first line where it matters, since other pages of letters fit the same bytes.
    """
    content = read_bytes(path, EvidenceError)
    encoding = _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as cause:
        known = "UTF-16" if encoding.startswith("utf-16") else "UTF-8"
        raise EvidenceError(f"{path} is not {known} text (byte {cause.start}); save it as UTF-8") from cause
    text = re.sub("\r\n?", "\n", text)
    text = text if text.isascii() else text.translate(UNSEEN)
    return text, [_letters(text)] if encoding == _WESTERN else []


def _encoding(content: bytes) -> str:
    if content.startswith(_UTF16):
        return "utf-16"
    # of ASCII in UTF-16 every other byte is 0, and no other text holds one
    zeros = content[:2].find(0)
    if zeros >= 0:
        return "utf-16-be" if zeros == 0 else "utf-16-le"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "utf-8-sig" if _SOME_UTF8.search(content) else _WESTERN
    return "utf-8-sig"


def _letters(text: str) -> str:
    """That the encoding was taken for Windows-1252, and the first word that shows whether it is."""
    line, words = next((at, words) for at, words in enumerate(text.split("\n"), 1) if not words.isascii())
    word = next(word for word in re.findall(r"[^\s,;]+", words) if not word.isascii())
    return f"letters as of Windows-1252 ({word.strip(chr(34))} on line {line})"


def from_text(text: str, name: str) -> Grid:
    """The grid in a text; its separator is the one named in a line `sep=`, else the commonest in its header."""
    lines = text.split("\n")
    skipped, named, comments = 0, None, 0
    while skipped < len(lines) and (not lines[skipped].strip() or _aside(lines[skipped])):
        match = _SEPARATOR_LINE.fullmatch(lines[skipped])
        named = match[1] if match else named
        comments += is_remark(_roughly(lines[skipped]))
        skipped += 1
    separator = named or _separator(lines[skipped:])
    no_other = separator == " " or not any(separator in line for line in lines[skipped : skipped + 1])
    gaps = _gaps(lines[skipped:]) if no_other and not named else []
    if gaps:
        lines, separator = [*lines[:skipped], *gaps], "\t"
    reader = csv.reader(
        io.StringIO("\n".join(lines[skipped:])), delimiter=separator, strict=True, skipinitialspace=separator == " "
    )
    rows: list[tuple[int, list[str]]] = []
    begins = skipped + 1
    try:
        for cells in reader:
            if is_remark(cells):
                comments += 1
            elif any(cell.strip() for cell in cells) and not all(map(_RULE.fullmatch, cells)):
                rows.append((begins, cells))
            begins = skipped + reader.line_num + 1
    except csv.Error as cause:
        raise EvidenceError(_not_csv(lines, begins, skipped + reader.line_num, separator, name, cause)) from cause
    parted = "two spaces and more" if gaps else SEPARATORS.get(separator, repr(separator))
    notes = [] if separator == "," else [f"separated by {parted}"]
    notes += [f"{comments} comment line{'' if comments == 1 else 's'} left out"] if comments else []
    grid = made_grid(rows, name, notes, separator == ",")
    grid.separator = separator
    filled = max((at for _, cells in rows for at, cell in enumerate(cells, 1) if cell.strip()), default=0)
    short = [str(line) for line, cells in rows[1:] if len(cells) < filled]
    if short:
        which = f"line {short[0]}" if len(short) == 1 else f"lines {listed(short)}"
        grid.notes.append(f"{which} with fewer cells than the header has, the rest as empty")
    return grid


def _gaps(lines: list[str]) -> list[str]:
    """The lines with tabs for their gaps, where two spaces and more part as many cells in each; else none."""
    parted = [re.split(" {2,}", line.strip()) for line in lines]
    sizes = {len(cells) for cells in parted if cells != [""]}
    return [] if len(sizes) != 1 or sizes == {1} else ["\t".join(cells) for cells in parted]


def _separator(lines: list[str]) -> str:
    """The commonest separator of the header; spaces where it has no other, and the rows are of as many cells."""
    first = re.sub(r'"[^"]*"', "_", lines[0].strip()) if lines else ""
    commonest = max(SEPARATORS, key=lambda mark: first.count(mark) * (mark != " "))
    if commonest in first or " " not in first:
        return commonest
    try:
        rows = [row for row in csv.reader(lines, delimiter=" ", strict=True, skipinitialspace=True) if any(row)]
    except csv.Error:
        return commonest
    return " " if {len(row) for row in rows[1:]} in ({len(rows[0])}, {len(rows[0]) + 1}) else commonest


def _not_csv(lines: list[str], begins: int, ends: int, separator: str, name: str, cause: csv.Error) -> str:
    """What is wrong in the row from line `begins`, which cannot be read on from line `ends`."""
    at = _opened(lines[begins - 1 : ends], separator)
    if at is None:
        return f"{name}, line {ends} is not CSV: {cause}"
    line, cell = begins + at[0], lines[begins - 1 + at[0]][at[1] :]
    shown = cell if len(cell) <= _SHOWN else f"{cell[:_SHOWN]}…"
    return (
        f"{name}, line {line}: the quote that opens at {shown!r} does not close before its cell ends; close it there, "
        "and write a quote within a quoted cell twice"
    )


def _opened(lines: list[str], separator: str) -> tuple[int, int] | None:
    """The line and place of the quote whose cell is the first that does not end where it closes."""
    text, cell = "\n".join(lines), 0
    while cell < len(text):
        if text[cell] != '"':
            ends = re.compile(f"[{re.escape(separator)}\n]").search(text, cell)
            if ends is None:
                return None
            cell = ends.end()
            continue
        closed = _QUOTED.match(text, cell)
        if closed is None or text[closed.end() : closed.end() + 1] not in ("", separator, "\n"):
            before = text[:cell]
            return before.count("\n"), cell - (before.rfind("\n") + 1)
        cell = closed.end() + 1
    return None


def _roughly(line: str) -> list[str]:
    """The cells of a line whose separator is not known yet."""
    return [cell.strip().strip('"') for cell in re.split("[,;\t|]", line)]


def _aside(line: str) -> bool:
    """Whether a line above the header is a remark or names the separator."""
    return is_remark(_roughly(line)) or _SEPARATOR_LINE.fullmatch(line) is not None


def is_remark(cells: Sequence[str]) -> bool:
    """Whether a row is a remark: it begins with #, which is neither a spreadsheet's error nor the name of a column."""
    first = cells[0].strip() if cells else ""
    named = first == "#" and any(map(str.strip, cells[1:]))
    return first.startswith("#") and not named and not ERROR.fullmatch(first)


def made_grid(rows: list[tuple[int, list[str]]], name: str, notes: list[str], comma: bool) -> Grid:
    """The header and the rows without what a program added: empty columns, R's row names, the numbers of rows."""
    if len(rows) < 2:
        raise EvidenceError(f"{name} has no rows below its header; write one outcome a row")
    header, below = [cell.strip() for cell in rows[0][1]], rows[1:]
    if below and all(len(cells) == len(header) + 1 and any(cells) for _, cells in below) and _numbers(below, 0):
        header = ["", *header]  # R's row names have no name
    places = [
        at for at, cell in enumerate(header) if cell or any("".join(cells[at : at + 1]).strip() for _, cells in below)
    ]
    if places and _ROW_NUMBERS.fullmatch(header[places[0]]) and _numbers(below, places[0]):
        named = f" ({header[places[0]]!r})" if header[places[0]] else ""
        notes = [*notes, f"the row numbers{named} left out"]
        places = places[1:]
    more = len(header)
    if places == list(range(more)):
        return Grid(header, below, comma, notes, places=places)
    kept = [(line, [*("".join(cells[at : at + 1]) for at in places), *cells[more:]]) for line, cells in below]
    return Grid([header[at] for at in places], kept, comma, notes, places=places)


def _numbers(rows: list[tuple[int, list[str]]], at: int) -> bool:
    """Whether a column holds whole numbers, each once."""
    cells = ["".join(row[at : at + 1]).strip() for _, row in rows]
    return all(cell.isdecimal() for cell in cells) and len(set(cells)) == len(cells)
