"""The reference document: where a Word file's styles, page, headers and footers come from.

The shipped one is pandoc's own with ruled tables, one face throughout, counted headings, A4, the title and version
above, page X of Y below. A sponsor's takes its place: whatever styles it gives the names that Word gives them.
"""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from trialplan.errors import FileError
from trialplan.protocol.formats import pandoc

_NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip file can hold: the same plan must give the same bytes."""

MAIN, _STYLES, _NUMBERING = "word/document.xml", "word/styles.xml", "word/numbering.xml"
RELATIONS, TYPES = "word/_rels/document.xml.rels", "[Content_Types].xml"
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"

_RULES = (
    '<w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="444444"/>'
    '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="444444"/>'
    '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="BBBBBB"/></w:tblBorders>'
)
_FONT = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" w:cs="Calibri"/>'
_FONT_OF_CODE = '<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:cs="Consolas"/>'
_SIZES = {"Title": 40, "Subtitle": 24, "Heading1": 32, "Heading2": 26, "Heading3": 22}
"""In half points."""
_HEADINGS = 90
"""The number of the list that counts headings; pandoc's own lists begin far above."""
_PAGE = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId101"/><w:footerReference w:type="default" r:id="rId102"/>'
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1418" w:right="1247" w:bottom="1304" w:left="1247" '
    'w:header="624" w:footer="567" w:gutter="0"/></w:sectPr>'
)
SMALL = '<w:rPr><w:color w:val="5A6472"/><w:sz w:val="16"/><w:szCs w:val="16"/></w:rPr>'

Change = Callable[[str], str]


def check_reference(path: Path) -> None:
    """Raise unless the file is a Word document that can lend its styles."""
    if not path.is_file():
        raise FileError(f"there is no reference document {path}; name a .docx file")
    try:
        with zipfile.ZipFile(path) as file:
            names = set(file.namelist())
    except (zipfile.BadZipFile, OSError):
        names = set()
    if not {MAIN, _STYLES} <= names:
        raise FileError(f"{path} is not a Word document (.docx) that could lend its styles; save it as one from Word")


@cache
def reference_document() -> bytes:
    """The reference document as bytes: pandoc's own with ruled tables, numbered headings, header and footer."""
    command = [pandoc.program(), "--print-default-data-file", "reference.docx"]
    plain = subprocess.run(command, capture_output=True, check=True).stdout
    relations = "".join(
        f'<Relationship Type="{_OFFICE}/{kind}" Id="{name}" Target="{kind}9.xml"/>'
        for kind, name in (("header", "rId101"), ("footer", "rId102"))
    )
    types = "".join(
        f'<Override PartName="/word/{kind}9.xml" ContentType="{_TYPE}.{kind}+xml"/>' for kind in ("header", "footer")
    )
    changes: dict[str, Change] = {
        _STYLES: _styles,
        _NUMBERING: _numbering,
        MAIN: lambda xml: re.sub(r"<w:sectPr>.*?</w:sectPr>", _PAGE, xml, flags=re.DOTALL),
        RELATIONS: lambda xml: xml.replace("</Relationships>", f"{relations}</Relationships>"),
        TYPES: lambda xml: xml.replace("</Types>", f"{types}</Types>"),
    }
    return rewritten(plain, changes.get, {"word/header9.xml": _header(), "word/footer9.xml": _footer()})


