"""How each design's claim is decided is told: by an interval of what, by what in its place, and by what besides."""

from __future__ import annotations

import pytest

from trialplan.design_facts import rests_on, to_show
from trialplan.designs.clustered_means import ClusteredMeans
from trialplan.designs.dose_trend import DoseTrend
from trialplan.designs.dual_criterion_means import DualCriterionMeans
from trialplan.designs.dual_criterion_proportions import DualCriterionProportions
from trialplan.designs.hierarchical_outcomes import HierarchicalOutcomes
from trialplan.designs.mean_of_visits import MeanOfVisits
from trialplan.designs.stratified_rank_sum import StratifiedRankSum
from trialplan.designs.two_means import TwoMeans
from trialplan.designs.two_stage import TwoStage
from trialplan.designs.unordered_categories import UnorderedCategories
from trialplan.protocol.content.claim import claim
from trialplan.size_statement import statement

UNORDERED = UnorderedCategories(control=(0.2, 0.3), treatment=(0.3, 0.35))
HIERARCHY = HierarchicalOutcomes(response_control=0.3, response_treatment=0.5)
MEANS = DualCriterionMeans(difference=0.8, sd=1, relevant=0.4)
RATES = DualCriterionProportions(control=0.3, treatment=0.6, relevant=0.05)


class TestDecides:
    @pytest.mark.parametrize(
        ("design", "instead", "interval_of", "besides"),
        [
            (UNORDERED, "the chi-squared statistic decides", "", ""),
            (
                TwoStage(null=0.1, expected=0.3, stages="1/10,5/29"),
                "the counts at the end of each stage decide",
                "",
                "",
            ),
            (HIERARCHY, "", "win ratio", ""),
            (MEANS, "", "", "the difference that is seen must be at least 0.4 kg in the treatment's favour"),
            (RATES, "", "", "the difference that is seen must be at least 5.0 points in the treatment's favour"),
            (TwoMeans(difference=1, sd=2), "", "", ""),
        ],
        ids=lambda one: one.slug() if hasattr(one, "slug") else "",
    )
    def test_in_a_plan(self, design, instead, interval_of, besides):
        """A statistic or counts in place of an interval, what an interval is of, and a second criterion."""
        told = claim(design, "kg")
        assert (told.instead, told.interval_of, told.besides) == (instead, interval_of, besides)

    @pytest.mark.parametrize(
        ("design", "words"),
        [
            (UNORDERED, "; the chi-squared statistic decides, and no interval;"),
            (HIERARCHY, "with the 95 % interval of the win ratio;"),
            (MEANS, "and the difference that is seen must be at least 0.4 in the treatment's favour;"),
            (RATES, "and the difference that is seen must be at least 5 points in the treatment's favour;"),
        ],
        ids=lambda one: one.slug() if hasattr(one, "slug") else "",
    )
    def test_in_a_statement(self, design, words):
        """The paragraph of the command line tells it too."""
        assert words in statement(design.sample_size(0.8))


class TestOfThePlan:
    @pytest.mark.parametrize(
        ("design", "shown"),
        [
            (UNORDERED, "to show the planned difference between the arms"),
            (UNORDERED.replace(realised=0.8), "to show 0.8 of the planned difference between the arms"),
            (HIERARCHY, "to show the planned effects on the outcomes of the hierarchy"),
        ],
        ids=["all", "a-share", "hierarchy"],
    )
    def test_a_share_of_the_plan_is_no_effect_that_is_shown(self, design, shown):
        """How much of the plan is true is no number that a trial could show."""
        assert to_show(design) == shown


class TestRestsOn:
    @pytest.mark.parametrize(
        ("design", "told", "words"),
        [
            (
                MeanOfVisits(difference=1, sd=2, correlation=0.5, follow_up_visits=3),
                ("correlation",),
                "number of visits",
            ),
            (DoseTrend(control=0.2, difference=0.3), (), "have 33.3 %, 66.7 % and 100 % of the whole difference"),
            (DoseTrend(control=0.2, difference=0.3), (), "the doses of each group are 0.0, 1.0, 2.0, 3.0"),
            (StratifiedRankSum(control="0.2,0.8/0.5,0.5", odds_ratio=2), (), "the 2 strata are of the same size"),
            (HIERARCHY.replace(difference=0.3), ("correlation",), "apart: the response, then the measurement"),
        ],
        ids=["visits", "profile", "doses", "strata", "order"],
    )
    def test_on_what_is_set_or_holds_by_default(self, design, told, words):
        """Whoever recomputes n finds all that it depends on, stated or not, and nothing twice."""
        clauses = rests_on(
            design, lambda value, _: ", ".join(map(str, value)) if isinstance(value, tuple) else str(value), told
        )
        assert words in "; ".join(clauses)
        assert not any("correlation" in one for one in clauses)

    def test_on_clusters_that_are_counted(self):
        """A trial of clusters says how many there are: whole ones, ceil(97 / 12) in each arm."""
        said = statement(ClusteredMeans(difference=0.5, sd=1, icc=0.03, cluster_size=12).sample_size(0.8))
        whole = "9 clusters of treatment and 9 clusters of control"
        assert f"108 per arm, 216 in all, in {whole}, with" in said
        assert "which arms come in clusters: both" in said
