from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from trialplan import (
    Ancova,
    ClusteredProportions,
    GroupSequential,
    LogRank,
    OneProportion,
    RestrictedMean,
    TwoByTwo,
    TwoMeans,
    TwoProportions,
    TwoStage,
)
from trialplan.analyses.assurance.assess import _held, assess, assurance, events, in_brief
from trialplan.analyses.assurance.joint_belief import joint
from trialplan.analyses.assurance.predictive_counts import predictive
from trialplan.belief import Affine, Beta, LogitNormal, Mixture, Normal
from trialplan.errors import ParameterError
from trialplan.numerics.binomial_limits import newcombe_width
from trialplan.sequential.exact_group_sequential import ExactGroupSequential

TRIAL = TwoProportions(control=0.3, treatment=0.5)
CONTROL, OBSERVED = Beta(10.5, 31.8), Beta(16.5, 14.5)


def jeffreys(events: int, of: int) -> Beta:
    """The posterior from a Jeffreys prior."""
    return Beta(events + 0.5, of - events + 0.5)


REMISSION = {"control": jeffreys(5, 6), "treatment": jeffreys(9, 12)}
COMPLETE = {"control": jeffreys(3, 6), "treatment": jeffreys(5, 12)}
DISCOUNTED: Any = {"control": CONTROL, "treatment": lambda control: Affine(OBSERVED, 0.5, 0.5 * control)}


def drawn(n: int, seed: int, dependent: bool = True) -> TwoProportions:
    """The trial at n random truths of the discounted belief; independent ones have the same marginals."""
    rng = np.random.default_rng(seed)
    control = CONTROL.draw(n, rng)
    treatment = control + 0.5 * (OBSERVED.draw(n, rng) - control)
    return TRIAL.replace(control=control if dependent else rng.permutation(control), treatment=treatment)