def rewritten(
    content: bytes,
    change: Callable[[str], Change | None],
    more: Mapping[str, str] | None = None,
    instead: Mapping[bytes, bytes] | None = None,
) -> bytes:
    """The zip file with members changed and added, and no date that depends on when it was made.

    A member that is a key of `instead` gives way to its value.
    """
    instead = instead or {}
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data, changed = source.read(entry), change(entry.filename)
            data = instead.get(data, data)
            entry.date_time = _NO_DATE
            target.writestr(entry, data if changed is None else changed(data.decode()).encode())
        for name, text in (more or {}).items():
            target.writestr(zipfile.ZipInfo(name, _NO_DATE), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def counts_headings(reference: bytes) -> bool:
    """Whether the style of the first heading belongs to a numbered list."""
    with zipfile.ZipFile(io.BytesIO(reference)) as file:
        styles = file.read(_STYLES).decode()
    style = re.search(r'<w:style [^>]*w:styleId="Heading1".*?</w:style>', styles, re.DOTALL)
    return style is not None and "<w:numPr" in style[0]


def _styles(xml: str) -> str:
    """Ruled tables in a smaller size, one face throughout, headings that are counted."""
    xml = re.sub(r"<w:rFonts\s[^>]*/>", _FONT, xml)
    xml = re.sub(r'(<w:style [^>]*w:styleId="Table"[^>]*>.*?<w:tblPr>)', rf"\1{_RULES}", xml, flags=re.DOTALL)
    xml = _in_style(xml, "Table", r'(<w:tblStylePr w:type="firstRow">)', r"\1<w:rPr><w:b/></w:rPr>")
    for level in (1, 2, 3):
        count = f'<w:numPr><w:ilvl w:val="{level - 1}"/><w:numId w:val="{_HEADINGS}"/></w:numPr>'
        xml = _in_style(xml, f"Heading{level}", r"(<w:keepLines */>)", rf"\1{count}")
    xml = re.sub(
        r'(<w:rPrDefault>.*?)<w:sz w:val="\d+" */>\s*<w:szCs w:val="\d+" */>', rf"\1{_size(21)}", xml, flags=re.DOTALL
    )
    xml = _in_style(xml, "TOCHeading", r"(<w:pPr>)", r'\1<w:numPr><w:numId w:val="0"/></w:numPr>')
    xml = _in_style(xml, "CaptionedFigure", r"(<w:keepNext */>)", r'\1<w:spacing w:before="240" w:after="60"/>')
    for name, size in _SIZES.items():
        xml = _in_style(xml, name, r"<w:sz w:val=\"\d+\" */>\s*<w:szCs w:val=\"\d+\" */>()", _size(size))
    for name in ("Compact", "TableCaption", "ImageCaption"):
        xml = _in_style(xml, name, r"(</w:style>)", rf"<w:rPr>{_size(18)}</w:rPr>\1")
    xml = xml.replace("</w:styles>", f"{''.join(map(_contents_style, (1, 2)))}</w:styles>")
    return _in_style(xml, "VerbatimChar", r"<w:rPr>.*?</w:rPr>()", f"<w:rPr>{_FONT_OF_CODE}{_size(15)}</w:rPr>")


def _in_style(xml: str, style: str, place: str, change: str) -> str:
    """The styles with one place of one style changed."""
    whole = rf'<w:style [^>]*w:styleId="{style}".*?</w:style>'
    return re.sub(
        whole, lambda found: re.sub(place, change, found[0], count=1, flags=re.DOTALL), xml, count=1, flags=re.DOTALL
    )


def _contents_style(level: int) -> str:
    """The style of an entry of the contents."""
    indent = f'<w:spacing w:before="{40 if level == 1 else 0}" w:after="0"/><w:ind w:left="{340 * (level - 1)}"/>'
    return (
        f'<w:style w:type="paragraph" w:styleId="TOC{level}"><w:name w:val="toc {level}"/><w:basedOn w:val="Normal"/>'
        f'<w:uiPriority w:val="39"/><w:pPr>{indent}</w:pPr><w:rPr>{_size(17)}</w:rPr></w:style>'
    )


def _size(half_points: int) -> str:
    return f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'


def _numbering(xml: str) -> str:
    """A list of three levels that belongs to the heading styles."""
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Heading{i + 1}"/>'
        f'<w:lvlText w:val="{".".join(f"%{part + 1}" for part in range(i + 1))}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:ind w:left="794" w:hanging="794"/></w:pPr></w:lvl>'
        for i in range(3)
    )
    counted = (
        f'<w:abstractNum w:abstractNumId="{_HEADINGS}"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
    )
    number = f'<w:num w:numId="{_HEADINGS}"><w:abstractNumId w:val="{_HEADINGS}"/></w:num>'
    xml = re.sub(r"(<w:numbering [^>]*>)", rf"\1{counted}", xml, count=1)
    return xml.replace("</w:numbering>", f"{number}</w:numbering>")


def _header() -> str:
    line = '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="4" w:color="C4CAD2"/></w:pBdr>'
    title, version = (_field(name) for name in ("TITLE", "DOCPROPERTY version"))
    return f"{_head('hdr')}<w:p><w:pPr>{line}</w:pPr>{title}{_plain(' · Version ')}{version}</w:p></w:hdr>"


def _footer() -> str:
    page, pages = _field("PAGE"), _field("NUMPAGES")
    words = f"{_plain('Page ')}{page}{_plain(' of ')}{pages}"
    return f'{_head("ftr")}<w:p><w:pPr><w:jc w:val="right"/></w:pPr>{words}</w:p></w:ftr>'


def _head(kind: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<w:{kind} {_W} xmlns:r="{_OFFICE}">'


def _plain(words: str) -> str:
    return f'<w:r>{SMALL}<w:t xml:space="preserve">{words}</w:t></w:r>'


def _field(name: str) -> str:
    return f'<w:fldSimple w:instr=" {name} "><w:r>{SMALL}<w:t>1</w:t></w:r></w:fldSimple>'
