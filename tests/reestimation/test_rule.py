"""Blinded re-estimation: what n becomes, within which rules, and what that does."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan import Ancova, GroupSequential, TwoMeans, TwoProportions
from trialplan.errors import ParameterError, UnreachableError
from trialplan.reestimation import courses
from trialplan.reestimation.rule import Reestimated

RATES = TwoProportions(control=0.3, treatment=0.5)
MEANS = TwoMeans(difference=0.5, sd=1)


class TestRule:
    def test_at_the_planned_nuisance_n_is_the_planned_one(self):
        """What was planned for asks for what was planned, for rates on every scale and for means."""
        for kept in ("difference", "ratio", "odds-ratio"):
            assert Reestimated(design=RATES, pilot=60, effect_scale=kept).needed(0.4) == RATES.sample_size(0.8).n
        assert Reestimated(design=MEANS, pilot=60).needed(1.0) == MEANS.sample_size(0.8).n

    @pytest.mark.parametrize("allocation", ["1:1", "2:1", "1:3"])
    @pytest.mark.parametrize("kept", ["difference", "ratio", "odds-ratio"])
    def test_rates_have_the_kept_effect_and_the_pooled_rate(self, kept, allocation):
        """The arms' new rates have the planned effect on the kept scale, and together the rate that was seen."""
        rule = Reestimated(design=RATES.replace(allocation=allocation), pilot=120, effect_scale=kept)
        t, c = rule.truth(0.35).count_rates()
        w_t, w_c = (w / rule.design.block for w in rule.design.weights)
        assert w_t * t + w_c * c == pytest.approx(0.35)
        effect = {"difference": t - c, "ratio": t / c, "odds-ratio": t / (1 - t) / (c / (1 - c))}[kept]
        planned = {"difference": 0.2, "ratio": 5 / 3, "odds-ratio": 7 / 3}[kept]
        assert effect == pytest.approx(planned)

    @pytest.mark.parametrize("sd", [2.5, 50.0, 1000.0])
    def test_the_table_of_totals_holds_what_the_rule_says(self, sd):
        """At any blinded SD, of hundreds of sizes or of a hundred million, for which some thousands are tabled."""
        rule = Reestimated(design=TwoMeans(difference=0.553, sd=sd), pilot=60, at_least=60)
        seen = sd * np.linspace(0.01, 1.45, 301)
        found, right = courses._totals(rule, 1.5 * sd)(seen), rule.final_n(seen)
        assert found == pytest.approx(right, rel=1e-7, abs=0 if sd < 100 else 2)
        assert sd > 100 or (found == right).all()

    def test_a_power_of_all_but_1_is_a_probability(self):
        """Rounding of the counts' chances does not lift it above 1."""
        design = TwoProportions(control=0.000413818659, treatment=0.3, alpha=0.0834)
        rule = Reestimated(design=design, pilot=60, at_least=360)
        assert rule.course(rule.truth(0.16)).rejects <= 1

    def test_scales_part_ways(self):
        """A higher rate asks for more where the difference is kept, and for less where the ratio is."""
        sizes = {k: Reestimated(design=RATES, pilot=60, effect_scale=k).needed(0.5) for k in ("difference", "ratio")}
        assert sizes["ratio"] < RATES.sample_size(0.8).n < sizes["difference"]

    def test_restricted_and_unrestricted(self):
        """n is never below the planned one unless a lower minimum is given, and never below who is in the trial."""
        assert Reestimated(design=RATES, pilot=60).final_n(0.2) == 186
        assert Reestimated(design=RATES, pilot=60, at_least=60).final_n(0.2) == 124
        assert Reestimated(design=RATES, pilot=60, at_least=60, randomised=151).final_n(0.2) == 152

    def test_maximum_in_whole_blocks(self):
        """The maximum is rounded down to whole blocks, and met."""
        rule = Reestimated(design=RATES.replace(allocation="2:1"), pilot=60, at_least=60, at_most=200)
        assert rule.final_n(0.5) == 198
        assert all(n % 3 == 0 for n in rule.final_n(np.linspace(0, 1, 41)))

    def test_no_room_for_the_effect_leaves_n_as_planned(self):
        """Where the pooled rate leaves no room for the planned difference, n is the planned one, either way."""
        rule = Reestimated(design=RATES, pilot=60, at_least=60)
        assert math.isnan(rule.needed(0.05))
        assert [rule.final_n(p) for p in (0.0, 0.05, 0.97, 1.0)] == [186] * 4

    def test_adjusted_variance_takes_the_planned_difference_off(self):
        """The adjusted standard deviation that the truth of the plan shows on average asks for the planned n."""
        rule = Reestimated(design=MEANS, pilot=60, adjusted_variance=True, at_least=60)
        expected = math.sqrt(1 + 60 / 59 * 0.25 * 0.5**2)
        assert rule.final_n(expected) == rule.planned
        assert rule.final_n(0.2) == 60

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"design": Ancova(difference=1, sd=1, correlation=0.5)}, "not for ancova"),
            ({"design": GroupSequential(design=RATES)}, "leave the looks out"),
            ({"design": RATES.replace(test="fisher")}, "saw-tooth"),
            ({"design": MEANS.replace(test="z")}, "use test t"),
            ({"design": TwoProportions(control=0.5, treatment=0.5, goal="equivalence", margin=0.2)}, "equivalence"),
            ({"design": TwoProportions(control=0.3, treatment=np.array([0.4, 0.5]))}, "a grid"),
            ({"effect_scale": "rato"}, "did you mean 'ratio'"),
            ({"adjusted_variance": True}, "needs no adjustment"),
            ({"design": MEANS, "effect_scale": "ratio"}, "effect_scale must be difference"),
            ({"pilot": 61}, "whole allocation blocks, 4 or more, not 61; try 60"),
            ({"pilot": 2}, "try 4"),
            ({"pilot": 60.5}, "whole number"),
            ({"at_most": 150}, "below the 186"),
            ({"target": 80}, "power"),
        ],
    )
    def test_refused(self, given, sentence):
        """What the rule cannot be put around, and numbers that do not fit together, are one sentence."""
        with pytest.raises(ParameterError, match=sentence):
            Reestimated(**({"design": RATES, "pilot": 60} | given))

    def test_impossible_plans_and_values(self):
        """A plan without an effect, a rate outside [0, 1] and an SD of 0 are refused."""
        with pytest.raises(UnreachableError, match="above"):
            Reestimated(design=RATES.replace(treatment=0.3), pilot=60)
        with pytest.raises(ParameterError, match="blinded rate must lie"):
            Reestimated(design=RATES, pilot=60).final_n(23)
        with pytest.raises(ParameterError, match="above 0"):
            Reestimated(design=MEANS, pilot=60).final_n(0.0)
        with pytest.raises(ParameterError, match="no room"):
            Reestimated(design=RATES, pilot=60).truth(0.05)
        with pytest.raises(ParameterError, match="at most 100,000, not 6,000,000"):
            Reestimated(design=RATES, pilot=6_000_000)

    def test_the_chances_of_a_large_pilot(self):
        """The distribution of the final n is scipy's binomial, whose tails without a chance are left out."""
        rule = Reestimated(design=RATES.replace(treatment=0.33), pilot=2_000, at_least=2_000)
        truth = RATES.replace(control=0.4, treatment=0.4)
        chances = rule.counts.chances(tuple(map(float, truth.count_rates())))
        leads = rule.final_n(np.arange(2_001) / 2_000)
        mass = stats.binom.pmf(np.arange(2_001), 2_000, 0.4)
        for n, chance in chances.items():
            assert chance == pytest.approx(mass[leads == n].sum(), rel=1e-6, abs=1e-12)


