"""Rates of events, against enumeration, direct maximisation of the likelihood, and simulation."""

import itertools

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from trialplan.designs._rates import FollowUp, Tally, fitted_dispersion, fitted_rate, restricted_rate
from trialplan.designs.event_counts import EventCounts
from trialplan.errors import ParameterError, UnreachableError
from trialplan.sequential.group_sequential import GroupSequential


def likelihood(counts, means, dispersion):
    """The negative binomial log likelihood, by scipy's own parameters."""
    return stats.nbinom.logpmf(counts, 1 / dispersion, 1 / (1 + dispersion * means)).sum()


@pytest.fixture(scope="module")
def data():
    """Counts and unequal times of one trial of two arms."""
    rng = np.random.default_rng(4)
    arms = []
    for size, rate in ((60, 1.0), (35, 2.0)):
        time = rng.uniform(0.3, 2, (1, size))
        arms.append((rng.poisson(rng.gamma(1 / 0.7, 0.7, (1, size)) * rate * time), time))
    return arms


class TestEstimates:
    def test_are_the_most_likely_ones(self, data):
        """Rates and a common dispersion are where the likelihood is largest, found by a search that knows no score."""

        def lost(logs):
            return -sum(
                likelihood(y, np.exp(log) * t, np.exp(logs[2])) for (y, t), log in zip(data, logs, strict=False)
            )

        best = np.exp(optimize.minimize(lost, [0, 0, 0], method="Nelder-Mead", options={"xatol": 1e-9}).x)
        arms = [Tally.of(*arm) for arm in data]
        k = fitted_dispersion([[arm] for arm in arms])
        assert k == pytest.approx([best[2]], rel=1e-3)
        assert [fitted_rate([arm], k)[0] for arm in arms] == pytest.approx(best[:2], rel=1e-4)

    def test_on_the_null(self, data):
        """So they are where the rates have a ratio of 1.5, and score's z is that of the likelihood's slope."""

        def lost(logs, beyond=0.0):
            rates = np.exp([logs[0] + np.log(1.5) + beyond, logs[0]])
            return -sum(likelihood(y, rate * t, np.exp(logs[1])) for (y, t), rate in zip(data, rates, strict=True))

        best = optimize.minimize(lost, [0, 0], method="Nelder-Mead", options={"xatol": 1e-9}).x
        slope = (lost(best, -1e-5) - lost(best, 1e-5)) / 2e-5
        told = [
            (np.exp(best[0]) * c * t / (1 + np.exp(best[1] + best[0]) * c * t)).sum()
            for c, (_, t) in zip((1.5, 1), data, strict=True)
        ]
        design = EventCounts(
            control_rate=1, rate_ratio=1, dispersion=1, test="score", goal="non-inferiority", margin=1.5
        )
        z, _ = design.analyse([np.stack(arm, axis=-1) for arm in data])
        assert z == pytest.approx([-slope / np.sqrt(told[0] * told[1] / sum(told))], rel=1e-3)

    def test_many_events_each(self):
        """Whether there are more participants or more events in each, the dispersion is the same."""
        rng = np.random.default_rng(1)
        counts = rng.poisson(rng.gamma(2, 20, (3, 12)))
        few = fitted_dispersion([[Tally.of(counts, 1.0)]])
        many = fitted_dispersion([[Tally.of(np.repeat(counts, 20, axis=1), 1.0)]])
        assert few == pytest.approx(many, rel=1e-4)

    def test_less_than_by_chance(self):
        """Counts that vary less than Poisson's have no dispersion."""
        assert fitted_dispersion([[Tally.of(np.full((2, 9), 3), 1.0)]]).tolist() == [0, 0]

    def test_restricted_rate(self):
        """The root of the quadratic maximises the expected likelihood, with and without dispersion."""
        for k_t, k_c in ((0, 0), (0.4, 1.1), (0, 2), (3, 0.01)):
            x = restricted_rate((2.0, 3.0), (2, 1), (k_t, k_c), 0.8)
            score = 2 * (2 - 0.8 * x) / (1 + k_t * 0.8 * x) + (3 - x) / (1 + k_c * x)
            assert score == pytest.approx(0, abs=1e-12)


