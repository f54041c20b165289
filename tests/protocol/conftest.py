"""What the tests of protocols share."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def contents(shipped_once, drawn_once):
    """What the protocol of a trial says; of a shipped plan it is computed once, and each figure is drawn once."""
    return shipped_once
