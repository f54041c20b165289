"""Trends, categories, hierarchies, pairs with a margin, ratios and dual criteria against computations of their own."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from trialplan.designs.contingency_table import ContingencyTable
from trialplan.designs.dose_trend import DoseTrend
from trialplan.designs.dual_criterion_means import DualCriterionMeans
from trialplan.designs.dual_criterion_proportions import DualCriterionProportions
from trialplan.designs.hierarchical_outcomes import HierarchicalOutcomes
from trialplan.designs.one_proportion import OneProportion
from trialplan.designs.ordered_categories import OrderedCategories
from trialplan.designs.paired_proportions import PairedProportions
from trialplan.designs.precision_proportion import PrecisionProportion
from trialplan.designs.rank_sum import RankSum
from trialplan.designs.ratio_of_normal_means import RatioOfNormalMeans
from trialplan.designs.stratified_rank_sum import StratifiedRankSum
from trialplan.designs.two_means import TwoMeans
from trialplan.designs.unordered_categories import UnorderedCategories
from trialplan.errors import ParameterError, UnreachableError


class TestDoseTrend:
    def test_rejections_by_counting_every_table(self):
        """Drawn trials reject as often as all tables of counts do, judged by the correlation of score and response."""
        design = DoseTrend(control=0.1, difference=0.5, doses=(0, 1, 4), profile=(0.3, 1))
        each, rates = 8, (0.1, 0.25, 0.6)
        scores = np.repeat((0, 1, 4), each)
        rejected = 0.0
        for counts in itertools.product(range(each + 1), repeat=3):
            chance = math.prod(stats.binom.pmf(x, each, p) for x, p in zip(counts, rates, strict=True))
            response = np.concatenate([np.arange(each) < x for x in counts]).astype(float)
            if 0 < response.sum() < 3 * each:
                z = math.sqrt(3 * each) * np.corrcoef(scores, response)[0, 1]
                rejected += chance * (abs(z) >= stats.norm.ppf(0.975))
        seen = design.simulate(3 * each, 40_000, np.random.default_rng(1))
        assert seen.power == pytest.approx(rejected, abs=4 * seen.standard_error)

    def test_two_doses_are_two_rates(self):
        """With two doses the test is the pooled z of two rates, and so is its size."""
        from trialplan.designs.two_proportions import TwoProportions

        trend = DoseTrend(control=0.3, difference=0.2, doses=(0, 10))
        assert trend.unrounded(0.8) == pytest.approx(TwoProportions(control=0.3, treatment=0.5).unrounded(0.8))

    @pytest.mark.parametrize("wrong", ["0,0,1", "1,0", "3", "a,b", [0, True], "0,nan"])
    def test_doses_that_are_none(self, wrong):
        """Doses that do not rise, or are no numbers, are refused by name."""
        with pytest.raises(ParameterError, match="doses must be"):
            DoseTrend(control=0.1, difference=0.3, doses=wrong)


class TestUnorderedCategories:
    def test_statistic_is_that_of_scipy(self):
        """Each drawn table is rejected where scipy's test without correction rejects it, empty categories left out."""
        design = UnorderedCategories(control=(0.02, 0.4, 0.58), treatment=(0.1, 0.3, 0.6))
        data = design.draw(40, 200, np.random.default_rng(2))
        _, rejects = design.analyse(data)
        for trial in range(200):
            table = np.array([[(arm[trial] == kind).sum() for kind in range(3)] for arm in data])
            table = table[:, table.sum(axis=0) > 0]
            assert (stats.chi2_contingency(table, correction=False).pvalue <= 0.05) == rejects[trial]


