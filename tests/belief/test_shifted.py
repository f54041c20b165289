"""A bias taken off the odds of a belief: against closed forms and simulation."""

import numpy as np
import pytest
from scipy import stats

from trialplan import TwoProportions
from trialplan.analyses.assurance.assess import assurance
from trialplan.belief import Affine, Beta, LogitNormal, OddsShifted
from trialplan.errors import ParameterError

P = np.array([0.01, 0.025, 0.25, 0.5, 0.9, 0.999])


class TestShifted:
    @pytest.mark.parametrize("sd", [0.0, 0.11, 0.5])
    def test_of_a_logit_normal_it_is_one(self, sd):
        """Normal logits less a normal bias are normal: means subtract, variances add."""
        shifted, closed = OddsShifted(LogitNormal(0.4, 0.5), 0.14, sd), LogitNormal(0.26, np.hypot(0.5, sd))
        assert shifted.quantile(P) == pytest.approx(closed.quantile(P), abs=1e-7)
        assert shifted.cdf(closed.quantile(P)) == pytest.approx(P, abs=1e-7)
        assert shifted.log_density(np.array([0.2, 0.6])) == pytest.approx(closed.log_density(np.array([0.2, 0.6])))
        assert shifted.mean() == pytest.approx(closed.mean(), abs=1e-7)

    def test_of_a_discounted_belief_it_is_what_draws_show(self):
        """Quantiles and mean agree with draws made by numpy alone."""
        rng, n = np.random.default_rng(3), 400_000
        rate = 0.08 + 0.6 * rng.beta(16.5, 14.5, n)
        drawn = stats.logistic.cdf(stats.logistic.ppf(rate) - rng.normal(0.26, 0.3, n))
        shifted = OddsShifted(Affine(Beta(16.5, 14.5), scale=0.6, shift=0.08), 0.26, 0.3)
        assert shifted.mean() == pytest.approx(drawn.mean(), abs=4 * drawn.std() / n**0.5)
        assert np.mean(drawn <= shifted.quantile(0.2)) == pytest.approx(0.2, abs=4 * (0.16 / n) ** 0.5)
        assert shifted.draw(9, rng).shape == (9,)

    @pytest.mark.parametrize("sd", [0.1, 0.6])
    def test_assurance_averages_over_both(self, sd):
        """Given the control rate first: against draws of control, rate and bias."""
        design, rng, n = TwoProportions(control=0.2, treatment=0.37), np.random.default_rng(5), 400_000
        beliefs = {
            "control": Beta(4, 14),
            "treatment": lambda control: OddsShifted(Affine(Beta(16.5, 14.5), 0.6, 0.4 * control), 0.14, sd),
        }
        control = rng.beta(4, 14, n)
        rate = 0.4 * control + 0.6 * rng.beta(16.5, 14.5, n)
        treatment = stats.logistic.cdf(stats.logistic.ppf(rate) - rng.normal(0.14, sd, n))
        power = design.replace(control=control, treatment=treatment).success(254)
        assert assurance(design, 254, beliefs) == pytest.approx(power.mean(), abs=4 * power.std() / n**0.5)

    def test_a_bias_has_a_finite_mean_and_no_negative_sd(self):
        """One sentence with the value and the domain."""
        with pytest.raises(ParameterError, match=r"must lie in \[0, ∞\), not -1"):
            OddsShifted(Beta(1, 1), 0.1, -1)
