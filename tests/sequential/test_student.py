"""Looks at a t statistic: held against the boundary as the z of the same one-sided P value."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan import Ancova, GroupSequential, RatioOfMeans, TwoMeans
from trialplan.numerics.student import normal_score, of_normal_score
from trialplan.outcomes.measurements import MEANS
from trialplan.sequential.interim.decision import from_t

LOOKS = (0.4, 0.7, 1.0)


class TestNormalScore:
    @pytest.mark.parametrize("df", [1, 3.5, 12, 400])
    @pytest.mark.parametrize("t", [-30.0, -2.0, 0.0, 0.7, 5.0, 40.0])
    def test_same_tail(self, t, df):
        """The score has the one-sided P value that scipy gives the t, in either tail."""
        score = float(normal_score(t, df))
        assert stats.norm.logsf(abs(score)) == pytest.approx(stats.t.logsf(abs(t), df), rel=1e-9)
        assert math.copysign(1, score) == math.copysign(1, t) or t == 0

    @pytest.mark.parametrize("z", [-6.0, -1.0, 0.0, 2.5, 7.5])
    def test_and_back(self, z):
        """The t of a score has that score."""
        assert float(normal_score(of_normal_score(z, 9.0), 9.0)) == pytest.approx(z, abs=1e-9)

    def test_no_degrees_of_freedom(self):
        """Without degrees of freedom there is no evidence, and no t of a score."""
        assert float(normal_score(3.0, 0)) == 0
        assert np.isnan(of_normal_score(2.0, 0))


TRIALS = {
    "t": (TwoMeans(difference=0.9, sd=1), 60),
    "welch": (TwoMeans(difference=0.9, sd=0.7, sd_treatment=1.2, test="welch", allocation="2:1"), 66),
    "ratio-of-means": (RatioOfMeans(ratio=0.6, cv=0.7, favourable="lower"), 60),
}


def _t_test(name, data, sizes):
    """scipy's one-sided P values of each trial, towards the treatment."""
    treatment, control = (arm[:, :size] for arm, size in zip(data, sizes, strict=True))
    if name == "ratio-of-means":
        return stats.ttest_ind(np.log(control), np.log(treatment), axis=1, alternative="greater").pvalue
    return stats.ttest_ind(treatment, control, axis=1, equal_var=name == "t", alternative="greater").pvalue


class TestStatistic:
    @pytest.mark.parametrize("name", TRIALS)
    @pytest.mark.parametrize("share", [0.5, 1.0])
    def test_z_has_the_p_value_of_scipys_t_test(self, name, share):
        """The z of a look is the normal score of the P value that scipy's t test gives."""
        design, n = TRIALS[name]
        data = design.draw(n, 50, np.random.default_rng(3))
        sizes = [round(share * arm.shape[1]) for arm in data]
        assert stats.norm.sf(design.z(data, share)) == pytest.approx(_t_test(name, data, sizes), rel=1e-8)

    def test_of_covariance(self):
        """The z of an analysis of covariance has the P value of the regression with intercept, arm and baseline."""
        design = Ancova(difference=0.8, sd=1, correlation=0.6)
        data = design.draw(40, 5, np.random.default_rng(5))
        arm = np.repeat([1.0, 0.0], 20)
        for trial, z in enumerate(design.z(data)):
            before, after = (np.concatenate([one[trial, :, i] for one in data]) for i in (0, 1))
            x = np.column_stack([np.ones(40), arm, before])
            beta, left, *_ = np.linalg.lstsq(x, after, rcond=None)
            t = beta[1] / math.sqrt(left[0] / 37 * np.linalg.inv(x.T @ x)[1, 1])
            assert stats.norm.sf(z) == pytest.approx(stats.t.sf(t, 37), rel=1e-8)


