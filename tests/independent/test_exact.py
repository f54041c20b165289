"""Exact 2x2 tests against scipy's, table by table, and against plain enumeration that shares no code with them."""

import functools
import itertools
import math

import numpy as np
import pytest
from exact_p_values import p_value
from scipy import optimize, stats

from trialplan import TwoProportions
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics import exact_power, nuisance
from trialplan.numerics.two_by_two import TESTS, region

UNCONDITIONAL = ("boschloo", "exact-pooled", "exact-unpooled")
ALPHAS = (0.01, 0.025, 0.05, 0.1, 0.2)

FEW = [(1, 1), (1, 4), (3, 3), (5, 2), (4, 7), (8, 8)]
ALL = list(itertools.product(range(1, 13), repeat=2))
SIZES = [pytest.param(*one, id=f"{one[0]}-{one[1]}") for one in FEW] + [
    pytest.param(*one, id=f"{one[0]}-{one[1]}", marks=pytest.mark.sweep) for one in ALL if one not in FEW
]

SHGO = 2e-5
"""scipy's search over the common rate stops about 1e-6 short of a peak at worst on these tables, and its polish
differs between versions; a difference that matters, a table more or less, is at least ten times this."""


def tables(n_t, n_c):
    """Every pair of counts."""
    return itertools.product(range(n_t + 1), range(n_c + 1))


def alternative(sides):
    """What scipy calls the question."""
    return "greater" if sides == 1 else "two-sided"


def rejected(test, n_t, n_c, alpha, sides):
    """Our rejection region as a table of booleans."""
    x_t, x_c = np.meshgrid(np.arange(n_t + 1), np.arange(n_c + 1), indexing="ij")
    return region(test, n_t, n_c, alpha, sides).rejects(x_t, x_c)


def fisher_p(x_t, n_t, x_c, n_c, sides):
    """scipy's p-value of Fisher's test."""
    return stats.fisher_exact([[x_t, n_t - x_t], [x_c, n_c - x_c]], alternative(sides)).pvalue


def ordering(test, n_t, n_c, sides):
    """How extreme each table is, smaller for more extreme: from the definition, in plain fractions or by scipy."""
    extreme = np.empty((n_t + 1, n_c + 1))
    for x_t, x_c in tables(n_t, n_c):
        p_t, p_c, pooled = x_t / n_t, x_c / n_c, (x_t + x_c) / (n_t + n_c)
        if test == "boschloo":
            extreme[x_t, x_c] = fisher_p(x_t, n_t, x_c, n_c, sides)
            continue
        own = p_t * (1 - p_t) / n_t + p_c * (1 - p_c) / n_c
        variance = pooled * (1 - pooled) * (1 / n_t + 1 / n_c) if test == "exact-pooled" else own
        apart = p_t - p_c if sides == 1 else abs(p_t - p_c)
        extreme[x_t, x_c] = (
            0.0 if p_t == p_c else -apart / math.sqrt(variance) if variance else -math.copysign(99, apart)
        )
    return np.round(extreme, 10)


def given_total(inside, n_t, n_c):
    """The share of the equally likely ways to reach each total that lies in a set of tables, in whole numbers."""
    ways = [0] * (n_t + n_c + 1)
    for x_t, x_c in np.argwhere(inside).tolist():
        ways[x_t + x_c] += math.comb(n_t, x_t) * math.comb(n_c, x_c)
    return np.array([way / math.comb(n_t + n_c, s) for s, way in enumerate(ways)])


