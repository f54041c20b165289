"""A trial of two proportions with looks, counted: against enumeration look by look at given rates, and simulation."""

import numpy as np
import pytest
from scipy import stats

from trialplan import GroupSequential, TwoMeans, TwoProportions
from trialplan.analyses.compare import actual_size
from trialplan.sequential.exact_two_arms import rejection_table

RULES = {
    "two looks, two-sided": {"looks": (0.5, 1.0), "efficacy": "lan-demets-obrien-fleming"},
    "three looks, futility": {"looks": (0.3, 0.7, 1.0), "efficacy": "pocock", "futility": "z(0,0.5)"},
    "a look that does not test": {"looks": (0.4, 0.7, 1.0), "efficacy_at": (0.7, 1.0), "futility": "z(0.3,0.4)"},
}


def trial(name, **fixed):
    """A design with one of the rules; those with futility are one-sided."""
    rule = RULES[name]
    sides = {"sides": 1, "alpha": 0.025} if "futility" in rule else {}
    return GroupSequential(design=TwoProportions(control=0.3, treatment=0.6, **sides, **fixed), **rule)


def by_looks(design, n, rates, obeyed):
    """P(rejecting), the counts of those who go on followed from look to look with scipy's binomial."""
    sizes = [design.split(-(-round(t * n) // design.block) * design.block) for t in design.looks]
    uppers, lowers = design.bounds(n)
    going, rejected, before = {(0, 0): 1.0}, 0.0, (0, 0)
    for arms, upper, lower in zip(sizes, uppers, lowers, strict=True):
        arms = tuple(map(round, arms))
        more = [np.arange(now - then + 1) for now, then in zip(arms, before, strict=True)]
        chances = [stats.binom.pmf(x, x[-1], rate) for x, rate in zip(more, rates, strict=True)]
        mass = np.zeros((arms[0] + 1, arms[1] + 1))
        for (x_t, x_c), chance in going.items():
            mass[x_t : x_t + len(more[0]), x_c : x_c + len(more[1])] += chance * np.outer(*chances)
        going, before = {}, arms
        for (x_t, x_c), chance in np.ndenumerate(mass):
            p_t, p_c, pooled = x_t / arms[0], x_c / arms[1], (x_t + x_c) / sum(arms)
            spread = pooled * (1 - pooled) * (1 / arms[0] + 1 / arms[1])
            z = 0.0 if spread == 0 else (p_t - p_c) / spread**0.5
            if (abs(z) if design.two_tailed else z) >= upper:
                rejected += chance
            elif not (obeyed and z <= lower):
                going[x_t, x_c] = chance
    return rejected


class TestTable:
    @pytest.mark.parametrize("name", RULES)
    @pytest.mark.parametrize("allocation", ["1:1", "2:1"])
    @pytest.mark.parametrize("obeyed", [True, False])
    def test_by_following_the_looks(self, name, allocation, obeyed):
        """One table of final counts gives, at any rates, what following the looks at those rates gives."""
        design = trial(name, allocation=allocation)
        n = 12 * design.block
        table = rejection_table(design, n, obeyed=obeyed)
        for rates in ((0.3, 0.3), (0.6, 0.3), (0.2, 0.7)):
            n_t, n_c = (size - 1 for size in table.shape)
            found = (
                stats.binom.pmf(np.arange(n_t + 1), n_t, rates[0])
                @ table
                @ stats.binom.pmf(np.arange(n_c + 1), n_c, rates[1])
            )
            assert found == pytest.approx(by_looks(design, n, rates, obeyed), rel=1e-9)

    def test_by_simulation(self):
        """Trials drawn participant by participant reject as often."""
        design, n = trial("three looks, futility"), 84
        table = rejection_table(design, n)
        counts = [np.arange(43)] * 2
        found = stats.binom.pmf(counts[0], 42, 0.6) @ table @ stats.binom.pmf(counts[1], 42, 0.3)
        drawn = design.simulate(n, 200_000, np.random.default_rng(5))
        assert drawn.rejected / drawn.trials == pytest.approx(found, abs=4 * (0.25 / 200_000) ** 0.5)

    def test_other_designs_are_not_counted(self):
        """A trial of means has no counts."""
        with pytest.raises(TypeError, match="two-means"):
            rejection_table(GroupSequential(design=TwoMeans(difference=0.5, sd=1.0)), 100)


class TestLevel:
    def test_the_largest_of_a_grid(self):
        """The largest type I error is at least that of every common rate, with futility ignored."""
        design, n = trial("three looks, futility"), 24
        largest = actual_size(design, n)
        at = [by_looks(design, n, (rate, rate), False) for rate in np.linspace(0.02, 0.98, 25)]
        assert max(at) <= largest + 1e-12
        assert largest == pytest.approx(max(at), abs=0.003)

    def test_binding_futility_is_obeyed(self):
        """A rule that relies on its futility has the level of the trial that obeys it."""
        design = trial("three looks, futility").replace(binding=True)
        at = [by_looks(design, 24, (rate, rate), True) for rate in np.linspace(0.02, 0.98, 25)]
        assert actual_size(design, 24) == pytest.approx(max(at), abs=0.003)
