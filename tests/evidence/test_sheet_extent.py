"""A workbook whose cells reach far is refused before its reader makes room for them all; empty ones do not count."""

import io
import zipfile

import pytest
from workbooks import open_document, workbook

from trialplan.errors import EvidenceError
from trialplan.evidence import read

ROWS = [["study", "outcome", "events", "of"], ["alpha", "remission", 3, 7]]
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
FORMATTED = b'<row r="1048576"><c r="XFD1048576" s="1"/></row>'
EMPTY = (
    b'<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/>'
    b"</table:table-row>"
)


@pytest.fixture
def changed(tmp_path):
    """Reads a workbook of which a text was replaced."""
    pytest.importorskip("python_calamine", reason="python-calamine is not installed")

    def made(name, content, old, new):
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(packed, "w") as after:
            for part in before.namelist():
                after.writestr(part, before.read(part).replace(old, new))
        (tmp_path / name).write_bytes(packed.getvalue())
        return read(tmp_path / name)

    return made


def test_far(changed):
    """One cell in the last corner is told with its place."""
    with pytest.raises(EvidenceError, match=r"reach to row 1,048,576 and column 16,384; remove what stands far"):
        changed("t.xlsx", workbook(ROWS), b"</sheetData>", FAR + b"</sheetData>")


@pytest.mark.parametrize("times", [b"1048576", b"99999999999999999999"])
def test_repeated(times, changed):
    """So is a row that stands for a million."""
    row = b'<table:table-row table:number-rows-repeated="' + times + b'">'
    with pytest.raises(EvidenceError, match="has a sheet whose filled cells reach to row"):
        changed("t.ods", open_document(ROWS), b"<table:table-row>", row)


def test_empty(changed):
    """Empty cells to the end of the sheet, which programs write of a column that is formatted, are no matter."""
    assert len(changed("t.xlsx", workbook(ROWS), b"</sheetData>", FORMATTED + b"</sheetData>").studies) == 1
    assert len(changed("t.ods", open_document(ROWS), b"</table:table>", EMPTY + b"</table:table>").studies) == 1