class TestAssurance:
    """The unconditional probability of success."""

    @pytest.mark.parametrize("beliefs", [REMISSION, COMPLETE], ids=["remission", "complete"])
    def test_deng_alone(self, beliefs: Any) -> None:
        """With Jeffreys priors from the randomised trial, 44, 95 and 200 per arm have .13, .18 and .23."""
        found = [assurance(TRIAL, 2 * m, beliefs) for m in (44, 95, 200)]
        assert [round(one, 2) for one in found] == [0.13, 0.18, 0.23]

    def test_a_significant_harm_is_no_success(self) -> None:
        """Counted with significant harm the same trials would reach .44, .59 and .70, and are not counted so."""
        for m, with_harm in ((44, 0.445), (95, 0.586), (200, 0.703)):
            tables = predictive(joint(TRIAL, REMISSION), 2 * m)
            assert tables is not None
            assert tables.success + tables.harm == pytest.approx(with_harm, abs=0.001)
            assert assurance(TRIAL, 2 * m, REMISSION) == pytest.approx(tables.success, abs=0.004)

    def test_enumeration_beside_the_formula(self) -> None:
        """At 44 per arm the formula says .130 and enumeration of the test .133."""
        assert assurance(TRIAL, 88, REMISSION) == pytest.approx(0.130, abs=0.0005)
        assert assess(TRIAL, 88, REMISSION, target=None).enumerated == pytest.approx(0.133, abs=0.0005)

    def test_enumeration_is_what_simulated_trials_show(self) -> None:
        """Trials with random truths and random counts reject by the pooled z in favour as often."""
        rng, trials = np.random.default_rng(12), 400_000
        rates = [REMISSION[arm].draw(trials, rng) for arm in ("treatment", "control")]
        x, y = (rng.binomial(44, rate) for rate in rates)
        pooled = (x + y) / 88
        with np.errstate(all="ignore"):
            z = np.nan_to_num((x - y) / np.sqrt(88 * pooled * (1 - pooled)))
        share = (z > stats.norm.ppf(0.975)).mean()
        assert assess(TRIAL, 88, REMISSION, target=None).enumerated == pytest.approx(
            share, abs=4 * (share / trials) ** 0.5
        )

    def test_it_is_the_mean_over_random_truths(self) -> None:
        """A Monte Carlo average of the same formula agrees within 4 standard errors, dependence included."""
        for n, seed in ((88, 1), (400, 2)):
            success = drawn(200_000, seed).success(n)
            error = 4 * success.std() / len(success) ** 0.5
            assert assurance(TRIAL, n, DISCOUNTED) == pytest.approx(success.mean(), abs=error)

    def test_dependence_matters(self) -> None:
        """Discounting 16/30 by a half gives .76 at 200 per arm given the control, .71 with independent marginals."""
        assert assurance(TRIAL, 400, DISCOUNTED) == pytest.approx(0.76, abs=0.005)
        assert drawn(400_000, 3, dependent=False).success(400).mean() == pytest.approx(0.71, abs=0.006)
        uniform = {**DISCOUNTED, "treatment": lambda control: Affine(Beta(17, 15), 0.5, 0.5 * control)}
        assert assurance(TRIAL, 400, uniform) == pytest.approx(0.76, abs=0.005)

    def test_nodes_do_not_matter(self) -> None:
        """Twice the nodes change nothing in the eighth digit, also at 20,000 per arm."""
        for n in (88, 400, 40_000):
            found = [assurance(TRIAL, n, DISCOUNTED, nodes) for nodes in (128, 256)]
            assert found[0] == pytest.approx(found[1], abs=1e-8)

    @pytest.mark.parametrize(
        ("design", "n", "beliefs"),
        [
            (TwoMeans(difference=0.4, sd=1), 60, {"difference": Normal(0.4, 0.2)}),
            (TwoMeans(difference=-1, sd=1.2, favourable="lower"), 30, {"difference": Normal(-0.6, 0.5)}),
            (Ancova(difference=0.4, sd=1, correlation=0.5), 60, {"difference": Normal(0.4, 0.2)}),
            (OneProportion(null=0.3, expected=0.5), 30, {"expected": LogitNormal(0, 0.4)}),
            (TRIAL.replace(favourable="lower"), 90, {"treatment": Mixture((Beta(5, 30), Beta(1, 1)), (0.8, 0.2))}),
            (
                TwoProportions(control=0.5, treatment=0.5, goal="non-inferiority", margin=0.1, allocation="2:1"),
                300,
                {"treatment": Beta(50, 50)},
            ),
        ],
        ids=lambda one: type(one).__name__ if not isinstance(one, dict) else "",
    )
    def test_any_design(self, design: Any, n: int, beliefs: Any) -> None:
        """For every design one belief's assurance is scipy's integral of success over its density."""
        ((name, belief),) = beliefs.items()
        low, high = belief.interval(1 - 1e-10)

        def integrand(value: float) -> float:
            return float(design.replace(**{name: value}).success(n) * belief.density(value))

        cuts = [float(one) for one in belief.quantile(np.array([0.001, 0.1, 0.5, 0.9]))]
        expected = integrate.quad(integrand, low, high, limit=400, points=cuts)[0]
        assert assurance(design, n, beliefs) == pytest.approx(expected, abs=2e-6)

    def test_exact_tests_are_enumerated(self) -> None:
        """An exact test's assurance is its power averaged over random truths."""
        design = TRIAL.replace(test="fisher")
        rng = np.random.default_rng(7)
        rates = [
            (float(COMPLETE["control"].draw(1, rng)[0]), float(jeffreys(9, 12).draw(1, rng)[0])) for _ in range(300)
        ]
        powers = [float(design.replace(control=c, treatment=t).success(40)) for c, t in rates]
        beliefs = {"control": COMPLETE["control"], "treatment": jeffreys(9, 12)}
        assert assurance(design, 40, beliefs) == pytest.approx(np.mean(powers), abs=4 * np.std(powers) / 300**0.5)

    def test_a_wrapper_is_asked_through_its_inner_fields(self) -> None:
        """Two looks cost little assurance against the fixed design of the same n."""
        design = GroupSequential(design=TwoMeans(difference=0.3, sd=1, test="z"), looks=(0.5, 1.0))
        beliefs = {"difference": Normal(0.3, 0.1)}
        fixed = assurance(design.design, 400, beliefs)
        assert fixed - 0.01 < assurance(design, 400, beliefs) < fixed

    @pytest.mark.parametrize(("sides", "futility"), [(2, "z(0.3)"), (1, "conditional-power(0.2)")])
    def test_looks_stop_drawn_trials(self, sides: int, futility: str) -> None:
        """Success, rejecting either way, and the sign of the estimate that ends the trial, of drawn effects."""
        fixed = TwoMeans(difference=0.3, sd=1, test="z", alpha=0.025 * sides, sides=sides)
        looks = np.array([0.4, 0.7, 1.0])
        design = GroupSequential(design=fixed, looks=tuple(looks), efficacy="pocock", futility=futility)
        found = assess(design, 200, {"difference": Normal(0.15, 0.2)}, target=None)
        rng, steps, trials = np.random.default_rng(5), np.diff(looks, prepend=0), 400_000
        truth = rng.normal(0.15, 0.2, (trials, 1))
        scores = np.cumsum(rng.normal(size=(trials, 3)) * steps**0.5 + truth * 50**0.5 * steps, axis=1)
        z = scores / looks**0.5
        above, below = (np.array(one) for one in design.settled(200).bounds(200))
        ends = (z >= above) | (z <= below) | ((z <= -above) & (sides == 2))
        ends[:, -1] = True
        place = ends.argmax(axis=1)
        last, high = z[np.arange(trials), place], above[place]
        shown, harm = last >= high, (last <= -high) & (sides == 2)
        drawn = [shown.mean(), (shown | harm).mean(), (last * truth[:, 0] < 0).mean()]
        told = [found.assurance, found.expected_power, found.wrong_sign]
        assert told == pytest.approx(drawn, abs=4 * 0.5 / trials**0.5)

    def test_counts_at_looks_stop_drawn_trials(self) -> None:
        """One arm whose responses are counted at two looks; as many as without an effect have no sign."""
        design = ExactGroupSequential(design=OneProportion(null=0.2, expected=0.4), futility="z(0.3)")
        found, counts = assess(design, 40, {"expected": Beta(6, 14)}, target=None), design.counts(40)
        rng, trials = np.random.default_rng(5), 400_000
        rate = rng.beta(6, 14, trials)
        first = rng.binomial(20, rate)
        both = first + rng.binomial(20, rate)
        early = (first >= counts.reject[0]) | (first <= counts.futile[0])
        shown = (first >= counts.reject[0]) | (~early & (both >= counts.reject[1]))
        away = np.where(early, first - 4, both - 8)
        drawn = [shown.mean(), (away * (rate - 0.2) < 0).mean()]
        assert [found.assurance, found.wrong_sign] == pytest.approx(drawn, abs=4 * 0.5 / trials**0.5)


