"""One-way analysis of variance: R's power.anova.test, the t test of two groups, drawn participants."""

import numpy as np
import pytest
from scipy.stats import f_oneway

from trialplan import OneWayAnova, TwoMeans
from trialplan.errors import ParameterError, UnreachableError


class TestPower:
    @pytest.mark.parametrize(
        ("means", "sd", "alpha", "n", "power"),
        [
            # R 4.3's power.anova.test: groups=4, n=20, between.var=1, within.var=3
            ((0.0, 0.0, 0.0, 2.0), 3**0.5, 0.05, 80, 0.96790221226),
            # groups=3, n=10, between.var=0.25, within.var=1, sig.level=0.01
            ((0.0, 0.5, 1.0), 1.0, 0.01, 30, 0.218521267892),
        ],
    )
    def test_as_r_has_it(self, means, sd, alpha, n, power):
        """To all digits that it prints."""
        assert OneWayAnova(group_means=means, sd=sd, alpha=alpha).power(n) == pytest.approx(power, abs=1e-9)

    def test_two_groups_are_a_t_test(self):
        """F is the square of t."""
        anova = OneWayAnova(group_means=(0.0, 0.5), sd=1, group_sizes=(2, 1))
        assert anova.power(60) == pytest.approx(TwoMeans(difference=0.5, sd=1, allocation="2:1").power(60), abs=1e-12)

    def test_only_distances_count(self):
        """Means that are all moved, in any unit."""
        near, far = OneWayAnova(group_means=(0, 1, 3), sd=2), OneWayAnova(group_means=(1000, 1010, 1030), sd=20)
        assert far.unrounded(0.9) == pytest.approx(near.unrounded(0.9), rel=1e-9)

    def test_cells_are_scalars(self):
        """Arrays of n, the spread and the means."""
        grid = OneWayAnova(group_means=np.array([[0, 0.5, 1], [0, 0, 1]]), sd=np.array([1.0, 1.2]))
        each = [OneWayAnova(group_means=m, sd=s).power(45) for m, s in (((0, 0.5, 1), 1.0), ((0, 0, 1), 1.2))]
        assert grid.power(45) == pytest.approx(each, rel=1e-12)


class TestParticipants:
    @pytest.mark.parametrize("sizes", [None, (3, 1, 2)])
    def test_power_and_level(self, sizes):
        """The formula is the truth, in the smallest trials too."""
        design = OneWayAnova(group_means=(0.0, 1.0, 0.4), sd=0.7, group_sizes=sizes)
        n, rng = 3 * design.block, np.random.default_rng(3)
        for one in (design, *design.at_null()):
            claimed = float(one.power(n))
            seen = one.simulate(n, 20_000, rng).rejected / 20_000
            assert seen == pytest.approx(claimed, abs=4 * (claimed * (1 - claimed) / 20_000) ** 0.5)

    def test_the_analysis_is_the_usual_one(self):
        """As scipy computes it, trial by trial."""
        design = OneWayAnova(group_means=(0.0, 1.0, 0.4), sd=1, group_sizes=(1, 2, 3))
        data = design.draw(24, 5, np.random.default_rng(1))
        statistic, rejects = design.analyse(data)
        for i in range(5):
            usual = f_oneway(*(group[i] for group in data))
            assert statistic[i] == pytest.approx(usual.statistic)
            assert rejects[i] == (usual.pvalue <= 0.05)


class TestRefused:
    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"group_means": (1.0,)}, "2 to 50 groups"),
            ({"group_sizes": (1, 2)}, "3 whole numbers"),
            ({"group_sizes": (2, 2, 2)}, "write 1:1:1"),
            ({"group_sizes": (1, 0, 1)}, "from 1 to 9999"),
        ],
    )
    def test_numbers(self, numbers, words):
        """Each with the way out."""
        with pytest.raises(ParameterError, match=words):
            OneWayAnova(**{"group_means": (0, 1, 2), "sd": 1} | numbers)

    def test_equal_means(self):
        """There is nothing to find."""
        with pytest.raises(UnreachableError, match="no two of them differ"):
            OneWayAnova(group_means=(1, 1, 1), sd=1).sample_size(0.8)
