"""Word: pandoc's document in the house's styles, with what no style can ask for written in afterwards.

A reference document lends its styles, page, headers and footers. In its headers and footers the fields TITLE and
DOCPROPERTY version are filled with the plan's. Without one, `reference_document` makes a plain one: A4, numbered
headings, ruled tables, the title and version above, page X of Y below.
"""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from trialplan.files import read_bytes
from trialplan.plan.reading import Plan
from trialplan.protocol.content.embedded_sources import EmbeddedSource
from trialplan.protocol.formats import attached, pandoc
from trialplan.protocol.formats.word_styles import (
    MAIN,
    RELATIONS,
    SMALL,
    TYPES,
    Change,
    counts_headings,
    reference_document,
    rewritten,
)

_HEADING = re.compile(
    r'<w:bookmarkStart w:id="\d+" w:name="(?P<name>[^"]+)" ?/>\s*'
    r'<w:p><w:pPr><w:pStyle w:val="Heading(?P<level>[12])" ?/></w:pPr>'
    r"(?P<runs>.*?)</w:p>",
    re.DOTALL,
)
_ANY_TIME = re.compile(r"(?<=>)\d{4}-\d\d-\d\dT[\d:.]+Z(?=<)")
_NO_DATE = "1980-01-01"
_FEW, _LEFT_BEHIND = 8, 3
"""Rows, with that of the heads, up to which a table stands on one page, and at the ends of a longer one together."""
_EMPTY_CONTENTS = re.compile(r'<w:p><w:r><w:fldChar w:fldCharType="begin" w:dirty="true" ?/>.*?</w:p>', re.DOTALL)


def document(
    text: str,
    plan: Plan,
    reference: Path | None,
    sources: Sequence[EmbeddedSource] = (),
    drawings: Mapping[bytes, bytes] | None = None,
    *,
    long: bool = True,
) -> bytes:
    """The Markdown as a Word file, which holds the sources; a `long` one has a table of contents.

    `drawings` are the bitmaps by those that stand for them in the Markdown.
    """
    content = reference_document() if reference is None else read_bytes(reference)
    by_style = counts_headings(content)
    with tempfile.TemporaryDirectory() as folder:
        lent = Path(folder) / "reference.docx"
        lent.write_bytes(content)
        options = ["--to=docx", f"--reference-doc={lent}", "--metadata=toc-title:Contents"]
        options += ["--metadata=abstract-title:The decision"]
        numbers, *contents = pandoc.CONTENTS
        options += contents if long else []
        options += [] if by_style or not long else [numbers]
        options += pandoc.filters("decision.lua", "tables.lua", "figures.lua", "together.lua", "new-page.lua")
        made = pandoc.convert(text, plan, options)
    return rewritten(made, lambda name: _after(name, plan, by_style, sources), attached.word_parts(sources), drawings)


def _after(name: str, plan: Plan, by_style: bool, sources: Sequence[EmbeddedSource]) -> Change | None:
    """What is written into a member of pandoc's document."""
    said = plan.content.trial
    if name == MAIN:
        return lambda xml: _with_contents(_counted(_together(_unbroken(_described(xml)))), by_style)
    if name == "docProps/core.xml":  # pandoc's sandbox knows no date
        return lambda xml: _ANY_TIME.sub(f"{said.date or _NO_DATE}T00:00:00Z", xml)
    if name == "docProps/custom.xml":
        return lambda xml: attached.word_properties(xml, sources)
    if name == RELATIONS and sources:
        return attached.word_relations
    if name == TYPES and sources:
        return attached.word_types
    if re.fullmatch(r"word/(header|footer)\d*\.xml", name):
        return lambda xml: _filled(xml, {"TITLE": said.title, "DOCPROPERTY version": said.version})
    return None


def _with_contents(xml: str, by_style: bool) -> str:
    """The table of contents with its entries, so that it is not empty before Word first counts the pages."""
    entries = list(_entries(xml, by_style))
    if not entries:
        return xml
    field = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    code = '<w:r><w:instrText xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
    entries[0] = entries[0].replace("</w:pPr>", f"</w:pPr>{field.format('begin')}{code}{field.format('separate')}")
    entries[-1] = entries[-1].replace("</w:p>", f'{field.format("end")}<w:r><w:br w:type="page"/></w:r></w:p>')
    return _EMPTY_CONTENTS.sub(lambda _: "".join(entries), xml, count=1)