def worst(inside, n_t, n_c):
    """The largest probability of a set of tables: a fine grid of common rates, then scipy's bounded search by peaks."""
    n, counts = n_t + n_c, np.add.outer(np.arange(n_t + 1), np.arange(n_c + 1))
    ways = np.outer([math.comb(n_t, k) for k in range(n_t + 1)], [math.comb(n_c, k) for k in range(n_c + 1)])
    by_total = np.bincount(counts.ravel(), (ways * inside).ravel(), n + 1)

    def probability(rate):
        powers = np.arange(n + 1)
        return np.asarray(rate)[..., None] ** powers * (1 - np.asarray(rate)[..., None]) ** (n - powers) @ by_total

    grid = np.linspace(0, 1, 801)
    values = probability(grid)
    best = values.max()
    for peak in np.flatnonzero((values[1:-1] >= values[:-2]) & (values[1:-1] >= values[2:])) + 1:
        if values[peak] > 0.97 * best:
            found = optimize.minimize_scalar(
                lambda r: -probability(r),
                bounds=(grid[peak - 1], grid[peak + 1]),
                method="bounded",
                options={"xatol": 1e-10},
            )
            best = max(best, -found.fun)
    return min(best, 1.0)


@functools.cache
def brute(test, n_t, n_c, sides):
    """The p-value of every table, by enumeration."""
    extreme = ordering(test, n_t, n_c, sides)
    by_value = {value: worst(extreme <= value, n_t, n_c) for value in np.unique(extreme)}
    return np.vectorize(by_value.get)(extreme)


class TestPValue:
    @pytest.mark.parametrize(("n_t", "n_c"), SIZES)
    @pytest.mark.parametrize("sides", [1, 2])
    def test_fisher_is_scipys(self, n_t, n_c, sides):
        """Fisher's p-value is scipy's on every table."""
        for x_t, x_c in tables(n_t, n_c):
            theirs = fisher_p(x_t, n_t, x_c, n_c, sides)
            assert p_value("fisher", (x_t, n_t, x_c, n_c), sides) == pytest.approx(theirs, rel=1e-9)

    @pytest.mark.parametrize(("n_t", "n_c"), SIZES)
    @pytest.mark.parametrize("sides", [1, 2])
    @pytest.mark.parametrize("test", UNCONDITIONAL)
    def test_unconditional_is_enumerations(self, test, n_t, n_c, sides):
        """The unconditional p-values are those of plain enumeration on every table."""
        wanted = brute(test, n_t, n_c, sides)
        ours = [p_value(test, (x_t, n_t, x_c, n_c), sides) for x_t, x_c in tables(n_t, n_c)]
        np.testing.assert_allclose(ours, wanted.ravel(), atol=1e-9)

    @pytest.mark.parametrize(("n_t", "n_c"), [p for p in SIZES if p.values in FEW[:5] or p.marks])
    def test_boschloo_is_scipys(self, n_t, n_c):
        """Boschloo's one-sided p-value is scipy's; scipy doubles the smaller of two for both sides, and we do not."""
        for x_t, x_c in tables(n_t, n_c):
            if 0 < x_t + x_c < n_t + n_c:
                theirs = stats.boschloo_exact([[x_t, x_c], [n_t - x_t, n_c - x_c]], "greater").pvalue
                assert p_value("boschloo", (x_t, n_t, x_c, n_c), 1) == pytest.approx(theirs, abs=SHGO), (x_t, x_c)

    @pytest.mark.parametrize(("n_t", "n_c"), [p for p in SIZES if p.values in FEW[:5] or p.marks])
    @pytest.mark.parametrize("sides", [1, 2])
    @pytest.mark.parametrize("test", ["exact-pooled", "exact-unpooled"])
    def test_barnard_is_scipys(self, test, n_t, n_c, sides):
        """The z-ordered p-values are scipy's, save where scipy's rounding parts equal z and leaves a table out."""
        for x_t, x_c in tables(n_t, n_c):
            if not 0 < x_t + x_c < n_t + n_c:
                continue
            table = [[x_t, x_c], [n_t - x_t, n_c - x_c]]
            theirs = stats.barnard_exact(table, alternative(sides), pooled=test == "exact-pooled").pvalue
            ours = p_value(test, (x_t, n_t, x_c, n_c), sides)
            assert ours >= theirs - SHGO, (x_t, x_c)
            if not parted(test, x_t, n_t, x_c, n_c, sides):
                assert ours == pytest.approx(theirs, abs=SHGO), (x_t, x_c)

    def test_lower_is_the_mirror_image(self):
        """One-sided with fewer responses favourable is the same question asked of failures."""
        for test in TESTS:
            assert p_value(test, (2, 9, 6, 11), 1, "lower") == pytest.approx(p_value(test, (7, 9, 5, 11), 1), abs=1e-12)

    def test_an_unknown_test_is_refused(self):
        """A test that is not one of the four is refused with the four."""
        with pytest.raises(ValueError, match="exact-pooled"):
            p_value("barnard", (1, 2, 1, 2))


