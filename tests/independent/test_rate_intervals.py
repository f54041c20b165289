"""Intervals of two rates: published and other programs' limits, and that no interval contradicts its test."""

import math

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep

from trialplan import TwoProportions
from trialplan.numerics.inverted_tests import conditional_limits, score_limits
from trialplan.numerics.two_rates import DIFFERENCE, ODDS_RATIO, RATIO
from trialplan.outcomes.rate_intervals import limits, method, observed

Z = stats.norm.isf(0.025)

NULLS = {"difference": 0.0, "ratio": 1.0, "odds-ratio": 1.0}

OWN = [
    *(("score", scale) for scale in NULLS),
    *(("miettinen-nurminen", scale) for scale in NULLS),
    ("wald", "difference"),
    ("log-odds", "odds-ratio"),
    ("log-ratio", "ratio"),
    ("fisher", "odds-ratio"),
]
"""Every test with an interval of its own, on each scale on which it has one."""


def tables(n_t, n_c):
    """Every pair of counts."""
    return tuple(one.ravel() for one in np.meshgrid(np.arange(n_t + 1), np.arange(n_c + 1), indexing="ij"))


def by_likelihood(counts, sizes, difference):
    """The score z on a difference, its restricted rates by maximising the likelihood numerically."""
    (x_t, x_c), (n_t, n_c) = counts, sizes

    def loss(control):
        rates = (control + difference, control)
        return -sum(
            stats.binom.logpmf(x, n, min(max(rate, 0.0), 1.0))
            for x, n, rate in zip((x_t, x_c), (n_t, n_c), rates, strict=True)
        )

    ends = max(0.0, -difference) + 1e-12, min(1.0, 1 - difference) - 1e-12
    control = optimize.minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-13}).x
    treatment = control + difference
    variance = treatment * (1 - treatment) / n_t + control * (1 - control) / n_c
    return (x_t / n_t - x_c / n_c - difference) / math.sqrt(variance)


class TestPublished:
    @pytest.mark.parametrize(
        ("counts", "sizes", "mee", "miettinen"),
        [
            ((56, 48), (70, 80), (0.0533, 0.3377), (0.0528, 0.3382)),
            ((9, 3), (10, 10), (0.1821, 0.8370), (0.1700, 0.8406)),
            ((6, 2), (7, 7), (0.0544, 0.8478), (0.0342, 0.8534)),
            ((5, 0), (56, 29), (-0.0313, 0.1926), (-0.0326, 0.1933)),
            ((0, 0), (10, 20), (-0.1611, 0.2775), (-0.1658, 0.2844)),
            ((10, 0), (10, 20), (0.7225, 1.0), (0.7156, 1.0)),
            ((10, 0), (10, 10), (0.6777, 1.0), (0.6636, 1.0)),
        ],
    )
    def test_difference(self, counts, sizes, mee, miettinen):
        """Methods 5 (Mee) and 6 (Miettinen–Nurminen) of Newcombe (1998), Statistics in Medicine 17:873, table II."""
        total = sum(sizes)
        assert score_limits(DIFFERENCE, counts, sizes, Z) == pytest.approx(mee, abs=6e-5)
        wider = Z * math.sqrt(total / (total - 1))
        assert score_limits(DIFFERENCE, counts, sizes, wider) == pytest.approx(miettinen, abs=6e-5)

    def test_ratio_of_certain_responses(self):
        """10 of 10 to 20 of 20: 0.7225 to 1.1921 by plain inversion, 0.7156 to 1.1987 by Miettinen–Nurminen."""
        assert score_limits(RATIO, (10, 20), (10, 20), Z) == pytest.approx((0.7225, 1.1921), abs=6e-5)
        wider = Z * math.sqrt(30 / 29)
        assert score_limits(RATIO, (10, 20), (10, 20), wider) == pytest.approx((0.7156, 1.1987), abs=6e-5)

    @pytest.mark.parametrize(("scale", "name"), [(RATIO, "ratio"), (ODDS_RATIO, "odds-ratio")])
    @pytest.mark.parametrize("corrected", [False, True])
    def test_ratios_as_in_statsmodels(self, scale, name, corrected):
        """statsmodels' score interval of a ratio, without and with the factor N/(N - 1)."""
        for (x_t, x_c), (n_t, n_c) in (((14, 9), (30, 30)), ((3, 25), (40, 60)), ((50, 30), (100, 100))):
            factor = math.sqrt((n_t + n_c) / (n_t + n_c - 1)) if corrected else 1.0
            wanted = confint_proportions_2indep(x_t, n_t, x_c, n_c, compare=name, method="score", correction=corrected)
            assert score_limits(scale, (x_t, x_c), (n_t, n_c), Z * factor) == pytest.approx(wanted, rel=1e-6)

    @pytest.mark.parametrize(
        ("counts", "sizes", "limits"),
        [
            ((8, 2), (10, 10), (1.720583, 156.768)),
            ((7, 1), (12, 13), (1.77206, 402.134)),
            ((12, 0), (12, 13), (25.3417, math.inf)),
        ],
    )
    def test_one_sided_fisher_as_in_r(self, counts, sizes, limits):
        """Each end of R's fisher.test interval with conf.level = 0.9 is that of a one-sided test at 0.05 (R 4.2)."""
        assert conditional_limits(counts, sizes, 0.05, 1) == pytest.approx(limits, rel=1e-3)


