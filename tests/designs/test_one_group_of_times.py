"""One group against a fixed value, of rates and times, against drawn participants, scipy and sums written out."""

import numpy as np
import pytest
from scipy import integrate, stats

from trialplan.designs.one_milestone import OneMilestone
from trialplan.designs.one_rate import OneRate
from trialplan.designs.one_restricted_mean import OneRestrictedMean
from trialplan.designs.one_sample_log_rank import OneSampleLogRank
from trialplan.errors import ParameterError

TIMES = {"accrual_time": 12, "follow_up_time": 6}


class TestRate:
    @pytest.mark.parametrize("sides", [1, 2])
    @pytest.mark.parametrize(("expected", "favourable"), [(0.6, "lower"), (1.5, "higher")])
    @pytest.mark.parametrize("n", [1, 7, 40])
    def test_is_the_poisson_tail(self, expected, favourable, sides, n):
        """Every count that the level takes rejects, and no other; tried one by one."""
        design = OneRate(null=1.0, expected=expected, favourable=favourable, sides=sides, exposure=0.8)
        counts = np.arange(400)
        low, high = stats.poisson.cdf(counts, 0.8 * n), stats.poisson.sf(counts - 1, 0.8 * n)
        favoured, opposed = (high, low) if favourable == "higher" else (low, high)
        rejects = (favoured <= design.level) | ((opposed <= design.level) & (sides == 2))
        chances = stats.poisson.pmf(counts, 0.8 * n * expected)
        assert design.power(n) == pytest.approx(chances[rejects].sum(), abs=1e-12)
        assert design.success(n) == pytest.approx(chances[favoured <= design.level].sum(), abs=1e-12)

    def test_wald_is_what_drawn_participants_show(self):
        """With dispersion, unequal times and dropout."""
        words = {"dispersion": 0.5, "accrual_time": 1, "dropout_rate": 0.2, "test": "wald"}
        design = OneRate(null=1.0, expected=0.6, **words)
        found = design.simulate(90, 4000, np.random.default_rng(1))
        assert found.power == pytest.approx(design.power(90), abs=0.03)

    def test_exact_needs_equal_times(self):
        """A dispersion belongs to wald, and the sentence says so."""
        with pytest.raises(ParameterError, match="use wald"):
            OneRate(null=1, expected=0.5, dispersion=0.3)


class TestMilestone:
    def test_without_losses_it_is_a_rate(self):
        """With everybody seen to the milestone the variance is that of a share at the planned rate."""
        design = OneMilestone(milestone=6, null=0.3, expected=0.5, accrual_time=1e-6, follow_up_time=7)
        error, _ = design.standard_error(40)
        assert error == pytest.approx((0.5 * 0.5 / 40) ** 0.5, rel=1e-6)

    @pytest.mark.parametrize("cls", [OneMilestone, OneRestrictedMean])
    def test_is_what_drawn_participants_show(self, cls):
        """With a hazard in pieces, staggered entry and dropout."""
        name, null, expected = ("milestone", 0.3, 0.5) if cls is OneMilestone else ("horizon", 6.5, 7.5)
        shape = {"hazard": (0.1, 0.04), "hazard_changes": (3,), "dropout_rate": 0.02}
        design = cls(**{name: 10}, null=null, expected=expected, **shape, **TIMES)
        value, _ = design.estimated(design.draw(4000, 20, np.random.default_rng(2)))
        assert value.mean() == pytest.approx(expected, rel=0.01)
        assert value.std() == pytest.approx(design.standard_error(4000)[0], rel=0.5)
        found = design.simulate(80, 4000, np.random.default_rng(3))
        assert found.power == pytest.approx(design.power(80), abs=0.04)

    def test_beyond_the_end(self):
        """A milestone that nobody is seen to, a share of 1 and a hazard of 0 until then are one sentence each."""
        with pytest.raises(ParameterError, match="nobody is seen for longer"):
            OneMilestone(milestone=20, null=0.3, expected=0.5, **TIMES)
        with pytest.raises(ParameterError, match="nobody would have the event by then"):
            OneMilestone(milestone=4, null=0.3, expected=0.5, hazard=(0, 0.1), hazard_changes=(5,), **TIMES)
        with pytest.raises(ParameterError, match="must lie in"):
            OneRestrictedMean(horizon=10, null=6, expected=11, **TIMES)


class TestLogRank:
    def test_is_events_less_expected(self):
        """Of one trial, participant by participant."""
        design = OneSampleLogRank(hazard_ratio=0.6, null_hazard=(0.1, 0.05), hazard_changes=(4,), **TIMES)
        data = design.draw(30, 3, np.random.default_rng(1))
        for people, z in zip(data, design.analyse(data)[0], strict=True):
            spent = [0.1 * min(time, 4) + 0.05 * max(time - 4, 0) for _, time, _ in people]
            assert z == pytest.approx((sum(spent) - people[:, 2].sum()) / sum(spent) ** 0.5)

    def test_moments_are_those_of_drawn_participants(self):
        """Mean and variance of events less expected, with dropout and a ramp of enrolment."""
        more = {"dropout_rate": 0.03, "accrual_ramp": 4, "longest_follow_up": 9}
        design = OneSampleLogRank(hazard_ratio=0.6, null_hazard=(0.1, 0.05), hazard_changes=(4,), **TIMES, **more)
        (people,) = design.draw(400_000, 1, np.random.default_rng(2))
        surplus = design.null_curve.cumulative(people[:, 1]) - people[:, 2]
        fewer, variance = design._moments
        assert surplus.mean() == pytest.approx(fewer, abs=4 * (variance / 400_000) ** 0.5)
        assert surplus.var() == pytest.approx(variance, rel=0.01)

    def test_share_of_events_is_the_integral(self):
        """By scipy, for even enrolment."""
        design = OneSampleLogRank(hazard_ratio=0.6, null_median=5, **TIMES)
        hazard = 0.6 * np.log(2) / 5
        share = integrate.quad(lambda entry: (1 - np.exp(-hazard * (18 - entry))) / 12, 0, 12)[0]
        assert design.share == pytest.approx(share, rel=1e-10)

    def test_a_look_waits_for_its_events(self):
        """At half of the events each trial is cut where half of its own have happened."""
        design = OneSampleLogRank(hazard_ratio=0.6, null_median=5, **TIMES)
        data = design.draw(40, 2, np.random.default_rng(3))
        for people, z in zip(data, design.analyse(data, 0.5)[0], strict=True):
            at = np.sort((people[:, 0] + people[:, 1])[people[:, 2] > 0])
            cut = at[int(np.ceil(len(at) / 2)) - 1]
            open_for = np.maximum(cut - people[:, 0], 0)
            spent = np.log(2) / 5 * np.minimum(people[:, 1], open_for).sum()
            seen = ((people[:, 2] > 0) & (people[:, 1] <= open_for)).sum()
            assert z == pytest.approx((spent - seen) / spent**0.5)

    def test_hazard_of_0(self):
        """Nobody would have the event."""
        with pytest.raises(ParameterError, match="must not be 0 throughout"):
            OneSampleLogRank(hazard_ratio=0.5, null_hazard=0.0, **TIMES)
