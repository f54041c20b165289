"""Power counts rejections either way and success those in the treatment's favour, whatever the test and the effect."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from trialplan import Ancova, GroupSequential, OneProportion, RatioOfMeans, TwoMeans, TwoProportions
from trialplan.errors import UnreachableError
from trialplan.sizing import attained

RATE, HALF = 0.35, 0.125
"""A control rate, and half of an effect that a trial might plan with."""

EFFECTS = (0.0, 0.01, HALF, -HALF, -0.01)

EXACT = ("fisher", "boschloo", "exact-pooled", "exact-unpooled")

NORMAL = (
    "score",
    "miettinen-nurminen",
    "wald",
    "continuity-corrected",
    "arcsine",
    "log-odds",
    "log-odds-null-variance",
    "log-ratio",
)


def rejected(design, n):
    """P(reject) and P(reject in favour) of two arms, every pair of counts judged, in scipy's weights."""
    sizes = [round(float(share)) for share in design.split(n)]
    counts = np.meshgrid(*(np.arange(size + 1) for size in sizes), indexing="ij")
    chance = np.outer(
        *(
            stats.binom.pmf(np.arange(size + 1), size, rate)
            for size, rate in zip(sizes, design.count_rates(), strict=True)
        )
    )
    statistic, rejects = design.judge(tuple(one.ravel() for one in counts), tuple(sizes))
    return float(chance.ravel() @ rejects), float(chance.ravel() @ (rejects & (statistic > 0)))


def claimed(design, n):
    """The same by the formulas."""
    return float(design.power(n)), float(design.success(n))


class TestTwoProportions:
    @pytest.mark.parametrize("sides", [1, 2])
    @pytest.mark.parametrize("effect", EFFECTS)
    @pytest.mark.parametrize("test", EXACT)
    def test_exact_tests_are_the_enumeration(self, test, effect, sides):
        """At any effect, in 2:1, an exact test's power and success are those of every pair of counts."""
        for favourable in ("higher", "lower"):
            design = TwoProportions(
                control=RATE, treatment=RATE + effect, test=test, allocation="2:1", favourable=favourable, sides=sides
            )
            assert claimed(design, 45) == pytest.approx(rejected(design, 45), abs=1e-10)

    @pytest.mark.parametrize("effect", EFFECTS)
    @pytest.mark.parametrize("test", NORMAL)
    def test_normal_theory_is_near_the_enumeration(self, test, effect):
        """With 400 participants normal theory lies within a point and a half of a hundred, in either direction."""
        for favourable in ("higher", "lower"):
            design = TwoProportions(control=RATE, treatment=RATE + effect, test=test, favourable=favourable)
            assert claimed(design, 400) == pytest.approx(rejected(design, 400), abs=0.015)

    @pytest.mark.parametrize("effect", EFFECTS)
    @pytest.mark.parametrize("test", [*NORMAL, *EXACT])
    def test_arms_exchanged(self, test, effect):
        """With arms and allocation exchanged power is the same; success is what was rejected against the treatment."""
        design = TwoProportions(control=RATE, treatment=RATE + effect, test=test, allocation="2:1")
        swapped = TwoProportions(control=RATE + effect, treatment=RATE, test=test, allocation="1:2")
        power, success = claimed(design, 60)
        assert claimed(swapped, 60) == pytest.approx((power, power - success), abs=1e-10)

    def test_at_no_effect_both_tails_are_the_level(self):
        """Under normal theory each side's test rejects at its level where nothing differs."""
        for test in ("score", "wald", "arcsine", "log-odds", "log-odds-null-variance", "log-ratio"):
            design = TwoProportions(control=RATE, treatment=RATE, test=test)
            assert claimed(design, 200) == pytest.approx((0.05, 0.025), abs=1e-12)

    @pytest.mark.parametrize(
        ("n", "rates", "success", "power"),
        [
            (93, (0.3, 0.5), 0.800004944512954, 0.800005574784003),
            (20, (0.3, 0.35), 0.0521132237357054, 0.062814024624),
            (10, (0.3, 0.302), 0.0255750184392401, 0.0500103444655626),
            (50, (0.4, 0.41), 0.0315699549499723, 0.0511773299532131),
        ],
    )
    def test_both_conventions_of_r(self, n, rates, success, power):
        """R's power.prop.test is success, and with strict = TRUE power (R 4.2)."""
        design = TwoProportions(control=rates[0], treatment=rates[1])
        assert claimed(design, 2 * n) == pytest.approx((power, success), abs=1e-12)


