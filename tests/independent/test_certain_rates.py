"""Arms in which everybody responds, or nobody: by scipy's tests over every count that is possible."""

import numpy as np
import pytest
from scipy import stats

import trialplan
from trialplan import OneProportion, TwoProportions
from trialplan.errors import ParameterError

CERTAIN = [
    {"control": 0.0, "treatment": 0.3},
    {"control": 0.35, "treatment": 1.0},
    {"control": 0.3, "treatment": 0.0, "favourable": "lower"},
]


def by_counts(given, arm, p_value):
    """P(the P value is at most 0.05), over the counts of the arm that varies, in equal arms."""
    rates = given["treatment"], given["control"]
    counts = [[round(rate * arm)] if rate in (0, 1) else range(arm + 1) for rate in rates]
    chance = 0.0
    for x_t in counts[0]:
        for x_c in counts[1]:
            mass = np.prod([stats.binom.pmf(x, arm, rate) for x, rate in zip((x_t, x_c), rates, strict=True)])
            chance += mass * (p_value([[x_t, arm - x_t], [x_c, arm - x_c]]) <= 0.05)
    return chance


def chi_squared(table):
    """Without correction; of a table without one margin there is no evidence."""
    return 1.0 if 0 in np.sum(table, axis=0) else stats.chi2_contingency(table, correction=False).pvalue


class TestTwoRates:
    @pytest.mark.parametrize("given", CERTAIN)
    def test_fisher_counts(self, given):
        """Power of Fisher's test is counted, and its n is the first that has it."""
        design = TwoProportions(**given, test="fisher")
        n = design.sample_size(0.8).first_n
        for total in (n - 2, n, n + 10):
            wanted = by_counts(given, total // 2, lambda table: stats.fisher_exact(table).pvalue)
            assert design.power(total) == pytest.approx(wanted, abs=1e-12)
        assert design.power(n - 2) < 0.8 <= design.power(n)

    @pytest.mark.parametrize("given", CERTAIN)
    def test_score(self, given):
        """Score's formula has the variance of the other arm alone, and simulated trials show what is counted.

        In trials so small the formula may claim less than is counted, by up to .13: `verify` says so.
        """
        design = TwoProportions(**given)
        n = design.sample_size(0.8).n
        rates = np.array([given["treatment"], given["control"]])
        true, pooled = 2 * (rates * (1 - rates)).sum(), rates.mean()
        away = abs(rates[0] - rates[1]) * np.sqrt(n) - stats.norm.isf(0.025) * np.sqrt(4 * pooled * (1 - pooled))
        assert design.success(n) == pytest.approx(stats.norm.cdf(away / np.sqrt(true)), rel=1e-9)
        counted = by_counts(given, n // 2, chi_squared)
        assert design.success(n) >= 0.8
        assert -0.02 <= counted - design.success(n) <= 0.13
        found = design.simulate(n, 20_000, np.random.default_rng(1)).power
        assert found == pytest.approx(counted, abs=0.012)

    @pytest.mark.parametrize("test", ["boschloo", "exact-pooled", "exact-unpooled"])
    def test_others_that_count(self, test):
        """The unconditional tests count, too, and simulated trials show their power."""
        design = TwoProportions(**CERTAIN[0], test=test)
        n = design.sample_size(0.8).n
        power = design.simulate(n, 20_000, np.random.default_rng(2)).power
        assert power == pytest.approx(float(design.power(n)), abs=0.012)

    def test_nobody_and_everybody(self):
        """Where both are certain so is the trial, once its P value can be small; on the null nothing is rejected."""
        design = TwoProportions(control=0.0, treatment=1.0, test="fisher")
        assert design.sample_size(0.8).arms == {"treatment": 4, "control": 4}
        assert stats.fisher_exact([[3, 0], [0, 3]]).pvalue > 0.05 >= stats.fisher_exact([[4, 0], [0, 4]]).pvalue
        assert TwoProportions(control=0.0, treatment=0.0).power(100) == 0
        assert TwoProportions(control=0.0, treatment=0.0, test="fisher").power(100) == 0

    @pytest.mark.parametrize("test", ["wald", "continuity-corrected", "arcsine", "log-odds"])
    def test_others_refuse(self, test):
        """A test whose variance is gone there says so, with those that bear it."""
        for given in CERTAIN:
            with pytest.raises(ParameterError, match=rf"must lie in \(0, 1\) for test {test}.*use one of"):
                TwoProportions(**given, test=test)

    @pytest.mark.parametrize("scale", ["ratio", "odds-ratio"])
    def test_no_ratio_to_nobody(self, scale):
        """A margin on a ratio scale needs rates that have one."""
        with pytest.raises(ParameterError, match=f"for test score on the scale {scale}"):
            TwoProportions(control=0.0, treatment=0.3, scale=scale, margin=0.8, goal="non-inferiority")

    def test_near_is_refused(self):
        """What is nearer to an end than arithmetic carries is no certainty."""
        for rate in (1e-200, 1 - 1e-16):
            with pytest.raises(ParameterError, match="where arithmetic keeps its digits"):
                TwoProportions(control=rate, treatment=0.5)

    def test_every_verb(self):
        """Each verb answers without a word on the side."""
        design = TwoProportions(**CERTAIN[0])
        answers = [
            trialplan.power(design, 44),
            trialplan.effect(design.replace(treatment=None), 44),
            trialplan.compare(design),
            trialplan.verify(design, n=44, trials=500),
            trialplan.exclude(design, [44, 100]),
            trialplan.reestimate(design, blinded="3/20"),
        ]
        assert all("nan" not in str(answer) for answer in answers)


class TestOneRate:
    def test_exact(self):
        """Everybody responds: the first n at which that alone rejects."""
        answer = OneProportion(null=0.3, expected=1.0).sample_size(0.8)
        p_values = [stats.binomtest(n, n, 0.3, alternative="greater").pvalue for n in range(1, 20)]
        assert answer.n == 1 + next(i for i, p in enumerate(p_values) if p <= 0.05)
        assert answer.success == 1

    def test_exact_where_fewer_are_better(self):
        """Nobody has the event."""
        answer = OneProportion(null=0.3, expected=0.0, favourable="lower").sample_size(0.8)
        p_values = [stats.binomtest(0, n, 0.3, alternative="less").pvalue for n in range(1, 20)]
        assert answer.n == 1 + next(i for i, p in enumerate(p_values) if p <= 0.05)

    def test_score(self):
        """The z of everybody is beyond the critical value from n on."""
        n = OneProportion(null=0.3, expected=1.0, test="score").sample_size(0.8).n
        z = [0.7 / np.sqrt(0.21 / one) for one in (n - 1, n)]
        assert z[0] < stats.norm.isf(0.05) <= z[1]