class TestBeliefs:
    """Which beliefs are taken."""

    def test_the_effect_is_moved_behind_plain_beliefs(self) -> None:
        """The order of independent beliefs does not matter."""
        turned = {"treatment": REMISSION["treatment"], "control": REMISSION["control"]}
        assert assurance(TRIAL, 88, turned) == pytest.approx(assurance(TRIAL, 88, REMISSION), abs=1e-12)

    def test_what_depends_on_the_effect_is_refused(self) -> None:
        """A control that depends on the treatment has to be turned round."""
        with pytest.raises(ParameterError, match="treatment must come last, not before control"):
            assurance(TRIAL, 88, {"treatment": Beta(1, 1), "control": lambda treatment: Beta(1, 1)})

    def test_unknown_fields_are_refused(self) -> None:
        """A misspelt field names the nearest, and no belief at all is an error."""
        with pytest.raises(ParameterError, match="there is no number 'treatmnt'; did you mean 'treatment'"):
            assurance(TRIAL, 88, {"treatmnt": Beta(1, 1)})
        with pytest.raises(ParameterError, match="needs a belief about at least one"):
            assurance(TRIAL, 88, {})

    def test_what_reaches_beyond_the_design_is_told_as_that(self) -> None:
        """A belief that has values which no curve has is refused as a belief, with the values that there may be."""
        times = {"control_median": 10, "accrual_time": 12, "follow_up_time": 12}
        design = RestrictedMean(horizon=10, difference=1, **times)
        with pytest.raises(ParameterError, match=r"what is believed reaches values that cannot be: .* in \(0, 10\)"):
            assess(design, 200, {"difference": Normal(1, 2)})

    def test_half_a_block_is_refused(self) -> None:
        """n is the total of whole blocks."""
        with pytest.raises(ParameterError, match="positive multiple of 2"):
            assurance(TRIAL, 89, REMISSION)


class TestCeiling:
    """What no n exceeds."""

    def test_it_is_the_probability_that_the_effect_is_favourable(self) -> None:
        """It agrees with random truths, and assurance at a million per arm comes close to it."""
        truth = drawn(400_000, 4)
        share = (truth.treatment > truth.control).mean()
        found = assess(TRIAL, 2_000_000, DISCOUNTED, target=None)
        assert found.ceiling == pytest.approx(share, abs=4 * 0.08 / 632)
        assert found.assurance == pytest.approx(found.ceiling, abs=0.002)

    def test_lower_is_better(self) -> None:
        """For a harmful outcome it is the probability of a lower rate."""
        beliefs = {"control": Beta(8, 19), "treatment": Beta(5, 22)}
        higher, lower = (TRIAL.replace(favourable=favourable) for favourable in ("higher", "lower"))
        upper = assess(higher, 88, beliefs, target=None).ceiling
        assert assess(lower, 88, beliefs, target=None).ceiling == pytest.approx(1 - upper)


