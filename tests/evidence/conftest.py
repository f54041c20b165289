"""What tests of reading share: a table from a text, with what was understood, and the sentence that refuses one."""

import pytest

from trialplan.errors import EvidenceError
from trialplan.evidence import read_with_notes


@pytest.fixture
def told(tmp_path):
    """Reads a table from the text of a CSV, with what was understood."""

    def made(text):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        found, _, notes = read_with_notes(tmp_path / "t.csv")
        return found, notes[0]

    return made


@pytest.fixture
def refused(told):
    """The sentence by which a table is refused."""

    def made(text):
        with pytest.raises(EvidenceError) as why:
            told(text)
        assert "\n" not in str(why.value)
        return str(why.value)

    return made
