"""Go and no go by posterior probability."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from trialplan.analyses.assurance.go_no_go import SingleArmRule, TwoArmRule
from trialplan.errors import ParameterError
from trialplan.numerics.beta_difference import exceeds_by


class TestBetaDifference:
    @pytest.mark.parametrize("first", [(3, 5), (1, 1), (20, 4)])
    @pytest.mark.parametrize("second", [(2, 2), (7, 1), (40, 90)])
    def test_whole_parameters_have_a_closed_sum(self, first, second):
        """With whole parameters and no difference the probability is a finite sum of beta functions (Cook 2003)."""
        (a, b), (c, d) = first, second
        i = np.arange(a)
        logs = special.betaln(c + i, d + b) - np.log(b + i) - special.betaln(1 + i, b) - special.betaln(c, d)
        assert exceeds_by(first, second, 0.0) == pytest.approx(np.exp(logs).sum(), abs=1e-12)

    @pytest.mark.parametrize(
        ("first", "second", "difference"),
        [((3.5, 5), (2, 2), 0.1), ((300, 200), (100, 400), 0.38), ((1, 50), (1, 50), 0.01), ((3, 2), (0.3, 0.4), 0.0)],
    )
    def test_by_adaptive_quadrature(self, first, second, difference):
        """The probability is the tail of one averaged over the quantiles of the other."""

        def tail(u):
            return stats.beta.sf(stats.beta.ppf(u, *second) + difference, *first)

        cut = stats.beta.cdf(1 - difference, *second)
        wanted = integrate.quad(tail, 0, cut, epsabs=1e-11, limit=300)[0]
        assert exceeds_by(first, second, difference) == pytest.approx(wanted, abs=2e-9)

    def test_complement(self):
        """P(X - Y > d) and P(Y - X > -d) add up to 1, for a difference on either side of 0."""
        for difference in (-0.4, -0.05, 0.0, 0.2, 0.7):
            there = exceeds_by((4, 9), (6, 3), difference)
            assert there + exceeds_by((6, 3), (4, 9), -difference) == pytest.approx(1, abs=1e-9)

    def test_certain(self):
        """A difference that cannot be exceeded has probability 0, one that must be has 1."""
        assert exceeds_by((2, 2), (2, 2), 0.999999) == pytest.approx(0, abs=1e-9)
        assert exceeds_by((2, 2), (2, 2), -0.999999) == pytest.approx(1, abs=1e-9)


class TestSingleArm:
    def test_posterior_is_the_updated_beta(self):
        """Responses and failures are added to the prior's parameters."""
        rule = SingleArmRule(n=20, threshold=0.25, go=0.9, prior=(0.5, 2))
        x = np.arange(21)
        np.testing.assert_allclose(rule.posterior(x), stats.beta.sf(0.25, 0.5 + x, 22 - x), rtol=1e-12)

    def test_decisions_by_simulation(self):
        """Trials that are drawn and judged one by one are decided as often as the enumeration says."""
        rule = SingleArmRule(n=25, threshold=0.3, go=0.9, no_go=0.4)
        seen = rule.posterior(np.random.default_rng(8).binomial(25, 0.4, 40_000))
        chances = rule.chances(0.4)
        for said, chance in ((seen >= 0.9, chances.go), (seen <= 0.4, chances.no_go)):
            assert abs(said.mean() - chance) <= 4 * np.sqrt(chance * (1 - chance) / 40_000)
        assert chances.go + chances.no_go + chances.consider == pytest.approx(1)

    def test_fewest_to_go(self):
        """The fewest responses say go and one fewer do not; a certainty out of reach has none."""
        rule = SingleArmRule(n=30, threshold=0.3, go=0.95)
        fewest = rule.fewest_to_go
        assert rule.posterior(fewest) >= 0.95 > rule.posterior(fewest - 1)
        assert SingleArmRule(n=2, threshold=0.9, go=0.99).fewest_to_go is None
        assert SingleArmRule(n=2, threshold=0.9, go=0.99).chances(0.5).go == 0

    def test_without_no_go_there_is_nothing_to_consider(self):
        """A rule without a second certainty says no go whenever it does not say go."""
        chances = SingleArmRule(n=30, threshold=0.3, go=0.95).chances(np.array([0.2, 0.5]))
        np.testing.assert_allclose(chances.go + chances.no_go, 1)
        np.testing.assert_array_equal(chances.consider, 0)


class TestTwoArms:
    def test_decisions_by_simulation(self):
        """Trials that are drawn and judged one by one are decided as often as the enumeration says."""
        rule = TwoArmRule(n_treatment=20, n_control=10, go=0.9, no_go=0.5, difference=0.05, prior_control=(3, 7))
        rng = np.random.default_rng(9)
        table = rule.posterior(np.arange(21)[:, None], np.arange(11))
        seen = table[rng.binomial(20, 0.5, 20_000), rng.binomial(10, 0.3, 20_000)]
        chances = rule.chances(0.5, 0.3)
        for said, chance in ((seen >= 0.9, chances.go), (seen <= 0.5, chances.no_go)):
            assert abs(said.mean() - chance) <= 4 * np.sqrt(chance * (1 - chance) / 20_000)

    @pytest.mark.parametrize(("n_treatment", "n_control"), [(1, 1), (7, 4), (12, 15)])
    @pytest.mark.parametrize("difference", [-0.1, 0.0, 0.2])
    def test_fewest_to_go_by_looking_at_every_table(self, n_treatment, n_control, difference):
        """For each control count the fewest treatment responses are those found by trying all."""
        rule = TwoArmRule(n_treatment=n_treatment, n_control=n_control, go=0.9, difference=difference)
        table = rule.posterior(np.arange(n_treatment + 1)[:, None], np.arange(n_control + 1))
        np.testing.assert_array_equal(rule.fewest_to_go(), (table < 0.9).sum(axis=0))

    def test_grid_of_rates(self):
        """True rates may be arrays that broadcast."""
        rule = TwoArmRule(n_treatment=12, n_control=9, go=0.9)
        grid = rule.chances(np.array([[0.3], [0.6]]), np.array([0.2, 0.4, 0.5]))
        assert grid.go.shape == (2, 3)
        assert grid.go[1, 2] == pytest.approx(rule.chances(0.6, 0.5).go)


class TestRefusals:
    @pytest.mark.parametrize(
        ("numbers", "sentence"),
        [
            ({"threshold": 30}, "write 30 % as 0.3"),
            ({"go": 1.0}, "go must lie in"),
            ({"no_go": 0.95}, "no_go must lie below go"),
            ({"n": 0}, "whole number"),
            ({"n": 2.5}, "whole number"),
            ({"prior": (0, 1)}, "prior must lie in"),
            ({"prior": 1}, "two parameters"),
        ],
    )
    def test_single_arm(self, numbers, sentence):
        """Numbers outside their domain are refused by name."""
        with pytest.raises(ParameterError, match=sentence):
            SingleArmRule(**({"n": 20, "threshold": 0.3, "go": 0.9} | numbers))

    def test_two_arms(self):
        """A difference that no two rates have is refused, and so is a true rate that is none."""
        with pytest.raises(ParameterError, match="difference must lie in"):
            TwoArmRule(n_treatment=5, n_control=5, go=0.9, difference=1.2)
        with pytest.raises(ParameterError, match="treatment must lie in"):
            TwoArmRule(n_treatment=5, n_control=5, go=0.9).chances(1.2, 0.5)