class TestTarget:
    """The n for a target assurance."""

    def test_the_smallest_n(self) -> None:
        """n reaches the target and one block fewer does not."""
        n = assess(TRIAL, 88, DISCOUNTED, target=0.8).n_for_target
        assert n is not None
        assert assurance(TRIAL, n, DISCOUNTED) >= 0.8 > assurance(TRIAL, n - 2, DISCOUNTED)

    def test_clusters_are_whole(self) -> None:
        """n fills the clusters of both arms, and a cluster fewer in each does not reach the target."""
        design = ClusteredProportions(control=0.3, treatment=0.5, icc=0.05, cluster_size=12)
        beliefs = {"treatment": Normal(0.5, 0.05)}
        n = assess(design, 240, beliefs, target=0.7).n_for_target
        assert n is not None
        assert n % 24 == 0
        assert assurance(design, n, beliefs) >= 0.7 > assurance(design, n - 24, beliefs)

    def test_two_by_two_is_assessed(self) -> None:
        """What is smallest significant is that of a margin: all with the one treatment against all without."""
        whole = TwoByTwo(design=TwoMeans(difference=0.5, sd=1, test="z"))
        found = assess(whole, 152, {"difference": Normal(0.4, 0.2)}, target=None)
        assert found.smallest_significant == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(4 / 152), rel=1e-6)

    def test_no_n_reaches_beyond_the_ceiling(self) -> None:
        """Where the ceiling is .36 there is no n for .8, and the sentence says so."""
        found = assess(TRIAL, 88, REMISSION)
        assert found.n_for_target is None
        assert found.reason == "no number of participants reaches assurance 0.8: it cannot exceed 0.361"

    def test_a_target_near_the_ceiling_may_be_out_of_reach(self) -> None:
        """A target a hair below the ceiling ends in a sentence, not in a search without end."""
        found = assess(TRIAL, 88, REMISSION, target=assess(TRIAL, 88, REMISSION).ceiling - 1e-9)
        assert found.n_for_target is None
        assert found.reason is not None
        assert "participants are needed" in found.reason

    def test_where_the_design_fixes_n_no_other_is_sought(self) -> None:
        """The stages of a trial give one n, which reaches the target or does not, and the sentence says so."""
        design, believed = TwoStage(null=0.1, expected=0.3, stages="1/10,5/29"), {"expected": Beta(12, 28)}
        low, high = (assess(design, 29, believed, target=target) for target in (0.5, 0.95))
        assert (low.n_for_target, low.reason) == (29, None)
        assert high.n_for_target is None
        assert high.reason == f"the numbers of two-stage fix n at 29, where assurance is {high.assurance:.3f}"

    def test_a_percentage_is_refused(self) -> None:
        """A target of 80 says how to write it."""
        with pytest.raises(ParameterError, match=r"write 80 % as 0\.8"):
            assess(TRIAL, 88, DISCOUNTED, target=80)


class TestInBrief:
    @pytest.mark.parametrize("beliefs", [DISCOUNTED, REMISSION])
    def test_is_part_of_the_whole(self, beliefs) -> None:
        """What is compared between beliefs is what is told of each."""
        brief, whole = in_brief(TRIAL, 88, beliefs, 0.8), assess(TRIAL, 88, beliefs)
        names = ("assurance", "ceiling", "target", "n_for_target", "reason")
        assert [getattr(brief, name) for name in names] == [getattr(whole, name) for name in names]


