"""The parts of a file that is an archive of XML texts, such as Word's, read as a stream within a bound.

A document type, which no such file has, is refused: that is where entities that unfold without end would be declared.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from xml.parsers import expat

from trialplan.errors import FileError

MOST = 100_000_000
"""Bytes of a part once unpacked, beyond which a file is not read."""


def part(file: zipfile.ZipFile, name: str) -> bytes:
    """A part of the file, within a bound."""
    with file.open(name) as stream:
        content = stream.read(MOST + 1)  # what the file says of its own size is not relied on
    if len(content) > MOST:
        raise FileError(f"{name} unpacks to more than {MOST // 1_000_000} MB, which no protocol does; it is not read")
    return content


def parse(
    content: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] = lambda name: None,
    text: Callable[[str], None] = lambda text: None,
) -> None:
    """An XML text as a stream: names without their spaces, and no document type."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, given: start(_local(name), {_local(k): v for k, v in given.items()})
    parser.EndElementHandler = lambda name: end(_local(name))
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(content, True)


def _refuse(*_: object) -> None:
    raise FileError("the Word file declares a document type, which Word files do not have; it is not read")


def _local(name: str) -> str:
    """The name without its namespace; math keeps an m, for it has elements that are named as Word's are."""
    space, _, local = name.rpartition(" ")
    return f"m:{local}" if space.endswith("/math") else local
