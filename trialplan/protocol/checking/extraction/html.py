"""What an HTML protocol says: only what a reader sees: no scripts, styles, contents list or hidden text."""

from __future__ import annotations

from html.parser import HTMLParser

from trialplan.protocol.checking.extraction.blocks import Builder, TableReader, TextBlock
from trialplan.protocol.checking.extraction.equations import MathML, in_line, only_equations

_UNSEEN = {"script", "style", "nav", "title", "svg", "template", "annotation", "annotation-xml", "noscript"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAKS = {
    *("p", "div", "li", "ul", "ol", "dl", "dt", "dd", "section", "article", "header", "footer", "main", "aside"),
    *("body", "figure", "figcaption", "blockquote", "address", "hr", "details", "summary", *_HEADINGS),
}

_APART = {*_BREAKS, "table", "caption", "tr", "th", "td"}
"""What stands apart from the text around it, also within a cell."""


def read(text: str) -> list[TextBlock]:
    """The blocks of an HTML text."""
    reader = _HtmlReader()
    reader.feed(text)
    reader.close()
    reader.flush()
    return reader.builder.blocks


class _HtmlReader(HTMLParser):
    """Text gathered until the element that it stands in ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.builder = Builder()
        self._text: list[str] = []
        self._unseen: list[str] = []  # the element that is not shown, and those of its name within it
        self._heading = 0
        self._code = False
        self._tables = 0
        self._math: MathML | None = None
        self._grid = TableReader()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        given = {name: value or "" for name, value in attrs}
        if self._unseen:
            if tag == self._unseen[0]:
                self._unseen.append(tag)
        elif tag not in _VOID and (tag in _UNSEEN or _hidden(given)):
            self._unseen.append(tag)
        elif tag == "br":
            self._text.append("\n")
        elif tag == "img" and self._tables:
            self._text.append(given.get("alt", ""))
        elif tag == "img":
            self.builder.apart("figure", given.get("alt", ""))
        elif self._math is not None:
            self._math.start(tag)
        elif tag == "math":
            self._math = MathML()
        else:
            self._begin(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        if self._unseen:
            if tag == self._unseen[0]:
                self._unseen.pop()
        elif tag == "math" and self._math is not None:
            self._text.append(in_line(self._math.pieces))
            self._math = None
        elif self._math is not None:
            self._math.end(tag)
        elif tag == "table" and self._tables:
            self._tables -= 1
            if not self._tables:
                self.builder.paragraph(self._grid.caption)
                self.builder.table(self._grid)
                self._grid, self._text = TableReader(), []
        elif self._tables:
            self._end_in_table(tag)
        else:
            self._end(tag)

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self._unseen:
            (self._text if self._math is None else self._math.pieces).append(data)

    def flush(self) -> None:
        """What has been gathered is a block."""
        text, equation, self._text = "".join(self._text), only_equations(self._text), []
        if self._heading:
            self.builder.heading(self._heading, text)
        elif equation:
            self.builder.apart("equation", text)
        else:
            self.builder.paragraph(text)

    def _begin(self, tag: str) -> None:
        if tag == "table":
            if not self._tables:
                self.flush()
                self._grid = TableReader()
            self._tables += 1
        elif self._tables == 1 and tag in ("td", "th", "caption"):
            self._text = []
            if tag != "caption":
                self._grid.names = self._grid.names and tag == "th"
        elif self._tables == 1 and tag == "tr":
            self._grid.row, self._grid.names = [], True
        elif self._tables:
            self._text.append(" " if tag in _APART else "")
        elif tag == "pre":
            self.flush()
            self._code = True
        elif tag in _BREAKS and not self._code:
            self.flush()
            self._heading = _HEADINGS.get(tag, 0)

    def _end(self, tag: str) -> None:
        if tag == "pre" and self._code:
            self.builder.code("".join(self._text))
            self._text, self._code = [], False
        elif tag in _BREAKS and not self._code:
            self.flush()
            self._heading = 0

    def _end_in_table(self, tag: str) -> None:
        outermost = self._tables == 1
        if outermost and tag in ("td", "th"):
            self._grid.row.append("".join(self._text))
            self._text = []
        elif outermost and tag == "caption":
            self._grid.caption, self._text = "".join(self._text), []
        elif outermost and tag == "tr":
            self._grid.end_row()
        else:
            self._text.append(" " if tag in _APART else "")


def _hidden(given: dict[str, str]) -> bool:
    """Whether a reader sees nothing of the element, or it is a number that the section bears."""
    style = given.get("style", "").replace(" ", "").lower()
    numbering = "header-section-number" in given.get("class", "").split()
    return "hidden" in given or "display:none" in style or "visibility:hidden" in style or numbering