def parted(test, x_t, n_t, x_c, n_c, sides):
    """Whether z in floating point, as scipy computes it, leaves out a table whose z equals the observed one."""
    first, second = np.arange(n_t + 1)[:, None], np.arange(n_c + 1)
    p1, p2 = first / n_t, second / n_c
    pooled = (first + second) / (n_t + n_c)
    own = p1 * (1 - p1) / n_t + p2 * (1 - p2) / n_c
    variance = pooled * (1 - pooled) * (1 / n_t + 1 / n_c) if test == "exact-pooled" else own
    with np.errstate(all="ignore"):
        z = np.where(p1 == p2, 0, (p1 - p2) / np.sqrt(variance))
    z = np.abs(z) if sides == 2 else z
    return bool(np.any(np.isclose(z, z[x_t, x_c], rtol=1e-9, atol=0) & (z < z[x_t, x_c])))


class TestBergerBoos:
    def test_looks_at_rates_inside_the_interval_only(self):
        """The p-value is the error plus the largest probability between the Clopper–Pearson limits."""
        table, error = (9, 12, 3, 10), 0.001
        extreme = ordering("exact-pooled", 12, 10, 2)
        inside = extreme <= extreme[9, 3]
        s, n = 12, 22
        low, high = stats.beta.ppf(error / 2, s, n - s + 1), stats.beta.ppf(1 - error / 2, s + 1, n - s)
        mass = [
            (inside * np.outer(stats.binom.pmf(range(13), 12, r), stats.binom.pmf(range(11), 10, r))).sum()
            for r in np.linspace(low, high, 4001)
        ]
        assert p_value("exact-pooled", table, berger_boos=error) == pytest.approx(max(mass) + error, abs=1e-7)

    def test_never_gains_more_than_it_may(self):
        """It is at most the plain p-value plus the error."""
        for x_t, x_c in tables(9, 6):
            for test in UNCONDITIONAL:
                plain, bounded = (p_value(test, (x_t, 9, x_c, 6), 2, berger_boos=error) for error in (0, 0.001))
                assert bounded <= min(1, plain + 0.001) + 1e-12

    def test_gains_where_the_worst_rate_is_ruled_out(self):
        """Where only rates far from those seen make such a table likely, the p-value falls."""
        plain, bounded = (p_value("exact-pooled", (30, 60, 0, 5), 1, berger_boos=error) for error in (0, 0.001))
        assert bounded < plain / 2


