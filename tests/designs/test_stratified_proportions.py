"""Two proportions compared within strata: published and pinned values, and witnesses that share no code with it."""

import itertools
import math

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import StratifiedTable

from trialplan import CoPrimary, GroupSequential, StratifiedProportions, TwoProportions
from trialplan.analyses.verification.counted_truth import enumerated
from trialplan.designs import _strata as strata_sizes
from trialplan.designs import _stratified_tests as stratified_tests
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.two_rates import SCALES

TWO_STRATA = {"control": (0.10, 0.33), "scale": "odds-ratio", "odds_ratio": 2.194}
"""Equal strata in which the control rates differ; the same odds ratio in both."""

SIXTY = {"control": 0.214, "difference": 0.16, "strata": 60, "block_size": 4}

UCB = (
    [512, 353, 120, 138, 53, 22],
    [825, 560, 325, 417, 191, 373],
    [89, 17, 202, 131, 94, 24],
    [108, 25, 593, 375, 393, 341],
)
"""Admissions to Berkeley in 1973 by department, men and then women: R's data set UCBAdmissions."""

PINNED = [
    (*UCB, 1.52460666044344, 1.42694622858669, -1),
    ([12, 30, 3], [20, 40, 5], [5, 22, 1], [20, 40, 7], 9.97660408536427, 8.87914211940572, 1),
    (
        [2, 1, 1, 0, 2, 1],
        [3, 1, 2, 1, 2, 2],
        [0, 1, 1, 0, 1, 0],
        [1, 3, 2, 2, 2, 0],
        2.07692307692308,
        0.923076923076923,
        1,
    ),
]
"""Responders and participants of treatment and control by stratum; the statistics of R 4.2's mantelhaen.test, without
and with its correction; the side of 1 on which its common odds ratio lies."""


def interleaved(x_t, n_t, x_c, n_c):
    """Counts and sizes as the design has them: treatment and control of each stratum in turn."""
    counts = tuple(np.array([float(x)]) for pair in zip(x_t, x_c, strict=True) for x in pair)
    return counts, tuple(n for pair in zip(n_t, n_c, strict=True) for n in pair)


