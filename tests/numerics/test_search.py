"""Roots: a bracketed one by the known inverse, few calls for smooth functions, and odd functions that still end."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from trialplan.numerics.search import bracket, first_reached, increasing_root
from trialplan.numerics.secant import between_points

INVERSES = {
    "a cube": (lambda x: x**3 - 2.0, 0.0, 10.0, 2 ** (1 / 3)),
    "far too wide": (lambda x: np.expm1(np.minimum(x, 700.0)) - 5.0, -20.0, 300.0, math.log(6)),
    "steep in one place": (lambda x: np.arctan(50 * (x - 0.7)), -100.0, 100.0, 0.7),
    "no number below": (lambda x: np.where(x < 1, -np.inf, x - 1.5), 0.0, 9.0, 1.5),
    "a jump": (lambda x: np.where(x < 3.3, -1.0, 1.0), 0.0, 10.0, 3.3),
    "flat from its root on": (lambda x: np.minimum(x - 2.0, 0.0), 0.0, 10.0, 2.0),
}


def test_a_bracket_of_what_never_crosses_has_no_end():
    """Neither of a number nor of a cell of an array, whatever the others do; what crosses has twice as much at most."""
    assert bracket(lambda x: -1.0, 1.0) == math.inf
    ends = bracket(lambda x: np.array([x[0] - 5.0, -1.0]), np.ones(2))
    assert ends.tolist() == [8.0, math.inf]


@pytest.mark.parametrize("name", INVERSES)
def test_root(name):
    """That of the inverse, of one number and of arrays; a cell without an upper end is nan."""
    f, low, high, root = INVERSES[name]
    assert increasing_root(lambda x: float(f(x)), low, high) == pytest.approx(root, abs=1e-12)
    cells = increasing_root(f, np.array([low, low]), np.array([high, math.inf]))
    assert cells[0] == pytest.approx(root, abs=1e-12)
    assert math.isnan(cells[1])


def test_as_brent():
    """Five hundred cubes and exponentials at random, against scipy's brentq."""
    rng = np.random.default_rng(20)
    for at, steep, bent in zip(
        rng.uniform(-5, 5, 500), 10 ** rng.uniform(-3, 3, 500), rng.uniform(0, 3, 500), strict=True
    ):

        def f(x, at=at, steep=steep, bent=bent):
            return steep * ((x - at) + bent * (x - at) ** 3)

        assert increasing_root(f, -10.0, 10.0) == pytest.approx(brentq(f, -10, 10, xtol=1e-14), abs=1e-11)


def test_few_calls():
    """A smooth function is asked a dozen times, where halving alone asks forty-six times."""
    asked = []

    def f(x):
        asked.append(x)
        return math.erf(x / 40) - 0.8

    increasing_root(f, 0.0, 500.0)
    assert len(asked) <= 16


def test_between_points():
    """A polynomial of degree 4 through five points is that polynomial, for rows of several values."""
    points = [0.1, 0.4, 0.5, 0.9, 1.3]
    rows = np.array([[x**4 - x, 3 * x**2] for x in points])
    assert between_points(points, rows, 0.7) == pytest.approx([0.7**4 - 0.7, 3 * 0.7**2], abs=1e-14)


class TestFirstReached:
    @pytest.mark.parametrize("seed", range(20))
    def test_is_what_counting_up_finds(self, seed):
        """The first whole number, whatever the steps of the function and wherever the search begins."""
        rng = np.random.default_rng(seed)
        values = np.cumsum(rng.exponential(size=500) ** 3)
        target = rng.uniform(0, values[-1])
        start = int(rng.integers(1, 400))
        expected = int(np.argmax(values >= target)) + 1

        def f(n):
            return float(values[min(n, 500) - 1] - target)

        assert first_reached(f, start, f(start), 10_000) == expected

    def test_ends_where_nothing_is_reached(self):
        """Up to the most that is looked at, none."""
        assert first_reached(lambda n: -1 / n, 3, -1 / 3, 1000) is None

    def test_takes_few_looks(self):
        """A curve as of assurance, from 250 to 1,301, in eleven looks: halving takes twenty."""
        looked = []

        def f(n):
            looked.append(n)
            return n / (n + 325.2) - 0.8

        assert first_reached(f, 250, f(250), 2**24) == 1301
        assert len(looked) <= 11
