"""Ratio and odds-ratio scales of two proportions against maximum likelihood by search and against simulation."""

import numpy as np
import pytest
from scipy import optimize, special, stats

from trialplan import TwoProportions
from trialplan.errors import ParameterError
from trialplan.numerics.two_rates import ODDS_RATIO, RATIO, SCALES, score_z

RATES = [(0.7, 0.6), (0.2, 0.05), (0.9, 0.95), (0.5, 0.5)]


def log_likelihood(treatment, control, rates, arms):
    """Of the rates, given those observed."""
    p_t, p_c = rates
    of_treatment = p_t * np.log(treatment) + (1 - p_t) * np.log(1 - treatment)
    return arms * of_treatment + p_c * np.log(control) + (1 - p_c) * np.log(1 - control)


class TestRestrictedRates:
    @pytest.mark.parametrize("scale", [RATIO, ODDS_RATIO], ids=["ratio", "odds-ratio"])
    @pytest.mark.parametrize("rates", RATES)
    @pytest.mark.parametrize("limit", [0.5, 0.8, 1, 1.25, 2.5])
    @pytest.mark.parametrize("arms", [1, 2, 1 / 3])
    def test_are_of_maximum_likelihood(self, scale, rates, limit, arms):
        """No other rates on the limit are more likely."""
        treatment, control = scale.restricted(*rates, arms, limit)
        assert float(treatment) == pytest.approx(float(scale.treatment(control, limit)), abs=1e-12)
        top = min(1, 1 / limit) if scale is RATIO else 1
        best = optimize.minimize_scalar(
            lambda c: -log_likelihood(scale.treatment(c, limit), c, rates, arms),
            bounds=(1e-9, top - 1e-9),
            method="bounded",
            options={"xatol": 1e-11},
        )
        assert float(control) == pytest.approx(best.x, abs=1e-6)


class TestScoreZ:
    def test_no_effect_is_the_pooled_z(self):
        """On a limit of none the score statistic of every scale is the pooled z."""
        rates, arms = (np.array([0.3, 0.9, 0.0]), np.array([0.5, 0.2, 0.4])), (40, 20)
        statistics = [score_z(scale, rates, arms, scale.none) for scale in SCALES.values()]
        pooled = (40 * rates[0] + 20 * rates[1]) / 60
        wanted = (rates[0] - rates[1]) / np.sqrt(pooled * (1 - pooled) * (1 / 40 + 1 / 20))
        for statistic in statistics:
            np.testing.assert_allclose(statistic, wanted, rtol=1e-9)

    @pytest.mark.parametrize("scale", SCALES)
    def test_nothing_varies(self, scale):
        """Where no one responds, or everyone does, the statistic is no evidence on a limit of none."""
        for rate in (0.0, 1.0):
            assert score_z(SCALES[scale], (np.array([rate]), np.array([rate])), (9, 9), SCALES[scale].none) == 0


def noninferior(scale, **more):
    """A trial whose new treatment is as good as the old one."""
    given = {"margin": 0.75 if scale == "ratio" else 0.5, "scale": scale, "goal": "non-inferiority"} | more
    return TwoProportions(control=0.7, treatment=0.7, **given)


CASES = [("ratio", "score"), ("odds-ratio", "score"), ("odds-ratio", "log-odds")]
CASES += [("odds-ratio", "log-odds-null-variance"), ("ratio", "log-ratio")]


class TestMargins:
    @pytest.mark.parametrize(("scale", "test"), CASES)
    def test_a_limit_is_not_mirrored(self, scale, test):
        """A limit on the wrong side of 1 for its goal is refused with the ways out, never read as its reciprocal."""
        design = noninferior(scale, test=test)
        with pytest.raises(
            ParameterError, match=r"must lie in \(0, 1\) for non-inferiority.*as in 0\.\d+, or set goal"
        ):
            design.replace(margin=1 / design.margin)
        with pytest.raises(ParameterError, match=r"must lie in \(1, ∞\) for superiority.*favourable to lower"):
            design.replace(goal="superiority")
        with pytest.raises(ParameterError, match=r"must lie in \(1, ∞\) for non-inferiority where lower"):
            design.replace(favourable="lower")

    @pytest.mark.parametrize(("scale", "test"), CASES)
    def test_power_is_what_trials_show(self, scale, test):
        """Simulated trials show the power at the planned n and the level on the limit, where normal theory holds."""
        design = noninferior(scale, test=test)
        n = design.sample_size(0.8).n
        assert design.simulate(n, 20_000, np.random.default_rng(3)).power == pytest.approx(0.8, abs=0.02)
        (null,) = design.at_null()
        assert null.simulate(n, 20_000, np.random.default_rng(4)).power == pytest.approx(0.025, abs=0.006)

    @pytest.mark.parametrize(("scale", "test"), CASES)
    def test_equivalence_is_both_limits(self, scale, test):
        """One number for equivalence stands for itself and its reciprocal, and simulated trials show the power."""
        one = noninferior(scale, test=test, goal="equivalence", margin=0.6)
        pair = one.replace(margin=(0.6, 1 / 0.6))
        n = one.sample_size(0.8).n
        assert pair.sample_size(0.8).n == n
        assert one.simulate(n, 20_000, np.random.default_rng(5)).power == pytest.approx(0.8, abs=0.02)

    def test_superiority_has_one_score_test(self):
        """Equality is the same null on every scale, so that score needs the same n."""
        sizes = {TwoProportions(control=0.3, treatment=0.5, scale=scale).sample_size(0.8).n for scale in SCALES}
        assert len(sizes) == 1

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({"test": "wald", "scale": "ratio", "goal": "non-inferiority", "margin": 0.8}, "use one of score"),
            ({"test": "log-odds", "goal": "non-inferiority", "margin": 0.1}, "margin|scale difference"),
            ({"test": "fisher", "goal": "non-inferiority", "margin": 0.1}, "not defined for non-inferiority"),
            ({"goal": "non-inferiority", "margin": 1.5}, r"margin must lie in \(0, 1\), not 1.5"),
            ({"goal": "non-inferiority", "margin": -0.2}, r"lie in \(0, 1\), not -0.2: .* amount.*; write 0.2"),
            ({"goal": "equivalence", "margin": (-2.0, 0.1)}, r"pair of limits in \(-1, 1\)"),
            ({"scale": "ratio", "goal": "equivalence", "margin": 1.0}, "must not be 1"),
            ({"margin": 0.1, "test": "fisher"}, "not defined for superiority by a margin; use one of score, mietti"),
            ({"margin": 1.2, "scale": "ratio", "test": "wald"}, "use one of score"),
            ({"scale": "ratio", "goal": "equivalence", "margin": (-0.5, 1.25)}, "margin"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, given, sentence):
        """Margin, scale, test and goal that do not fit together are refused."""
        with pytest.raises(ParameterError, match=sentence):
            TwoProportions(control=0.5, treatment=0.5, **given)