class TestStratifiedRankSum:
    def test_statistic_from_ranks(self):
        """The statistic is the weighted sum of scipy's rank sums, over the spread among all ways to allot the ranks."""
        design = StratifiedRankSum(control="0.5,0.3,0.2/0.2,0.3,0.5", odds_ratio=2, allocation="2:1")
        data = design.draw(36, 20, np.random.default_rng(3))
        statistic, _ = design.analyse(data)
        for trial in range(20):
            total = variance = 0.0
            for treatment, control in zip(data[::2], data[1::2], strict=True):
                n_t, n_c = treatment.shape[1], control.shape[1]
                ranks = stats.rankdata(np.concatenate([treatment[trial], control[trial]]))
                n = n_t + n_c
                ties = sum(t**3 - t for t in np.unique(ranks, return_counts=True)[1])
                total += (ranks[:n_t].sum() - n_t * (n + 1) / 2) / (n + 1)
                variance += n_t * n_c / 12 * (n + 1 - ties / (n * (n - 1))) / (n + 1) ** 2
            assert statistic[trial] == pytest.approx(total / math.sqrt(variance))

    def test_one_stratum_is_the_rank_sum(self):
        """One stratum's power is that of the rank sum with ties, but for one participant."""
        control = (0.2, 0.3, 0.3, 0.2)
        one = StratifiedRankSum(control=[control], odds_ratio=1.8)
        whole = OrderedCategories(control=control, odds_ratio=1.8, variance="general")
        assert float(one.power(2000)) == pytest.approx(float(whole.power(2000)), abs=1e-3)


def _by_hand(design, treated, control):
    """1, 0 or -1: how a pair ends, by going through its outcomes one by one."""
    last = len(treated) - 1 if design.difference is not None else None
    for k, (ours, theirs) in enumerate(zip(treated, control, strict=True)):
        margin = design.tie_margin if k == last else 0.0
        if abs(ours - theirs) > margin:
            return 1 if ours > theirs else -1
    return 0


class TestHierarchicalOutcomes:
    WHOLE = HierarchicalOutcomes(
        hazard=(0.4, 0.8),
        hazard_ratio=(0.7, 0.6),
        follow_up=1.2,
        response_control=0.3,
        response_treatment=0.5,
        difference=0.4,
        tie_margin=0.5,
    )

    def test_pairs_by_hand(self):
        """Wins, losses and the statistic are those of every pair decided one by one, the variance by its definition."""
        treatment, control = self.WHOLE.draw(40, 5, np.random.default_rng(4))
        statistic, _ = self.WHOLE.analyse((treatment, control))
        for trial in range(5):
            pairs = np.array([[_by_hand(self.WHOLE, t, c) for c in control[trial]] for t in treatment[trial]])
            won, lost = pairs == 1, pairs == -1
            p_w, p_l = won.mean(), lost.mean()
            rows, columns = (won.mean(axis=k) / p_w - lost.mean(axis=k) / p_l for k in (1, 0))
            error = math.sqrt(rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns))
            assert statistic[trial] == pytest.approx(math.log(p_w / p_l) / error)

    def test_shares_of_drawn_pairs(self):
        """The shares of pairs won, lost and tied are those of drawn participants."""
        treatment, control = (arm[0] for arm in self.WHOLE.draw(1200, 1, np.random.default_rng(5)))
        undecided, won, lost = np.ones((600, 600), dtype=bool), 0, 0
        for k in range(treatment.shape[1]):
            apart = treatment[:, k, None] - control[:, k]
            margin = 0.5 if k == treatment.shape[1] - 1 else 0.0
            won += (undecided & (apart > margin)).sum()
            lost += (undecided & (apart < -margin)).sum()
            undecided &= np.abs(apart) <= margin
        win, lose = self.WHOLE.wins_and_losses()
        assert won / 360_000 == pytest.approx(win, abs=0.03)
        assert lost / 360_000 == pytest.approx(lose, abs=0.03)
        assert undecided.mean() == pytest.approx(1 - win - lose, abs=0.02)

    def test_without_effect_nothing_favours_an_arm(self):
        """Where none of the plan is true as many pairs are won as lost, and the level is kept."""
        null = self.WHOLE.replace(realised=0)
        win, lose = null.wins_and_losses()
        assert win == pytest.approx(lose)
        seen = null.simulate(200, 4000, np.random.default_rng(6))
        assert seen.power == pytest.approx(0.05, abs=0.015)

    def test_an_outcome_is_needed(self):
        """Without an outcome, or with one arm of one, there is a sentence."""
        with pytest.raises(ParameterError, match="there is no outcome"):
            HierarchicalOutcomes()
        with pytest.raises(ParameterError, match="response_treatment is needed beside"):
            HierarchicalOutcomes(response_control=0.3)


