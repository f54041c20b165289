"""Designs against second derivations that share no code with them."""

import math

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from trialplan import Ancova, EventCounts, GroupSequential, LogRank, OneProportion, TwoMeans, TwoProportions


class TestOneProportion:
    @pytest.mark.parametrize("sides", [1, 2])
    @pytest.mark.parametrize("favourable", ["higher", "lower"])
    @pytest.mark.parametrize(("null", "expected"), [(0.05, 0.2), (0.3, 0.55), (0.001, 0.01), (0.9, 0.97), (0.5, 0.1)])
    def test_by_enumeration(self, null, expected, favourable, sides):
        """Power, size and critical count are those of every count enumerated with scipy.stats.binom."""
        design = OneProportion(null=null, expected=expected, favourable=favourable, sides=sides, alpha=0.05)
        level = 0.05 / sides
        for n in (1, 2, 5, 17, 60, 333, 2500):
            k = np.arange(n + 1)
            upper, lower = stats.binom.sf(k - 1, n, null) <= level, stats.binom.cdf(k, n, null) <= level
            favoured, opposed = (upper, lower) if favourable == "higher" else (lower, upper)
            rejects = favoured | opposed if sides == 2 else favoured
            mass = stats.binom.pmf(k, n, expected)
            assert float(design.power(n)) == pytest.approx(mass[rejects].sum(), abs=1e-10), n
            assert float(design.success(n)) == pytest.approx(mass[favoured].sum(), abs=1e-10), n
            assert design.actual_size(n) == pytest.approx(stats.binom.pmf(k, n, null)[rejects].sum(), abs=1e-10), n
            wanted = k[favoured][0 if favourable == "higher" else -1] if favoured.any() else None
            assert wanted is None or design.critical_count(n) == wanted

    def test_an_effect_next_to_the_null_is_answered_or_refused(self):
        """A search that would need more participants than there are people ends in a sentence, at once."""
        run = _in_a_process(
            "from trialplan import OneProportion\n"
            "from trialplan.errors import TrialplanError\n"
            "try:\n    OneProportion(null=0.3, expected=0.30001).sample_size(0.8)\n"
            "except TrialplanError:\n    pass\n"
        )
        assert run == 0