class TestCourse:
    @pytest.mark.parametrize("rate", [0.2, 0.35, 0.5, 0.7])
    @pytest.mark.parametrize("pilot", [60, 120])
    def test_level_of_rates_is_that_of_the_fixed_trial(self, rate, pilot):
        """Re-estimation moves the type I error of the score test by less than a tenth of the level."""
        rule = Reestimated(design=RATES, pilot=pilot, at_least=pilot)
        null = rule.course(rule.truth(rate, null=True))
        assert null.standard_error == 0
        assert null.rejects == pytest.approx(null.fixed_rejects, abs=0.005)

    @pytest.mark.parametrize("rate", [0.25, 0.4, 0.6])
    def test_power_stays_near_its_target_where_the_fixed_one_does_not(self, rate):
        """Whatever the nuisance rate, the re-estimated power is near 0.8."""
        design = TwoProportions(control=0.1, treatment=0.3)
        rule = Reestimated(design=design, pilot=60, at_least=60)
        found = rule.course(rule.truth(rate))
        assert found.favours == pytest.approx(0.8, abs=0.02)
        assert found.fixed_favours < found.favours

    @pytest.mark.parametrize("sd", [0.8, 1.0, 1.5])
    def test_level_of_means_is_hardly_touched(self, sd):
        """The t test after a blinded look at the variance keeps its level (Kieser & Friede 2003)."""
        rule = Reestimated(design=MEANS, pilot=60, at_least=60)
        null = rule.course(rule.truth(sd, null=True))
        assert null.rejects == pytest.approx(0.05, abs=0.001 + 4 * null.standard_error)
        assert rule.course(rule.truth(sd)).favours == pytest.approx(0.8, abs=0.02)

    def test_quantiles_and_mean_of_n(self):
        """The distribution of n sums to one, and its quantiles are totals that the rule can give."""
        rule = Reestimated(design=RATES, pilot=60, at_least=60, at_most=190)
        found = rule.course(rule.truth(0.4))
        assert sum(found.chances.values()) == pytest.approx(1)
        assert found.quantile(0.05) < found.mean_n < found.quantile(0.95) <= 190
        assert set(found.chances) <= set(rule.final_n(np.arange(61) / 60).tolist())

    def test_nothing_to_set_anew_is_the_fixed_trial(self):
        """Minimum and maximum at the planned n give its level and power, counted or drawn."""
        rule = Reestimated(design=RATES, pilot=60, at_most=186)
        found = rule.course(rule.truth(0.4))
        assert found.favours == pytest.approx(found.fixed_favours, abs=1e-12)
        means = Reestimated(design=MEANS, pilot=60, at_most=128)
        found = means.course(means.truth(1.0))
        assert found.rejects == pytest.approx(found.fixed_rejects, abs=4 * found.standard_error)

    def test_a_small_trial_that_stays_as_planned_is_the_t_test(self):
        """With a few participants after the pilot, and n held, level and power are those of the t test to the digit."""
        design = TwoMeans(difference=2.5, sd=1)
        rule = Reestimated(design=design, pilot=4, at_most=design.sample_size(0.8).n)
        assert rule.planned - rule.pilot <= 6
        for truth in (design, rule.truth(1.0, null=True)):
            found = rule.course(truth)
            assert found.rejects == pytest.approx(found.fixed_rejects, abs=4 * found.standard_error)

    def test_too_many_counts_are_drawn(self):
        """A trial of thousands is simulated, with its standard error, and has the power that normal theory gives."""
        design = TwoProportions(control=0.3, treatment=0.33)
        rule = Reestimated(design=design, pilot=3000)
        found = rule.course(rule.truth(0.315), trials=20_000)
        assert found.standard_error > 0
        assert found.favours == pytest.approx(0.81, abs=0.015)

    def test_same_seed_same_answer(self):
        """Drawn answers depend on the seed alone."""
        rule = Reestimated(design=MEANS, pilot=20)
        one, two = (rule.course(MEANS, trials=2000, seed=s).favours for s in (3, 3))
        assert one == two != rule.course(MEANS, trials=2000, seed=4).favours


class TestShippedPlan:
    def test_what_pooled_rates_after_100_participants_do(self):
        """254 are planned at a pooled rate of 29.4 %; 25, 30 and 40 of 100 would make it 230, 258 and 294."""
        from trialplan import plan

        primary = plan.build(plan.read("msc-lupus-nephritis")).primary
        rule = Reestimated(design=primary.design, pilot=100, target=primary.answer.target)
        assert rule.planned == 254
        assert [int(rule.needed(x)) for x in (0.25, 0.30, 0.40)] == [230, 258, 294]
        assert [rule.final_n(x) for x in (0.25, 0.30, 0.40)] == [254, 258, 294]
