"""What a trial can exclude: widths against other software and enumeration, significance against scipy's tests."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

import trialplan
from trialplan import (
    AdverseEvent,
    Ancova,
    OneMean,
    OneMilestone,
    OneProportion,
    RatioOfMeans,
    TwoMeans,
    TwoProportions,
    fields,
)
from trialplan.analyses.sensitivity.exclusion import exclusion
from trialplan.analyses.sensitivity.exclusion_page import page
from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.numerics.inverted_tests import score_limits
from trialplan.numerics.two_rates import DIFFERENCE
from trialplan.parameter import PROPORTION, parameter

RATES = TwoProportions(control=0.3, treatment=0.5)


def standardised(n, mean, sd, rng):
    """n values with exactly this mean and this standard deviation."""
    values = rng.normal(size=n)
    return mean + sd * (values - values.mean()) / values.std(ddof=1)


def test_two_participants_exclude_no_ratio():
    """Logs without any spread of their own leave the ratio anywhere: there is no width, and no division by nothing."""
    (found,) = exclusion(RatioOfMeans(ratio=1.9, cv=0.3), [2])
    assert found.half_width is None
    assert found.possible[0] == 0


class TestTwoRates:
    @pytest.mark.parametrize(("allocation", "n"), [("1:1", 200), ("3:1", 400)])
    def test_the_score_test_inverted(self, allocation, n):
        """Half-width and what no difference leaves are Mee's interval at the planned counts, by that name."""
        (found,) = exclusion(RATES.replace(allocation=allocation), [n])
        sizes = tuple(found.arms.values())
        planned, none = (
            score_limits(DIFFERENCE, (rate * sizes[0], 0.3 * sizes[1]), sizes, stats.norm.isf(0.025))
            for rate in (0.5, 0.3)
        )
        assert found.interval == "Mee interval of the difference, the score test inverted"
        assert found.half_width == pytest.approx(float(planned[1] - planned[0]) / 2)
        assert found.possible == pytest.approx([float(one) for one in none])

    def test_half_width_is_near_the_mean_over_all_counts(self):
        """Averaged over every pair of counts, the interval is as wide as at the planned rates, within 1 %."""
        (found,) = exclusion(RATES, [120])
        x = np.arange(61)
        chance = np.outer(stats.binom.pmf(x, 60, 0.5), stats.binom.pmf(x, 60, 0.3))
        likely = [(i, j) for i in x for j in x if chance[i, j] > 1e-5]
        low, high = score_limits(DIFFERENCE, tuple(np.array(likely).T), (60, 60), stats.norm.isf(0.025))
        mean = sum(chance[cell] * width for cell, width in zip(likely, high - low, strict=True))
        assert found.half_width == pytest.approx(mean / 2, rel=0.01)

    @pytest.mark.parametrize("n", [40, 100, 254])
    def test_the_smallest_significant_difference_is_the_first_by_chi_squared(self, n):
        """It is significant by scipy's chi-squared test beside the expected controls; one response fewer is not."""
        (found,) = exclusion(RATES, [n])
        size = n // 2
        controls = round(0.3 * size)
        x = round((found.smallest_significant + controls / size) * size)
        p = [
            stats.chi2_contingency([[y, size - y], [controls, size - controls]], correction=False).pvalue
            for y in (x, x - 1)
        ]
        assert p[0] < 0.05 <= p[1]

    def test_lower_rates_in_the_treatments_favour_are_negative_differences(self):
        """Where fewer events are better, the significant difference lies below zero."""
        (found,) = exclusion(TwoProportions(control=0.3, treatment=0.15, favourable="lower"), [200])
        assert -0.15 < found.smallest_significant < -0.1

    def test_non_inferiority_can_be_shown_by_a_worse_rate(self):
        """With enough participants a rate that is a little worse still shows non-inferiority; the limit holds there."""
        design = TwoProportions(control=0.3, treatment=0.3, goal="non-inferiority", margin=0.1)
        (found,) = exclusion(design, [600])
        assert -0.1 < found.smallest_significant < 0
        x = round((0.3 + found.smallest_significant) * 300)
        for events, shown in ((x, True), (x - 1, False)):
            low = confint_proportions_2indep(events, 300, 90, 300, method="score", alpha=0.05)[0]
            assert (low > -0.1) == shown

    def test_equivalence_has_no_smallest_significant_difference(self):
        """Equivalence is shown on both sides of no difference, so there is no smallest one."""
        (found,) = exclusion(TwoProportions(control=0.3, treatment=0.3, goal="equivalence", margin=0.15), [600])
        assert found.smallest_significant is None

    @pytest.mark.parametrize("n", [100, 200, 400])
    def test_equivalence_of_one_arm_has_none_either(self, n):
        """A rate between two limits is held against both."""
        (found,) = exclusion(OneProportion(null=0.3, expected=0.3, goal="equivalence", margin=0.15), [n])
        assert found.smallest_significant is None

    @pytest.mark.parametrize("test", ["score", "miettinen-nurminen"])
    @pytest.mark.parametrize("scale", ["ratio", "odds-ratio"])
    def test_ratios_have_factors(self, scale, test):
        """On the ratio scales the half-width is a factor: statsmodels' score intervals reach as far."""
        design = RATES.replace(scale=scale, goal="non-inferiority", margin=0.9, test=test)
        (found,) = exclusion(design, [200])
        interval = confint_proportions_2indep(
            50, 100, 30, 100, method="score", compare=scale, correction=test == "miettinen-nurminen"
        )
        assert found.half_width == pytest.approx(math.sqrt(interval[1] / interval[0]), rel=1e-6)
        assert found.possible[0] * found.possible[1] == pytest.approx(1)