class TestFollowUp:
    @pytest.mark.parametrize(
        "more", [{"accrual_time": 2.0}, {"dropout_rate": 0.4}, {"accrual_time": 1, "dropout_rate": 5}]
    )
    def test_information_is_the_mean_over_drawn_times(self, more):
        """What a participant tells is the mean over the times that are drawn."""
        followed = FollowUp(exposure=0.7, **more)
        time = followed.drawn(1000, 400, np.random.default_rng(2))
        told = 1.3 * time / (1 + 0.6 * 1.3 * time)
        assert followed.information(1.3, 0.6) == pytest.approx(told.mean(), abs=4 * told.std() / np.sqrt(time.size))

    def test_early_ones_are_followed_longest(self):
        """In order of enrolment times fall, so a look at the first half sees the longer ones."""
        time = FollowUp(exposure=1.0, accrual_time=1.0).drawn(50, 3, np.random.default_rng(2))
        assert (np.diff(time, axis=1) <= 0).all()

    def test_large_dropout(self):
        """Where nearly all leave at once, what is told is the rate over the rate of leaving."""
        assert FollowUp(exposure=1.0, dropout_rate=1e6).information(2.0, 0.5) == pytest.approx(2e-6, rel=1e-5)


class TestInformation:
    @pytest.mark.parametrize("accrual", [0.5, 10, 1e3, 1e5, 1e7])
    @pytest.mark.parametrize("dispersion", [1e-9, 0.5, 3])
    def test_is_the_mean_over_the_times(self, accrual, dispersion):
        """However long some are followed: of uniform times the mean of m/(1 + km) has a closed form."""
        found = FollowUp(exposure=1, accrual_time=accrual).information(2.0, dispersion)
        bend = 2.0 * dispersion
        exact = (accrual - (np.log1p(bend * (1 + accrual)) - np.log1p(bend)) / bend) / (dispersion * accrual)
        by_steps = np.mean(2.0 * (t := 1 + accrual * (np.arange(10**6) + 0.5) / 10**6) / (1 + bend * t))
        assert found == pytest.approx(exact if dispersion > 1e-6 else by_steps, rel=1e-9)

    @pytest.mark.parametrize("accrual", [10, 1e4])
    def test_with_dropout(self, accrual):
        """Against adaptive quadrature in pieces."""
        found = FollowUp(exposure=1, accrual_time=accrual, dropout_rate=0.05).information(2.0, 0.5)

        def told(time):
            return 2 / (1 + time) ** 2 * np.exp(-0.05 * time) * min(1, 1 - (time - 1) / accrual)

        ends = [0, 1, *(1 + min(accrual, 800) * np.geomspace(1e-4, 1, 40))]
        pieces = itertools.pairwise(ends)
        assert found == pytest.approx(sum(integrate.quad(told, *piece)[0] for piece in pieces), rel=1e-9)


class TestExact:
    @pytest.mark.parametrize(
        "numbers",
        [
            {"rate_ratio": 0.4},
            {"rate_ratio": 0.4, "allocation": "3:1", "sides": 1, "alpha": 0.025},
            {"rate_ratio": 2.5, "favourable": "higher", "allocation": "1:2"},
            {"rate_ratio": 1.0, "goal": "non-inferiority", "margin": 1.8},
            {"rate_ratio": 1.0, "goal": "equivalence", "margin": (0.4, 2.2)},
        ],
    )
    def test_power_over_all_pairs_of_counts(self, numbers):
        """Power is the probability of the pairs of counts that the analysis itself rejects."""
        design, n = EventCounts(control_rate=1.1, test="exact", **numbers), 24
        sizes = [round(size) for size in design.split(n)]
        counts = np.arange(140)
        pairs = [np.stack([one.ravel()], axis=1) for one in np.meshgrid(counts, counts, indexing="ij")]
        # all events of an arm in its first participant: only their sum is seen
        data = [np.pad(one, ((0, 0), (0, size - 1))) for one, size in zip(pairs, sizes, strict=True)]
        _, rejects = design.analyse(data)
        chance = np.multiply.outer(
            *(stats.poisson.pmf(counts, size * rate) for size, rate in zip(sizes, design.rates, strict=True))
        )
        assert (chance.ravel() * rejects).sum() == pytest.approx(design.power(n), abs=1e-9)

    def test_rejects_as_the_binomial_test_does(self):
        """A pair of counts is rejected where the binomial tail is at most half the level."""
        design = EventCounts(control_rate=1, rate_ratio=0.5, allocation="2:1", test="exact")
        for x, y in ((3, 9), (4, 9), (5, 9), (19, 1), (9, 0), (0, 4), (0, 3)):
            tails = stats.binom.cdf(x, x + y, 2 / 3), stats.binom.sf(x - 1, x + y, 2 / 3)
            data = [np.array([[x, 0]]), np.array([[y]])]
            assert design.analyse(data)[1][0] == (min(tails) <= 0.025)