class TestPairsWithAMargin:
    def test_published_statistic(self):
        """Tango's example: 44 pairs, none with the new alone and one with the old alone, margin .1: z = 1.709."""
        design = PairedProportions(
            treatment_only=0.02, control_only=0.02, goal="non-inferiority", margin=0.1, alpha=0.05
        )
        statistic, rejects = design.analysis.statistic(design, np.array([0]), np.array([1]), 44)
        assert statistic[0] == pytest.approx(1.709, abs=5e-4)
        assert rejects[0]

    @pytest.mark.parametrize("goal", ["superiority", "non-inferiority", "equivalence"])
    def test_power_of_drawn_pairs(self, goal):
        """Drawn pairs, judged on the limit by a likelihood made largest step by step, show the power of the formula."""
        ours = {"superiority": 0.3, "non-inferiority": 0.2, "equivalence": 0.19}[goal]
        design = PairedProportions(
            treatment_only=ours, control_only=0.18, goal=goal, margin=0.1 if ours < 0.3 else 0.02
        )
        n = design.sample_size(0.8).n
        seen = design.simulate(n, 8000, np.random.default_rng(7))
        assert seen.power == pytest.approx(float(design.power(n)), abs=0.02)

    def test_mcnemar_tests_that_count_take_no_margin(self):
        with pytest.raises(ParameterError, match="not defined with a margin"):
            PairedProportions(
                treatment_only=0.2, control_only=0.2, goal="non-inferiority", margin=0.1, test="mcnemar-exact"
            )


class TestRatioOfNormalMeans:
    def test_statistic_is_that_of_scipy(self):
        """The statistic is Student's t of the treatment against the control's values times the limit, spread alike."""
        design = RatioOfNormalMeans(ratio=1.4, cv=0.3)
        treatment, control = design.draw(30, 10, np.random.default_rng(8))
        statistic, _ = design.analyse((treatment, control))
        np.testing.assert_allclose(statistic, stats.ttest_ind(treatment, control, axis=1).statistic)

    def test_exact_at_few(self):
        """Its power is that of drawn trials, with a limit and arms of different size."""
        design = RatioOfNormalMeans(ratio=1.1, cv=0.4, goal="non-inferiority", margin=0.7, allocation="3:1")
        seen = design.simulate(16, 40_000, np.random.default_rng(9))
        assert seen.power == pytest.approx(float(design.power(16)), abs=4 * seen.standard_error)


class TestDualCriteria:
    @pytest.mark.parametrize("n", [6, 20, 60])
    def test_means_by_a_double_integral(self, n):
        """The chance of both is that of every estimate and every spread that may be seen, added up by quadrature."""
        design = DualCriterionMeans(difference=0.8, sd=1.1, relevant=0.5, sides=1, alpha=0.1)
        df, error, critical = n - 2, 1.1 * math.sqrt(4 / n), stats.t.ppf(0.9, n - 2)

        def both(s):
            needed = max(0.5, critical * s * error)
            return stats.norm.sf((needed - 0.8) / error) * stats.chi.pdf(s * math.sqrt(df), df) * math.sqrt(df)

        kink = 0.5 / (critical * error)
        wanted = sum(integrate.quad(both, low, high, limit=200)[0] for low, high in ((0, kink), (kink, 12)))
        assert float(design.power(n)) == pytest.approx(wanted, abs=1e-7)

    def test_means_without_relevance_are_the_t_test(self):
        """Where next to nothing is asked of the estimate, the chance is the t test's."""
        shared = {"difference": 0.8, "sd": 1.1, "alpha": 0.1, "sides": 1}
        assert float(DualCriterionMeans(**shared, relevant=1e-9).power(30)) == pytest.approx(
            float(TwoMeans(**shared).success(30)), abs=1e-9
        )

    def test_rates_by_counting_every_table(self):
        """The chance of both is near that of every pair of counts, each judged in whole numbers."""
        design = DualCriterionProportions(control=0.25, treatment=0.5, relevant=0.15, alpha=0.1, sides=1)
        n, z = 60, stats.norm.ppf(0.9)
        chance = 0.0
        for x, y in itertools.product(range(n + 1), repeat=2):
            pooled = (x + y) / (2 * n)
            error = math.sqrt(2 * pooled * (1 - pooled) / n)
            if error and (x - y) / n >= z * error and 100 * (x - y) >= 15 * n:
                chance += stats.binom.pmf(x, n, 0.5) * stats.binom.pmf(y, n, 0.25)
        assert float(design.power(2 * n)) == pytest.approx(chance, abs=0.02)

    def test_a_truth_that_is_just_relevant_is_refused(self):
        """Where the truth is what has to be seen the chance stays below one half, and no number is offered."""
        with pytest.raises(UnreachableError, match="better than what has to be seen"):
            DualCriterionMeans(difference=0.5, sd=1, relevant=0.5).sample_size(0.8)
        with pytest.raises(UnreachableError, match="better than what has to be seen"):
            DualCriterionProportions(control=0.2, treatment=0.3, relevant=0.2).sample_size(0.8)