class TestOneRate:
    def test_wilson_about_the_null(self):
        """Half-width and what the null rate itself would leave are statsmodels' Wilson intervals."""
        (found,) = exclusion(OneProportion(null=0.3, expected=0.5), [60])
        low, high = proportion_confint(30, 60, method="wilson")
        assert found.half_width == pytest.approx((high - low) / 2)
        assert found.possible == pytest.approx([end - 0.3 for end in proportion_confint(18, 60, method="wilson")])

    def test_the_smallest_significant_count(self):
        """It is significant by scipy's binomial test; one response fewer is not."""
        (found,) = exclusion(OneProportion(null=0.3, expected=0.5), [60])
        x = round((0.3 + found.smallest_significant) * 60)
        p = [stats.binomtest(y, 60, 0.3, alternative="greater").pvalue for y in (x, x - 1)]
        assert p[0] <= 0.05 < p[1]


class TestMeans:
    @pytest.mark.parametrize(("test", "usevar", "sd_t"), [("t", "pooled", None), ("welch", "unequal", 2.0)])
    def test_t_as_in_statsmodels(self, test, usevar, sd_t):
        """The half-width is that of statsmodels' interval in data whose SDs are the planned ones."""
        design = TwoMeans(difference=0.5, sd=1.0, sd_treatment=sd_t, test=test, allocation="2:1")
        (found,) = exclusion(design, [90])
        rng = np.random.default_rng(1)
        arms = [standardised(60, 0.5, sd_t or 1.0, rng), standardised(30, 0, 1.0, rng)]
        low, high = CompareMeans(*map(DescrStatsW, arms)).tconfint_diff(usevar=usevar)
        assert found.half_width == pytest.approx((high - low) / 2)
        assert found.possible == pytest.approx((-found.half_width, found.half_width))
        assert found.smallest_significant == pytest.approx(found.half_width)

    @pytest.mark.parametrize(("test", "usevar"), [("t", "pooled"), ("welch", "unequal")])
    @pytest.mark.parametrize(("favourable", "sides"), [("higher", 2), ("lower", 1)])
    def test_the_smallest_significant_difference_has_the_p_value_of_the_level(self, test, usevar, favourable, sides):
        """In eight participants as in many: statsmodels' t test of it at the planned spread is just significant."""
        sign = 1 if favourable == "higher" else -1
        design = TwoMeans(difference=sign, sd=1, test=test, favourable=favourable, sides=sides)
        rng = np.random.default_rng(3)
        for n in (8, 200):
            (found,) = exclusion(design, [n])
            arms = [standardised(n // 2, mean, 1, rng) for mean in (found.smallest_significant, 0)]
            towards = "two-sided" if sides == 2 else {1: "larger", -1: "smaller"}[sign]
            p = CompareMeans(*map(DescrStatsW, arms)).ttest_ind(usevar=usevar, alternative=towards)[1]
            assert p == pytest.approx(0.05)
            assert found.smallest_significant * sign > 0

    def test_of_a_ratio_it_is_the_end_of_the_interval_about_none(self):
        """The smallest significant ratio is where the interval about 1 ends, and none shows equivalence."""
        (found,) = exclusion(RatioOfMeans(ratio=1.4, cv=0.3), [12])
        assert found.smallest_significant == pytest.approx(found.possible[1])
        (none,) = exclusion(RatioOfMeans(ratio=1.0, cv=0.3, goal="equivalence", margin=0.8), [60])
        assert none.smallest_significant is None

    def test_ancova_by_regression_of_simulated_trials(self):
        """The mean half-width of regressions on simulated trials is the stated one."""
        (found,) = exclusion(Ancova(difference=0.5, sd=1, correlation=0.6), [80])
        rng, halves = np.random.default_rng(2), []
        arm = np.repeat([1.0, 0.0], 40)
        for _ in range(400):
            baseline = rng.normal(size=80)
            outcome = 0.5 * arm + 0.6 * baseline + 0.8 * rng.normal(size=80)
            fit = OLS(outcome, np.column_stack([np.ones(80), arm, baseline])).fit()
            low, high = fit.conf_int()[1]
            halves.append((high - low) / 2)
        assert found.half_width == pytest.approx(np.mean(halves), rel=0.02)

    def test_ratios_of_means_are_factors(self):
        """The factor is the t interval of logs, by scipy in data with the planned log SD."""
        (found,) = exclusion(RatioOfMeans(ratio=1.3, cv=0.5), [60])
        rng, sd = np.random.default_rng(3), math.sqrt(math.log1p(0.25))
        interval = stats.ttest_ind(standardised(30, 0.2, sd, rng), standardised(30, 0, sd, rng)).confidence_interval()
        assert found.half_width == pytest.approx(math.exp((interval.high - interval.low) / 2))
        assert found.kind == "ratio"

    def test_too_few_for_a_t_interval(self):
        """Two participants leave no degree of freedom: no width is claimed."""
        (found,) = exclusion(TwoMeans(difference=0.5, sd=1.0), [2])
        assert found.half_width is None


@dataclass(frozen=True, kw_only=True)
class Pairs(Design):
    """A design that says no more of its outcome than its fields do: Noether's, in n of 1:1."""

    betterment: float = parameter("share of pairs won, ties counted half", PROPORTION, role="effect", unit="proportion")
    allocation: str = fields.allocation()

    formula = "Wilcoxon-Mann-Whitney, variance under the null"
    reference = "Noether 1987"

    def null_values(self):
        """As often won as lost."""
        return (0.5,)

    def power(self, n):
        """The favourable tail."""
        return stats.norm.cdf((self.betterment - 0.5) * np.sqrt(3 * n) - self.z_alpha)


class TestNoInterval:
    def test_what_is_significant_is_told_without_one(self):
        """A kind of outcome without an interval has no width, and a share is not called a difference in points."""
        shown = page(Pairs(betterment=0.7), [100])
        (row,) = shown.data["rows"]
        assert (row["interval"], row["half_width"], row["possible_low"]) == (None, None, None)
        assert row["smallest_significant"] == pytest.approx(0.5 + stats.norm.ppf(0.975) / np.sqrt(300))
        assert "an observed share of pairs won of 0.6132 is the smallest that is significant" in shown.headline
        assert "No interval is known" in " ".join(shown.notes)


class TestAsked:
    def test_a_design_without_a_test_is_refused(self):
        """Where nothing is tested nothing is significant, and the sentence says where to ask instead."""
        with pytest.raises(ParameterError, match="there is no test"):
            exclusion(AdverseEvent(rate=0.01), [100])

    def test_a_broken_block_is_refused(self):
        """n must be whole allocation blocks."""
        with pytest.raises(ParameterError, match="positive multiple of 2"):
            exclusion(RATES, [101])

    def test_more_confidence_is_wider(self):
        """The confidence is that of the interval, and must be a probability."""
        narrow, wide = (exclusion(RATES, [200], confidence)[0].half_width for confidence in (0.9, 0.99))
        assert narrow < wide
        with pytest.raises(ParameterError, match="confidence must lie"):
            exclusion(RATES, [200], 95)


class TestPage:
    def test_the_sentence(self):
        """A reader learns the width, the smallest significant difference, and what no difference would leave."""
        assert page(RATES, [186]).headline == (
            "With 186 participants the 95 % interval of the difference reaches about 13.7 points to either side; an "
            "observed difference of 14 points is the smallest that is significant; an observed difference of zero "
            "leaves true ones up to 13.1 points either way possible."
        )

    @pytest.mark.parametrize(
        ("design", "words"),
        [
            (OneMean(null=4, expected=5, sd=2), "an observed mean of 4 leaves true ones from 3.0"),
            (OneProportion(null=0.3, expected=0.5), "an observed difference of zero leaves true ones"),
            (
                OneMilestone(milestone=12, null=0.8, expected=0.9, accrual_time=6, follow_up_time=12),
                "an observed survival at the milestone of 0.8 leaves true ones from 0.",
            ),
        ],
        ids=["mean", "rate", "milestone"],
    )
    def test_no_effect_of_one_arm_is_its_null(self, design, words):
        """One arm that is read on its own scale shows no effect at the value that it is held against."""
        assert words in page(design, [20]).headline

    def test_one_row_each(self):
        """Each number has its row, its arms and its sentence."""
        rows = page(RATES, [100, 200, 400]).data["rows"]
        assert [row["n"] for row in rows] == [100, 200, 400]
        assert rows[0]["half_width"] > rows[1]["half_width"] > rows[2]["half_width"]
        assert all(row["sentence"].startswith("With ") for row in rows)


class TestWithoutLimits:
    """One participant an arm has no spread, and so no interval of a t."""

    def test_are_said_in_words(self):
        """A limit that does not exist is told, never printed as inf."""
        one, both = (str(trialplan.exclude(TwoMeans(difference=0.5, sd=1), ns)) for ns in ([2], [2, 4]))
        assert "leaves as possible any difference: there is no limit" in one
        assert "leaves possible, with 4 participants, -4.303 to 4.303" in both
        assert "inf" not in one + both

    def test_are_null_in_json(self):
        """And null in JSON."""
        (row,) = trialplan.exclude(TwoMeans(difference=0.5, sd=1), [2]).to_dict()["rows"]
        assert row["possible_low"] is row["possible_high"] is row["half_width"] is None


class TestDomainOfN:
    @pytest.mark.parametrize("ask", [trialplan.power, trialplan.effect, trialplan.exclude])
    @pytest.mark.parametrize("n", [10**30, 10**12 + 2])
    def test_more_than_there_are_people(self, ask, n):
        """No question takes more than 1e12 participants, and the refusal says so."""
        with pytest.raises(ParameterError, match=r"must be at most 1,000,000,000,000 participants"):
            ask(TwoMeans(difference=0.5, sd=1), n)

    @pytest.mark.parametrize("n", [float("inf"), float("nan"), 10.5, 0])
    def test_no_number_of_participants(self, n):
        """What is no whole number is one sentence."""
        with pytest.raises(ParameterError, match="must be a whole number of participants"):
            trialplan.exclude(TwoMeans(difference=0.5, sd=1), n)

    def test_counts_that_cannot_all_be_tried(self):
        """The smallest significant count is sought among ten million at most."""
        with pytest.raises(ParameterError, match="must be at most 10,000,000"):
            trialplan.exclude(RATES, 10**8).page()


@pytest.mark.parametrize(
    ("left_open", "planned"),
    [
        (TwoMeans(sd=2), {"difference": 3.0}),
        (RatioOfMeans(cv=0.4), {"ratio": 1.3}),
        (Ancova(sd=1, correlation=0.5), {"difference": -7.0}),
    ],
)
def test_means_need_no_effect(left_open, planned):
    """What is excluded by measurements does not depend on the effect that is planned, which may be left open."""
    (found,), (beside,) = exclusion(left_open, [60]), exclusion(left_open.replace(**planned), [60])
    assert found.half_width == pytest.approx(beside.half_width)
    assert found.kind == beside.kind
    assert (found.smallest_significant, found.possible) == (beside.smallest_significant, beside.possible)


def test_rates_need_one():
    """The width of an interval of rates moves with the effect, which is asked for."""
    with pytest.raises(ParameterError, match="treatment is needed"):
        exclusion(TwoProportions(control=0.3), [60])
