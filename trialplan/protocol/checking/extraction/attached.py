"""The files that a document holds where no page shows them, as far as a program that saved it has handed them on."""

from __future__ import annotations

import base64
import binascii
import html
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from xml.parsers import expat

from trialplan.errors import FileError
from trialplan.protocol.checking.extraction import pdf
from trialplan.protocol.checking.extraction.blocks import TextBlock, normal
from trialplan.protocol.checking.extraction.parts import MOST, parse, part
from trialplan.protocol.formats.attached import PROPERTY, SPACE

INSIDE = "Inside the file"
"""Where a text stands that no page shows."""

_SCRIPT = re.compile(r'<script\b[^>]*\bdata-source="([^"]*)"[^>]*>(.*?)</script>', re.DOTALL)
_CUSTOM = re.compile(r"customXml/item\d*\.xml")
_PROPERTIES = ("docProps/custom.xml", "meta.xml")
"""Where a Word file and an OpenDocument text have the properties that a user adds."""


def held(content: bytes, suffix: str) -> list[TextBlock]:
    """The texts that the document holds unseen, each as a block that no heading stands above."""
    named = _HOLDS[suffix](content) if suffix in _HOLDS else ()
    return [
        TextBlock(kind="code", section=(f"{INSIDE}, {normal(name)}",), cells=(normal(text),), raw=text)
        for name, text in named
    ]


def is_held(block: TextBlock) -> bool:
    """Whether the block is a file that the document holds, not one that it prints."""
    return block.kind == "code" and block.section[:1] != () and block.section[0].startswith(INSIDE)


def _in_page(content: bytes) -> Iterator[tuple[str, str]]:
    for found in _SCRIPT.finditer(content.decode("utf-8-sig", errors="replace")):
        yield html.unescape(found[1]), html.unescape(found[2])


def _in_archive(content: bytes) -> Iterator[tuple[str, str]]:
    """What the custom part holds; where a program has dropped it, what the properties do."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            names = file.namelist()
            parts = [part(file, name) for name in names if _CUSTOM.fullmatch(name)]
            found = [one for data in parts if SPACE.encode() in data for one in _elements(data, ("source",))]
            for name in names if not found else ():
                if name in _PROPERTIES:
                    packed = _elements(part(file, name), ("property", "user-defined"), PROPERTY)
                    found += [(called, text) for called, value in packed if (text := _unpacked(value))]
            yield from found
    except (zipfile.BadZipFile, expat.ExpatError):  # who reads the text of the file says what is wrong with it
        return


def _elements(data: bytes, kinds: tuple[str, ...], called: str = "") -> list[tuple[str, str]]:
    """The names of the elements of these kinds, as far as they begin as asked for, and what stands in them."""
    found: list[tuple[str, str]] = []
    inside: list[bool] = [False]

    def start(kind: str, given: dict[str, str]) -> None:
        wanted = kind in kinds and given.get("name", "").startswith(called)
        inside.append(wanted or inside[-1])
        if wanted:
            found.append((given.get("name", ""), ""))

    def text(words: str) -> None:
        if inside[-1]:
            found[-1] = found[-1][0], found[-1][1] + words

    def end(_: str) -> None:
        inside.pop()

    parse(data, start, end, text)
    return found


def _unpacked(value: str) -> str:
    """The text that was packed, within a bound; nothing where a program has changed it."""
    try:
        unzip = zlib.decompressobj()
        data = unzip.decompress(base64.b64decode("".join(value.split()), validate=True), MOST + 1)
        if len(data) > MOST:
            raise FileError(f"a text in it unpacks to more than {MOST // 1_000_000} MB; it is not read")
        return data.decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError):
        return ""


_HOLDS: Mapping[str, Callable[[bytes], Iterator[tuple[str, str]]]] = {
    ".html": _in_page,
    ".docx": _in_archive,
    ".odt": _in_archive,
    ".pdf": pdf.attachments,
}
"""How each format holds files that no page shows."""
