"""A table as TOML, and the tables to start from."""

from pathlib import Path

import pytest

from trialplan.evidence import EvidenceTable, ReportedOutcome, Study, read, read_with_notes
from trialplan.evidence.write import STARTERS, as_toml, starter
from trialplan.files import examples

TABLES = [*examples("evidence.toml").values(), *sorted((Path(__file__).parent / "tables").glob("*.*"))]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_is_saved_reads_as_the_same(path, tmp_path):
    """From every form, with what was understood on top."""
    table = read(path)
    (tmp_path / "t.toml").write_text(table.toml(), encoding="utf-8")
    assert read(tmp_path / "t.toml") == table
    assert all(f"# {note}" in table.toml() for note in table.notes)


def test_zeros_words_and_quotes_are_kept(tmp_path):
    """A count of 0, a letter that TOML escapes, line breaks."""
    outcome = ReportedOutcome(name="x", events=0, of=9, reported='"0" \\ 9', harm=True)
    table = EvidenceTable(title="t", studies=(Study(key="a\nb", centres=("c", "d"), outcomes=(outcome,)),))
    (tmp_path / "t.toml").write_text(as_toml(table), encoding="utf-8")
    assert read(tmp_path / "t.toml") == table


def test_the_starters_are_one_table(tmp_path):
    """The CSV and the workbook hold the same rows, and both are read without a refusal."""
    pytest.importorskip("python_calamine", reason="python-calamine is not installed")
    tables = []
    for suffix in STARTERS:
        path = tmp_path / f"evidence{suffix}"
        path.write_bytes(starter(suffix))
        found, _, notes = read_with_notes(path)
        assert "3 comment lines left out" in notes[0]
        tables.append(found)
    assert tables[0] == tables[1]
