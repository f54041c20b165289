"""The n at which a chance reaches a target: known inverses, few looks, and chances that lead astray."""

import math

import numpy as np
import pytest
from scipy import special, stats

from trialplan.numerics.elementary import normal_cdf
from trialplan.numerics.secant import chance_root, inverse_at_0

Z_ALPHA = 1.959963984540054


@pytest.mark.parametrize("away", [1e-4, 0.01, 0.3, 1.0, 2.5])
@pytest.mark.parametrize("target", [0.1, 0.8, 0.999])
def test_of_a_z_test(away, target):
    """A statistic that is normal has n in closed form, from a few to a thousand million; of arrays it is the same."""
    wanted = ((stats.norm.ppf(target) + Z_ALPHA) / away) ** 2
    assert chance_root(lambda n: normal_cdf(away * math.sqrt(n) - Z_ALPHA), target, -Z_ALPHA, 64.0) == pytest.approx(
        wanted, rel=1e-9
    )
    steep = np.array([away, 2 * away])
    cells = chance_root(lambda n: special.ndtr(steep * np.sqrt(n) - Z_ALPHA), target, -Z_ALPHA, np.full(2, 64.0))
    np.testing.assert_allclose(cells, [wanted, wanted / 4], rtol=1e-9)


def test_few_looks():
    """A t test is asked half a dozen times, for a chance that is right to ten digits."""
    looks = []

    def chance(n):
        looks.append(n)
        return float(stats.nct.sf(stats.t.isf(0.025, n - 2), n - 2, 0.25 * math.sqrt(n))) if n > 2 else 0.0

    found = chance_root(chance, 0.8, -Z_ALPHA, 64.0)
    assert len(looks) <= 6
    assert chance(found) == pytest.approx(0.8, abs=1e-10)


ASTRAY = {
    "nothing below a hundred": (lambda n: np.where(n < 100, 0.0, special.ndtr(0.2 * np.sqrt(n) - 2)), 201.7),
    "no number below ten": (lambda n: np.where(n < 10, np.nan, special.ndtr(0.2 * np.sqrt(n) - 2)), 201.7),
    "certain from a thousand on": (lambda n: np.where(n < 1000, 0.3, 1.0), 1000.0),
    "a root far below the first look": (lambda n: special.ndtr(9 * np.sqrt(n) - 2), 0.0996),
    "falls at first": (lambda n: special.ndtr(np.where(n < 80, -2 - n / 80, 0.2 * np.sqrt(n) - 2)), 201.7),
}


@pytest.mark.parametrize("name", ASTRAY)
def test_led_astray(name):
    """Chances without a score, or with a jump or a dent, end where they rise through the target."""
    chance, wanted = ASTRAY[name]
    assert chance_root(lambda n: float(chance(n)), 0.8, -Z_ALPHA, 64.0) == pytest.approx(wanted, rel=1e-3)
    cells = chance_root(chance, 0.8, -Z_ALPHA, np.array([64.0, 7.0]))
    np.testing.assert_allclose(cells, [wanted, wanted], rtol=1e-3)


def test_never_reached():
    """A chance that stays below the target has no n, of one number and beside one that has."""
    assert math.isnan(chance_root(lambda n: 0.4, 0.8, -Z_ALPHA, 64.0))
    cells = chance_root(
        lambda n: np.where([True, False], 0.4, special.ndtr(0.2 * np.sqrt(n) - 2)), 0.8, -Z_ALPHA, np.full(2, 64.0)
    )
    assert math.isnan(cells[0])
    assert cells[1] == pytest.approx(201.7, rel=1e-3)


def test_inverse_from_a_few_points():
    """Cubes have known roots; one that falls has no inverse, and says so."""
    roots = np.array([[0.3, 0.5], [0.52, 0.7]])
    centre, half = roots + 0.003, np.full(roots.shape, 0.01)
    found, off = inverse_at_0(lambda x: x**3 - roots[..., None] ** 3, centre, half)
    np.testing.assert_allclose(found, roots, atol=1e-11)
    assert (off < 1e-9).all()
    _, off = inverse_at_0(lambda x: -x, np.zeros(1), np.ones(1))
    assert np.isnan(off).all()
