"""The Word reference document: pandoc's own, with ruled tables and one face throughout."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from functools import cache

from trialplan.errors import require

_NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip file can hold: the same plan must give the same bytes."""

_RULES = (
    '<w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="444444"/>'
    '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="444444"/>'
    '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="BBBBBB"/></w:tblBorders>'
)
_FONT = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" w:cs="Calibri"/>'


@cache
def reference_document() -> bytes:
    """The reference document as bytes; the styles alone differ from pandoc's."""
    pypandoc = require("pypandoc", "report", "writing .docx")
    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    plain = subprocess.run(command, capture_output=True, check=True).stdout
    return _rewritten(plain, "word/styles.xml", _styles)


def unbroken_rows(document: bytes) -> bytes:
    """The document with table rows that do not break across pages, which no style of pandoc's can ask for."""
    return _rewritten(document, "word/document.xml", _unbroken)


def _unbroken(xml: str) -> str:
    xml = xml.replace("<w:tr><w:trPr>", "<w:tr><w:trPr><w:cantSplit/>")
    return re.sub(r"<w:tr>(?!<w:trPr>)", "<w:tr><w:trPr><w:cantSplit/></w:trPr>", xml)


def _rewritten(document: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """The zip file with one member changed, and no date that depends on when it was made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            entry.date_time = _NO_DATE
            target.writestr(entry, change(data.decode()).encode() if entry.filename == name else data)
    return buffer.getvalue()


def _styles(xml: str) -> str:
    """Ruled tables in a smaller size, one face throughout."""
    xml = re.sub(r"<w:rFonts [^>]*/>", _FONT, xml)
    xml = re.sub(r'(<w:style [^>]*w:styleId="Table"[^>]*>.*?<w:tblPr>)', rf"\1{_RULES}", xml, flags=re.DOTALL)
    compact = r'(<w:style [^>]*w:styleId="Compact"[^>]*>.*?)(</w:style>)'
    return re.sub(compact, r'\1<w:rPr><w:sz w:val="18"/><w:szCs w:val="18"/></w:rPr>\2', xml, count=1, flags=re.DOTALL)