def counted_power(design, arms):
    """P(the efficient score of the odds ratio rejects), over all tables; the rates on the limit found by bisection.

    Given the limit these depend on the total of responses alone: n_t R_t + n_c R_c is that total, where the odds of R_t
    are the limit times those of R_c.
    """
    (n_t, n_c), limit = arms, design.margin
    total = np.arange(1, n_t + n_c)
    low, high = np.full(total.shape, -60.0), np.full(total.shape, 60.0)
    for _ in range(80):
        middle = (low + high) / 2
        more = n_t * special.expit(middle + np.log(limit)) + n_c * special.expit(middle) > total
        low, high = np.where(more, low, middle), np.where(more, middle, high)
    r_t, r_c = special.expit(low + np.log(limit)), special.expit(low)
    error = np.sqrt(1 / (1 / (n_t * r_t * (1 - r_t)) + 1 / (n_c * r_c * (1 - r_c))))
    x_t = np.arange(n_t + 1)[:, None]
    s = x_t + np.arange(n_c + 1)
    inside = np.clip(s - 1, 0, len(total) - 1)
    z = np.where((s == 0) | (s == n_t + n_c), 0.0, (x_t - n_t * r_t[inside]) / error[inside])
    rejects = (z if design.upward else -z) >= stats.norm.isf(design.alpha / design.sides)
    at_t, at_c = (stats.binom.pmf(np.arange(n + 1), n, p) for n, p in zip(arms, design.count_rates(), strict=True))
    return float(at_t @ rejects @ at_c)


ODDS = [
    {"control": 0.3, "treatment": 0.3, "margin": 0.5},
    {"control": 0.7, "treatment": 0.7, "margin": 2.0, "favourable": "lower"},
    {"control": 0.3, "treatment": 0.3, "margin": 0.5, "allocation": "1:3"},
    {"control": 0.05, "treatment": 0.05, "margin": 3.0, "favourable": "lower", "allocation": "3:1"},
    {"control": 0.3, "treatment": 0.6, "margin": 1.5, "goal": "superiority"},
]


class TestScoreOfTheOddsRatio:
    @pytest.mark.parametrize("given", ODDS)
    def test_formula_is_near_what_is_counted(self, given):
        """About the planned n the counted power of the score test is the target, to a point; the n is the score's own.

        With the log odds ratio itself in the formula, held against its variance on the limit, it was .83 at 1:3 and .90
        at 3:1.
        """
        design = TwoProportions(**{"goal": "non-inferiority", "scale": "odds-ratio"} | given)
        blocks = design.sample_size(0.8).n // design.block
        powers = [
            counted_power(design, [round(a) for a in design.split((blocks + k) * design.block)]) for k in range(-4, 5)
        ]
        assert np.mean(powers) == pytest.approx(0.8, abs=0.011)

    def test_on_the_limit_is_the_level(self):
        """At rates on the limit mean and variances are those of the null: the formula gives the level at any n."""
        for given in ODDS:
            design = TwoProportions(**{"goal": "non-inferiority", "scale": "odds-ratio"} | given)
            (null,) = design.at_null()
            assert null.power(240) == pytest.approx(design.level, rel=1e-9)


class TestHauckAndDonner:
    """Why Wald's test of the log odds shows a strong effect more often than its formula says."""

    def test_z_varies_by_less_than_one(self):
        """Counted over every outcome of .6 against .9, 38 per arm; half is added to every cell (Gart 1966).

        Both variances of the formula are right for the estimate; z has another, as its standard error moves with it.
        """
        arm = 38
        treatment, control = np.meshgrid(np.arange(arm + 1), np.arange(arm + 1), indexing="ij")
        chance = stats.binom.pmf(treatment, arm, 0.9) * stats.binom.pmf(control, arm, 0.6)
        cells = np.stack([treatment, arm - treatment, control, arm - control]) + 0.5
        z = np.log(cells[0] * cells[3] / (cells[1] * cells[2])) / np.sqrt((1 / cells).sum(axis=0))
        mean = (chance * z).sum()
        assert mean == pytest.approx(2.70, abs=0.005)
        assert np.sqrt((chance * (z - mean) ** 2).sum()) == pytest.approx(0.67, abs=0.005)
        design = TwoProportions(control=0.6, treatment=0.9, test="log-odds")
        assert design.power(2 * arm) == pytest.approx(0.807, abs=0.0005)
        assert chance[np.abs(z) > stats.norm.isf(0.025)].sum() == pytest.approx(0.8645, abs=0.0001)
