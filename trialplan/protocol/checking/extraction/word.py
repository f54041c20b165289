"""What a Word protocol says: the text as it stands once every tracked change is accepted, whoever saved it."""

from __future__ import annotations

import io
import re
import zipfile
from xml.parsers import expat

from trialplan.errors import FileError
from trialplan.protocol.checking.extraction.blocks import Builder, TableReader, TextBlock
from trialplan.protocol.checking.extraction.equations import WordMath, in_line, only_equations
from trialplan.protocol.checking.extraction.parts import parse, part

_DROPPED = {"del", "moveFrom", "Fallback", "pPrChange", "rPrChange", "tblPrChange", "instrText"}
_OFF = {"0", "false", "off"}
_HEADING = re.compile(r"heading ?(\d)$", re.IGNORECASE)


def read(content: bytes) -> list[TextBlock]:
    """The blocks of a Word file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            named = "word/styles.xml" in file.namelist()
            reader = _WordReader(_style_names(part(file, "word/styles.xml")) if named else {})
            # online editors count the part that holds the text
            parts = [name for name in file.namelist() if re.fullmatch(r"word/document\d*\.xml", name)]
            main = parts[0] if parts else "word/document.xml"
            parse(part(file, main), reader.start, reader.end, reader.text)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, zipfile.zlib.error) as why:  # type: ignore[attr-defined]
        raise FileError(f"it is not a Word file that can be read ({' '.join(str(why).split())})") from None
    except expat.ExpatError as why:
        raise FileError(f"the text of the Word file is not valid XML ({why})") from None
    return reader.builder.blocks


def _style_names(content: bytes) -> dict[str, str]:
    """The names of the styles, which stay when a program renames their identifiers."""
    names: dict[str, str] = {}
    style = ""

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal style
        if name == "style":
            style = given.get("styleId", "")
        elif name == "name" and style:
            names.setdefault(style, given.get("val", ""))

    parse(content, start)
    return names


class _WordReader:
    """Text gathered until its paragraph, cell, row or table ends."""

    def __init__(self, styles: dict[str, str]) -> None:
        self.builder = Builder()
        self._styles = styles
        self._open: list[str] = []
        self._dropped = 0  # the depth of the element that is left out, or none
        self._texts: list[list[str]] = [[]]  # one for each paragraph that is open: text boxes stand within one
        self._style = ""
        self._hidden = False
        self._math: WordMath | None = None
        self._tables = 0
        self._caption = ""
        self._grid = TableReader()
        self._cell: list[str] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""
        self._open.append(name)
        if self._dropped:
            return
        if name in _DROPPED:
            self._dropped = len(self._open)
        elif name == "docPartGallery" and given.get("val") == "Table of Contents":
            self._math = None
            self._dropped = max((depth for depth, around in enumerate(self._open, 1) if around == "sdt"), default=0)
        elif name == "p":
            self._texts.append([])
            self._style = ""
        elif name == "pStyle":
            self._style = self._styles.get(given.get("val", "")) or given.get("val", "")
        elif name in ("vanish", "webHidden") and given.get("val", "1") not in _OFF and self._parent(2) == "r":
            self._hidden = True
        elif name == "r":
            self._hidden = False
        elif name in _LETTERS and self._parent(1) == "r" and given.get("type", "textWrapping") == "textWrapping":
            self._say(_LETTERS[name])
        elif self._math is not None and name.startswith("m:"):
            self._math.start(name, given)
        elif name == "m:oMath":
            self._math = WordMath()
        elif name == "docPr" and given.get("descr"):
            if self._tables:
                self._cell.append(given["descr"])
            else:
                self.builder.apart("figure", given["descr"])
        elif name == "tbl":
            self._tables += 1
        elif name == "tblHeader" and self._tables == 1 and given.get("val", "1") not in _OFF:
            self._grid.names = True

    def end(self, name: str) -> None:
        """An element ends."""
        depth = len(self._open)
        self._open.pop()
        if self._dropped:
            self._dropped = 0 if depth == self._dropped else self._dropped
        elif name == "p":
            self._paragraph(self._texts.pop())
        elif name == "m:oMath" and self._math is not None:
            self._texts[-1].append(in_line(self._math.pieces))
            self._math = None
        elif self._math is not None and name.startswith("m:"):
            self._math.end(name)
        elif name == "tc" and self._tables == 1:
            self._grid.row.append(" ".join(self._cell))
            self._cell = []
        elif name == "tr" and self._tables == 1:
            self._grid.end_row()
        elif name == "tbl":
            self._tables -= 1
            if not self._tables:
                self._grid.caption = self._caption
                self.builder.table(self._grid)
                self._grid, self._cell = TableReader(), []

    def text(self, text: str) -> None:
        """Text: what stands in a run's own element for it, and nothing of fields or deletions."""
        if not self._dropped and self._open and self._open[-1] in ("t", "m:t"):
            self._say(text)

    def _say(self, text: str) -> None:
        if not self._hidden:
            (self._texts[-1] if self._math is None else self._math.pieces).append(text)

    def _parent(self, levels: int) -> str:
        return self._open[-1 - levels] if len(self._open) > levels else ""

    def _paragraph(self, pieces: list[str]) -> None:
        text = "".join(pieces)
        style = self._style.lower().replace("-", " ")
        self._style = ""
        if self._tables:
            self._cell.append(text)
        elif level := _HEADING.match(style):
            self.builder.heading(int(level[1]), text)
        elif style.replace(" ", "") == "sourcecode":
            self.builder.code(text)
        elif only_equations(pieces):
            self.builder.apart("equation", text)
        elif not re.match(r"toc ?\d|contents ?\d|toc ?heading", style):
            self._caption = text if "caption" in style else self._caption if not text.strip() else ""
            self.builder.paragraph(text)


_LETTERS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}