class TestAssess:
    """All answers side by side."""

    def test_its_keys(self) -> None:
        """The answer as JSON has the keys that the command prints."""
        data = json.loads(json.dumps(assess(TRIAL, 88, REMISSION, harms={"death": 0.05}).as_json()))
        keys = {"n", "assurance", "ceiling", "n_for_target", "expected_power", "wrong_sign", "precision"}
        assert keys | {"smallest_significant", "events"} <= set(data)
        assert data["arms"] == {"treatment": 44, "control": 44}

    def test_the_wrong_sign_by_simulation(self) -> None:
        """Random truths and counts put estimate and truth on different sides as often as enumeration says."""
        rng, truth = np.random.default_rng(5), drawn(400_000, 6)
        estimate = rng.binomial(44, truth.treatment) - rng.binomial(44, truth.control)
        share = (estimate * (truth.treatment - truth.control) < 0).mean()
        assert assess(TRIAL, 88, DISCOUNTED).wrong_sign == pytest.approx(share, abs=0.0015)

    def test_the_wrong_sign_of_means(self) -> None:
        """For means it is scipy's integral of the normal tail beyond zero."""
        design, belief = TwoMeans(difference=0.3, sd=1), Normal(0.2, 0.3)
        expected = integrate.quad(lambda d: stats.norm.cdf(-abs(d) / 0.2) * belief.density(d), -2, 2.4, points=[0.0])[0]
        assert assess(design, 100, {"difference": belief}).wrong_sign == pytest.approx(expected, abs=1e-6)

    def test_expected_power_counts_both_tails_of_a_t_test(self) -> None:
        """The average of power exceeds assurance by the significant harms, and favourable truths have more of it."""
        found = assess(TwoMeans(difference=0.3, sd=1), 100, {"difference": Normal(0.1, 0.3)})
        assert found.expected_power > found.assurance + 0.05
        assert found.power_if_favourable > found.assurance
        assert found.power_if_favourable * found.ceiling < found.assurance

    def test_precision_is_the_mean_width_of_simulated_intervals(self) -> None:
        """Newcombe's interval over random truths and counts has the stated mean width; at large n the two ways meet."""
        rng, truth = np.random.default_rng(9), drawn(100_000, 10)
        rates = rng.binomial(44, truth.treatment) / 44, rng.binomial(44, truth.control) / 44
        widths = newcombe_width(rates, (44, 44), stats.norm.ppf(0.975))
        found = assess(TRIAL, 88, DISCOUNTED, target=None).precision
        assert found == pytest.approx(widths.mean(), abs=4 * widths.std() / 316)
        near, beyond = (assess(TRIAL, n, DISCOUNTED, target=None).precision for n in (1990, 2010))
        assert near is not None
        assert near == pytest.approx(beyond, rel=0.007)

    def test_the_width_for_means_is_that_of_their_interval(self) -> None:
        """Where the standard deviation is known for sure, t and its degrees of freedom are those of scipy."""
        belief = {"difference": Normal(0.2, 0.3)}
        means = assess(TwoMeans(difference=0.3, sd=1), 100, belief, target=None).precision
        assert means == pytest.approx(2 * stats.t.ppf(0.975, 98) * 0.2)
        adjusted = assess(Ancova(difference=0.3, sd=1, correlation=0.6), 100, belief, target=None).precision
        assert adjusted == pytest.approx(2 * stats.t.ppf(0.975, 97) * 0.2 * 0.8)

    def test_the_smallest_significant_difference(self) -> None:
        """One treatment response fewer than it is not significant, by scipy's chi-squared test."""
        found = assess(TRIAL, 88, DISCOUNTED, target=None).smallest_significant
        assert found is not None
        controls = round(CONTROL.mean() * 44)
        x = round((found + controls / 44) * 44)
        table = lambda events: [[events, 44 - events], [controls, 44 - controls]]  # noqa: E731
        assert stats.chi2_contingency(table(x), correction=False).pvalue < 0.05
        assert stats.chi2_contingency(table(x - 1), correction=False).pvalue >= 0.05

    def test_the_smallest_significant_difference_of_means(self) -> None:
        """For a z test it is the critical value times the standard error."""
        found = assess(TwoMeans(difference=0.3, sd=1, test="z"), 100, {"difference": Normal(0.3, 0.1)}, target=None)
        assert found.smallest_significant == pytest.approx(1.959963985 * 0.2)
        assert found.precision == pytest.approx(2 * 1.959963985 * 0.2)

    def test_the_smallest_significant_effect_is_on_its_own_scale(self) -> None:
        """A hazard ratio at which power is a half; with a margin the difference itself, not what it lies from it."""
        times = LogRank(hazard_ratio=0.7, control_median=12, accrual_time=12, follow_up_time=12)
        found = assess(times, 200, {"hazard_ratio": Normal(0.7, 0.001)}, target=None)
        assert found.smallest_significant is not None
        assert times.replace(hazard_ratio=found.smallest_significant).power(200) == pytest.approx(0.5, abs=1e-3)
        assert "the hazard ratio nearest to the null" in str(found)
        means = TwoMeans(difference=0, sd=1, test="z", goal="non-inferiority", margin=0.3)
        least = assess(means, 100, {"difference": Normal(0, 0.1)}, target=None).smallest_significant
        assert least == pytest.approx(1.959963985 * 0.2 - 0.3)