class TestRegion:
    @pytest.mark.parametrize(("n_t", "n_c"), SIZES)
    @pytest.mark.parametrize("sides", [1, 2])
    def test_fisher_rejects_what_scipy_rejects(self, n_t, n_c, sides):
        """Fisher's region holds the tables whose p-value, by scipy, is at most alpha."""
        theirs = np.array([fisher_p(x_t, n_t, x_c, n_c, sides) for x_t, x_c in tables(n_t, n_c)])
        for alpha in ALPHAS:
            wanted = theirs.reshape(n_t + 1, n_c + 1) <= alpha * (1 + 1e-11)
            np.testing.assert_array_equal(rejected("fisher", n_t, n_c, alpha, sides), wanted, err_msg=str(alpha))

    @pytest.mark.parametrize(("n_t", "n_c"), SIZES)
    @pytest.mark.parametrize("sides", [1, 2])
    @pytest.mark.parametrize("test", UNCONDITIONAL)
    def test_unconditional_rejects_where_p_is_at_most_alpha(self, test, n_t, n_c, sides):
        """The regions hold the tables whose p-value, by enumeration, is at most alpha."""
        wanted = brute(test, n_t, n_c, sides)
        for alpha in ALPHAS:
            ours = rejected(test, n_t, n_c, alpha, sides)
            np.testing.assert_array_equal(ours, wanted <= alpha * (1 + 1e-9), err_msg=str(alpha))

    @pytest.mark.parametrize("test", TESTS)
    def test_regions_and_p_values_agree_in_larger_arms(self, test):
        """Around its edge a region holds the tables whose p-value is at most alpha, in arms of some dozens."""
        rng = np.random.default_rng(20)
        for n_t, n_c in ((31, 31), (47, 22), (18, 64)):
            for alpha, sides in ((0.05, 2), (0.025, 1)):
                inside = rejected(test, n_t, n_c, alpha, sides)
                edge = np.argwhere(inside[:, 1:] != inside[:, :-1])
                for x_t, x_c in rng.permutation(edge)[:8]:
                    for count in (x_c, x_c + 1):
                        p = p_value(test, (int(x_t), n_t, int(count), n_c), sides)
                        assert (p <= alpha) == inside[x_t, count], (n_t, n_c, x_t, count, p)

    def test_twenty_tables_reach_one_in_twenty(self):
        """A p-value equal to alpha rejects, whatever rounding says: three of three against none, one in twenty."""
        assert rejected("fisher", 3, 3, 0.05, 1)[3, 0]


