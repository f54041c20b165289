"""The elicitation sheet as a Word file, made of its parts (ECMA-376), so that nothing needs to be installed for it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEADER = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file can hold: the same sheet has the same bytes."""
_PAGE = (
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1247" w:right="1247" w:bottom="1247" w:left="1247" w:header="624" w:footer="624" w:gutter="0"/>'
    "</w:sectPr>"
)
"""A4 with 22 mm of margin, in twentieths of a point."""
_WIDTHS = {2: (7000, 2400), 3: (2400, 2400, 2400)}
"""Of the columns, in twentieths of a point: a question of probability needs a line, a number little."""
_EDGES = "".join(
    f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
    for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_BOLD = "<w:rPr><w:b/></w:rPr>"
_STYLES = (
    '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/>'
    '<w:sz w:val="22"/><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:before="60" w:after="60"/></w:pPr></w:pPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:keepNext/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="32"/></w:rPr></w:style>'
)


def as_word(sheet: str) -> bytes:
    """The sheet, whose Markdown has one heading, paragraphs and tables, as the bytes of a .docx file."""
    body = "".join(_blocks(sheet))
    relation = '<Relationship Id="rId1" Type="{}/{}" Target="{}"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
        f'ContentType="{_KIND}.document.main+xml"/><Override PartName="/word/styles.xml" '
        f'ContentType="{_KIND}.styles+xml"/></Types>',
        "_rels/.rels": _relations(relation.format(_RELATIONS, "officeDocument", "word/document.xml")),
        "word/document.xml": f'<w:document xmlns:w="{_MAIN}"><w:body>{body}{_PAGE}</w:body></w:document>',
        "word/_rels/document.xml.rels": _relations(relation.format(_RELATIONS, "styles", "styles.xml")),
        "word/styles.xml": f'<w:styles xmlns:w="{_MAIN}">{_STYLES}</w:styles>',
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, xml in parts.items():
            file.writestr(zipfile.ZipInfo(name, _NO_DATE), _HEADER + xml, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _relations(relation: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{relation}</Relationships>'


def _blocks(sheet: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", sheet.strip()):
        if block.startswith("|"):
            yield from _table([[cell.strip() for cell in row.strip("|").split("|")] for row in block.splitlines()])
        elif block.startswith("# "):
            yield _paragraph(block[2:], style="Heading1")
        else:
            yield _paragraph(" ".join(block.split()))


def _table(rows: list[list[str]]) -> Iterator[str]:
    """Rows with a head that repeats on each page, and an empty paragraph after them to write on from."""
    widths = _WIDTHS[len(rows[0])]
    yield f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{_EDGES}</w:tblBorders></w:tblPr>'
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    yield f"<w:tblGrid>{columns}</w:tblGrid>"
    for at, row in enumerate([rows[0], *rows[2:]]):
        cells = (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{_paragraph(cell, bold=at == 0)}</w:tc>'
            for width, cell in zip(widths, row, strict=True)
        )
        head = "<w:tblHeader/>" if at == 0 else ""
        yield f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(cells)}</w:tr>"
    yield "</w:tbl><w:p/>"


def _paragraph(text: str, style: str = "", bold: bool = False) -> str:
    """A paragraph; of the sheet's two labels the word is bold."""
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    label = re.match("(?:Question|Name):", text)
    pieces = [(text[: label.end()], True), (text[label.end() :], False)] if label else [(text, bold)]
    runs = "".join(
        f'<w:r>{_BOLD * strong}<w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'
        for piece, strong in pieces
        if piece
    )
    return f"<w:p>{look}{runs}</w:p>"
