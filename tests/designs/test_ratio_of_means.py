"""Ratios of means of log-normal outcomes."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan.designs.ratio_of_means import RatioOfMeans
from trialplan.designs.two_means import TwoMeans
from trialplan.errors import ParameterError, UnreachableError


class TestPower:
    def test_is_a_t_test_of_logs(self):
        """Power is that of two means whose difference is the log ratio and whose sd is that of the logs."""
        design = RatioOfMeans(ratio=1.4, cv=0.6, allocation="2:1")
        logs = TwoMeans(difference=math.log(1.4), sd=math.sqrt(math.log(1 + 0.36)), allocation="2:1")
        assert float(design.power(60)) == pytest.approx(float(logs.power(60)), abs=1e-12)
        assert float(design.success(60)) == pytest.approx(float(logs.success(60)), abs=1e-12)

    def test_equivalence_by_integration(self):
        """Both one-sided tests together, by integrating over the estimated standard deviation."""
        design, n = RatioOfMeans(ratio=0.95, cv=0.3, goal="equivalence", margin=(0.8, 1.25)), 60
        error = math.sqrt(math.log(1.09) * 4 / n)
        s = np.sqrt(stats.chi2.ppf((np.arange(200_000) + 0.5) / 200_000, n - 2) / (n - 2))
        reach = stats.t.isf(0.05, n - 2) * s * error
        low, high, middle = math.log(0.8), math.log(1.25), math.log(0.95)
        inside = stats.norm.cdf((high - reach - middle) / error) - stats.norm.cdf((low + reach - middle) / error)
        assert float(design.power(n)) == pytest.approx(np.maximum(inside, 0).mean(), abs=1e-6)


class TestMargin:
    @pytest.mark.parametrize("margin", [0.8, 1.25])
    def test_either_limit_stands_for_both(self, margin):
        """For equivalence one limit is mirrored, whichever side of 1 it was written on."""
        one = RatioOfMeans(ratio=1, cv=0.4, goal="equivalence", margin=margin)
        both = one.replace(margin=(0.8, 1.25))
        assert one.null_values() == pytest.approx((0.8, 1.25))
        assert one.sample_size(0.8).n == both.sample_size(0.8).n

    @pytest.mark.parametrize(("favourable", "limit"), [("higher", 0.8), ("lower", 1.25)])
    def test_is_the_limit_on_the_unfavourable_side(self, favourable, limit):
        """For non-inferiority the limit lies where the treatment would be worse."""
        design = RatioOfMeans(ratio=1, cv=0.4, goal="non-inferiority", margin=limit, favourable=favourable)
        assert design.null_values() == pytest.approx((limit,))

    @pytest.mark.parametrize("margin", [(-0.5, 1.25), (1.1, 1.25), 0.0, -1.0])
    def test_that_is_no_ratio_is_refused(self, margin):
        """Limits are positive, and lie around 1."""
        with pytest.raises(ParameterError, match="RatioOfMeans: margin"):
            RatioOfMeans(ratio=1, cv=0.4, goal="equivalence", margin=margin)


class TestParticipants:
    def test_have_the_planned_mean_and_cv(self):
        """Outcomes that are drawn have the ratio of means and the coefficient of variation that were planned."""
        treatment, control = RatioOfMeans(ratio=1.5, cv=0.5).draw(200_000, 1, np.random.default_rng(4))
        assert control.mean() == pytest.approx(1, rel=0.01)
        assert treatment.mean() / control.mean() == pytest.approx(1.5, rel=0.01)
        assert control.std() / control.mean() == pytest.approx(0.5, rel=0.02)

    def test_statistic_is_student_t_of_logs(self):
        """The statistic is scipy's t on the logs, positive in the treatment's favour."""
        design = RatioOfMeans(ratio=0.6, cv=0.5, favourable="lower")
        treatment, control = design.draw(24, 3, np.random.default_rng(5))
        statistic, rejects = design.analyse((treatment, control))
        theirs = stats.ttest_ind(np.log(treatment), np.log(control), axis=1)
        np.testing.assert_allclose(statistic, -theirs.statistic)
        np.testing.assert_array_equal(rejects, theirs.pvalue <= 0.05)


class TestRefusals:
    def test_no_ratio_to_show(self):
        """A ratio of 1 cannot be shown to differ from 1."""
        with pytest.raises(UnreachableError, match="ratio = 1"):
            RatioOfMeans(ratio=1, cv=0.4).sample_size(0.8)
