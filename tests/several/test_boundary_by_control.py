"""The boundaries of several arms and two stages, by another way: integrated over the path of the control alone."""

import numpy as np
import pytest
from scipy import optimize, special

from trialplan import ManyToOne, MultiArmMultiStage, TwoMeans

LEVEL, HALF = 0.025, np.sqrt(0.5)


def by_the_path_of_the_control(treatments):
    """The first boundary, and P(none is shown) by the last one.

    Given the control's two means the treatments are independent: a power of one's chance, averaged over both.
    """
    x, w = np.polynomial.hermite_e.hermegauss(80)
    w = w / np.sqrt(2 * np.pi)
    inner, weight = np.polynomial.legendre.leggauss(200)
    spent = 2 * special.ndtr(special.ndtri(LEVEL / 2) / HALF)  # Lan & DeMets 1983, halfway
    first = optimize.brentq(lambda u: 1 - w @ special.ndtr(u / HALF + x) ** treatments - spent, 1, 5)

    def none(last):
        control, end = x[:, None], HALF * (x[:, None] + x)
        low, high = -8.5, np.minimum(first / HALF + control, 8.5)
        arm = low + (high - low) * (inner + 1) / 2
        density = (high - low) / 2 * weight * np.exp(-(arm**2) / 2) / np.sqrt(2 * np.pi)
        ahead = special.ndtr((last / HALF + end[..., None] - HALF * arm[:, None, :]) / HALF)
        return w @ (ahead * density[:, None, :]).sum(axis=-1) ** treatments @ w

    return first, none


@pytest.mark.parametrize("treatments", [2, 3, 4])
def test_boundary_by_the_path_of_the_control(treatments):
    """By another way of integrating."""
    _, none = by_the_path_of_the_control(treatments)
    last = optimize.brentq(lambda u: 1 - none(u) - LEVEL, 1.5, 4)
    arms = ManyToOne(design=TwoMeans(difference=0.3, sd=2**0.5, test="z", alpha=LEVEL, sides=1), treatments=treatments)
    trial = MultiArmMultiStage(design=arms, efficacy="lan-demets-obrien-fleming")
    assert trial.critical_value() == pytest.approx(last, abs=1e-6)


def test_what_another_program_spends():
    """The boundaries of lrstat 0.3.3 (getDesign_mams), whose quasi-Monte Carlo stops at 1e-4 of a probability.

    mvtnorm 1.1-3 has .0250854 at its boundaries, with an error of 1e-7, and .0249999 at trialplan's.
    """
    first, none = by_the_path_of_the_control(3)
    assert first == pytest.approx(3.274084480, abs=1e-6)
    assert 1 - none(2.356993614) == pytest.approx(0.0250854, abs=2e-7)
    assert 1 - none(2.358370988) == pytest.approx(LEVEL, abs=1e-7)
