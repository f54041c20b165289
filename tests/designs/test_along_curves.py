"""Survival at a milestone and restricted means, against curves written out and drawn participants."""

import numpy as np
import pytest
from scipy.stats import norm

from trialplan.designs.milestone import Milestone
from trialplan.designs.one_milestone import OneMilestone
from trialplan.designs.restricted_mean import RestrictedMean
from trialplan.errors import ParameterError
from trialplan.sequential.group_sequential import GroupSequential

TIMES = {"control_hazard": (0.03, 0.09), "hazard_changes": (4,), "accrual_time": 12, "follow_up_time": 6}
LOST = TIMES | {"dropout_rate": 0.03, "dropout_rate_treatment": 0.01, "allocation": "2:1"}
FEW = {"accrual_time": 6, "follow_up_time": 12, "dropout_rate": 0.08}
CROSSING = LOST | {"treatment_hazard": (0.09, 0.02)}


def by_hand(people, until):
    """The curve at a time, the area up to it, and the variances of both, person by person."""
    people = sorted((time, event) for _, time, event in people)
    survival, area, last, steps = 1.0, 0.0, 0.0, []
    for number, (time, event) in enumerate(people):
        if time > until:
            break
        area += survival * (time - last)
        last = time
        if event:
            there = len(people) - number
            survival *= 1 - 1 / there
            steps.append((area, 1 / (there * (there - 1)) if there > 1 else 0.0))
    area += survival * (until - last)
    greenwood = survival**2 * sum(step for _, step in steps)
    return survival, greenwood, area, sum((area - before) ** 2 * step for before, step in steps)


class TestEstimates:
    def test_are_those_of_the_curve(self):
        """Survival and area with their variances are those of a curve that is drawn step by step."""
        milestone = Milestone(milestone=9, difference=0.1, **LOST)
        mean = RestrictedMean(horizon=9, difference=0.5, **LOST)
        data = milestone.draw(45, 4, np.random.default_rng(1))
        for arm in data:
            (share, greenwood), (area, variance) = milestone.estimated(arm), mean.estimated(arm)
            for trial, people in enumerate(arm):
                found = share[trial], greenwood[trial], area[trial], variance[trial]
                assert found == pytest.approx(by_hand(people, 9), abs=1e-10)

    def test_without_events(self):
        """Where everybody is censored there is no evidence."""
        arm = np.zeros((2, 20, 3))
        arm[..., 1] = 20.0
        for design in (
            Milestone(milestone=9, difference=0.1, **LOST),
            RestrictedMean(horizon=9, ratio=1.2, scale="ratio", **LOST),
        ):
            z, rejects = design.analyse((arm, arm))
            assert (z.tolist(), rejects.tolist()) == ([0, 0], [False, False])


class TestCurves:
    @pytest.mark.parametrize("numbers", [LOST, CROSSING])
    def test_the_effect_is_read_off_them(self, numbers):
        """The treatment's curve has the effect, in the ratio of the control's hazards or of its own shape."""
        milestone = Milestone(milestone=9, difference=0.1, **numbers)
        treatment, control = (curve.survival(9) for curve in milestone.curves)
        assert treatment - control == pytest.approx(0.1, abs=1e-12)
        mean = RestrictedMean(horizon=9, ratio=1.15, scale="ratio", **numbers)
        treatment, control = (curve.mean_to(9) for curve in mean.curves)
        assert treatment / control == pytest.approx(1.15, abs=1e-9)


class TestPower:
    @pytest.mark.parametrize(
        "design",
        [
            Milestone(milestone=9, difference=0.2, **CROSSING),
            RestrictedMean(horizon=9, difference=0.9, **CROSSING),
            RestrictedMean(horizon=9, ratio=1.1, scale="ratio", **LOST),
            RestrictedMean(horizon=9, difference=0, goal="non-inferiority", margin=0.9, **LOST),
        ],
    )
    def test_is_what_drawn_trials_show(self, design):
        """Under dropout, crossing hazards and 2:1, on both scales and with a margin."""
        n = design.sample_size(0.8).n
        seen = design.simulate(n, 2500, np.random.default_rng(2))
        assert seen.success == pytest.approx(float(design.success(n)), abs=0.04)


class TestRefused:
    @pytest.mark.parametrize(
        ("cls", "numbers", "words"),
        [
            (Milestone, {"milestone": 18, "difference": 0.1}, "nobody is seen for longer"),
            (Milestone, {"milestone": 9, "difference": 0.5}, "leaves the treatment"),
            (RestrictedMean, {"horizon": 9, "difference": 5}, "leaves the treatment"),
            (RestrictedMean, {"horizon": 9, "ratio": 1.1}, "difference needs difference, and no ratio"),
            (RestrictedMean, {"horizon": 9, "difference": 1, "treatment_hazard": (0.1,)}, "one fewer is needed"),
        ],
    )
    def test_what_does_not_fit(self, cls, numbers, words):
        """Each in one sentence."""
        with pytest.raises(ParameterError, match=words):
            cls(**TIMES, **numbers)

    def test_looks(self):
        """Increments between looks are not independent where hazards cross."""
        with pytest.raises(ParameterError, match="looks are not defined over restricted-mean"):
            GroupSequential(design=RestrictedMean(horizon=9, difference=1, **CROSSING))


