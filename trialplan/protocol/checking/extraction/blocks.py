"""What a document says, in one normal form for every format: paragraphs, headings and rows of tables."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

from trialplan.errors import FileError

Kind = Literal["heading", "paragraph", "row", "equation", "code", "figure"]

_ALIKE = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
    "\u2026": "...",
}
_TRANSLATION = str.maketrans(_ALIKE)
_TOKEN = re.compile(r"(?:(?<![\w)])-)?\d+(?:[.,]\d+)*%?|[^\W\d_]+|[^\w\s]|_")
_NUMBER = re.compile(r"\d")

MOST_BLOCKS = 50_000
"""Paragraphs and rows beyond which a document is not read."""


@dataclass(frozen=True, kw_only=True)
class TextBlock:
    """A paragraph, a heading, a row of a table, an equation, a text printed as it is, or a figure's alternative text.

    `section` are the headings that it stands under; a row knows its table, that table's caption and columns.
    `raw` is the text before it was brought into the normal form.
    """

    kind: Kind
    section: tuple[str, ...]
    cells: tuple[str, ...]
    raw: str = ""
    level: int = 0
    table: int = -1
    caption: str = ""
    columns: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All cells in one line."""
        return " | ".join(self.cells)

    @property
    def numeric(self) -> bool:
        """Whether it holds a number."""
        return bool(_NUMBER.search(self.text))


@dataclass
class TableReader:
    """A table while it is read: a first row of names only is what its columns are called."""

    rows: list[list[str]] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    caption: str = ""
    names: bool = False

    def end_row(self) -> None:
        """The row is complete."""
        if self.names and not self.rows and not self.columns:
            self.columns = self.row
        elif self.row:
            self.rows.append(self.row)
        self.row, self.names = [], False


class Builder:
    """Takes what a reader of a format finds, in the order of the document, and keeps track of headings and tables."""

    def __init__(self) -> None:
        self.blocks: list[TextBlock] = []
        self._path: list[tuple[int, str]] = []
        self._tables = 0

    def heading(self, level: int, text: str) -> None:
        """A heading: what follows stands under it."""
        words = normal(text)
        if not words:
            return
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, words))
        self._add("heading", words, level=level)

    def paragraph(self, text: str) -> None:
        """A paragraph, an item of a list or a caption."""
        if words := normal(text):
            self._add("paragraph", words, raw=text)

    def apart(self, kind: Literal["equation", "figure"], text: str) -> None:
        """An equation that stands on its own, or the alternative text of a figure."""
        if words := normal(text):
            self._add(kind, words)

    def code(self, text: str) -> None:
        """A text that is printed as it is; one that follows another at once continues it."""
        if self.blocks and self.blocks[-1].kind == "code":
            text = f"{self.blocks.pop().raw}\n{text}"
        self._add("code", normal(text), raw=text)

    def table(self, grid: TableReader) -> None:
        """A table; the row that names its columns is its first block."""
        names, caption = tuple(map(normal, grid.columns)), normal(grid.caption)
        for row in (names, *(tuple(map(normal, row)) for row in grid.rows)):
            if any(row):
                self._add("row", *row, table=self._tables, caption=caption, columns=names)
        self._tables += 1

    def _add(self, kind: Kind, *cells: str, **more: Any) -> None:
        if len(self.blocks) >= MOST_BLOCKS:
            raise FileError(f"it has more than {MOST_BLOCKS:,} paragraphs and rows, which no protocol has")
        section = tuple(words for _, words in self._path)
        self.blocks.append(TextBlock(kind=kind, section=section, cells=cells, **more))


def normal(text: str) -> str:
    """Text on one line in which dashes, quotation marks, spaces and invisible letters are what a keyboard types."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_TRANSLATION).split())


def tokens(text: str) -> list[str]:
    """Numbers with their sign and per cent, words, and marks, of a text in the normal form."""
    return _TOKEN.findall(text)


def stretch(text: str, first: int, last: int) -> str:
    """The text from one token up to another, as it stands."""
    spans = [match.span() for match in _TOKEN.finditer(text)][max(0, first) : last]
    return text[spans[0][0] : spans[-1][1]] if spans else ""


def numbers(text: str) -> list[str]:
    """The numbers of a text in the normal form."""
    return [token for token in tokens(text) if _NUMBER.search(token)]


def masked(text: str) -> str:
    """The text with every figure replaced: what is left when only numbers were changed."""
    return re.sub(r"\d", "#", text)
