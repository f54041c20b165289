"""The power of t tests at the fewest degrees of freedom."""

import numpy as np
import pytest
from scipy import integrate, stats

from trialplan import ClusteredMeans, RepeatedMeasures
from trialplan.numerics.student import t_power, tost_power


@pytest.mark.parametrize("df", [0.01, 0.03, 0.1, 0.3, 0.9])
@pytest.mark.parametrize("noncentrality", [3.0, 30.0, 60.0])
def test_with_less_than_one_degree_of_freedom(df, noncentrality):
    """The law of the standard deviation, averaged over that of the estimate, tells the same."""
    critical = stats.t.isf(0.025, df)

    def small_enough(z):
        return stats.norm.pdf(z) * stats.chi2.cdf(df * ((noncentrality + z) / critical) ** 2, df)

    witness = integrate.quad(small_enough, max(-9, -noncentrality), 9, limit=200)[0]
    assert float(t_power(noncentrality, df, 0.025)) == pytest.approx(witness, rel=2e-3)


@pytest.mark.parametrize("df", [-1.0, 0.0, 2.2e-16, 1e-6, 0.005])
def test_with_none(df):
    """What is left of 2 - 2 after rounding is none, nor is less than can be computed with: nothing is rejected."""
    assert float(t_power(40.0, df, 0.025)) == 0
    assert float(tost_power([40.0, 40.0], df, 0.05)) == 0
    assert np.all(tost_power([np.full(2, 40.0)] * 2, np.full(2, df), 0.05) == 0)


def test_a_design_with_none():
    """One participant an arm measured at two visits; two clusters and a hair."""
    assert RepeatedMeasures(difference=5.0, sd=0.8, correlation=(0.3, 0.6)).power(2) == 0
    assert ClusteredMeans(difference=5.0, sd=0.8, icc=0.05, cluster_size=4.99).power(10) == 0