def drawn_tables(rng, trials, n, shares, rates, block=None):
    """(trials, strata) counts of both arms, drawn stratum by stratum: sizes first, then blocks, then responders."""
    if block is None:
        sizes = [np.full(trials, n * share / 2).round().astype(int) for share in shares]
        arms = [(size, size) for size in sizes]
    else:
        whole = rng.multinomial(n, shares, trials)
        full, rest = np.divmod(whole, block)
        treated = full * (block // 2) + rng.hypergeometric(block // 2, block - block // 2, rest)
        arms = list(zip(treated.T, (whole - treated).T, strict=True))
    return [
        (rng.binomial(n_t, p_t), n_t, rng.binomial(n_c, p_c), n_c)
        for (n_t, n_c), (p_t, p_c) in zip(arms, rates, strict=True)
    ]


def chi_squared(tables):
    """Cochran, Mantel and Haenszel's statistic without correction, written out from its definition."""
    above = variance = 0.0
    for x_t, n_t, x_c, n_c in tables:
        total, responders = n_t + n_c, x_t + x_c
        some = np.maximum(total, 2)
        above = above + x_t - responders * n_t / np.maximum(total, 1)
        variance = variance + n_t * n_c * responders * (total - responders) / (some**2 * (some - 1.0))
    return above**2 / variance


class TestPublished:
    def test_where_strata_hide_the_effect(self):
        """Two equal strata at .10 and .33 with odds ratio 2.194, 254 participants: .757, and .717 without strata."""
        design = StratifiedProportions(**TWO_STRATA)
        assert design.power(254) == pytest.approx(0.757, abs=0.01)
        assert design.without_strata().power(254) == pytest.approx(0.717, abs=0.01)
        assert design.simulate(254, 20_000, np.random.default_rng(1)).power == pytest.approx(0.757, abs=0.01)

    def test_many_small_strata(self):
        """254 at .214 v .374: .806 unstratified, and .78 by CMH over 60 strata in permuted blocks of 4."""
        assert enumerated(TwoProportions(control=0.214, treatment=0.374), 254).power == pytest.approx(0.806, abs=5e-4)
        design = StratifiedProportions(**SIXTY)
        assert design.power(254) == pytest.approx(0.78, abs=0.01)
        assert design.simulate(254, 5000, np.random.default_rng(2)).power == pytest.approx(0.78, abs=0.02)

    @pytest.mark.parametrize(("test", "n"), [("cmh", 171), ("cmh-corrected", 192)])
    def test_woolson_and_nam(self, test, n):
        """Colon cancer and chlorinated water (Woolson, Bean & Rojas 1986; Nam 1992)."""
        rates = {"control": (0.75, 0.70, 0.65, 0.60), "weight": (0.10, 0.40, 0.35, 0.15)}
        design = StratifiedProportions(**rates, scale="odds-ratio", odds_ratio=3, sides=1, alpha=0.05, test=test)
        assert math.ceil(design.unrounded(0.9)) == n


class TestStatistic:
    @pytest.mark.parametrize(("x_t", "n_t", "x_c", "n_c", "plain", "corrected", "side"), PINNED)
    def test_is_that_of_mantelhaen_test(self, x_t, n_t, x_c, n_c, plain, corrected, side):
        """With and without the continuity correction, on the side of the common odds ratio."""
        tables = interleaved(x_t, n_t, x_c, n_c)
        for test, squared in (("cmh", plain), ("cmh-corrected", corrected), ("stratified-score", plain)):
            z, rejects = StratifiedProportions(**TWO_STRATA, test=test).judge(*tables)
            assert z[0] ** 2 == pytest.approx(squared, rel=1e-12)
            assert np.sign(z[0]) == side
            assert rejects[0] == (squared > stats.chi2.isf(0.05, 1))

    @pytest.mark.parametrize(("scale", "limit"), [("difference", -0.1), ("ratio", 0.8), ("odds-ratio", 0.6)])
    def test_of_one_stratum_is_that_of_two_proportions(self, scale, limit):
        """Then it is the score test of Miettinen and Nurminen, at none and at a limit."""
        x_t, x_c, sizes = np.array([12, 0, 30, 25]), np.array([9, 4, 20, 25]), (30, 25)
        shared = {"control": 0.4, "goal": "non-inferiority", "scale": scale, "margin": abs(limit)}
        effect = {scale.replace("-", "_"): 0.1 if scale == "difference" else 1.1}
        here = StratifiedProportions(**shared, **effect, test="stratified-score").judge((x_t, x_c), sizes)[0]
        there = TwoProportions(**shared, treatment=0.45, test="miettinen-nurminen").judge((x_t, x_c), sizes)[0]
        np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("scale", ["difference", "ratio", "odds-ratio"])
    def test_rates_on_a_limit_are_those_of_maximum_likelihood(self, scale):
        """The statistic at a limit, from rates that a numerical maximum of the likelihood gives."""
        limit = {"difference": 0.12, "ratio": 1.3, "odds-ratio": 1.8}[scale]
        tables = [(14, 31, 6, 24), (5, 11, 7, 19), (20, 40, 13, 37)]
        above = variance = 0.0
        for x_t, n_t, x_c, n_c in tables:
            t, c = _maximised(scale, limit, (x_t, n_t, x_c, n_c))
            narrowed = (n_t + n_c) / (n_t + n_c - 1)
            weight = n_t * n_c / (n_t + n_c)
            by_t, by_c = t * (1 - t), c * (1 - c)
            if scale == "odds-ratio":
                above += x_t - n_t * t
                variance += narrowed / (1 / (n_t * by_t) + 1 / (n_c * by_c))
            else:
                factor = limit if scale == "ratio" else 1.0
                shift = 0.0 if scale == "ratio" else limit
                above += weight * (x_t / n_t - factor * x_c / n_c - shift)
                variance += narrowed * weight**2 * (by_t / n_t + factor**2 * by_c / n_c)
        design = StratifiedProportions(control=0.3, strata=3, scale=scale, test="stratified-score")
        counts, sizes = interleaved(*zip(*tables, strict=True))
        assert stratified_tests.z(design, counts, sizes, limit, SCALES[scale])[0] == pytest.approx(
            above / math.sqrt(variance), rel=1e-6
        )

    def test_a_stratum_without_one_arm_says_nothing(self):
        """Nor does one of a single participant; where none says anything there is no evidence."""
        design = StratifiedProportions(control=(0.2, 0.3), difference=0.2)
        one, both = np.array([5.0]), (np.array([7.0]), np.array([3.0]))
        alone = StratifiedProportions(control=0.3, difference=0.2).judge(both, (10, 10))[0]
        assert design.judge((one, 0 * one, *both), (9, 0, 10, 10))[0] == pytest.approx(alone)
        assert design.judge((one, 0 * one, *both), (9, 0, 0, 10))[0] == 0


def _maximised(scale, limit, table):
    """The rates of largest likelihood on a limit."""
    x_t, n_t, x_c, n_c = table

    def treated(c):
        return {"difference": c + limit, "ratio": c * limit, "odds-ratio": limit * c / (1 - c + limit * c)}[scale]

    def loss(c):
        t = treated(c)
        return -(x_t * math.log(t) + (n_t - x_t) * math.log1p(-t) + x_c * math.log(c) + (n_c - x_c) * math.log1p(-c))

    end = {"difference": 1 - limit, "ratio": 1 / limit, "odds-ratio": 1.0}[scale]
    found = optimize.minimize_scalar(loss, bounds=(1e-9, end - 1e-9), method="bounded", options={"xatol": 1e-13})
    return treated(found.x), found.x


class TestInterval:
    @pytest.mark.parametrize("scale", ["difference", "ratio", "odds-ratio"])
    @pytest.mark.parametrize("test", ["cmh", "cmh-corrected", "stratified-score"])
    def test_inverts_the_test(self, scale, test):
        """The statistic is the critical value at each limit, and the interval holds none just where the test does."""
        design = StratifiedProportions(control=0.3, strata=3, scale=scale, test=test)
        rng = np.random.default_rng(3)
        for _ in range(15):
            sizes = tuple(map(float, rng.integers(8, 40, 6)))
            counts = tuple(float(rng.binomial(int(n), p)) for n, p in zip(sizes, [0.5, 0.3] * 3, strict=True))
            low, high = stratified_tests.limits(design, counts, sizes, 1.959963984540054)
            ends = [end for end in (low, high) if math.isfinite(end) and end not in (-1, 0, 1)]
            for end in ends:
                z = stratified_tests.z(design, counts, sizes, end, SCALES[scale])
                assert abs(z) == pytest.approx(1.959963984540054, abs=1e-6)
            rejects = design.judge(tuple(np.array([x]) for x in counts), sizes)[1][0]
            assert rejects == (not low < SCALES[scale].none < high)

    def test_reaches_the_end_of_the_scale(self):
        """Where no responder bounds it; where nothing varies there is none."""
        design = StratifiedProportions(control=0.3, strata=2, scale="odds-ratio")
        assert stratified_tests.limits(design, (4, 0, 6, 0), (10, 10, 10, 10), 1.96)[1] == math.inf
        assert stratified_tests.limits(design, (0, 3, 0, 4), (10, 10, 10, 10), 1.96)[0] == 0
        assert math.isnan(stratified_tests.limits(design, (0, 0, 0, 0), (10, 10, 10, 10), 1.96)[0])

    def test_at_the_planned_values(self):
        """At the n that shows it half the time, the interval of the planned effect ends at none."""
        design = StratifiedProportions(control=(0.2, 0.4), difference=0.2)
        n = design.sample_size(0.5).n
        found = design.outcome.interval(design, n, 0.95, False)
        assert found.name == "interval of the common difference, the cmh test inverted"
        assert found.limits[0] == pytest.approx(0, abs=0.01)


class TestPower:
    @pytest.mark.parametrize(
        ("numbers", "n", "block"),
        [
            (TWO_STRATA, 252, None),
            (SIXTY, 254, 4),
            ({"control": (0.2, 0.3, 0.5), "weight": (1, 2, 1), "difference": 0.15, "block_size": 6}, 240, 6),
            pytest.param(
                {"control": 0.3, "difference": 0.2, "strata": 100, "block_size": 2}, 240, 2, marks=pytest.mark.sweep
            ),
        ],
    )
    def test_is_what_tables_show(self, numbers, n, block):
        """Against tables drawn cell by cell and a statistic written out: within a point, and four standard errors."""
        design = StratifiedProportions(**numbers)
        rates, shares = list(zip(*design.rates(), strict=True)), design.shares()
        tables = drawn_tables(np.random.default_rng(4), 8000, n, shares, rates, block)
        seen = float(np.mean(chi_squared(tables) > stats.chi2.isf(0.05, 1)))
        assert design.power(n) == pytest.approx(seen, abs=0.01 + 4 * math.sqrt(0.25 / 8000))
        drawn = design.simulate(n, 6000, np.random.default_rng(5)).power
        assert drawn == pytest.approx(seen, abs=4 * math.sqrt(0.5 / 6000))

    def test_with_a_margin_is_what_participants_show(self):
        """Non-inferiority on every scale, in two strata, by its own participants."""
        for scale, margin, effect in (("difference", 0.12, 0.0), ("ratio", 0.8, 1.0), ("odds-ratio", 0.6, 1.0)):
            design = StratifiedProportions(
                control=(0.5, 0.7),
                scale=scale,
                goal="non-inferiority",
                margin=margin,
                test="stratified-score",
                **{scale.replace("-", "_"): effect},
            )
            n = design.sample_size(0.8).n
            assert design.simulate(n, 6000, np.random.default_rng(6)).power == pytest.approx(0.8, abs=0.03)
            (null,) = design.at_null()
            assert null.simulate(n, 6000, np.random.default_rng(7)).power == pytest.approx(0.025, abs=0.008)

    def test_counted(self):
        """Every table of two small strata, by its binomial probability."""
        design = StratifiedProportions(control=(0.1, 0.33), scale="odds-ratio", odds_ratio=6)
        counts = np.array(list(itertools.product(range(7), repeat=4)))
        mass = np.prod([stats.binom.pmf(counts[:, j], 6, rate) for j, rate in enumerate(design.count_rates())], axis=0)
        tables = [(counts[:, j], 6, counts[:, j + 1], 6) for j in (0, 2)]
        with np.errstate(invalid="ignore"):
            rejects = chi_squared(tables) > stats.chi2.isf(0.05, 1)
        assert enumerated(design, 24).power == pytest.approx(float(mass[rejects].sum()), abs=1e-10)

    def test_of_equal_rates_is_that_without_strata(self):
        """Strata that do not differ neither help nor harm where they are large."""
        design = StratifiedProportions(control=(0.3, 0.3, 0.3), weight=(1, 2, 5), difference=0.2, allocation="2:1")
        assert design.power(150) == pytest.approx(
            TwoProportions(control=0.3, treatment=0.5, allocation="2:1").power(150)
        )

    def test_informative_participants(self):
        """The mean Mantel–Haenszel weight of a Poisson stratum in blocks, summed over every size and split."""
        for expected, block, treated in ((0.7, 4, 2), (4.233, 4, 2), (9.0, 6, 2), (30.0, 2, 1)):
            weight = 0.0
            for m in range(1, 120):
                full, left = divmod(m, block)
                for x in range(left + 1):
                    n_t = full * treated + x
                    split = stats.hypergeom.pmf(x, block, treated, left) if left else 1.0
                    weight += stats.poisson.pmf(m, expected) * split * n_t * (m - n_t) / m
            share = treated / block
            found = strata_sizes.informative(expected, block)
            assert found * share * (1 - share) == pytest.approx(weight, abs=1e-9)

    def test_informative_is_smooth_where_its_sum_ends(self):
        """Beyond the largest stratum that is summed over it goes on as it was."""
        below, beyond = (1e5 * (1 - 1e-9) - strata_sizes.informative(1e5 * (1 - 1e-9), b) for b in (2, 30)), (2, 30)
        for lost, block in zip(below, beyond, strict=True):
            assert lost == pytest.approx((block + 1) / 6e5, rel=1e-3)


class TestParticipants:
    def test_join_permuted_blocks(self):
        """In every stratum the arms differ by no more than half a block, whenever one looks."""
        design = StratifiedProportions(control=(0.1, 0.5, 0.2), weight=(1, 3, 2), difference=0.2, block_size=4)
        data = design.draw(200, 50, np.random.default_rng(8))
        assert data.shape == (50, 200)
        group = data // 2
        for fraction in (50, 117, 200):
            sizes = np.stack([(group[:, :fraction] == j).sum(axis=1) for j in range(6)], axis=1)
            assert np.abs(sizes[:, 0::2] - sizes[:, 1::2]).max() <= 2
        assert (sizes[:, 0::2] + sizes[:, 1::2]).mean(axis=0) == pytest.approx([33.3, 100, 66.7], abs=6)

    def test_are_apportioned(self):
        """Without blocks every arm is as large as planned, and every stratum within one of its share in each."""
        design = StratifiedProportions(control=(0.1, 0.5, 0.2), weight=(1, 3, 2), difference=0.2, allocation="2:1")
        sizes = design.count_sizes(99)
        assert (sum(sizes[0::2]), sum(sizes[1::2])) == (66, 33)
        assert sizes[0::2] == (11, 33, 22)
        assert max(abs(a - b) for a, b in zip(sizes[1::2], (5.5, 16.5, 11), strict=True)) <= 0.5

    def test_together_with_another_endpoint(self):
        """A family of it and an unstratified endpoint succeeds as often as its formula says."""
        members = (
            StratifiedProportions(control=(0.2, 0.4), difference=0.2),
            TwoProportions(control=0.3, treatment=0.5),
        )
        both = CoPrimary(members=members, correlation=0.5)
        n = both.sample_size(0.8).n
        assert both.simulate(n, 4000, np.random.default_rng(9)).success == pytest.approx(0.8, abs=0.03)
        with pytest.raises(ParameterError, match="random size"):
            CoPrimary(members=(members[0].replace(block_size=4), members[1]))


class TestEffect:
    def test_takes_the_place_of_rates_by_stratum(self):
        """A common effect replaces them, and they it; the effect of rates is the Mantel–Haenszel one."""
        design = StratifiedProportions(control=(0.1, 0.33), treatment=(0.2, 0.5))
        assert design.effect_value() == pytest.approx(0.135)
        assert design.replace(scale="ratio").effect_value() == pytest.approx(0.7 / 0.43)
        odds = design.replace(scale="odds-ratio").effect_value()
        assert odds == pytest.approx((0.2 * 0.9 + 0.5 * 0.67) / (0.1 * 0.8 + 0.33 * 0.5))
        common = design.replace(difference=0.135)
        assert common.treatment is None
        assert common.rates()[0] == pytest.approx([0.235, 0.465])
        assert common.replace(treatment=(0.2, 0.5)) == design

    def test_on_the_wrong_side_on_average(self):
        with pytest.raises(UnreachableError, match=r"-0\.05"):
            StratifiedProportions(control=(0.5, 0.6), treatment=(0.4, 0.6)).sample_size(0.8)


class TestVectors:
    def test_a_grid_keeps_the_strata_last(self):
        """Control rates of two trials by three strata, crossed with three effects."""
        controls = np.array([[[0.1, 0.2, 0.3]], [[0.2, 0.4, 0.6]]])
        effects = np.array([0.1, 0.2, 0.3])
        n = StratifiedProportions(control=controls, difference=effects).sample_size(0.8).n
        alone = [
            [StratifiedProportions(control=tuple(one[0]), difference=e).sample_size(0.8).n for e in effects]
            for one in controls
        ]
        np.testing.assert_array_equal(n, alone)

    def test_one_number_is_the_same_in_every_stratum(self):
        three = StratifiedProportions(control=(0.3, 0.3, 0.3), difference=0.2)
        assert StratifiedProportions(control=0.3, strata=3, difference=0.2).power(90) == three.power(90)
        assert StratifiedProportions(control=[0.3, 0.3, 0.3], difference=0.2) == three
        assert StratifiedProportions(control=np.array([0.3, 0.3, 0.3]), difference=0.2) == three

    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"control": (0.1, 0.2), "weight": (1, 1, 2)}, "weight has 3 values, and control 2 strata"),
            ({"control": (0.1, 0.2), "strata": 3}, "control has 2 values, and strata says 3 strata"),
            ({"control": ()}, "must be one number or more"),
            ({"control": (0.1, 20)}, "write 20 % as 0.2"),
            ({"control": (0.1, "0.2")}, "must be a number"),
            ({"control": 0.1, "block_size": 5}, "multiple of 2"),
            ({"control": 0.1, "block_size": 102}, "from 2 to 100"),
            ({"control": 0.1, "strata": 0}, "from 1 to 1000"),
            ({"control": (0.1, 0.95), "difference": 0.1}, "treatment rate of 1.05 in stratum 2"),
            ({"control": 0.1, "odds_ratio": 2}, "set scale to odds-ratio"),
            ({"control": 0.1, "difference": 0.1, "treatment": 0.2}, "each says what the effect is"),
            ({"control": 0.5, "goal": "non-inferiority", "margin": 0.1}, "use stratified-score"),
        ],
    )
    def test_that_do_not_fit_are_refused(self, numbers, words):
        """One sentence with the way out."""
        with pytest.raises(ParameterError) as caught:
            StratifiedProportions(**numbers)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


