"""Covariance analysis with its power averaged over the chance imbalance of the baselines."""

import math

import numpy as np
import pytest
from scipy import special, stats

from trialplan.designs.ancova import Ancova

EXACT = {"sd": 1.2, "correlation": 0.6, "method": "exact"}


class TestPower:
    @pytest.mark.parametrize(("n", "allocation"), [(8, "1:1"), (24, "1:1"), (32, "3:1"), (400, "1:3")])
    def test_by_adaptive_quadrature(self, n, allocation):
        """Power is the noncentral t tail averaged over a Beta((n-2)/2, 1/2) share of the noncentrality (Shieh 2020)."""
        design = Ancova(difference=0.9, allocation=allocation, **EXACT)
        n_t, n_c = design.arms(n).values()
        full = 0.9 / (1.2 * 0.8 * math.sqrt(1 / n_t + 1 / n_c))
        critical = stats.t.isf(0.025, n - 3)

        def both(share):
            shift = full * math.sqrt(share)
            return stats.nct.sf(critical, n - 3, shift) + stats.nct.cdf(-critical, n - 3, shift)

        wanted = stats.beta((n - 2) / 2, 0.5).expect(both, epsabs=1e-10)
        assert float(design.power(n)) == pytest.approx(wanted, abs=1e-7)

    def test_equivalence_by_slices_of_probability(self):
        """Both one-sided tests, averaged over the imbalance and the estimated standard deviation."""
        design, n = Ancova(difference=0, goal="equivalence", margin=1, **EXACT), 20
        error = 1.2 * 0.8 * math.sqrt(4 / n)
        critical = stats.t.isf(0.05, n - 3)

        slices = (np.arange(2000) + 0.5) / 2000
        spread = error * np.sqrt(1 + stats.t.ppf(slices, n - 2)[:, None] ** 2 / (n - 2))
        reach = critical * np.sqrt(stats.chi2.ppf(slices, n - 3) / (n - 3))
        shown = special.ndtr(1 / spread - reach) - special.ndtr(reach - 1 / spread)
        assert float(design.power(n)) == pytest.approx(np.maximum(shown, 0).mean(), abs=1e-5)

    def test_simple_claims_more(self):
        """What the simple method leaves out costs power, less and less as arms grow."""
        n = np.array([8, 16, 40, 200, 2000])
        exact, simple = (Ancova(difference=0.3, **EXACT | {"method": m}).power(n) for m in ("exact", "simple"))
        excess = simple - exact
        assert np.all(excess > 0)
        assert excess[-1] < 1e-3

    def test_at_the_null_it_is_the_level(self):
        """Without an effect the imbalance does not matter: the level is kept."""
        for n in (5, 12, 100):
            assert float(Ancova(difference=0, **EXACT).power(n)) == pytest.approx(0.05, abs=1e-10)

    def test_without_degrees_of_freedom(self):
        """Three participants leave no residual, and no power."""
        assert float(Ancova(difference=5, allocation="2:1", **EXACT).power(3)) == 0


class TestMethod:
    def test_simple_is_the_default(self):
        """The method that is not named is the 1 - r² formula, which says it is not exact."""
        design = Ancova(difference=0.5, sd=1, correlation=0.5)
        assert design.method == "simple"
        assert not design.exact
        assert design.replace(method="exact").exact

    def test_each_says_who_uses_it(self):
        """Every method has its line of prose, its formula and its source, and the answer names them."""
        assert set(Ancova.methods) == {"simple", "exact"}
        for name, row in Ancova.methods.items():
            design = Ancova(difference=0.5, sd=1, correlation=0.5, method=name)
            assert (design.formula, design.reference) == (row.formula, row.reference)
            assert row.prose.endswith(".")

    def test_simulation_agrees_where_arms_are_tiny(self):
        """Four a side: participants drawn and analysed show the exact power and not the simple one."""
        exact = Ancova(difference=1.5, sd=1, correlation=0.5, method="exact")
        seen = exact.simulate(8, 40_000, np.random.default_rng(6))
        assert abs(seen.power - float(exact.power(8))) <= 4 * seen.standard_error
        assert abs(seen.power - float(exact.replace(method="simple").power(8))) > 8 * seen.standard_error