class TestLimits:
    @pytest.mark.parametrize(("counts", "sizes"), [((7, 3), (10, 12)), ((0, 4), (9, 9)), ((50, 30), (100, 100))])
    def test_z_at_a_limit_is_the_critical_value(self, counts, sizes):
        """The restricted likelihood, maximised numerically, gives the critical z at both of Mee's limits."""
        low, high = score_limits(DIFFERENCE, counts, sizes, Z)
        assert by_likelihood(counts, sizes, float(low)) == pytest.approx(Z, abs=1e-5)
        assert by_likelihood(counts, sizes, float(high)) == pytest.approx(-Z, abs=1e-5)

    @pytest.mark.parametrize(("counts", "sizes"), [((8, 2), (10, 10)), ((3, 9), (12, 15)), ((11, 4), (12, 20))])
    def test_fisher_by_minimum_likelihood(self, counts, sizes):
        """scipy's noncentral hypergeometric P value is above the level just inside the ends, and not beyond them."""
        (x, x_c), (n_t, n_c) = counts, sizes
        seen = np.arange(max(0, x + x_c - n_c), min(x + x_c, n_t) + 1)

        def p_value(odds):
            mass = stats.nchypergeom_fisher.pmf(seen, n_t + n_c, n_t, x + x_c, odds)
            return mass[mass <= mass[seen == x] * (1 + 1e-7)].sum()

        low, high = conditional_limits(counts, sizes, 0.05, 2)
        assert p_value(low * (1 + 1e-6)) > 0.05 < p_value(high * (1 - 1e-6))
        beyond = [low * factor for factor in np.geomspace(1e-3, 1 - 1e-6, 400)]
        beyond += [high * factor for factor in np.geomspace(1 + 1e-6, 1e3, 400)]
        assert max(map(p_value, beyond)) <= 0.05

    def test_the_ends_of_a_scale(self):
        """Where nothing up to its end is rejected, the limit is the end."""
        assert score_limits(DIFFERENCE, (0, 20), (20, 20), Z)[0] == -1
        assert score_limits(RATIO, (0, 5), (20, 20), Z)[0] == 0
        assert score_limits(RATIO, (5, 0), (20, 20), Z)[1] == math.inf
        assert score_limits(ODDS_RATIO, (20, 5), (20, 20), Z)[1] == math.inf
        assert score_limits(ODDS_RATIO, (0, 0), (20, 20), Z) == (0, math.inf)


class TestNeverContradicts:
    """All tables of 30 v 30 and of 30 v 20."""

    @pytest.mark.parametrize("control", [30, 20])
    @pytest.mark.parametrize(("test", "scale"), OWN)
    def test_superiority(self, test, scale, control):
        """A two-sided test at 5 % rejects just where its 95 % interval leaves no effect out."""
        weights = "1:1" if control == 30 else "3:2"
        design = TwoProportions(control=0.3, treatment=0.5, test=test, scale=scale, allocation=weights)
        counts = tables(30, control)
        _, rejects = design.judge(counts, (30, control))
        low, high = limits(design, scale, counts, (30, control), Z)
        outside = (NULLS[scale] <= low) | (NULLS[scale] >= high)  # nan: no interval, and nothing is outside
        assert method(design, scale).count(":") == 0
        np.testing.assert_array_equal(outside, rejects)
        assert 0.3 < rejects.mean() < 0.8

    @pytest.mark.parametrize("control", [30, 20])
    @pytest.mark.parametrize(("test", "scale"), [one for one in OWN if one[0] != "fisher"])
    def test_non_inferiority(self, test, scale, control):
        """A one-sided test at 2.5 % against a margin rejects just where the 95 % interval lies above the limit."""
        margin, limit = {"difference": (0.1, -0.1), "ratio": (0.8, 0.8), "odds-ratio": (0.7, 0.7)}[scale]
        design = TwoProportions(
            control=0.5, treatment=0.5, test=test, scale=scale, goal="non-inferiority", margin=margin
        )
        counts = tables(30, control)
        _, rejects = design.judge(counts, (30, control))
        low, _ = limits(design, scale, counts, (30, control), Z)
        np.testing.assert_array_equal(low >= limit, rejects)

    def test_one_sided_fisher(self):
        """A one-sided Fisher's test at 2.5 % rejects just where the lower limit is at least 1."""
        design = TwoProportions(control=0.3, treatment=0.5, test="fisher", scale="odds-ratio", alpha=0.025, sides=1)
        counts = tables(30, 20)
        _, rejects = design.judge(counts, (30, 20))
        low, _ = limits(design, "odds-ratio", counts, (30, 20), Z)
        np.testing.assert_array_equal(low >= 1, rejects)

    @pytest.mark.parametrize(
        "test", ["wald", "score", "log-odds", "log-odds-null-variance", "log-ratio", "miettinen-nurminen"]
    )
    def test_nothing_varies(self, test):
        """A standard error of 0 rejects nothing; Wald's has no interval there."""
        design = TwoProportions(control=0.3, treatment=0.5, test=test)
        for counts in ((0, 0), (30, 20)):
            _, rejects = design.judge(tuple(np.array([one]) for one in counts), (30, 20))
            assert not rejects.any()
            assert (observed(design, counts, (30, 20), 0.95) is None) == (test == "wald")


class TestBorrowed:
    @pytest.mark.parametrize(
        "test", ["arcsine", "continuity-corrected", "boschloo", "exact-pooled", "exact-unpooled", "fisher"]
    )
    def test_is_scores_and_says_so(self, test):
        """A test without an interval on a scale is reported with that of score, named as such."""
        design = TwoProportions(control=0.3, treatment=0.5, test=test)
        found = observed(design, (14, 9), (30, 30), 0.95)
        assert found.name == (f"Mee interval of the difference, the score test inverted: {test} has none of its own")
        assert found.limits == pytest.approx([float(one) for one in score_limits(DIFFERENCE, (14, 9), (30, 30), Z)])
