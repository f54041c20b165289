"""What each reader's document says of two plans, word by word."""

import pytest
from golden_documents import GOLDEN, documents


@pytest.fixture(scope="module")
def said():
    """Every text by the name of its file."""
    return documents()


def test_every_text_is_kept(said):
    """No text is kept that is not made, and none is made that is not kept."""
    assert {path.name for path in GOLDEN.iterdir()} == {*said}


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.iterdir()))
def test_the_text_is_the_one_that_was_read(said, name):
    """`python tests/tools/golden_documents.py` writes it anew; a person reads what changed."""
    assert said[name] == (GOLDEN / name).read_text(encoding="utf-8")
