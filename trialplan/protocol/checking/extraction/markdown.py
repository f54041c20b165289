"""What a Markdown protocol says, read line by line: headings, paragraphs, items, pipe tables, fenced texts."""

from __future__ import annotations

import re

from trialplan.protocol.checking.extraction.blocks import Builder, TableReader, TextBlock

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^(#{1,6}) +(\S.{0,2000}?)(?: +#+)?(?: +\{[^{}]{0,200}\})?$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_FIGURE = re.compile(r"!\[((?:[^\[\]\\]|\\.)*)\]\([^()]{0,2000}\)(?:\{[^{}]{0,500}\})?")
_LINK = re.compile(r"(?<![\\!])\[((?:[^\[\]\\]|\\.)*)\]\([^()]{0,2000}\)")
_MARKS = re.compile(r"(?<!\\)(?:\*{1,3}|`|~{1,2})")
_UNDERLINE = re.compile(r"(?<![\w\\])_{1,3}(?=\S)|(?<=\S)(?<!\\)_{1,3}(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def read(text: str) -> list[TextBlock]:
    """The blocks of a Markdown text."""
    reader = _MarkdownReader()
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        reader.take(line)
    reader.flush()
    return reader.builder.blocks


class _MarkdownReader:
    """Lines gathered until their block ends."""

    def __init__(self) -> None:
        self.builder = Builder()
        self._lines: list[str] = []
        self._rows: list[str] = []
        self._fence: str | None = None

    def take(self, line: str) -> None:
        """The next line."""
        if self._fence is not None:
            self._inside(line)
        elif fence := _FENCE.match(line):
            self.flush()
            self._fence = fence[1]
        elif line.lstrip().startswith("|"):
            self._paragraph()
            self._rows.append(line)
        else:
            self._prose(line)

    def flush(self) -> None:
        """What has been gathered is a block."""
        self._paragraph()
        self._table()

    def _inside(self, line: str) -> None:
        mark = line.strip()
        assert self._fence is not None
        if mark.startswith(self._fence) and not mark.strip(self._fence[0]):
            self.builder.code("\n".join(self._lines))
            self._lines, self._fence = [], None
        else:
            self._lines.append(line)

    def _prose(self, line: str) -> None:
        if heading := _HEADING.match(" ".join(line.rstrip().split()) if line.startswith("#") else ""):
            self.flush()
            self.builder.heading(len(heading[1]), plain(heading[2]))
        elif not line.strip() or line.lstrip().startswith(":::"):
            if not self._rows or self._lines:
                self._paragraph()
        elif line.startswith(":") and self._rows:
            self._paragraph()
            self._lines = [line[1:]]  # a caption may run over lines; it ends its table
            self._table(line[1:])
        else:
            self._table()
            if _ITEM.match(line):
                self._paragraph()
            self._lines.append(line)

    def _paragraph(self) -> None:
        if self._lines:
            text = "\n".join(self._lines)
            for figure in _FIGURE.finditer(text):
                self.builder.apart("figure", plain(figure[1]))
            self.builder.paragraph(plain(_ITEM.sub("", _FIGURE.sub(" ", text), count=1)))
        self._lines = []

    def _table(self, caption: str = "") -> None:
        lines, self._rows = self._rows, []
        if not lines:
            return
        cells = [[plain(cell) for cell in _cells(line)] for line in lines if not _rule(line)]
        headed = len(lines) > 1 and _rule(lines[1])
        rows, columns = (cells[1:], cells[0]) if headed else (cells, [])
        self.builder.table(TableReader(rows=rows, columns=columns, caption=plain(caption)))


def _rule(line: str) -> bool:
    """Whether it is the line of dashes under the names of the columns."""
    return "-" in line and not line.strip(" |:-")


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return re.split(r"(?<!\\)\|", inner)


def plain(text: str) -> str:
    """The text without its marks: emphasis, links, escapes."""
    for mark, kept in ((_FIGURE, r"\1"), (_LINK, r"\1"), (_MARKS, ""), (_UNDERLINE, ""), (_ESCAPE, r"\1")):
        text = mark.sub(kept, text)
    return text