def random_trials(count, largest, seed):
    """Random arms, level and sides."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n_t, n_c = rng.integers(2, largest, 2)
        yield int(n_t), int(n_c), float(rng.uniform(0.005, 0.15)), int(rng.integers(1, 3))


class TestSize:
    @pytest.mark.parametrize("test", TESTS)
    @pytest.mark.parametrize(
        ("count", "largest", "seed"),
        [(1, 50, 1), pytest.param(12, 200, 2, marks=pytest.mark.sweep)],
        ids=["few", "many"],
    )
    def test_never_exceeds_alpha(self, test, count, largest, seed):
        """On a grid of 100,000 common rates no test rejects more often than alpha, nor than its actual size."""
        rates = np.arange(1, 100_001) / 100_001
        for n_t, n_c, alpha, sides in random_trials(count, largest, seed):
            inside = rejected(test, n_t, n_c, alpha, sides)
            found = region(test, n_t, n_c, alpha, sides).size()
            given, n = given_total(inside, n_t, n_c), n_t + n_c
            parts = (stats.binom.pmf(np.arange(n + 1), n, part[:, None]) for part in np.array_split(rates, 20))
            seen = max(float((mass @ given).max()) for mass in parts)
            assert seen <= alpha + 1e-12, (n_t, n_c, alpha, sides)
            assert seen - 1e-9 <= found <= alpha * (1 + 1e-9)
            assert found == pytest.approx(seen, abs=1e-6)

    def test_a_coarse_grid_is_not_enough(self):
        """The supremum lies above what a grid of a hundred rates shows, and the refinement finds it."""
        chosen = region("exact-unpooled", 24, 36, 0.025, 1)
        coarse = nuisance.means(chosen.by_total, np.linspace(0.005, 0.995, 100)).max()
        fine = nuisance.means(chosen.by_total, np.linspace(1e-4, 1 - 1e-4, 200_001)).max()
        assert coarse < fine - 1e-7
        assert chosen.size() == pytest.approx(fine, abs=1e-9)

    def test_wide_arms_in_bands(self):
        """Totals beyond the remembered grid are looked at in bands, with the same answer."""
        by_total = region("fisher", 1300, 1100, 0.05, 2).by_total
        angles, values = nuisance.on_grid(by_total)
        for at in (3, 200, len(angles) // 2, len(angles) - 4):
            mass = stats.binom.pmf(np.arange(2401), 2400, np.sin(angles[at]) ** 2)
            assert values[at] == pytest.approx(float(mass @ by_total), abs=1e-10)


class TestPower:
    @pytest.mark.parametrize("test", TESTS)
    @pytest.mark.parametrize(
        ("allocation", "n"), [("1:1", 24), pytest.param("2:1", 36, marks=pytest.mark.sweep), ("1:3", 40)]
    )
    @pytest.mark.parametrize("favourable", ["higher", "lower"])
    @pytest.mark.parametrize("sides", [1, 2])
    def test_sum_over_rejected_tables(self, test, allocation, n, favourable, sides):
        """Power is the probability of the tables whose p-value is at most alpha; success, of the favourable ones."""
        rates = (0.7, 0.4) if favourable == "higher" else (0.2, 0.55)
        design = TwoProportions(
            treatment=rates[0],
            control=rates[1],
            test=test,
            allocation=allocation,
            favourable=favourable,
            alpha=0.05,
            sides=sides,
        )
        n_t, n_c = design.arms(n).values()
        power = success = 0.0
        for x_t, x_c in tables(n_t, n_c):
            if p_value(test, (x_t, n_t, x_c, n_c), sides, favourable) <= 0.05:
                mass = stats.binom.pmf(x_t, n_t, rates[0]) * stats.binom.pmf(x_c, n_c, rates[1])
                power += mass
                success += mass * (design.sign * (x_t * n_c - x_c * n_t) > 0)
        assert float(design.power(n)) == pytest.approx(power, abs=1e-10)
        assert float(design.success(n)) == pytest.approx(success, abs=1e-10)

    def test_fishers_test_is_the_least_powerful(self):
        """Boschloo's test rejects whatever Fisher's does."""
        for n_t, n_c, alpha, sides in random_trials(30, 80, 5):
            fisher, boschloo = (rejected(test, n_t, n_c, alpha, sides) for test in ("fisher", "boschloo"))
            assert not np.any(fisher & ~boschloo)

    def test_whole_blocks_only(self):
        """Power of an exact test between whole blocks is refused."""
        with pytest.raises(ParameterError, match="multiple of 3"):
            TwoProportions(treatment=0.5, control=0.3, test="boschloo", allocation="2:1").power(40)

    def test_too_many_to_enumerate(self):
        """More participants than can be enumerated are refused with the way out."""
        with pytest.raises(ParameterError, match="use test score"):
            TwoProportions(treatment=0.5, control=0.3, test="fisher").power(100_000)

    @pytest.mark.parametrize("test", TESTS)
    def test_a_level_that_is_lost_in_what_is_left_out(self, test):
        """A level near that of the tables that an enumeration leaves out is refused with its domain."""
        TwoProportions(treatment=0.5, control=0.3, test=test, alpha=1e-12)
        with pytest.raises(ParameterError, match=r"at least 1e-12 for an exact test, .* not 1e-13; use test score"):
            TwoProportions(treatment=0.5, control=0.3, test=test, alpha=1e-13)


PLANNED = {
    "exact-pooled": (44, 59, 95, 89),
    "boschloo": (44, 60, 95, 89),
    "fisher": (48, 64, 102, 98),
}
RATES = ((0.6, 0.3), (0.75, 0.5), (0.5, 0.3), (0.45, 0.25))


class TestSampleSize:
    @pytest.mark.parametrize("test", PLANNED)
    def test_as_planned_elsewhere(self, test):
        """At 80 % power and two-sided 5 %, the three tests need per arm what enumeration elsewhere gives."""
        answers = [TwoProportions(treatment=t, control=c, test=test).sample_size(0.8).arms for t, c in RATES]
        assert tuple(arms["treatment"] for arms in answers) == PLANNED[test]

    def test_saw_tooth_of_fisher(self):
        """.55 v .35 by Fisher's test first reaches 80 % at 102 per arm, falls below it at 103–107, stays from 108."""
        design = TwoProportions(treatment=0.55, control=0.35, test="fisher")
        answer = design.sample_size(0.8)
        assert (answer.first_n, answer.n) == (204, 216)
        assert answer.searched_to >= 2 * answer.n
        assert np.all(design.power(2 * np.arange(103, 108)) < 0.8)
        assert design.power(2 * 101) < 0.8

    def test_saw_tooth_of_boschloo(self):
        """.35 against .10 at 2:1 by Boschloo's test first reaches 80 % at 62 + 31 and stays from 68 + 34."""
        answer = TwoProportions(treatment=0.35, control=0.1, test="boschloo", allocation="2:1").sample_size(0.8)
        assert (answer.first_n, answer.n) == (93, 102)
        assert answer.arms == {"treatment": 68, "control": 34}
        assert 0.04 < answer.extra["actual_size"] <= 0.05

    def test_an_effect_too_small_to_enumerate(self):
        """An effect that needs thousands is refused at once, with the test that answers."""
        with pytest.raises(UnreachableError, match=r"no number of participants can show treatment .* use test score"):
            TwoProportions(treatment=0.31, control=0.3, test="boschloo").sample_size(0.8)