class TestMeans:
    @pytest.mark.parametrize("effect", [0.0, 0.01, 0.25, -0.25, -0.01])
    @pytest.mark.parametrize("test", ["t", "welch", "z"])
    def test_drawn_participants(self, test, effect):
        """Power and success are the shares of 100 000 drawn trials in which scipy's test rejects, and in favour."""
        design, trials = TwoMeans(difference=effect, sd=1, test=test, allocation="2:1"), 100_000
        rng = np.random.default_rng([7, round(1000 * abs(effect)), effect < 0])
        treatment, control = rng.normal(effect, 1, (trials, 20)), rng.normal(0, 1, (trials, 10))
        if test == "z":
            z = (treatment.mean(axis=1) - control.mean(axis=1)) / math.sqrt(1 / 20 + 1 / 10)
            p = 2 * stats.norm.sf(np.abs(z))
        else:
            z, p = stats.ttest_ind(treatment, control, axis=1, equal_var=test == "t")
        seen = (p <= 0.05).mean(), ((p <= 0.05) & (z > 0)).mean()
        assert claimed(design, 30) == pytest.approx(
            seen, abs=4 * math.sqrt(0.1 / trials) + (0.003 if test == "welch" else 0)
        )

    @pytest.mark.parametrize("test", ["t", "welch", "z"])
    def test_wrong_side(self, test):
        """Half a standard deviation the wrong way is rejected as often as the right way, and never in favour."""
        wrong, right = (TwoMeans(difference=d, sd=1, test=test) for d in (-0.5, 0.5))
        assert (
            claimed(wrong, 128)[0] == pytest.approx(claimed(right, 128)[0], abs=1e-12) == pytest.approx(0.80, abs=0.01)
        )
        assert claimed(wrong, 128)[1] < 1e-5
        with pytest.raises(UnreachableError, match=r"in the treatment's favour.*are the arms swapped"):
            wrong.sample_size(0.8)

    @pytest.mark.parametrize(
        "design",
        [
            Ancova(difference=0.3, sd=1, correlation=0.5),
            Ancova(difference=0.3, sd=1, correlation=0.5, method="exact"),
            RatioOfMeans(ratio=1.3, cv=0.5),
        ],
    )
    def test_other_means(self, design):
        """Simulated trials of other designs, on either side of no effect, reject and favour as often as claimed."""
        for value in (design.effect_value(), -0.3 if design.scale == "difference" else 1 / 1.3):
            one = design.replace(**{design.effect: value})
            seen = one.simulate(60, 40_000, np.random.default_rng(5))
            spread = 4 * math.sqrt(0.25 / 40_000)
            assert claimed(one, 60) == pytest.approx((seen.power, seen.success), abs=spread + 0.003)

    @pytest.mark.parametrize(
        ("n", "difference", "success", "power"),
        [
            (64, 0.5, 0.801458623367973, 0.801459557922328),
            (80, 0.01, 0.0289072677345494, 0.0504527864862335),
            (10, 0.1, 0.0402358847419184, 0.055161292111542),
        ],
    )
    def test_both_conventions_of_r(self, n, difference, success, power):
        """R's power.t.test is success, and with strict = TRUE power (R 4.2)."""
        assert claimed(TwoMeans(difference=difference, sd=1), 2 * n) == pytest.approx((power, success), abs=1e-10)

    @pytest.mark.parametrize(
        ("difference", "one", "two"),
        [
            (0.01, 0.0289325548933349, 0.0504583292703924),
            (-0.01, 0.0215257743770575, 0.0504583292703923),
            (0.3, 0.475043554532347, 0.475100870572638),
        ],
    )
    def test_both_conventions_of_rpact(self, difference, one, two):
        """rpact 3.3.4 getPowerMeans: one-sided at 0.025 is success, two-sided at 0.05 is power."""
        assert claimed(TwoMeans(difference=difference, sd=1, test="z"), 160) == pytest.approx((two, one), abs=1e-12)


