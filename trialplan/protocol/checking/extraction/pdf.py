"""What a PDF protocol says: the text in the order and under the headings of its structure tree, as typst writes it.

A PDF without such a tree, as a printer or a scanner makes it, holds letters at places and no paragraphs; it is refused.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from trialplan.errors import FileError, require
from trialplan.protocol.checking.extraction.blocks import Builder, TableReader, TextBlock
from trialplan.protocol.checking.extraction.parts import MOST

_TOKEN = re.compile(
    rb"/(?P<font>[^\s/<>\[\]()]+)\s+[-\d.]+\s+Tf\b"
    rb"|<<(?P<tagged>(?:\((?:\\.|[^\\()])*\)|[^()])*?)>>\s*BDC\b"
    rb"|\((?P<text>(?:\\.|[^\\()])*)\)"
    rb"|<(?P<hex>[0-9A-Fa-f\s]+)>"
    rb"|(?P<end>\bEMC\b)|(?P<begin>\bBMC\b|\bBDC\b)",
    re.DOTALL,
)
"""What matters of a page's content: its font, what is tagged and how, and text (ISO 32000-2, 9.4 and 14.6)."""

_NUMBER = re.compile(rb"/MCID\s+(\d+)")
_PAIRS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_CODE = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[(.*?)\])", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"", b"\r\n": b""}

_COUNTED = re.compile(r"\d+(\.\d+)*\.?")
_DROPPED = {"TOC", "Artifact"}
_LIST = "L"
_DEEPEST = 100
"""Levels of a structure: each is a call within a call, and Python allows a thousand of them."""


