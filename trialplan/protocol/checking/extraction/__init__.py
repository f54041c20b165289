"""What a finished document says: each format is read into the same normal form."""

from __future__ import annotations

from pathlib import Path

from trialplan.errors import FileError
from trialplan.files import read_bytes
from trialplan.protocol.checking.extraction.blocks import TextBlock, masked, normal, numbers, stretch, tokens

__all__ = ["SUFFIXES", "TextBlock", "blocks", "masked", "normal", "numbers", "read", "stretch", "tokens"]

SUFFIXES = (".md", ".html", ".docx", ".odt", ".pdf")

MADE_AS = {".odt": ".docx"}
"""What a document of a format that is only read was written as, before another program saved it."""

MOST = 50_000_000
"""Bytes beyond which a file is not read."""


def read(path: Path) -> bytes:
    """The content of a document, if it is one that can be checked."""
    if path.suffix.lower() not in SUFFIXES:
        raise FileError(
            f"{path.name} cannot be checked: the formats are .md, .html, .docx, .odt and .pdf; check the file that it "
            "was made from"
        )
    try:
        strange = path.exists() and not path.is_file()
    except OSError as why:
        raise FileError(f"{path} cannot be read: {(why.strerror or str(why)).lower()}") from None
    if strange:
        raise FileError(f"{path} is a folder or a device, not a file; name the document")
    content = read_bytes(path, most=MOST + 1)
    if len(content) > MOST:
        raise FileError(f"{path.name} is larger than {MOST // 1_000_000} MB, which no protocol is; it is not read")
    return content


def blocks(content: bytes, suffix: str) -> list[TextBlock]:
    """What the content of a document says, and after it the files that it holds where no page shows them."""
    from trialplan.protocol.checking.extraction.attached import held

    return [*_shown(content, suffix), *held(content, suffix)]


def _shown(content: bytes, suffix: str) -> list[TextBlock]:
    from trialplan.protocol.checking.extraction import html, markdown, opendocument, pdf, word

    if suffix == ".docx":
        return word.read(content)
    if suffix == ".odt":
        return opendocument.read(content)
    if suffix == ".pdf":
        return pdf.read(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        raise FileError(f"it is not UTF-8 text (byte {why.start}); save it as UTF-8") from None
    return html.read(text) if suffix == ".html" else markdown.read(text)
