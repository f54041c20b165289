"""One proportion: the score test beside the exact one."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import optimize, stats

from trialplan.designs.one_proportion import OneProportion
from trialplan.errors import UnreachableError


def score(**numbers):
    """A score design at .3 against .5, unless told otherwise."""
    return OneProportion(**({"null": 0.3, "expected": 0.5, "test": "score"} | numbers))


class TestScore:
    @pytest.mark.parametrize("favourable", ["higher", "lower"])
    @pytest.mark.parametrize("sides", [1, 2])
    def test_power_by_hand(self, favourable, sides):
        """Success is the favourable normal tail: the null's variance in the critical value, the true one outside."""
        null, expected = (0.3, 0.5) if favourable == "higher" else (0.5, 0.3)
        design = score(null=null, expected=expected, favourable=favourable, sides=sides, alpha=0.04)
        z = stats.norm.isf(0.04 / sides)
        away = 0.2 * math.sqrt(40) - z * math.sqrt(null * (1 - null))
        against = -0.2 * math.sqrt(40) - z * math.sqrt(null * (1 - null))
        spread = math.sqrt(expected * (1 - expected))
        assert float(design.success(40)) == pytest.approx(stats.norm.cdf(away / spread))
        far = stats.norm.cdf(against / spread) if sides == 2 else 0
        assert float(design.power(40)) == pytest.approx(stats.norm.cdf(away / spread) + far, abs=1e-14)

    def test_unrounded_n_is_where_power_is_the_target(self):
        """The closed form is the root of the power."""
        design = score(null=0.1, expected=0.25)
        root = optimize.brentq(lambda n: float(design.success(n)) - 0.9, 1, 1000, xtol=1e-10)
        assert design.sample_size(0.9).arms_unrounded["treatment"] == pytest.approx(root, rel=1e-9)

    def test_power_is_near_the_enumerated_one(self):
        """At a large n normal theory and the counted rejections of the analysis agree within two points."""
        design, n = score(), 200
        _, rejects = design.analysis.statistic(design, np.arange(n + 1), n)
        for expected in (0.35, 0.38, 0.42):
            counted = stats.binom.pmf(np.arange(n + 1), n, expected) @ rejects
            assert float(design.replace(expected=expected).success(n)) == pytest.approx(counted, abs=0.03)

    @pytest.mark.parametrize("favourable", ["higher", "lower"])
    def test_critical_count_is_the_first_that_rejects(self, favourable):
        """The count in the answer rejects, and its neighbour on the way back to the null does not."""
        null, expected = (0.3, 0.6) if favourable == "higher" else (0.6, 0.3)
        design = score(null=null, expected=expected, favourable=favourable)
        for n in (11, 40, 137):
            _, rejects = design.analysis.statistic(design, np.arange(n + 1), n)
            count = design.critical_count(n)
            assert rejects[count]
            assert not rejects[count - design.sign]

    def test_statistic_is_a_z(self):
        """The statistic is the distance from the null rate over its standard error there, positive in favour."""
        design = score(null=0.5, expected=0.3, favourable="lower")
        statistic, rejects = design.analyse(np.arange(25)[None, :] < 5)
        assert statistic[0] == pytest.approx((0.5 - 0.2) / 0.1)
        assert rejects[0]

    def test_two_sided_rejects_in_either_direction(self):
        """A two-sided analysis rejects far below the null as well, with a statistic that does not favour."""
        far = np.arange(60)[None, :] < 2
        statistic, rejects = score(sides=2).analyse(far)
        assert rejects[0]
        assert statistic[0] < -1.96
        assert not score(sides=1).analyse(far)[1][0]

    def test_has_no_size_of_its_own(self):
        """Normal theory claims no actual size: it is enumerated where tests are compared."""
        assert score().actual_size(40) is None
        assert "actual_size" not in score().sample_size(0.8).extra

    def test_smooth_and_not_exact(self):
        """The score design is smooth and not exact; the exact one the other way round."""
        assert score().smooth
        assert not score().exact
        assert not score(test="exact").smooth
        assert score(test="exact").exact

    def test_grid(self):
        """A grid of rates is one call."""
        grid = score(expected=np.array([0.4, 0.5, 0.3])).sample_size(0.8)
        assert grid.n[:2].tolist() == [score(expected=rate).sample_size(0.8).n for rate in (0.4, 0.5)]
        assert np.isnan(grid.n[2])

    def test_wrong_side(self):
        """A rate on the wrong side of the null is refused."""
        with pytest.raises(UnreachableError, match="set favourable to lower"):
            score(expected=0.2).sample_size(0.8)


class TestAHern:
    @pytest.mark.parametrize(
        ("null", "expected", "first_n", "critical"), [(0.05, 0.2, 27, 4), (0.1, 0.3, 25, 6), (0.2, 0.4, 35, 12)]
    )
    def test_first_n_is_the_single_stage_design(self, null, expected, first_n, critical):
        """The first n with power .8 at one-sided .05, and its count, are A'Hern's kind of design by enumeration."""
        answer = OneProportion(null=null, expected=expected).sample_size(0.8)
        found = next(
            (n, c)
            for n in range(1, 200)
            for c in [int(stats.binom.isf(0.05, n, null)) + 1]
            if stats.binom.sf(c - 1, n, expected) >= 0.8
        )
        assert (answer.first_n, answer.design.critical_count(answer.first_n)) == found == (first_n, critical)


def counted(n, level, null=Fraction(1, 20), expected=Fraction(1, 5)):
    """The first count of n that rejects at a level of one side, and its chance at the expected rate: in fractions."""

    def mass(rate):
        return [math.comb(n, x) * rate**x * (1 - rate) ** (n - x) for x in range(n + 1)]

    at_null, tail, first = mass(null), Fraction(0), n + 1
    while first and tail + at_null[first - 1] <= level:
        first -= 1
        tail += at_null[first]
    return first, float(sum(mass(expected)[first:]))


class TestTinyLevels:
    @pytest.mark.parametrize(
        ("alpha", "sides", "n"),
        [("1e-15", 1, 292), ("1e-16", 1, 313), ("1e-16", 2, 318), ("1e-17", 1, 329), ("1e-30", 1, 563)],
    )
    def test_counted_in_fractions(self, alpha, sides, n):
        """Count, power and size are those of an enumeration that does not round, where 1 - alpha is 1 to a float."""
        design = OneProportion(null=0.05, expected=0.2, alpha=float(alpha), sides=sides)
        level = Fraction(alpha) / sides
        for one in (n - 1, n, n + 7):
            first, power = counted(one, level)
            assert design.critical_count(one) == first
            assert design.success(one) == pytest.approx(power, rel=1e-9)
        assert design.success(n - 1) < 0.8 <= design.success(n)
        assert design.sample_size(0.8).n == n

    def test_actual_level_is_told_in_digits(self):
        """An actual level of 1e-16 is not printed as 0.0000."""
        page = str(OneProportion(null=0.05, expected=0.2, alpha=1e-15).sample_size(0.8))
        assert "e-16" in page
        assert "0.0000" not in page