class TestManyStrata:
    def test_an_odds_ratio_other_than_one_is_refused(self):
        """The unconditional score breaks its level there; simulated with 50 strata of 4: .058 where .025 is asked."""
        asked = {"scale": "odds-ratio", "odds_ratio": 1, "goal": "non-inferiority", "margin": 0.4}
        with pytest.raises(ParameterError, match="in more than 10 strata; state the margin as a difference"):
            StratifiedProportions(control=0.4, strata=60, test="stratified-score", **asked)
        assert StratifiedProportions(control=0.4, strata=10, test="stratified-score", **asked).sample_size(0.8).n


class TestBoundaries:
    """The effect at a look's boundary: where the statistic of statsmodels' StratifiedTable is on it."""

    @pytest.mark.parametrize("test", ["cmh", "cmh-corrected"])
    @pytest.mark.parametrize(
        ("scale", "effect", "moved"),
        [
            ("difference", {"difference": 0.2}, lambda p, e: p + e),
            ("ratio", {"ratio": 1.5}, lambda p, e: p * e),
            ("odds-ratio", {"odds_ratio": 2.0}, lambda p, e: e * p / (1 - p) / (1 + e * p / (1 - p))),
        ],
    )
    def test_the_statistic_is_there(self, test, scale, effect, moved):
        """Of the counts that the planned controls and this common effect lead to in each stratum."""
        fixed = StratifiedProportions(control=(0.2, 0.4), weight=(1, 3), scale=scale, test=test, **effect)
        design = GroupSequential(design=fixed, looks=(0.5, 1.0), futility="z(0.2)")
        for look in design.details(400, 0.8)["looks"]:
            arms = look["n"] // 2
            for name in ("efficacy", "futility") if look["futility_z"] is not None else ("efficacy",):
                value = look[f"effect_at_{name}"]
                tables = []
                for rate, size in ((0.2, arms / 4), (0.4, 3 * arms / 4)):
                    seen = moved(rate, value)
                    tables.append(np.array([[seen, 1 - seen], [rate, 1 - rate]]) * size)
                squared = StratifiedTable(tables).test_null_odds(correction=test == "cmh-corrected").statistic
                assert math.sqrt(squared) == pytest.approx(look[f"{name}_z"])

    def test_no_effect_where_none_is_large_enough(self):
        """Where even no responder at all in a stratum is not enough in the others, there is none."""
        fixed = StratifiedProportions(control=(0.2, 0.4), difference=-0.15, favourable="lower")
        first, last = GroupSequential(design=fixed, looks=(0.5, 1.0)).details(234, 0.8)["looks"]
        assert first["effect_at_efficacy"] is None
        assert -0.2 < last["effect_at_efficacy"] < 0
