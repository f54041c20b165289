"""What an OpenDocument text says, as a word processor saves a Word protocol; tracked changes are taken as accepted."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from xml.parsers import expat

from trialplan.errors import FileError
from trialplan.protocol.checking.extraction.blocks import Builder, TableReader, TextBlock
from trialplan.protocol.checking.extraction.equations import Equation, MathML, in_line, only_equations
from trialplan.protocol.checking.extraction.parts import parse, part

_DROPPED = {"table-of-content", "tracked-changes", "annotation", "sequence-decls", "hidden-text", "image", "title"}
_NO_TEXT = {"table", "table-row", "table-header-rows", "list", "list-item", "frame", "object", "text", "body"}
"""Elements in which white space is how the file is laid out, and no text."""

_LETTERS = {"line-break": "\n", "tab": "\t"}


def read(content: bytes) -> list[TextBlock]:
    """The blocks of an OpenDocument text."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            main = part(file, "content.xml")
            objects = [name for name in file.namelist() if re.fullmatch(r"[^/]+/content\.xml", name)]
            reader = _Reader(_parents(main), {name.split("/")[0]: _equation(part(file, name)) for name in objects})
            parse(main, reader.start, reader.end, reader.text)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, zipfile.zlib.error) as why:  # type: ignore[attr-defined]
        raise FileError(f"it is not an OpenDocument text that can be read ({' '.join(str(why).split())})") from None
    except expat.ExpatError as why:
        raise FileError(f"the text of the OpenDocument file is not valid XML ({why})") from None
    return reader.builder.blocks


def _parents(content: bytes) -> dict[str, str]:
    """The named style behind each style that a program has made for one paragraph."""
    found: dict[str, str] = {}

    def start(name: str, given: dict[str, str]) -> None:
        if name == "style" and "parent-style-name" in given:
            found[given.get("name", "")] = given["parent-style-name"]

    parse(content, start)
    return found


def _equation(content: bytes) -> Equation | None:
    """The equation that an object within the text is; None where it is something else."""
    math: MathML | None = None
    unseen = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal math, unseen
        if name == "math":
            math = MathML()
        elif math is not None:
            unseen += name == "annotation"
            math.start(name)

    def end(name: str) -> None:
        nonlocal unseen
        if math is not None and name != "math":
            unseen -= name == "annotation"
            math.end(name)

    def text(words: str) -> None:
        if math is not None and not unseen:
            math.pieces.append(words)

    parse(content, start, end, text)
    return None if math is None else in_line(math.pieces)


class _Reader:
    """Text gathered until its paragraph, cell, row or table ends."""

    def __init__(self, parents: Mapping[str, str], equations: Mapping[str, Equation | None]) -> None:
        self.builder = Builder()
        self._parents, self._equations = parents, equations
        self._open: list[str] = []
        self._dropped = 0  # the depth of the element that is left out, or none
        self._texts: list[list[str]] = [[]]  # one for each paragraph that is open: text boxes stand within one
        self._styles: list[str] = []
        self._level = 0
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
        elif name in ("p", "h"):
            self._texts.append([])
            self._styles.append(self._style(given.get("style-name", "")))
            self._level = int(given.get("outline-level", "1")) if name == "h" else 0
        elif name == "s":
            self._texts[-1].append(" ")
        elif name in _LETTERS:
            self._texts[-1].append(_LETTERS[name])
        elif name == "object":
            equation = self._equations.get(given.get("href", "").removeprefix("./"))
            if equation is not None:
                self._texts[-1].append(equation)
        elif name == "desc":
            self._texts.append([])
        elif name == "table":
            self._tables += 1
        elif name == "table-header-rows" and self._tables == 1:
            self._grid.names = True

    def end(self, name: str) -> None:
        """An element ends."""
        depth = len(self._open)
        self._open.pop()
        if self._dropped:
            self._dropped = 0 if depth == self._dropped else self._dropped
        elif name in ("p", "h"):
            self._paragraph(self._texts.pop(), self._styles.pop())
        elif name == "desc":
            self._figure("".join(self._texts.pop()))
        elif name == "table-cell" and self._tables == 1:
            self._grid.row.append(" ".join(self._cell))
            self._cell = []
        elif name == "table-row" and self._tables == 1:
            self._grid.end_row()
        elif name == "table":
            self._tables -= 1
            if not self._tables:
                self._grid.caption = self._caption
                self.builder.table(self._grid)
                self._grid, self._cell = TableReader(), []

    def text(self, text: str) -> None:
        """Text of a paragraph or of a description."""
        if not self._dropped and self._open and self._open[-1] not in _NO_TEXT:
            self._texts[-1].append(text)

    def _style(self, name: str) -> str:
        """The style that a user knows, without the code for its spaces."""
        for _ in range(10):
            if not re.fullmatch(r"P\d+", name):
                break
            name = self._parents.get(name, "")
        return name.replace("_20_", " ").lower()

    def _figure(self, description: str) -> None:
        if self._tables:
            self._cell.append(description)
        else:
            self.builder.apart("figure", description)

    def _paragraph(self, pieces: list[str], style: str) -> None:
        text, level, self._level = "".join(pieces), self._level, 0
        if self._tables:
            self._cell.append(text)
        elif level:
            self.builder.heading(level, text)
        elif style.replace(" ", "") == "sourcecode":
            self.builder.code(text)
        elif only_equations(pieces):
            self.builder.apart("equation", text)
        elif not re.match(r"toc ?\d|contents ?(\d|heading)|toc ?heading", style):
            self._caption = text if "caption" in style else self._caption if not text.strip() else ""
            self.builder.paragraph(text)