def read(content: bytes) -> list[TextBlock]:
    """The blocks of a tagged PDF."""
    pypdf = _library()
    try:
        file = pypdf.PdfReader(io.BytesIO(content))
        tree = file.trailer["/Root"].get("/StructTreeRoot")
        if tree is None:
            raise FileError("the PDF has no structure, so that its text is no paragraphs; check what it was made from")
        texts = {page.indirect_reference.idnum: _texts(page) for page in file.pages}
        reader = _Reader(texts)
        reader.each(tree.get_object().get("/K"), None, 0)
    except (pypdf.errors.PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as why:
        raise FileError(f"it is not a PDF that can be read ({' '.join(str(why).split())[:200]})") from None
    return reader.builder.blocks


def _library() -> Any:
    """The library that reads the file's objects; what it would log beside our sentence is left out."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return require("pypdf", "report", "reading .pdf")


def attachments(content: bytes) -> Iterator[tuple[str, str]]:
    """The names and the texts of the files that are attached, of those that are text."""
    pypdf = _library()
    try:
        held = pypdf.PdfReader(io.BytesIO(content)).attachments
        for name, files in held.items():
            for data in files:
                if len(data) <= MOST:
                    yield name, data.decode("utf-8", errors="replace")
    except (pypdf.errors.PyPdfError, ValueError, KeyError, TypeError, AttributeError):  # `read` says what is wrong
        return


def _texts(page: Any) -> dict[int, str]:
    """The text of a page by the numbers that the structure tree knows it under."""
    contents = page.get_contents()
    data = b"" if contents is None else contents.get_data()
    if len(data) > MOST:
        raise FileError(f"a page unpacks to more than {MOST // 1_000_000} MB, which no protocol's does; it is not read")
    fonts = page.get("/Resources", {}).get("/Font", {})
    letters = {name.lstrip("/"): _letters(font.get_object()) for name, font in fonts.items()}
    found: dict[int, str] = {}
    marks: list[int | None] = []
    known: Mapping[int, str] = {}
    for token in _TOKEN.finditer(data):
        if token["font"] is not None:
            known = letters.get(token["font"].decode("latin-1"), {})
        elif token["tagged"] is not None:
            number = _NUMBER.search(token["tagged"])
            marks.append(None if number is None else int(number[1]))
        elif token["begin"] is not None:
            marks.append(None)
        elif token["end"] is not None:
            marks[-1:] = []
        elif (mark := next((one for one in reversed(marks) if one is not None), None)) is not None:
            codes = bytes.fromhex(token["hex"].decode()) if token["hex"] is not None else _plain(token["text"])
            found[mark] = found.get(mark, "") + _decoded(codes, known)
    return found


def _plain(literal: bytes) -> bytes:
    """The bytes of a string between brackets."""

    def one(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 255]) if code[:1].isdigit() else _LETTERS.get(code, code)

    return _ESCAPED.sub(one, literal)


def _decoded(codes: bytes, known: Mapping[int, str]) -> str:
    """Two bytes a letter, as fonts that are cut to a document's letters have it."""
    return "".join(known.get(int.from_bytes(codes[i : i + 2]), "") for i in range(0, len(codes), 2))


def _letters(font: Any) -> dict[int, str]:
    """The letters of a font by their codes (ISO 32000-2, 9.10.3)."""
    table = font.get("/ToUnicode")
    if table is None:
        return {}
    data, found = table.get_object().get_data(), {}
    for part in _PAIRS.findall(data):
        codes = _CODE.findall(part)
        found.update({int(code, 16): _unicode(text) for code, text in zip(codes[::2], codes[1::2], strict=True)})
    for part in _RANGES.findall(data):
        for low, high, first, several in _RANGE.findall(part):
            within = range(int(low, 16), int(high, 16) + 1)
            letters = [_unicode(one) for one in _CODE.findall(several)]
            if first:
                begins = _unicode(first)
                letters = [begins[:-1] + chr(ord(begins[-1]) + i) for i in range(len(within))]
            found.update(zip(within, letters, strict=False))
    return found


def _unicode(code: bytes) -> str:
    return bytes.fromhex(code.decode()).decode("utf-16-be", errors="replace")


class _Reader:
    """Walks the structure tree; the text of an element is that of all the places on pages that it names."""

    def __init__(self, texts: Mapping[int, Mapping[int, str]]) -> None:
        self.builder = Builder()
        self._texts = texts

    def each(self, kids: Any, page: int | None, depth: int) -> None:
        """Elements in their order, each as a block or as what holds blocks."""
        if depth > _DEEPEST:
            raise FileError(f"the PDF's structure is more than {_DEEPEST} levels deep, which no protocol's is")
        for kid in _listed(kids):
            if _kind(kid) and _kind(kid) not in _DROPPED:
                self._block(kid, _page(kid, page), depth)

    def _block(self, element: Any, page: int | None, depth: int) -> None:
        kind = _kind(element)
        apart: dict[str, Literal["equation", "figure"]] = {"Formula": "equation", "Figure": "figure"}
        if re.fullmatch(r"H\d", kind):
            self.builder.heading(int(kind[1]), self._heading(element, page))
        elif kind in ("P", "LI", "Caption", "Span", "Link", "Strong", "Em"):
            self.builder.paragraph(self._text(element, page))
            self._figures(element, depth)
        elif kind in apart:
            self.builder.apart(apart[kind], str(element.get("/Alt") or self._text(element, page)))
        elif kind == "Code":
            self.builder.code(self._text(element, page))
        elif kind == "Table":
            self._table(element, page)
        else:
            self.each(element.get("/K"), page, depth + 1)

    def _heading(self, element: Any, page: int | None) -> str:
        """The words of a heading, without the number that the section bears, which stands in a place of its own."""
        text = self._text(element, page)
        places = [kid for kid in _listed(element.get("/K")) if isinstance(kid, int)]
        number = self._texts.get(page or 0, {}).get(places[0], "") if places else ""
        return text.removeprefix(number) if _COUNTED.fullmatch(number.strip()) else text

    def _figures(self, element: Any, depth: int) -> None:
        """The drawings that stand within a paragraph or a caption."""
        for kid in _listed(element.get("/K")):
            if _kind(kid) == "Figure":
                self.builder.apart("figure", str(kid.get("/Alt") or ""))
            elif _kind(kid) and depth < _DEEPEST:
                self._figures(kid, depth + 1)

    def _table(self, element: Any, page: int | None) -> None:
        grid, caption = TableReader(), ""
        for row, at in _rows(element, page):
            if _kind(row) == "Caption":
                caption = self._text(row, at)
                continue
            cells = [kid for kid in _listed(row.get("/K")) if _kind(kid) in ("TH", "TD")]
            grid.names = bool(cells) and all(_kind(cell) == "TH" for cell in cells)
            grid.row = [self._text(cell, _page(cell, at)) for cell in cells]
            grid.end_row()
        if caption:
            self.builder.paragraph(caption)
            grid.caption = caption
        self.builder.table(grid)

    def _text(self, element: Any, page: int | None, depth: int = 0) -> str:
        """All text of an element; what stands apart within it is parted by a space."""
        if depth > _DEEPEST:
            return ""
        pieces = []
        for kid in _listed(element.get("/K")):
            if isinstance(kid, int):
                pieces.append(self._texts.get(page or 0, {}).get(kid, ""))
            elif "/MCID" in kid:
                pieces.append(self._texts.get(_page(kid, page) or 0, {}).get(int(kid["/MCID"]), ""))
            elif _kind(kid):
                inner = self._text(kid, _page(kid, page), depth + 1)
                pieces.append(f" {inner} " if _kind(kid) in ("P", "LI", "Lbl", "TR", "TD", "TH", _LIST) else inner)
        return "".join(pieces)


def _listed(kids: Any) -> list[Any]:
    """The children of an element, however many there are, each itself and no reference to it."""
    kids = None if kids is None else kids.get_object()
    several = kids if isinstance(kids, list) else [] if kids is None else [kids]
    return [kid.get_object() for kid in several]


def _kind(element: Any) -> str:
    """What an element is; nothing for a place on a page."""
    return str(element.get("/S", "")).removeprefix("/") if isinstance(element, dict) else ""


def _page(element: Any, otherwise: int | None) -> int | None:
    """The number of the page object that an element names."""
    named: Any = element
    return int(named.raw_get("/Pg").idnum) if isinstance(element, dict) and "/Pg" in element else otherwise


def _rows(element: Any, page: int | None) -> Iterator[tuple[Any, int | None]]:
    """The caption and the rows of a table, through its head, body and foot."""
    for kid in _listed(element.get("/K")):
        at = _page(kid, page)
        if _kind(kid) in ("THead", "TBody", "TFoot"):
            yield from _rows(kid, at)
        elif _kind(kid) in ("TR", "Caption"):
            yield kid, at