class TestNoEvidence:
    @pytest.mark.parametrize("test", ["wald", "score", "exact"])
    def test_without_events(self, test):
        """A trial without events rejects nothing."""
        design = EventCounts(control_rate=1, rate_ratio=0.5, test=test)
        z, rejects = design.analyse([np.zeros((1, 20), int)] * 2)
        assert (z.tolist(), rejects.tolist()) == ([0], [False])

    def test_without_events_in_one_arm(self):
        """Wald's test has no ratio there, and score's has evidence."""
        data = [np.zeros((1, 20), int), np.ones((1, 20), int)]
        found = [EventCounts(control_rate=1, rate_ratio=0.5, test=test).analyse(data) for test in ("wald", "score")]
        assert [bool(rejects[0]) for _, rejects in found] == [False, True]


class TestSearch:
    @pytest.mark.parametrize(("rate", "ratio"), [(100.0, 1.01), (0.001, 1.05)])
    def test_an_exact_n_beyond_what_is_searched_is_refused(self, rate, ratio):
        """Many events, or many participants, would take minutes: the sentence has the n by Wald's test."""
        design = EventCounts(control_rate=rate, rate_ratio=ratio, favourable="higher", test="exact")
        n = design.replace(test="wald").sample_size(0.8).n
        with pytest.raises(UnreachableError, match=rf"50,000 events; use test wald, which needs {n:,}$"):
            design.sample_size(0.8)

    def test_an_exact_n_is_a_whole_number_of_blocks(self):
        """Half a block has no exact power."""
        design = EventCounts(control_rate=1, rate_ratio=0.5, allocation="2:1", test="exact")
        with pytest.raises(ParameterError, match="multiple of 3"):
            design.power(31)


class TestRefused:
    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"dispersion": 0.5, "test": "exact"}, "Poisson counts over equal times"),
            ({"dropout_rate": 0.5, "test": "exact"}, "Poisson counts over equal times"),
            ({"dropout_rate": 0.5, "test": "score"}, "equal times only"),
            ({"dispersion_treatment": 0.5}, "is needed beside that of the treatment"),
            ({"dispersion": 0.1, "dispersion_treatment": 0.5, "test": "score"}, "one dispersion for both arms"),
            ({"variance": "true-rates", "test": "score"}, "no choice with test score"),
            ({"control_rate": 0}, "must lie in"),
        ],
    )
    def test_what_does_not_fit(self, numbers, words):
        """Each in one sentence."""
        with pytest.raises(ParameterError, match=words):
            EventCounts(**({"control_rate": 1.0, "rate_ratio": 0.5} | numbers))

    def test_more_events_where_fewer_are_better(self):
        """A ratio above 1 asks whether more events are better."""
        with pytest.raises(UnreachableError, match="set favourable to higher"):
            EventCounts(control_rate=1.0, rate_ratio=1.5).sample_size(0.8)


class TestLooks:
    def test_trials_that_are_looked_at(self):
        """Two looks over unequal follow-up reject about as often as planned."""
        inner = EventCounts(control_rate=1.5, rate_ratio=0.6, dispersion=0.5, accrual_time=0.5, dropout_rate=0.1)
        looked = GroupSequential(design=inner, looks=(0.5, 1.0))
        n = looked.sample_size(0.8).n
        seen = looked.simulate(n, 500, np.random.default_rng(3))
        assert seen.power == pytest.approx(0.8, abs=0.07)


@pytest.mark.sweep
class TestLevel:
    @pytest.mark.parametrize("test", ["wald", "score"])
    @pytest.mark.parametrize(("n", "most"), [(40, 0.075), (200, 0.058)])
    def test_at_few_and_many(self, test, n, most):
        """With an estimated dispersion at 3:1 Wald's test is liberal in small trials and nearly right in large ones."""
        design = EventCounts(control_rate=1.5, rate_ratio=1, dispersion=0.8, test=test, allocation="3:1")
        assert design.simulate(n, 20_000, np.random.default_rng(3)).power < most


class TestShown:
    @pytest.mark.parametrize("test", ["wald", "score"])
    def test_the_effect_at_a_boundary_is_where_the_test_crosses_it(self, test):
        """Counts that show the ratio exactly, of Poisson rates, have the boundary's z in the analysis itself."""
        design = EventCounts(control_rate=1.0, rate_ratio=0.6, test=test)
        z = np.array([2.8, 2.2])
        ratios = design.outcome.estimate_at(design, np.array([100.0, 160.0]), z)
        for n, ratio, at in zip((100, 160), ratios, z, strict=True):
            # counts need not be whole for a sum and its mean
            arms = tuple(np.full((1, n // 2), rate) for rate in (ratio, 1.0))
            tallies = [Tally(arm.sum(axis=1, keepdims=True), n // 2, 1.0, arm) for arm in arms]
            assert design.analysis.statistic(design, *tallies)[0] == pytest.approx([at], abs=1e-6)