def _in_a_process(program):
    """The exit code of a program in a process of its own, which is given ten seconds and two gigabytes."""
    import subprocess
    import sys

    limit = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
    try:
        return subprocess.run(
            [sys.executable, "-c", limit + program], timeout=10, capture_output=True, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return "no answer within ten seconds"


class TestTwoMeans:
    @pytest.mark.parametrize(("difference", "sd"), [(1.8, 1.2), (2, 1), (3, 1), (0.5, 1)])
    def test_unrounded_n_by_integration(self, difference, sd):
        """The real-valued n is where an integral over the estimated standard deviation gives the target."""
        answer = TwoMeans(difference=difference, sd=sd).sample_size(0.8)

        def power(per_arm):
            df, distance = 2 * per_arm - 2, difference / sd * math.sqrt(per_arm / 2)
            critical = stats.t.isf(0.025, df)

            def favourable(s):
                return stats.norm.cdf(distance - critical * s) * stats.chi.pdf(s * math.sqrt(df), df) * math.sqrt(df)

            return integrate.quad(favourable, 0, 12, points=[1], limit=400, epsabs=1e-13)[0]

        per_arm = optimize.brentq(lambda n: power(n) - 0.8, 1.5, 200, xtol=1e-12)
        assert answer.arms_unrounded["treatment"] == pytest.approx(per_arm, rel=1e-8)

    def test_one_participant_in_an_arm(self):
        """Welch's test has no power where an arm has one participant, in scalars as in arrays."""
        design = TwoMeans(difference=1, sd=1, test="welch", allocation="1:3")
        assert float(design.power(np.array([4.0]))[0]) == 0
        assert float(design.power(4)) == 0

    def test_z_by_hand(self):
        """Known standard deviations: the closed form, with its own variances for each arm."""
        design = TwoMeans(difference=0.4, sd=1, sd_treatment=1.5, test="z", allocation="2:1")
        z = stats.norm.ppf(0.975) + stats.norm.ppf(0.9)
        n = (z / 0.4) ** 2 * (1.5**2 * 3 / 2 + 1 * 3)
        assert sum(design.sample_size(0.9).arms_unrounded.values()) == pytest.approx(n, rel=1e-10)


class TestAncova:
    def test_is_a_t_test_of_residuals(self):
        """The formula is the noncentral t at the residual standard deviation and n - 3 degrees of freedom."""
        design = Ancova(difference=0.5, sd=1.1, correlation=0.6, allocation="2:1")
        error = 1.1 * 0.8 * math.sqrt(1 / 40 + 1 / 20)
        critical = stats.t.isf(0.025, 57)
        wanted = stats.nct.sf(critical, 57, 0.5 / error) + stats.nct.cdf(-critical, 57, 0.5 / error)
        assert float(design.power(60)) == pytest.approx(wanted, abs=1e-9)

    def test_analysis_is_least_squares(self):
        """The statistic is the treatment coefficient over its standard error in an ordinary regression."""
        design = Ancova(difference=0.5, sd=1, correlation=0.5, allocation="2:1")
        treatment, control = design.draw(15, 4, np.random.default_rng(2))
        statistic, _ = design.analyse((treatment, control))
        for trial in range(4):
            both = np.concatenate([treatment[trial], control[trial]])
            x = np.column_stack([np.ones(15), np.arange(15) < 10, both[:, 0]])
            coefficients, (residual,), *_ = np.linalg.lstsq(x, both[:, 1], rcond=None)
            error = math.sqrt(residual / 12 * np.linalg.inv(x.T @ x)[1, 1])
            assert statistic[trial] == pytest.approx(coefficients[1] / error, rel=1e-9)


class TestTwoProportions:
    @pytest.mark.parametrize("allocation", ["1:1", "3:1"])
    def test_score_power_by_hand(self, allocation):
        """Pooled under the null, unpooled under the alternative; success is one tail, power both."""
        design = TwoProportions(control=0.3, treatment=0.5, allocation=allocation)
        n_t, n_c = design.arms(80).values()
        pooled = (n_t * 0.5 + n_c * 0.3) / 80
        null = math.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
        true = math.sqrt(0.25 / n_t + 0.21 / n_c)
        wanted = stats.norm.sf((1.959963984540054 * null - 0.2) / true)
        against = stats.norm.sf((1.959963984540054 * null + 0.2) / true)
        assert float(design.success(80)) == pytest.approx(wanted, abs=1e-12)
        assert float(design.power(80)) == pytest.approx(wanted + against, abs=1e-12)

    def test_score_statistic_is_the_chi_squared_test(self):
        """Without a margin the squared statistic is Pearson's chi-squared of the table."""
        design = TwoProportions(control=0.3, treatment=0.5)
        data = (np.arange(20)[None, :] < 14, np.arange(20)[None, :] < 6)
        statistic, _ = design.analyse(data)
        chi2 = stats.chi2_contingency([[14, 6], [6, 14]], correction=False).statistic
        corrected, _ = design.replace(test="continuity-corrected").analyse(data)
        assert statistic[0] ** 2 == pytest.approx(chi2)
        assert corrected[0] ** 2 == pytest.approx(stats.chi2_contingency([[14, 6], [6, 14]]).statistic)

    def test_detectable_effect_where_the_null_lies_outside(self):
        """A margin wider than the control's rate leaves a detectable rate, or none, but no error."""
        design = TwoProportions(control=0.05, treatment=0.05, goal="non-inferiority", margin=0.1)
        rate = design.detectable_effect(200)
        assert math.isnan(rate) or float(design.replace(treatment=rate).success(200)) == pytest.approx(0.8, abs=1e-6)

    @pytest.mark.parametrize(
        "numbers",
        [
            {"control": 0.3, "treatment": 0.2, "goal": "non-inferiority", "margin": 0.1},
            {"control": 0.1, "treatment": 0.3, "goal": "equivalence", "margin": 0.2},
            {"control": 0.7, "treatment": 0.6, "goal": "non-inferiority", "margin": 0.1},
        ],
    )
    def test_a_rate_on_the_limit_cannot_be_shown(self, numbers):
        """A rate that lies on the limit in decimals is on it for the program as well."""
        from trialplan.errors import UnreachableError

        with pytest.raises(UnreachableError):
            TwoProportions(**numbers).sample_size(0.8)


class TestSmallLevels:
    @pytest.mark.parametrize(("alpha", "per_arm"), [(1e-15, 941), (1e-16, 1000)])
    def test_the_quantile_is_taken_from_the_tail(self, alpha, per_arm):
        """By Fleiss's formula with scipy's survival quantile; 1 - alpha/2 has no digits left there."""
        design = TwoProportions(control=0.3, treatment=0.5, alpha=alpha)
        pooled, apart = 2 * 0.4 * 0.6, 0.3 * 0.7 + 0.5 * 0.5
        root = stats.norm.isf(alpha / 2) * math.sqrt(pooled) + stats.norm.ppf(0.8) * math.sqrt(apart)
        assert math.ceil((root / 0.2) ** 2) == per_arm
        assert design.sample_size(0.8).arms == {"treatment": per_arm, "control": per_arm}

    def test_of_t_too(self):
        """The critical value has the level as its upper tail."""
        design = TwoMeans(difference=1, sd=1, alpha=1e-16)
        answer = design.sample_size(0.8)
        critical = stats.t.isf(0.5e-16, answer.n - 2)
        assert answer.power == pytest.approx(stats.nct.sf(critical, answer.n - 2, math.sqrt(answer.n) / 2), rel=1e-6)


class TestGroupSequential:
    def test_unfavourable_effect_has_no_success(self):
        """A treatment that is worse is not shown to be better by looking early; that it is worse is shown."""
        design = GroupSequential(design=TwoProportions(control=0.5, treatment=0.3))
        assert float(design.success(186)) < 1e-4
        swapped = design.replace(favourable="lower")
        assert float(design.power(186)) == pytest.approx(float(swapped.power(186)), abs=1e-6)

    def test_no_effect_has_the_level(self):
        """Without an effect each boundary is crossed with half of the two-sided level."""
        design = GroupSequential(design=TwoProportions(control=0.5, treatment=0.5))
        assert float(design.success(186)) == pytest.approx(0.025, abs=1e-4)
        assert float(design.power(186)) == pytest.approx(0.05, abs=2e-4)

    def test_level_of_its_own_is_not_ignored(self):
        """A level given to the rule of looks is the trial's level, or is refused."""
        inner = TwoProportions(control=0.3, treatment=0.5)
        try:
            design = GroupSequential(design=inner, alpha=0.01)
        except ValueError:
            return
        assert design.alpha == 0.01

    @pytest.mark.parametrize("looks", [("a", 1), (0.5, None, 1), "0.5;1"])
    def test_looks_that_are_no_numbers_are_refused(self, looks):
        """Information fractions that are no numbers are refused in one sentence."""
        from trialplan.errors import ParameterError

        with pytest.raises(ParameterError, match="GroupSequential: looks"):
            GroupSequential(design=TwoProportions(control=0.3, treatment=0.5), looks=looks)

    def test_inflation_by_the_multivariate_normal(self):
        """The inflated drift crosses a one-sided boundary with the target's probability."""
        inner = TwoMeans(difference=0.5, sd=1, test="z", alpha=0.025, sides=1)
        design = GroupSequential(design=inner, looks=(0.4, 1.0))
        drift = math.sqrt(design.inflation(0.9)) * (stats.norm.ppf(0.975) + stats.norm.ppf(0.9))
        corr = math.sqrt(0.4)
        staying = stats.multivariate_normal([drift * corr, drift], [[1, corr], [corr, 1]]).cdf(design.efficacy_z)
        assert 1 - staying == pytest.approx(0.9, abs=1e-7)
        staying = stats.multivariate_normal([0, 0], [[1, corr], [corr, 1]]).cdf(design.efficacy_z)
        assert 1 - staying == pytest.approx(0.025, abs=1e-7)


class TestMoreThanPeople:
    """An effect that is all but none."""

    def test_of_a_grid_has_no_answer_in_its_cell(self):
        """As alone it is refused, in a grid its cell has the reason; no count overflows."""
        from trialplan.errors import UnreachableError

        answer = TwoMeans(difference=np.array([1e-9, 1e-7, 0.5]), sd=1).sample_size(0.8)
        assert np.isnan(answer.n[:2]).all()
        assert answer.n[2] == 128
        assert np.isnan(answer.power[:2]).all()
        for effect, reason in zip((1e-9, 1e-7), answer.reason, strict=False):
            with pytest.raises(UnreachableError) as alone:
                TwoMeans(difference=effect, sd=1).sample_size(0.8)
            assert reason == alone.value.sentence


HUMPS = [
    (EventCounts(control_rate=0.5, rate_ratio=0.5, dispersion=0.7), [40, 66, 70, 90], 0.8),
    (
        LogRank(
            hazard_ratio=0.5,
            control_median=3,
            accrual_time=4,
            follow_up_time=2,
            method="lachin-foulkes",
            alpha=0.001,
            sides=1,
            allocation="3:1",
        ),
        [40, 56, 60, 80],
        0.9,
    ),
    (TwoProportions(control=0.1, treatment=0.5, test="log-odds"), [10, 16, 18, 24], 0.8),
]


class TestHump:
    """Power that falls again before the end of the effect's domain."""

    @pytest.mark.parametrize(("design", "sizes", "target"), HUMPS, ids=lambda value: type(value).__name__)
    def test_detectable_effect_is_the_first_of_all(self, design, sizes, target):
        """It is where the target is first reached among 100,000 effects, and nan only where none of them does."""
        effects = np.linspace(0, 1, 100_001)[1:-1]
        effects = effects[effects > design.null_values()[0]] if design.upward else effects[::-1]
        together = design.detectable_effect(np.array(sizes), target)
        for n, effect in zip(sizes, together, strict=True):
            reached = design.replace(**{design.effect: effects}).success(n) >= target
            assert math.isnan(effect) == (not reached.any()), n
            alone = float(design.detectable_effect(n, target))
            assert alone == pytest.approx(effect, abs=1e-9, nan_ok=True)
            if reached.any():
                assert effect == pytest.approx(effects[reached.argmax()], abs=2e-5), n
        assert np.isnan(together).any()
        assert not np.isnan(together).all()
