"""The files that a document is made from, written inside it where no page shows them, in each format's own way.

An HTML file holds them in `script` elements of plain text, which no browser and no word processor shows or runs; a Word
file in a custom part, and once more in its properties, which a program that knows no custom parts hands on; a PDF file
as attachments; a LaTeX file in comments after its end.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from trialplan.protocol.content.embedded_sources import EmbeddedSource
from trialplan.protocol.formats.pictures import Picture

SPACE = "urn:trialplan:sources"
"""The namespace of the part of a Word file by which it is known."""

PROPERTY = "trialplan source"
"""How a property of a Word file is called, before a number, that holds a packed text."""

_PART, _OF_PART = "customXml/item90.xml", "customXml/itemProps90.xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PROPERTIES = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"
_IDENTIFIER = "{B6B0C1F4-7A53-4C0E-9D5C-2F1E5A7C4D11}"
"""What Word asks of a custom part: any number of this form that no other part of the file has."""

_USER_PROPERTIES = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""The set of properties that a user may add to, by [MS-OSHARED] 2.3.3.2.3.1."""

_FIRST_FREE = 1000
"""Numbers of properties from here on are nobody else's: a document has a few of its own, counted from 2."""

_FIGURE = re.compile(r"^!\[\*\*Figure (\d+)\.\*\*[^\n]*\]\((\S+)\)\{", re.MULTILINE)


def packed(text: str) -> str:
    """A text in letters that every program hands on as they are."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def in_html(page: bytes, sources: Sequence[EmbeddedSource]) -> bytes:
    """The page with the sources before its end."""
    opening = '<script type="text/plain" data-source="{}" data-digest="{}">\n'
    held = "".join(
        f"{opening.format(html.escape(one.name), one.digest)}{html.escape(one.text)}</script>\n" for one in sources
    )
    before, end, after = page.decode().rpartition("</body>")
    return (before + held + end + after if end else after + held).encode()


def word_parts(sources: Sequence[EmbeddedSource]) -> dict[str, str]:
    """The parts that are added to a Word file, by name."""
    if not sources:
        return {}
    texts = "".join(
        f'<source name="{html.escape(one.name)}">{html.escape(one.text, quote=False)}</source>' for one in sources
    )
    kind, target = f"{_OFFICE}/relationships/customXmlProps", PurePosixPath(_OF_PART).name
    relation = f'<Relationship Id="rId1" Type="{kind}" Target="{target}"/>'
    store = (
        f'<ds:datastoreItem ds:itemID="{_IDENTIFIER}" xmlns:ds="{_OFFICE}/customXml"><ds:schemaRefs>'
        f'<ds:schemaRef ds:uri="{SPACE}"/></ds:schemaRefs></ds:datastoreItem>'
    )
    return {
        _PART: f'{_XML}<sources xmlns="{SPACE}">{texts}</sources>',
        f"customXml/_rels/{PurePosixPath(_PART).name}.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}">{relation}</Relationships>'
        ),
        _OF_PART: f"{_XML}{store}",
    }


def word_relations(xml: str) -> str:
    """The relations of the text of a Word file, with that to the custom part."""
    relation = f'<Relationship Id="rId900" Type="{_OFFICE}/relationships/customXml" Target="../{_PART}"/>'
    return xml.replace("</Relationships>", f"{relation}</Relationships>")


def word_types(xml: str) -> str:
    """The types of the parts of a Word file, with that of the custom part's properties."""
    return xml.replace("</Types>", f'<Override PartName="/{_OF_PART}" ContentType="{_PROPERTIES}"/></Types>')


def word_properties(xml: str, sources: Sequence[EmbeddedSource]) -> str:
    """The properties of a Word file with the packed sources; pandoc's copy of the decision, nobody would keep true."""
    xml = re.sub(r'<property\b[^>]*\bname="abstract"[^>]*>.*?</property>', "", xml, flags=re.DOTALL)
    added = "".join(
        f'<property fmtid="{_USER_PROPERTIES}" pid="{_FIRST_FREE + i}" name="{PROPERTY} {i}">'
        f"<vt:lpwstr>{packed(one.text)}</vt:lpwstr></property>"
        for i, one in enumerate(sources, 1)
    )
    return xml.replace("</Properties>", f"{added}</Properties>")


def in_latex(text: bytes, sources: Sequence[EmbeddedSource]) -> bytes:
    """The LaTeX with the sources behind its end, where TeX does not read."""
    lines = [f"\n% {one.name}\n%\n" + "".join(f"% {line}\n" for line in one.text.split("\n")) for one in sources]
    return text + "".join(lines).encode()


def in_typst(
    sources: Sequence[EmbeddedSource], text: str, pictures: Mapping[str, Picture]
) -> tuple[str, dict[str, bytes]]:
    """What attaches the sources and the figures' data to a PDF, and the files that it reads."""
    commands, files = [], {}
    taken: set[str] = set()
    for i, (name, kind, what, content) in enumerate([*_texts(sources), *_data(text, pictures)], 1):
        own = f"attached-{i}"
        name = name if name not in taken else f"{i}-{name}"
        taken.add(name)
        files[own] = content
        relationship = "source" if kind != "text/csv" else "data"
        commands.append(
            f'#pdf.attach({_string(name)}, read("{own}", encoding: none), relationship: "{relationship}", '
            f'mime-type: "{kind}", description: {_string(what)})\n'
        )
    return "\n" + "".join(commands), files


def _texts(sources: Sequence[EmbeddedSource]) -> Iterator[tuple[str, str, str, bytes]]:
    for one in sources:
        stem = re.sub(r"[^\w .-]", "_", PurePosixPath(one.name.replace("\\", "/")).name) or "source"
        name = stem if PurePosixPath(stem).suffix.lower() == f".{one.language}" else f"{stem}.{one.language}"
        yield name, f"application/{one.language}", f"{one.name}, which this document is made from", one.text.encode()


def _data(text: str, pictures: Mapping[str, Picture]) -> Iterator[tuple[str, str, str, bytes]]:
    """Each figure's numbers under the number that the figure bears in the text."""
    for number, source in _FIGURE.findall(text):
        picture = pictures[PurePosixPath(source).stem]
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([picture.columns, *picture.rows])
        yield f"figure-{number}.csv", "text/csv", f"The data of figure {number}", buffer.getvalue().encode()


def _string(text: str) -> str:
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'
