"""Randomised evidence: what the trial that followed the table saw, and what it does not rule out."""

import pytest
from scipy import stats

from trialplan.errors import EvidenceError
from trialplan.evidence import read
from trialplan.evidence.randomised import compare
from trialplan.evidence.regression import regression_to_the_mean


@pytest.fixture(scope="module")
def deng():
    return read("msc-lupus-nephritis-randomised").studies[0]


class TestCompare:
    @pytest.mark.parametrize(
        ("outcome", "difference", "limits"),
        [("remission", -0.083, (-0.397, 0.345)), ("complete remission", -0.083, (-0.467, 0.326))],
    )
    def test_rates_have_newcombes_interval(self, deng, outcome, difference, limits):
        """Deng's rates differ by -8.3 points, with intervals that hold a large benefit and a large harm."""
        found = compare(deng, outcome)
        assert found.difference == pytest.approx(difference, abs=5e-4)
        assert (found.lower, found.upper) == pytest.approx(limits, abs=5e-4)
        assert not found.in_favour
        assert not found.excludes(0.16)
        assert found.excludes(0.5)

    def test_changes_have_welchs_interval(self, deng):
        """The change in protein differs by -0.7 g with the interval that scipy gives from the moments."""
        found = compare(deng, "change in 24-hour urine protein", "lower")
        assert (found.lower, found.upper) == pytest.approx((-2.163, 0.763), abs=1e-3)
        at_limit = stats.ttest_ind_from_stats(-2.1 - found.upper, 1.8, 12, -1.4, 1.1, 6, equal_var=False)
        assert at_limit.pvalue == pytest.approx(0.05)
        assert found.in_favour

    def test_a_study_without_a_control_compares_nothing(self):
        """An uncontrolled study is refused."""
        with pytest.raises(EvidenceError, match="no concurrent control"):
            compare(read("msc-lupus-nephritis").studies[0], "death")

    def test_an_outcome_that_is_not_there_is_named(self, deng):
        """An unknown outcome is refused by name."""
        with pytest.raises(EvidenceError, match="'relapse'"):
            compare(deng, "relapse")


class TestRegressionToTheMean:
    @pytest.mark.parametrize(
        ("threshold", "typical", "between", "within"),
        [(1.0, 2.0, 0.7, 0.4), (1.5, 1.2, 0.7, 0.5), (3.0, 1.0, 0.5, 0.5)],
    )
    def test_it_is_what_a_simulated_selection_shows(self, threshold, typical, between, within):
        """Participants selected by a first reading fall by the formula's amount at the second."""
        import numpy as np

        rng = np.random.default_rng(3)
        true = rng.normal(np.log(typical), between, 2_000_000)
        first, second = (true + rng.normal(0, within, true.size) for _ in range(2))
        chosen = first > np.log(threshold)
        fall = (first - second)[chosen]
        expected = regression_to_the_mean(threshold, typical, between, within).log_fall
        assert expected == pytest.approx(fall.mean(), abs=4 * fall.std() / chosen.sum() ** 0.5)

    def test_a_threshold_of_nothing_is_refused(self):
        """A threshold must be above 0, because the scale is logarithmic."""
        with pytest.raises(EvidenceError, match="threshold must lie in"):
            regression_to_the_mean(0, 1, 1, 1)
