"""What the tests of protocols share."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def contents(shipped_once):
    """What the protocol of a trial says; of a shipped plan it is computed once."""
    return shipped_once