class TestOneProportion:
    @pytest.mark.parametrize("effect", EFFECTS)
    @pytest.mark.parametrize("test", ["exact", "score"])
    def test_enumeration(self, test, effect):
        """The exact test is the enumeration; normal theory is near it."""
        for favourable in ("higher", "lower"):
            design = OneProportion(null=RATE, expected=RATE + effect, test=test, sides=2, favourable=favourable)
            for n, allowed in ((20, 1e-12), (37, 1e-12)) if test == "exact" else ((300, 0.015),):
                chance = stats.binom.pmf(np.arange(n + 1), n, RATE + effect)
                statistic, rejects = design.judge((np.arange(n + 1),), (n,))
                seen = float(chance @ rejects), float(chance @ (rejects & (statistic > 0)))
                assert claimed(design, n) == pytest.approx(seen, abs=allowed)


class TestLooks:
    @pytest.mark.parametrize(
        ("rule", "n", "powers"),
        [
            ({"looks": (1 / 3, 2 / 3, 1.0)}, 160, (0.05, 0.0612146860675223, 0.467348127872673)),
            (
                {"looks": (0.4, 1.0), "efficacy": "lan-demets-pocock"},
                200,
                (0.05, 0.0617190108240277, 0.510724517169064),
            ),
        ],
    )
    def test_power_is_that_of_rpact(self, rule, n, powers):
        """rpact 3.3.4's two-sided power with looks, at effects of 0, 0.05 (either sign) and 0.3."""
        for difference, power in zip((0.0, 0.05, 0.3), powers, strict=True):
            for side in (1, -1):
                design = GroupSequential(design=TwoMeans(difference=side * difference, sd=1, test="z"), **rule)
                assert float(design.power(n)) == pytest.approx(power, abs=2e-8)
        assert float(design.success(n)) < 1e-3

    @pytest.mark.parametrize("futility", [None, "z(0)", "hwang-shih-decani(-2)"])
    @pytest.mark.parametrize("difference", [-0.3, 0.0, 0.05, 0.3])
    def test_drawn_increments(self, difference, futility):
        """Sums of normal increments cross the printed boundaries above, and below their mirror, as often as claimed."""
        design = GroupSequential(
            design=TwoMeans(difference=difference, sd=1, test="z"), looks=(0.5, 1), futility=futility
        )
        n, trials = 120, 400_000
        upper, lower = design.bounds(n)
        rng, score = np.random.default_rng(31), np.zeros(trials)
        going, above, below = np.ones(trials, bool), 0, 0
        for at, high, low in zip((0.5, 1.0), upper, lower, strict=True):
            score += rng.normal(difference * math.sqrt(n / 4) / 2, math.sqrt(0.5), trials)
            z = score / math.sqrt(at)
            above, below = above + (going & (z >= high)).sum(), below + (going & (z <= -high)).sum()
            going &= (np.abs(z) < high) & (z > low)
        seen = (above + below) / trials, above / trials
        assert claimed(design, n) == pytest.approx(seen, abs=4 * math.sqrt(0.25 / trials))


class TestAnswers:
    def test_json_has_both_always(self):
        """A size and a power have both, and the target is held against success."""
        answer = TwoMeans(difference=0.2, sd=1, test="z").sample_size(0.06)
        data = answer.as_json()
        assert data["power"] == float(answer.power) > data["success"] == float(answer.success) >= data["target_power"]
        below = dataclasses.replace(answer.design, alpha=0.05).success(answer.n - 2)
        assert float(below) < 0.06

    def test_page_prints_one_where_they_agree(self):
        """One number where both are the same as printed, else both, success first."""
        same, other = (attained(TwoMeans(difference=d, sd=1), n).page() for d, n in ((0.5, 128), (0.01, 160)))
        assert same.headline == "power 0.801 with 64 per arm, 128 in all"
        assert other.headline == "success 0.029, power 0.050 with 80 per arm, 160 in all"