class TestOneProportionWithMargins:
    @pytest.mark.parametrize("test", ["exact", "score", "wald"])
    @pytest.mark.parametrize("goal", ["non-inferiority", "equivalence"])
    def test_power_by_counting(self, test, goal):
        """Of the exact test the power is what its own counts say; of the others it is near that of their statistic."""
        design = OneProportion(null=0.4, expected=0.45, goal=goal, margin=0.15, test=test)
        n = design.sample_size(0.8).n
        counts = np.arange(n + 1)
        _, rejects = design.judge((counts,), (n,))
        counted = stats.binom.pmf(counts, n, 0.45) @ rejects
        assert float(design.power(n)) == pytest.approx(counted, abs=1e-9 if test == "exact" else 0.05)

    def test_a_margin_needs_its_goal(self):
        with pytest.raises(ParameterError, match="margin"):
            OneProportion(null=0.4, expected=0.6, margin=0.1)
        with pytest.raises(ParameterError, match="leaves no rate beyond it"):
            OneProportion(null=0.05, expected=0.05, margin=0.1, goal="equivalence")


class TestKeptWidths:
    def test_as_often_as_asked_and_no_sooner(self):
        """Drawn trials keep the width as often as asked, by limits from scipy, and one participant fewer does not."""
        answer = PrecisionProportion(
            expected=0.3, width=0.25, probability=0.9, interval="clopper-pearson"
        ).sample_size()
        for n, enough in ((answer.n, True), (answer.n - 1, False)):
            kept = 0.0
            for x in range(n + 1):
                found = stats.binomtest(x, n).proportion_ci(method="exact")
                kept += stats.binom.pmf(x, n, 0.3) * (found.high - found.low <= 0.25)
            assert bool(kept >= 0.9) is enough


class TestUnequalDoses:
    def test_drawn_trials_show_the_power_and_keep_the_level(self):
        """With two participants of the lowest dose for each of the others the trend's power is what trials show."""
        design = DoseTrend(control=0.2, difference=0.3, group_sizes="2:1:1", doses=(0, 1, 3))
        n = design.sample_size(0.8).n
        assert n % 4 == 0
        shown = design.simulate(n, 20_000, np.random.default_rng(5)).power
        assert shown == pytest.approx(float(design.power(n)), abs=0.015)
        (null,) = design.at_null()
        assert null.simulate(n, 20_000, np.random.default_rng(6)).power == pytest.approx(0.05, abs=0.01)

    @pytest.mark.parametrize(
        ("sizes", "sentence"),
        [
            ("2:1", "must be 3 whole numbers"),
            ("2:2:2", "write 1:1:1"),
            ("2:x:1", "whole numbers"),
            ("0:1:1", "whole numbers"),
        ],
    )
    def test_what_is_no_allocation(self, sizes, sentence):
        """Group sizes that are none are refused with a way out."""
        with pytest.raises(ParameterError, match=sentence):
            DoseTrend(control=0.2, difference=0.3, group_sizes=sizes, doses=(0, 1, 3))


THREE_GROUPS = "0.2,0.3,0.5/0.3,0.35,0.35/0.35,0.35,0.3"


