"""What a workbook shows and its values do not say: struck out, hidden, a percentage, an error; in each of its forms.

The .xls files were made with xlwt 1.3.0; in struck.xls a cell holds an error, a row and a cell are struck out, and
of a cell the first figure is; in hidden.xls a row and a column are hidden, and two cells show percentages; in
formula.xls a cell holds a formula, which xlwt does not compute.
"""

import io
import random
import re
import zipfile
from pathlib import Path

import pytest

from tests.tools.workbooks import open_document, workbook
from trialplan.errors import EvidenceError
from trialplan.evidence import audit, read_with_notes
from trialplan.evidence.old_workbook import OLD

HERE = Path(__file__).parent
ROWS = [["study", "outcome", "events", "of"], ["A", "x", "8", "20"], ["B", "x", "9", "30"], ["C", "x", "12", "30"]]
STRIKE = '<font><strike/></font><font><strike val="0"/></font>'
STYLES = (
    f'<styleSheet><fonts><font/>{STRIKE}</fonts><cellXfs><xf fontId="0"/><xf fontId="1"/><xf fontId="2"/></cellXfs>'
    '<dxfs><dxf><font><strike/></font></dxf></dxfs></styleSheet>'
)  # fmt: skip
LINE = '<style:text-properties style:text-line-through-style="{}"/></style:style>'
SPACES = 'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" office:version'
ROW = "the row is struck out; remove it, or take the line off its cells"
CELL = "the cell is struck out; empty it, or take the line off it"
PART = "a part of the cell is struck out; write what counts"


@pytest.fixture(autouse=True)
def _readers():
    pytest.importorskip("python_calamine", reason="python-calamine is not installed")
    pytest.importorskip("xlrd", reason="xlrd is not installed")


@pytest.fixture
def read(tmp_path):
    """Reads a workbook after a text in its parts was changed."""

    def made(content, changes, file, more=()):
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(tmp_path / file, "w") as new:
            for name in old.namelist():
                xml = old.read(name).decode()
                for before, after in changes:
                    xml = re.sub(before, after, xml)
                new.writestr(name, xml)
            for name, xml in more:
                new.writestr(name, xml)
        return read_with_notes(tmp_path / file)

    return made


def excel(of_row, of_cell, text):
    """Changes that give the row of B one style, the 12 of C another, and put a text for the 8 of A."""
    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    row = "".join(map(cell.format, ROWS[2]))
    return [
        (re.escape(row), row.replace("<c ", f'<c s="{of_row}" ')),
        (re.escape(cell.format(12)), cell.format(12).replace("<c ", f'<c s="{of_cell}" ')),
        (re.escape(cell.format(8)), f'<c t="inlineStr"><is>{text}</is></c>'),
    ]


class TestStruckOut:
    def test_in_excel(self, read):
        """Of a row, of a cell and of a part of one: nobody struck it out to have it counted."""
        part = "<r><rPr><strike/></rPr><t>1</t></r><r><t>8</t></r>"
        with pytest.raises(EvidenceError) as why:
            read(workbook(ROWS), excel(1, 1, part), "t.xlsx", [("xl/styles.xml", STYLES)])
        assert str(why.value).endswith(f"line 2, column 3: {PART} | line 3, column 1: {ROW} | line 4, column 3: {CELL}")

    def test_a_line_that_is_taken_off_strikes_nothing_out(self, read):
        """A style that says so, and the font of a rule for conditional formats."""
        plain = '<r><rPr><strike val="0"/></rPr><t>8</t></r>'
        found, _, _ = read(workbook(ROWS), excel(2, 0, plain), "t.xlsx", [("xl/styles.xml", STYLES)])
        assert [study.outcomes[0].counts for study in found.studies] == [(8, 20), (9, 30), (12, 30)]

    def test_in_an_open_document(self, read):
        """By the styles of cells and of parts of their texts."""
        styles = f'<style:style style:name="s">{LINE.format("solid")}<style:style style:name="n">{LINE.format("none")}'
        cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
        struck = cell.replace("cell ", 'cell table:style-name="s" ', 1)
        row, other = ("".join(map(form.format, ROWS[2])) for form in (cell, struck))
        changes = [
            ("office:version", SPACES),
            ("<office:body>", f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>"),
            (re.escape(row), other),
            (re.escape(cell.format(12)), struck.format(12)),
            (re.escape(cell.format(8)), cell.format('<text:span text:style-name="s">1</text:span>8')),
        ]
        with pytest.raises(EvidenceError) as why:
            read(open_document(ROWS), changes, "t.ods")
        assert str(why.value).endswith(f"line 2, column 3: {PART} | line 3, column 1: {ROW} | line 4, column 3: {CELL}")

    def test_in_an_old_excel(self):
        """And an error, which a reader takes for an empty cell."""
        with pytest.raises(EvidenceError) as why:
            read_with_notes(Path(__file__).with_name("struck.xls"))
        error = "the cell holds an error of its formula; write the number, or leave it empty"
        assert str(why.value).endswith(
            f"line 4, column 3: {error} | line 5, column 1: {ROW} | line 6, column 3: {PART} | line 7, column 4: {CELL}"
        )


def test_what_an_old_excel_hides():
    """A row, a column and percentages are told as those of today's files are."""
    found, _, notes = read_with_notes(Path(__file__).with_name("hidden.xls"))
    assert [study.outcomes[0].counts for study in found.studies] == [(12, 40), (9, 30), (8, 20)]
    assert found.studies[0].outcomes[0].reported == "35 %"
    assert "P12" in {each.id for each in audit(found)}
    assert "1 row that the sheet hides among them" in notes[0]
    assert "'of' among the columns, which the sheet hides" in notes[0]


def test_a_formula_without_its_result_in_an_old_excel():
    """As in today's files, and no empty cell."""
    with pytest.raises(EvidenceError) as why:
        read_with_notes(Path(__file__).with_name("formula.xls"))
    assert "line 3, column 3: the cell holds a formula without its result; open the file in a" in str(why.value)


@pytest.mark.parametrize("suffix", [".ods", ".xlsx", ".xls"])
def test_what_an_office_program_saves(suffix):
    """A table opened from text and saved by LibreOffice 7.4 in each of its formats is the same evidence."""
    (asked, *_), (found, *_) = (
        read_with_notes(path) for path in (HERE / "tables/migraine-device.csv", HERE / f"migraine-device{suffix}")
    )
    assert found == asked


@pytest.mark.parametrize("name", ["struck", "hidden", "formula"])
def test_a_damaged_old_excel_is_read_or_refused(tmp_path, name):
    """Bytes changed at random: never a traceback, nor the end of the process, as the other reader has it."""
    rng, whole = random.Random(7), Path(__file__).with_name(f"{name}.xls").read_bytes()
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            damaged[rng.randrange(len(OLD), len(damaged))] = rng.randrange(256)
        (tmp_path / "t.xls").write_bytes(damaged)
        try:
            read_with_notes(tmp_path / "t.xls")
        except EvidenceError as why:
            refused += "\n" not in str(why) and ": ;" not in str(why)
    assert refused > 0


def test_a_date_of_a_study_is_told_as_one(read):
    """Where Excel made a date of a study's name, it is not said to be empty."""
    styles = '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    changes = [('<c t="inlineStr"><is><t>B</t></is></c>', '<c s="1"><v>40979</v></c>')]
    with pytest.raises(EvidenceError, match=r"line 3, column 1: the cell is a date; format it as text and write again"):
        read(workbook(ROWS), changes, "t.xlsx", [("xl/styles.xml", styles)])
