"""What an equation says: its symbols in order, and how they hang together, in one line for every format.

What only says how it is set (spaces, the size of brackets, how runs are cut) is left out, for a program that saves a
file again writes that anew.
"""

from __future__ import annotations

import re
import unicodedata

from trialplan.protocol.checking.extraction.blocks import normal

_SYMBOL = re.compile(r"\d+(?:[.,]\d+)*|\S")
_UNSEEN = re.compile("[\u2061-\u2064]")  # "applied to", "times" and the like, which are not printed
_EMPTY = re.compile(r"[_^√]?\{\s*\}")
_ALONE = re.compile(r"\{ ([^\s{}]+) \}")
_AROUND_MARKS = re.compile(r" ?([^\w\s]|_) ?")

_PARTS = {
    "mfrac": ("{", "}/{"),
    "msub": ("", "_{"),
    "msup": ("", "^{"),
    "msubsup": ("", "_{", "}^{"),
    "munder": ("", "_{"),
    "mover": ("", "^{"),
    "munderover": ("", "_{", "}^{"),
    "mroot": ("√{", "}^{"),
}
"""What stands before each part of an element of MathML; a brace ends the last."""

_BEFORE = {"m:num": "{", "m:den": "/{", "m:sub": "_{", "m:sup": "^{", "m:deg": "^{", "m:rad": "√{", "m:lim": "_{"}
"""What stands before an element of a Word equation; a brace ends it."""

_LOOSE = {"lin": "/", "noBar": " "}
"""Fractions on one line and without a bar, which some programs write as plain text and as a column."""

_SIGNS = {"m:nary": "∫", "m:acc": "\u0302", "m:groupChr": "⏟"}
"""Elements with a sign of their own, and which one it is if none is named."""


class Equation(str):
    """The text of an equation, by which a paragraph of nothing else is told from one of words."""

    __slots__ = ()


def in_line(pieces: list[str]) -> Equation:
    """Symbol by symbol, so that it does not matter into which runs the text was cut."""
    text = normal(unicodedata.normalize("NFKC", normal(_UNSEEN.sub("", "".join(pieces)))))
    while (shorter := _EMPTY.sub("", text)) != text:
        text = shorter
    text = _ALONE.sub(r"\1", " ".join(_SYMBOL.findall(text)))
    text = _AROUND_MARKS.sub(r"\1", text)
    return Equation(f" {text} ")


def only_equations(pieces: list[str]) -> bool:
    """Whether there is an equation and no word beside it."""
    said = [piece for piece in pieces if piece.strip()]
    return bool(said) and all(isinstance(piece, Equation) for piece in said)


class MathML:
    """An equation of an HTML text, while it is read."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._open: list[tuple[str, int]] = []

    def start(self, name: str) -> None:
        """An element begins: as which part of the one around it is what matters."""
        if self._open:
            around, count = self._open[-1]
            before = _PARTS.get(around, ())
            self.pieces.append(before[count] if count < len(before) else "")
            self._open[-1] = around, count + 1
        self.pieces.append("√{" if name == "msqrt" else "")
        self._open.append((name, 0))

    def end(self, name: str) -> None:
        """An element ends."""
        if any(one == name for one, _ in self._open):
            while self._open.pop()[0] != name:
                pass
            self.pieces.append("}" if name in _PARTS or name == "msqrt" else "")


class WordMath:
    """An equation of a Word file, while it is read."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins; properties are kept with the element that they belong to."""
        around, its = self._open[-1] if self._open else ("", {})
        if around.endswith("Pr") and len(self._open) > 1:
            self._open[-2][1][name] = given.get("m:val", "")
        elif name == "m:e" and around == "m:d":
            self.pieces.append(its.get("m:sepChr", "|") if "parts" in its else its.get("m:begChr", "("))
            its["parts"] = name
        elif its.get("m:type") in _LOOSE:
            self.pieces.append(_LOOSE[its["m:type"]] if name == "m:den" else "")
        else:
            self.pieces.append(_BEFORE.get(name, " " if name == "m:e" else ""))
        self._open.append((name, {}))

    def end(self, name: str) -> None:
        """An element ends."""
        _, its = self._open.pop()
        around, beside = self._open[-1] if self._open else ("", {})
        if name == "m:d":
            self.pieces.append(its.get("m:endChr", ")"))
        elif name == f"{around}Pr" and around in _SIGNS:
            self.pieces.append(beside.get("m:chr", _SIGNS[around]))
        elif name in _BEFORE and beside.get("m:type") not in _LOOSE:
            self.pieces.append("}")