class TestBestPower:
    @pytest.mark.parametrize(
        ("treatment", "control", "allocation", "alpha", "sides"),
        [
            (0.6, 0.3, "1:1", 0.05, 2),
            (0.2, 0.02, "1:1", 0.05, 2),
            (0.97, 0.8, "1:2", 0.05, 1),
            (0.3, 0.05, "3:1", 0.1, 2),
            (0.5, 0.1, "1:4", 0.01, 1),
        ],
    )
    def test_skipped_blocks_do_not_reach_the_target(self, treatment, control, allocation, alpha, sides):
        """No block that a search leaves out reaches the target, by any of the tests."""
        for test in TESTS:
            design = TwoProportions(
                treatment=treatment, control=control, allocation=allocation, alpha=alpha, sides=sides, test=test
            )
            skipped = design.blocks_lower_bound(0.8)
            assert skipped > 3
            assert np.all(design.power(design.block * np.arange(1, skipped + 1)) < 0.8)

    def test_bounds_every_test(self):
        """No test is more powerful than the likelihood ratio against the nearest null."""
        rng = np.random.default_rng(8)
        for n_t, n_c, alpha, sides in random_trials(40, 60, 9):
            rates = tuple(rng.uniform(0.02, 0.98, 2))
            pooled = (n_t * rates[0] + n_c * rates[1]) / (n_t + n_c)
            bound = exact_power.best_power((n_t, n_c), rates, (pooled, pooled), alpha)
            for test in TESTS:
                assert sum(region(test, n_t, n_c, alpha, sides).tails(*rates)) <= bound + 1e-12

    def test_rises_with_n(self):
        """The bound never falls as participants are added, but for the one table on its boundary."""
        bounds = [exact_power.best_power((n, n), (0.6, 0.3), (0.45, 0.45), 0.05) for n in range(2, 80)]
        assert min(np.diff(bounds)) > -0.03


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("allocation", ["1:1", "2:1"])
def test_bounds_beside_the_target_lie_on_its_side(test, sides, allocation):
    """What a search is told of each size reaches the target exactly where the enumerated chance does."""
    design = TwoProportions(control=0.2, treatment=0.55, test=test, sides=sides, allocation=allocation)
    n = design.block * np.arange(4, 120 // design.block)
    assert ((np.array(design.success_beside(n, 0.8)) >= 0.8) == (np.asarray(design.success(n)) >= 0.8)).all()
