"""What may be said after looking: P value, estimate and intervals that allow for the looks."""

import numpy as np
import pytest
from scipy import stats

from trialplan import GroupSequential, TwoMeans
from trialplan.errors import ParameterError
from trialplan.sequential.interim.inference import Stopped

THIRDS = (1 / 3, 2 / 3, 1.0)


@pytest.fixture
def design():
    """Three looks, one-sided .025, by the spending function of O'Brien and Fleming's kind."""
    inner = TwoMeans(difference=0.5, sd=1, test="z", alpha=0.025, sides=1)
    return GroupSequential(design=inner, looks=THIRDS, efficacy="lan-demets-obrien-fleming")


def stopped(design, z, looks):
    """A one-sided trial without futility that ended at look number `looks`."""
    return Stopped(z=z, information=design.looks[:looks], upper=design.efficacy_z[:looks], lower=(-np.inf,) * looks)


class TestAgainstRpact:
    """rpact 3.3.4, getAnalysisResults of two stages of 100 per arm with mean differences .2 and .5, normal theory.

    Its root searches stop about 1e-6 short.
    """

    Z, ERROR = 3.48905905419, 1.00313578694 * np.sqrt(2 / 200)

    def test_p_value_and_estimate(self, design):
        """Stage-wise ordered P value, median-unbiased estimate and 95 % interval."""
        trial = stopped(design, self.Z, 2)
        assert trial.p_value() == pytest.approx(0.000328435206381, rel=1e-6)
        per_drift = self.ERROR * np.sqrt(trial.information[-1])
        low, high = trial.interval()
        assert trial.estimate() * per_drift == pytest.approx(0.348556814719674, abs=2e-6)
        assert low * per_drift == pytest.approx(0.150219418432625, abs=2e-6)
        assert high * per_drift == pytest.approx(0.545725834750927, abs=2e-6)

    def test_repeated(self, design):
        """The boundary at the second look gives the repeated confidence limit."""
        low = (self.Z - design.efficacy_z[1]) * self.ERROR
        assert low == pytest.approx(0.0980697245565, abs=1e-6)


class TestStageWise:
    def test_a_trial_of_one_look(self):
        """Without interim looks everything is as usual."""
        trial = Stopped(z=2.2, information=(1.0,), upper=(1.96,), lower=(-np.inf,))
        assert trial.p_value() == pytest.approx(stats.norm.sf(2.2), abs=1e-12)
        assert trial.p_value(sides=2) == pytest.approx(2 * stats.norm.sf(2.2), abs=1e-12)
        assert trial.estimate() == pytest.approx(2.2, abs=1e-9)
        np.testing.assert_allclose(trial.interval(), [2.2 - 1.959963985, 2.2 + 1.959963985], atol=1e-8)

    @pytest.mark.parametrize("information", [1e-9, 1e-4, 1e4])
    def test_however_little_information_there_is(self, information):
        """The interval of one look is z plus and minus the quantile, wherever on the scale of information it lies."""
        trial = Stopped(z=1.57, information=(information,), upper=(1.96,), lower=(-np.inf,))
        limits = np.array([1.57 - 1.959963985, 1.57 + 1.959963985]) / np.sqrt(information)
        np.testing.assert_allclose(trial.interval(), limits, rtol=1e-7)

    def test_on_the_boundary_it_is_what_has_been_spent(self, design):
        """A trial that stops on its boundary has the P value of the level spent by then."""
        for looks in (1, 2, 3):
            trial = stopped(design, design.efficacy_z[looks - 1], looks)
            assert trial.p_value() == pytest.approx(design.crossed(0.0)[0][:looks].sum(), abs=1e-11)

    def test_interval_excludes_the_null_where_the_trial_rejects(self, design):
        """The 95 % interval lies above 0 just where the one-sided test at .025 rejects."""
        for margin, above in ((1e-3, True), (-1e-3, False)):
            low, _ = stopped(design, design.efficacy_z[2] + margin, 3).interval()
            assert (low > 0) == above

    def test_estimates_less_than_was_seen(self, design):
        """A trial that stopped early because of its result is estimated nearer to the null."""
        trial = stopped(design, 2.7, 2)
        assert 0 < trial.estimate() < 2.7 / np.sqrt(2 / 3)

    def test_covers_as_often_as_it_says(self, design):
        """Over simulated trials the interval holds the truth in 95 %, and half of the estimates exceed it."""
        truth, rng, trials = 2.5, np.random.default_rng(11), 1500
        z = np.cumsum(rng.normal(truth / 3, np.sqrt(1 / 3), (trials, 3)), axis=1) / np.sqrt(THIRDS)
        crossed = z >= design.efficacy_z
        at = np.where(crossed.any(axis=1), crossed.argmax(axis=1), 2)
        tails = np.array([float(stopped(design, z[i, k], k + 1).tail(truth)) for i, k in enumerate(at)])
        assert stats.kstest(tails, "uniform").pvalue > 1e-4

    @pytest.mark.parametrize(
        "words", [{"information": (0.5, 0.4)}, {"upper": (2.0,)}, {"information": (), "upper": (), "lower": ()}]
    )
    def test_looks_that_do_not_fit(self, words):
        """Information that does not increase, or boundaries that are missing, are refused."""
        good = {"information": (0.5, 1.0), "upper": (2.8, 2.0), "lower": (-np.inf, -np.inf)}
        with pytest.raises(ParameterError, match="Stopped: information must increase"):
            Stopped(z=2.0, **(good | words))


class TestRepeated:
    def test_covers_at_every_look_at_once(self, design):
        """One-sided limits at all looks lie below the truth together, in all but the level of trials."""
        rng, trials = np.random.default_rng(12), 200_000
        z = np.cumsum(rng.normal(1 / 3, np.sqrt(1 / 3), (trials, 3)), axis=1) / np.sqrt(THIRDS)
        error = 1 / np.sqrt(THIRDS)
        low = (z - design.efficacy_z) * error
        missed = (low > 1).any(axis=1).mean()
        assert abs(missed - 0.025) < 4 * np.sqrt(0.025 * 0.975 / trials)
