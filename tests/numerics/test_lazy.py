"""numpy and scipy.special as they are first used: what scipy only hands on is not read, and is there for who asks."""

import subprocess
import sys

PROGRAM = """
import sys
from trialplan.numerics.lazy import special
assert special.ndtr(0) == 0.5
assert "numpy.f2py.crackfortran" not in sys.modules
assert "unittest" not in sys.modules
import numpy.testing
numpy.testing.assert_allclose(1, 1)
assert numpy.f2py.get_include()
import scipy.stats
assert scipy.stats.norm.cdf(0) == 0.5
"""


def test_what_is_handed_on_is_read_when_it_is_asked_for():
    """Two parts of numpy are put off until somebody wants them; scipy is whole all the same."""
    subprocess.run([sys.executable, "-W", "error", "-c", PROGRAM], check=True)
