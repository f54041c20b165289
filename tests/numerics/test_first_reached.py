"""The least whole number at which an increasing function is reached, up to a bound."""

import pytest

from trialplan.numerics.search import first_reached


@pytest.mark.parametrize("start", [1, 16, 1024, 1999])
@pytest.mark.parametrize("sought", [1, 2, 1500, 1999, 2000])
def test_up_to_the_bound(start, sought):
    """It is found wherever it lies up to the bound, the bound itself too."""
    assert first_reached(lambda n: n - sought, start, start - sought, 2000) == sought


@pytest.mark.parametrize("start", [1, 1024, 2000])
def test_beyond_the_bound(start):
    """What is reached beyond it only is not reached."""
    assert first_reached(lambda n: n - 2001, start, start - 2001, 2000) is None