class TestTrial:
    @pytest.mark.parametrize("name", TRIALS)
    @pytest.mark.parametrize("rule", [{"efficacy": "pocock"}, {"efficacy": "kim-demets(2)", "futility": "z(0)"}])
    def test_power_and_level(self, name, rule):
        """Trials drawn and looked at through scipy's t test reject as often as claimed, with and without the effect."""
        fixed, _ = TRIALS[name]
        design = GroupSequential(design=fixed.replace(alpha=0.05, sides=1), looks=LOOKS, **rule)
        answer, trials = design.sample_size(0.85), 40_000
        rows, last = answer.extra["looks"], answer.extra["looks"][-1]
        (null,) = design.design.at_null()
        for truth, claimed in ((design.design, answer.power), (null, None)):
            data = truth.draw(int(answer.n), trials, np.random.default_rng(11))
            going, rejected = np.ones(trials, bool), np.zeros(trials, bool)
            for row in rows:
                sizes = [round(share) for share in design.split(row["n"])]
                p = _t_test(name, data, sizes)
                crossed = going & (p <= row["efficacy_p_one_sided"])
                rejected |= crossed
                low = -np.inf if row["futility_z"] is None or row is last else row["futility_z"]
                going &= ~crossed & (p < stats.norm.sf(low))
            error = math.sqrt(0.25 / trials)
            if claimed is None:
                # futility is not binding: obeyed, it can only lower the error
                low = last["cumulative_alpha"] - (0.02 if "futility" in rule else 0.004)
                assert low - 4 * error < rejected.mean() < last["cumulative_alpha"] + 0.004 + 4 * error
            else:
                assert rejected.mean() == pytest.approx(claimed, abs=0.006 + 4 * error)

    def test_sample_size(self):
        """The maximum is the t test's unrounded n times the inflation of the rule; rpact 3.3.4 gives the same."""
        inner = TwoMeans(difference=1, sd=1.2, alpha=0.025, sides=1)
        design = GroupSequential(design=inner, looks=(0.3, 1.0), efficacy="lan-demets-pocock")
        assert design.unrounded(0.8) == pytest.approx(51.658964540446, rel=1e-6)

    def test_effect_at_the_boundary(self):
        """The estimate at a boundary is the one whose t test, at the planned spread, has the look's P value."""
        design = GroupSequential(design=TwoMeans(difference=1.4, sd=1), looks=LOOKS)
        for look in design.sample_size(0.8).extra["looks"]:
            arm = look["n"] // 2
            p = stats.ttest_ind_from_stats(look["effect_at_efficacy"], 1, arm, 0, 1, arm, alternative="greater").pvalue
            assert p == pytest.approx(look["efficacy_p_one_sided"], rel=1e-9)

    def test_effect_at_the_boundary_of_a_ratio(self):
        """On a ratio the estimate at a boundary is below 1 where lower is better, and is read from logs."""
        design = GroupSequential(design=RatioOfMeans(ratio=0.6, cv=0.7, favourable="lower"), looks=(0.5, 1.0))
        for look in design.sample_size(0.8).extra["looks"]:
            arm, spread = look["n"] // 2, float(design.design.log_sd)
            shift = -math.log(look["effect_at_efficacy"])
            p = stats.ttest_ind_from_stats(shift, spread, arm, 0, spread, arm, alternative="greater").pvalue
            assert p == pytest.approx(look["efficacy_p_one_sided"], rel=1e-9)

    def test_a_look_too_small_for_a_spread(self):
        """A first look without degrees of freedom has no effect at its boundary, and the answer stands."""
        design = GroupSequential(design=Ancova(difference=4, sd=1, correlation=0.3), looks=(0.1, 1.0))
        first, _ = design.sample_size(0.8).extra["looks"]
        assert first["n"] == 2
        assert first["effect_at_efficacy"] is None


class TestSeen:
    @pytest.mark.parametrize(("test", "equal"), [("t", True), ("welch", False)])
    def test_means_with_their_spread(self, test, equal):
        """Means with standard deviations are judged by the P value of scipy's t test, intervals by its quantiles."""
        design = TwoMeans(difference=0.5, sd=1, test=test)
        seen = design.outcome.seen(design, 128, "means", [(0.7, 20), (0.1, 30)], (1.3, 0.8))
        told = stats.ttest_ind_from_stats(0.7, 1.3, 20, 0.1, 0.8, 30, equal_var=equal)
        assert 2 * stats.norm.sf(seen.z) == pytest.approx(told.pvalue, rel=1e-9)
        low, high = seen.interval(stats.norm.isf(0.025))
        error = 0.6 / told.statistic
        df = 48 if equal else (1.69 / 20 + 0.64 / 30) ** 2 / ((1.69 / 20) ** 2 / 19 + (0.64 / 30) ** 2 / 29)
        assert (low, high) == pytest.approx(np.add(0.6, np.multiply((-1, 1), stats.t.isf(0.025, df) * error)), rel=1e-9)

    def test_planned_spread_counts_as_known(self):
        """Without standard deviations the planned ones make a z."""
        seen = MEANS.seen(TwoMeans(difference=0.5, sd=2), 128, "means", [(0.9, 25), (0.1, 25)])
        assert seen.z == pytest.approx(0.8 / (2 * math.sqrt(2 / 25)))

    def test_t(self):
        """A t with its degrees of freedom is judged by its P value."""
        assert stats.norm.sf(from_t(-1.84, 47).z) == pytest.approx(stats.t.sf(-1.84, 47))
