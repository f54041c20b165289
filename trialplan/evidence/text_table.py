"""A text as a grid of cells: by comma, semicolon or tab, in the usual encodings."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from trialplan.errors import EvidenceError
from trialplan.files import read_bytes

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
TEXTS = (".csv", ".tsv", ".tab", ".txt")
WORKBOOKS = (".xlsx", ".xls", ".ods")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_SHOWN = 40
"""Characters of a cell that a sentence holds."""
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WESTERN = "cp1252"
_SOME_UTF8 = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+(?![\x80-\xff])")
"""A letter in UTF-8: a file that holds one, and bytes that are none, is damaged."""
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
        comments += lines[skipped].lstrip().startswith("#")
        skipped += 1
    first = re.sub(r'"[^"]*"', "", lines[skipped]) if skipped < len(lines) else ""
    separator = named or max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO("\n".join(lines[skipped:])), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begins = skipped + 1
    try:
        for cells in reader:
            if cells and cells[0].lstrip().startswith("#"):
                comments += 1
            elif any(cell.strip() for cell in cells):
                rows.append((begins, cells))
            begins = skipped + reader.line_num + 1
    except csv.Error as cause:
        raise EvidenceError(_not_csv(lines, begins, skipped + reader.line_num, separator, name, cause)) from cause
    notes = [] if separator == "," else [f"separated by {SEPARATORS.get(separator, repr(separator))}"]
    notes += [f"{comments} comment line{'' if comments == 1 else 's'} left out"] if comments else []
    return made_grid(rows, name, notes, separator == ",")


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


def _aside(line: str) -> bool:
    """Whether a line above the header is a remark or names the separator."""
    return line.lstrip().startswith("#") or _SEPARATOR_LINE.fullmatch(line) is not None


def made_grid(rows: list[tuple[int, list[str]]], name: str, notes: list[str], comma: bool) -> Grid:
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