class TestContingencyTable:
    @pytest.mark.parametrize(
        ("more", "target", "n"), [({}, 0.9, 450.0093596), ({"group_sizes": "2:1:1"}, 0.8, 319.8720515)]
    )
    def test_other_programs(self, more, target, n):
        """Of three groups and categories R's pwr.chisq.test (1.3.0) asks for as many."""
        design = ContingencyTable(rows=THREE_GROUPS, **more)
        assert design.unrounded(target) == pytest.approx(n, rel=1e-8)

    def test_two_groups_are_two_arms(self):
        """Of two groups it is the test of two arms."""
        arms = UnorderedCategories(control=(0.2, 0.3, 0.5), treatment=(0.3, 0.35, 0.35), realised=0.8)
        table = ContingencyTable(rows="0.3,0.35,0.35/0.2,0.3,0.5", realised=0.8)
        assert table.degrees_of_freedom == arms.degrees_of_freedom
        # the arms' plan is realised from the control on, and the groups' from their mean
        assert table.replace(realised=1).power(300) == pytest.approx(arms.replace(realised=1).power(300), rel=1e-9)

    def test_analysis_is_pearsons(self):
        """The statistic is scipy's, and drawn trials show the power and the level."""
        design = ContingencyTable(rows=THREE_GROUPS, group_sizes="2:1:1")
        n = design.sample_size(0.8).n
        data = design.draw(n, 20, np.random.default_rng(3))
        found, _ = design.analyse(data)
        for trial in range(20):
            table = [[(group[trial] == one).sum() for one in range(3)] for group in data]
            assert found[trial] == pytest.approx(stats.chi2_contingency(table, correction=False).statistic)
        assert design.simulate(n, 10_000, np.random.default_rng(4)).power == pytest.approx(0.8, abs=0.02)
        null = design.replace(realised=0.0)
        assert null.simulate(n, 10_000, np.random.default_rng(5)).power == pytest.approx(0.05, abs=0.01)


class TestWinOdds:
    @pytest.mark.parametrize("variance", ["null", "normal-shift"])
    def test_beyond_a_margin_drawn_trials_show_the_power(self, variance):
        """Against a limit of the win odds the power is what trials show, and on it the level is kept."""
        design = RankSum(scale="win-odds", win_odds=1.2, goal="non-inferiority", margin=0.8, variance=variance)
        n = design.sample_size(0.8).n
        assert design.simulate(n, 5000, np.random.default_rng(7)).power == pytest.approx(0.8, abs=0.025)
        (null,) = design.at_null()
        assert null.simulate(n, 5000, np.random.default_rng(8)).power == pytest.approx(0.025, abs=0.008)

    def test_is_the_odds_of_the_probability(self):
        """Without a margin win odds ask for what their probability asks for."""
        same = RankSum(scale="win-odds", win_odds=1.5), RankSum(probability_better=0.6)
        assert same[0].unrounded(0.8) == pytest.approx(same[1].unrounded(0.8), rel=1e-12)

    def test_one_scale_at_a_time(self):
        """An effect on the other scale, and a limit on the wrong side, are refused."""
        with pytest.raises(ParameterError, match="and no win_odds"):
            RankSum(probability_better=0.6, win_odds=1.5)
        with pytest.raises(ParameterError, match="for non-inferiority"):
            RankSum(scale="win-odds", win_odds=1.5, goal="non-inferiority", margin=1.2)


@pytest.mark.parametrize(
    ("variance", "other"), [("proportional-odds-finite", "proportional-odds"), ("midrank-scores", "general")]
)
def test_other_variances_of_ordered_categories(variance, other):
    """A finite number of participants costs two more than Whitehead's limit; midranks cost two more than the test."""
    design = OrderedCategories(control=(0.1, 0.2, 0.4, 0.2, 0.1), odds_ratio=1.8)
    beside = design.replace(variance=other)
    found = design.replace(variance=variance)
    assert found.unrounded(0.85) - beside.unrounded(0.85) == pytest.approx(2, abs=0.3)
    assert found.success(found.unrounded(0.85)) == pytest.approx(0.85, abs=1e-9)
