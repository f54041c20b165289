"""Counts that are drawn when they are asked for have the distribution of participants drawn one by one."""

import numpy as np
import pytest
from scipy import stats

from trialplan import OneProportion, TwoProportions
from trialplan.outcomes.drawn_responses import DrawnResponses, first_count

TRIALS = 40_000


def fits(counts, size, rate):
    """A chi-squared test of the counts against the binomial distribution."""
    expected = TRIALS * stats.binom.pmf(np.arange(size + 1), size, rate)
    seen = np.bincount(counts, minlength=size + 1)
    kept = expected > 5
    lumped = np.append(seen[kept], seen[~kept].sum()), np.append(expected[kept], expected[~kept].sum())
    return stats.chisquare(*lumped, sum_check=False).pvalue if lumped[1][-1] > 0 else 1.0


class TestResponses:
    @pytest.mark.parametrize("order", [(8, 20, 30), (30, 20, 8), (20, 30, 8)], ids=str)
    def test_each_count_is_binomial(self, order):
        """Whatever the order of the looks, the count at each is binomial and never falls from one to the next."""
        arm = DrawnResponses(30, 0.3, TRIALS, np.random.default_rng(7))
        counts = {m: arm.first(m) for m in order}
        assert all(fits(counts[m], m, 0.3) > 1e-4 for m in order)
        assert np.all(counts[8] <= counts[20])
        assert np.all(counts[20] - counts[8] <= 12)
        assert np.all(counts[20] <= counts[30])

    @pytest.mark.parametrize("order", [(10, 25), (25, 10)], ids=str)
    def test_what_a_look_adds_does_not_depend_on_what_was_seen(self, order):
        """The responses between two looks are binomial and uncorrelated with those before."""
        arm = DrawnResponses(25, 0.6, TRIALS, np.random.default_rng(8))
        counts = {m: arm.first(m) for m in order}
        added = counts[25] - counts[10]
        assert fits(added, 15, 0.6) > 1e-4
        assert abs(np.corrcoef(counts[10], added)[0, 1]) < 4 / np.sqrt(TRIALS)

    def test_a_look_sees_the_same_twice(self):
        """A count that has been asked for stays."""
        arm = DrawnResponses(25, 0.6, 100, np.random.default_rng(8))
        first = arm.first(10).copy()
        arm.first(25)
        np.testing.assert_array_equal(arm.first(10), first)

    def test_same_generator_same_counts(self):
        """The same seed, asked in the same order, gives the same counts."""
        arms = [DrawnResponses(40, 0.2, 500, np.random.default_rng(3)) for _ in range(2)]
        for m in (12, 40, 20):
            np.testing.assert_array_equal(arms[0].first(m), arms[1].first(m))

    def test_many_participants(self):
        """Arms too large for a table are drawn as well."""
        counts = DrawnResponses(9000, 0.5, 2000, np.random.default_rng(3)).first(9000)
        assert abs(counts.mean() - 4500) < 4 * np.sqrt(2250 / 2000)

    def test_no_more_than_there_are(self):
        """An arm has no count beyond its participants."""
        with pytest.raises(ValueError, match="25 participants"):
            DrawnResponses(25, 0.6, 10, np.random.default_rng(8)).first(26)


class TestParticipants:
    def test_arrays_are_still_analysed(self):
        """One column a participant gives what the counts give."""
        rng = np.random.default_rng(2)
        arms = rng.random((50, 30)) < 0.5, rng.random((50, 20)) < 0.3
        design = TwoProportions(control=0.3, treatment=0.5, allocation="3:2")
        z, rejects = design.analyse(arms, 0.5)
        x_t, x_c = arms[0][:, :15].sum(axis=1), arms[1][:, :10].sum(axis=1)
        wanted = design.analysis.statistic(design, x_t, 15, x_c, 10)
        np.testing.assert_array_equal(z, wanted[0])
        np.testing.assert_array_equal(rejects, wanted[1])
        np.testing.assert_array_equal(first_count(arms[0], 0.5)[0], x_t)

    def test_of_one_arm(self):
        """One arm is drawn as counts, and analysed from either."""
        design = OneProportion(null=0.2, expected=0.4)
        drawn = design.draw(20, 30, np.random.default_rng(1))
        counts = drawn.first(20)
        _, rejects = design.analyse(drawn)
        _, again = design.analyse(np.arange(20)[None, :] < counts[:, None])
        np.testing.assert_array_equal(rejects, again)