class TestLogLog:
    """Shares on the scale log(-log S)."""

    def test_without_losses_it_is_two_rates(self):
        """The variance of each arm is then the binomial one, (1 - S)/(n S log² S)."""
        seen = {"survival_time": 12, "accrual_time": 6, "follow_up_time": 12, "allocation": "2:1", "sides": 1}
        design = Milestone(milestone=12, difference=0.2, control_survival=0.3, alpha=0.025, test="log-log", **seen)
        spread = sum((1 - s) / (n * s * np.log(s) ** 2) for s, n in ((0.5, 80), (0.3, 40)))
        away = np.log(-np.log(0.3)) - np.log(-np.log(0.5))
        assert float(design.success(120)) == pytest.approx(norm.cdf(away / spread**0.5 - norm.ppf(0.975)), abs=1e-9)
        one = OneMilestone(milestone=12, null=0.3, expected=0.5, accrual_time=6, follow_up_time=12, test="log-log")
        spread = 0.5 / (40 * 0.5 * np.log(0.5) ** 2)
        assert float(one.success(40)) == pytest.approx(norm.cdf(away / spread**0.5 - norm.ppf(0.95)), abs=1e-9)

    def test_statistic_is_that_of_the_curve(self):
        """Person by person; a curve that is 0 or 1 at the milestone rejects nothing."""
        design = Milestone(milestone=9, difference=0.1, test="log-log", **LOST)
        data = design.draw(60, 6, np.random.default_rng(4))
        arms = [[by_hand(people, 9)[:2] for people in arm] for arm in data]
        expected = []
        for (s, v), (r, w) in zip(*arms, strict=True):
            error = (v / (s * np.log(s)) ** 2 + w / (r * np.log(r)) ** 2) ** 0.5
            expected.append((np.log(-np.log(r)) - np.log(-np.log(s))) / error)
        statistic, rejects = design.analyse(data)
        assert statistic == pytest.approx(expected, rel=1e-9)
        assert rejects.tolist() == (np.abs(expected) > norm.ppf(0.975)).tolist()
        nobody = (np.stack([np.zeros((1, 5)), np.full((1, 5), 10.0), np.zeros((1, 5))], axis=-1), data[1][:1, :5])
        assert design.analyse(nobody)[1].tolist() == [False]

    @pytest.mark.parametrize(
        "trial",
        [
            Milestone(milestone=12, difference=0, control_survival=0.3, survival_time=12, sides=1, alpha=0.05, **FEW),
            OneMilestone(milestone=12, null=0.6, expected=0.6, **FEW | {"dropout_rate": 0.05}),
        ],
        ids=["two arms", "one"],
    )
    def test_keeps_its_level_where_few_are_at_risk(self, trial):
        """At 20 participants of whom most are lost, without an effect: the usual test rejects twice as often."""
        data, shown = trial.draw(20, 20_000, np.random.default_rng(8)), {}
        for test in ("plain", "log-log"):
            statistic, rejects = trial.replace(test=test).analyse(data)
            shown[test] = (rejects & (statistic > 0)).mean()
        assert shown["plain"] > 0.08
        assert shown["log-log"] < 0.05

    def test_interval_of_one_arm_inverts_the_test(self):
        """It lies within 0 and 1, and excludes the null just where the statistic is critical."""
        design = OneMilestone(milestone=12, null=0.8, expected=0.95, accrual_time=6, follow_up_time=12, test="log-log")
        found = design.outcome.interval(design, 20, 0.9, False)
        assert found.name == "log-log interval of the survival at the milestone"
        low, high = found.limits
        assert 0 < low < 0.95 < high < 1
        error = (0.95 * 0.05 / 20) ** 0.5 / (0.95 * -np.log(0.95))
        apart = [(np.log(-np.log(end)) - np.log(-np.log(0.95))) / error for end in (high, low)]
        assert apart == pytest.approx([-norm.ppf(0.95), norm.ppf(0.95)])
        assert (low > 0.8) == (float(design.success(20)) > 0.5)
        plain = design.replace(test="plain")
        assert plain.outcome.interval(plain, 20, 0.95, False).limits[1] > 1

    def test_interval_of_two_arms_is_the_plain_one_and_says_so(self):
        """No interval of a difference of shares inverts the test on another scale, and none decides."""
        design = Milestone(milestone=9, difference=0.1, test="log-log", **LOST)
        plain = design.replace(test="plain")
        found, usual = (one.outcome.interval(one, 200, 0.95, False) for one in (design, plain))
        assert found.name == f"{usual.name}: log-log has none of its own"
        assert found.limits == usual.limits
        assert (plain.decides, design.decides) == ("", "the statistic on the scale log(-log S) decides")

    def test_knows_no_margin(self):
        """A difference of shares is none on this scale."""
        with pytest.raises(ParameterError, match="log-log knows no margin"):
            Milestone(milestone=9, difference=0, goal="non-inferiority", margin=0.1, test="log-log", **LOST)