class TestInWords:
    """What is printed of a belief."""

    def test_one_that_depends_has_the_interval_of_all_its_nodes(self) -> None:
        """Of one that is the same whatever the control rate, it is that of the belief by itself, to two digits."""
        believed = {"control": Beta(9, 21), "treatment": lambda control: Beta(20, 20)}
        over = joint(TwoProportions(control=0.3, treatment=0.5), believed)
        for name, belief in (("control", Beta(9, 21)), ("treatment", Beta(20, 20))):
            assert _held(over, name) == pytest.approx(belief.interval(0.95), abs=2e-3)


class TestEvents:
    """At least one serious harm."""

    def test_at_a_rate_and_under_a_belief(self) -> None:
        """1 − .95^44 for a rate; for a belief the beta-binomial probability of scipy."""
        found = events(TRIAL, 88, {"death": 0.05, "infection": Beta(1, 19), "none": 0.0})
        assert found["death"] == pytest.approx(1 - 0.95**44)
        assert found["infection"] == pytest.approx(1 - stats.betabinom.pmf(0, 44, 1, 19))
        assert found["none"] == 0

    def test_an_impossible_rate_is_refused(self) -> None:
        """A rate of 5 names the harm and how to write it."""
        with pytest.raises(ParameterError, match=r"rate of death must lie in \[0, 1\], not 5"):
            events(TRIAL, 88, {"death": 5})


class TestOneArm:
    """Where one arm is counted, what is seen is counted too, stage by stage."""

    TWO_STAGE = TwoStage(null=0.1, expected=0.3, stages=("1/10", "5/29"))

    @pytest.mark.parametrize(
        ("design", "belief", "least"),
        [
            (TWO_STAGE, Beta(9, 21), 6 / 29 - 0.1),
            (TwoStage(null=0.2, expected=0.4, stages=("3/13", "12/43")), Beta(9, 12), 13 / 43 - 0.2),
            (TwoStage(null=0.3, expected=0.1, stages=("7/10", "23/29"), favourable="lower"), Beta(2, 18), 5 / 29 - 0.3),
            (OneProportion(null=0.1, expected=0.3), Beta(9, 21), 6 / 29 - 0.1),
        ],
    )
    def test_the_smallest_significant_is_a_count(self, design: Any, belief: Any, least: float) -> None:
        """The first count that rejects, over n, less the null: 6/29, 13/43, 5/29; P(X ≥ 6 | 29, .1) is .06."""
        if isinstance(design, OneProportion):
            count = next(k for k in range(30) if stats.binom.sf(k - 1, 29, 0.1) <= 0.05)
            least = count / 29 - 0.1
        n = 29 if not isinstance(design, TwoStage) else design.only_n
        found = assess(design, n, {"expected": belief}, target=None).smallest_significant
        assert found == pytest.approx(least)

    def test_a_wrong_sign_is_what_the_end_shows(self) -> None:
        """Drawn: the estimate of the stage that ends the trial, which lies on neither side where it is the null."""
        rng = np.random.default_rng(7)
        rate = rng.beta(9, 21, 1_000_000)
        first, second = rng.binomial(10, rate), rng.binomial(19, rate)
        seen = np.where(first > 1, (first + second) / 29, first / 10)
        drawn = ((seen - 0.1) * (rate - 0.1) < -1e-12).mean()
        found = assess(self.TWO_STAGE, 29, {"expected": Beta(9, 21)}, target=None).wrong_sign
        assert found == pytest.approx(drawn, abs=1e-3)

    def test_of_one_stage_by_its_binomial(self) -> None:
        """Integrated over the belief: fewer than 6 of 60 where the rate exceeds a tenth, more where it does not."""
        belief = stats.beta(3, 7)
        low = integrate.quad(lambda p: belief.pdf(p) * stats.binom.sf(6, 60, p), 0, 0.1)[0]
        high = integrate.quad(lambda p: belief.pdf(p) * stats.binom.cdf(5, 60, p), 0.1, 1)[0]
        found = assess(OneProportion(null=0.1, expected=0.3), 60, {"expected": Beta(3, 7)}, target=None).wrong_sign
        assert found == pytest.approx(low + high, abs=1e-5)
