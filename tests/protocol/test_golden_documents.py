"""What each reader's document says of two plans, word by word."""

import golden_statements
import pytest
from golden_documents import GOLDEN, PLANS, SHEETS, documents

from trialplan.protocol.content.readers import DOCUMENTS


def kept(kinds):
    """The texts as they are kept."""
    paths = [GOLDEN / f"{kind}-{name}.md" for kind in kinds for name in PLANS]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def test_every_document_is_kept():
    """Of each reader but the protocol's, and no other."""
    kinds = [kind for kind in DOCUMENTS if kind != "protocol"]
    texts = {path.name for path in GOLDEN.iterdir()} - {golden_statements.KEPT.name}
    assert texts == {f"{kind}-{name}.md" for kind in kinds for name in PLANS}


def test_the_sheets_say_what_was_read():
    """`python tests/tools/golden_documents.py` writes them anew; a person reads what changed."""
    assert documents(SHEETS) == kept(SHEETS)


@pytest.mark.sweep
def test_the_statistical_document_says_what_was_read():
    """The same, before its chapters that the protocol has too."""
    assert documents(("statistics",)) == kept(("statistics",))