def _entries(xml: str, by_style: bool) -> Iterator[str]:
    """A paragraph for each heading of the first two levels, with its number."""
    chapter = part = 0
    for found in _HEADING.finditer(xml):
        words = " ".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", found["runs"]))
        chapter, part = (chapter + 1, 0) if found["level"] == "1" else (chapter, part + 1)
        number = f"{chapter}.{part} " if part else f"{chapter} "
        text = f'<w:r><w:t xml:space="preserve">{number if by_style else ""}{words}</w:t></w:r>'
        style = f'<w:pPr><w:pStyle w:val="TOC{found["level"]}"/></w:pPr>'
        yield f'<w:p>{style}<w:hyperlink w:anchor="{found["name"]}" w:history="1">{text}</w:hyperlink></w:p>'


def _unbroken(xml: str) -> str:
    """Tables whose rows do not break across pages, and leave no few of them behind: no style of pandoc's can ask so."""
    xml = xml.replace("<w:tr><w:trPr>", "<w:tr><w:trPr><w:cantSplit/>")
    xml = re.sub(r"<w:tr>(?!<w:trPr>)", "<w:tr><w:trPr><w:cantSplit/></w:trPr>", xml)
    return re.sub(r"<w:tbl>.*?</w:tbl>", lambda table: _rows_together(table[0]), xml, flags=re.DOTALL)


def _rows_together(table: str) -> str:
    """A short table on one page; of a longer one the first rows with each other, and the last."""
    rows = re.split(r"(?=<w:tr>)", table)
    last = len(rows) - 1  # what stands before the first row is the first part
    for i in range(1, last):
        if last <= _FEW or i <= _LEFT_BEHIND or i > last - _LEFT_BEHIND:
            rows[i] = re.sub(r"(<w:p><w:pPr><w:pStyle [^>]*/>)(?!<w:keepNext)", r"\1<w:keepNext/>", rows[i])
    return "".join(rows)


def _together(xml: str) -> str:
    """Paragraphs that introduce something, on one page with it: the filter marks them, a style would mark too many."""
    opening = r"(<w:p><w:pPr><w:pStyle [^>]*/>)((?:(?!</w:p>).)*?)<!--introduces-->"
    return re.sub(opening, r"\1<w:keepNext/>\2", xml, flags=re.DOTALL)


def _described(xml: str) -> str:
    """Pictures described once, by their alternative text; pandoc adds the whole picture, for that is its address."""
    return re.sub(r'(<pic:cNvPr [^>]*?\bdescr=")data:[^"]*', r"\1", xml)


def _counted(xml: str) -> str:
    """The numbers of captions as fields, so that Word keeps counting and can list them."""
    look = r"<w:rPr>(?:(?!</w:rPr>).)*</w:rPr>"
    opening = rf'(<w:pStyle w:val="(?:TableCaption|ImageCaption)" ?/></w:pPr>(?:<w:bookmarkStart[^>]*/>)?)<w:r>({look})'
    number = r'<w:t xml:space="preserve">(Table|Figure) (\d+)\.</w:t></w:r>'
    field = (
        r'\1<w:r>\2<w:t xml:space="preserve">\3 </w:t></w:r><w:fldSimple w:instr=" SEQ \3 \\* ARABIC "><w:r>\2'
        r"<w:t>\4</w:t></w:r></w:fldSimple><w:r>\2<w:t>.</w:t></w:r>"
    )
    return re.sub(opening + number, field, xml)


def _filled(xml: str, fields: Mapping[str, str]) -> str:
    """The fields of a header or footer with what they will show, for readers that do not compute them."""
    for name, text in fields.items():
        words = r"\s+".join(map(re.escape, name.split()))
        shown = f"<w:r>{SMALL}<w:t>{html.escape(' '.join(text.split()), quote=False)}</w:t></w:r>".replace("\\", r"\\")
        simple = rf'(<w:fldSimple w:instr="\s*{words}\b[^"]*"[^>]*>).*?(</w:fldSimple>)'
        xml = re.sub(simple, rf"\g<1>{shown}\g<2>", xml, flags=re.DOTALL | re.I)
    return xml
