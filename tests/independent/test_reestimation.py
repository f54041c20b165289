"""Blinded re-estimation by another route: participants drawn one by one, published powers, statistics written anew."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from trialplan import TwoMeans, TwoProportions
from trialplan.reestimation.counted_pilot import Pilot
from trialplan.reestimation.rule import Reestimated

TRIALS = 12_000


def chi_squared(x_t, n_t, x_c, n_c):
    """Pooled z."""
    p = (x_t + x_c) / (n_t + n_c)
    with np.errstate(all="ignore"):
        z = (x_t / n_t - x_c / n_c) / np.sqrt(p * (1 - p) * (1 / n_t + 1 / n_c))
    return np.nan_to_num(z)


def size_of_rates(pooled, effect, ratio):
    """The fewest whole blocks of ratio:1 of the formula of Fleiss, Levin & Paik (2003), two-sided .05, power .8."""
    share = ratio / (1 + ratio)
    c = pooled - share * effect
    t = c + effect
    if not (0 < c < 1 and 0 < t < 1):
        return None
    null = pooled * (1 - pooled) / (share * (1 - share))
    true = t * (1 - t) / share + c * (1 - c) / (1 - share)
    n = ((stats.norm.ppf(0.975) * math.sqrt(null) + stats.norm.ppf(0.8) * math.sqrt(true)) / effect) ** 2
    return math.ceil(n / (1 + ratio) - 1e-9) * (1 + ratio)


def run_rates(rng, rates, *, pilot, effect, planned, ratio, least, most):
    """Rejections in favour and against, and the totals, of trials whose participants are drawn one by one."""
    counts, totals = [], []
    for _ in range(TRIALS):
        seen = [rng.random(pilot * w // (1 + ratio)) < p for w, p in zip((ratio, 1), rates, strict=True)]
        wanted = size_of_rates(sum(map(np.sum, seen)) / pilot, effect, ratio)
        n = max(min(wanted or planned, most), least)
        later = [rng.random((n - pilot) * w // (1 + ratio)) < p for w, p in zip((ratio, 1), rates, strict=True)]
        counts.append([f(a) + f(b) for a, b in zip(seen, later, strict=True) for f in (np.sum, np.size)])
        totals.append(n)
    z = chi_squared(*np.transpose(counts))
    return np.mean(z >= stats_975), np.mean(z <= -stats_975), np.array(totals)


stats_975 = stats.norm.ppf(0.975)


def near(claimed, seen, trials=TRIALS):
    """Within four standard errors."""
    return abs(claimed - seen) <= 4 * math.sqrt(max(claimed * (1 - claimed), 1 / trials) / trials)


class TestRates:
    @pytest.mark.parametrize(
        ("rates", "pilot", "ratio", "least", "most"),
        [
            pytest.param((0.5, 0.3), 40, 1, 40, 10_000, marks=pytest.mark.sweep),
            pytest.param((0.35, 0.35), 40, 1, 40, 10_000, marks=pytest.mark.sweep),
            ((0.12, 0.12), 20, 1, 20, 150),
            pytest.param((0.3, 0.3), 48, 3, 208, 10_000, marks=pytest.mark.sweep),
            pytest.param((0.65, 0.45), 48, 3, 48, 200, marks=pytest.mark.sweep),
        ],
    )
    def test_enumeration_is_what_participants_do(self, rates, pilot, ratio, least, most):
        """Level, power and the distribution of n are those of trials drawn participant by participant."""
        design = TwoProportions(control=0.3, treatment=0.5, allocation=f"{ratio}:1")
        rule = Reestimated(design=design, pilot=pilot, at_least=least, at_most=None if most == 10_000 else most)
        truth = design.replace(treatment=rates[0], control=rates[1])
        found = rule.course(truth)
        favours, against, totals = run_rates(
            np.random.default_rng(7),
            rates,
            pilot=pilot,
            effect=0.2,
            planned=rule.planned,
            ratio=ratio,
            least=rule.floor,
            most=rule.ceiling,
        )
        assert near(found.favours, favours)
        assert near(found.rejects - found.favours, against)
        assert abs(found.mean_n - totals.mean()) <= 4 * totals.std() / math.sqrt(TRIALS) + 1e-9
        for share in (0.1, 0.5, 0.9):
            assert near(
                sum(p for n, p in found.chances.items() if n <= found.quantile(share)),
                (totals <= found.quantile(share)).mean(),
            )

    @pytest.mark.parametrize(
        ("pilot", "pooled", "ratio", "power"),
        [
            (80, 0.3, 1, 0.8020152),
            (120, 0.3, 1, 0.8055927),
            (80, 0.75, 3, 0.7749653),
            (120, 0.75, 3, 0.7789805),
        ],
    )
    def test_published_powers(self, pilot, pooled, ratio, power):
        """Friede & Kieser's (2004) powers, as R's blindrecalc pins them: one pooled variance, arms rounded up."""
        design = TwoProportions(control=0.3, treatment=0.5, alpha=0.025, sides=1)
        z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
        first = (pilot * ratio // (1 + ratio), pilot // (1 + ratio))
        sizes = []
        for x in range(pilot + 1):
            n = math.ceil((1 + ratio) ** 2 / ratio * z**2 * x / pilot * (1 - x / pilot) / 0.2**2)
            arms = math.ceil(n * ratio / (1 + ratio) - 1e-9), math.ceil(n / (1 + ratio) - 1e-9)
            sizes.append(tuple(map(max, arms, first)))

        def decide(arms, x_t, x_c):
            _, rejects = design.analysis.statistic(design, x_t, arms[0], x_c, arms[1])
            return rejects, np.zeros_like(rejects)

        control = pooled - ratio / (1 + ratio) * 0.2
        found, _ = Pilot(first, tuple(sizes), decide).counted((control + 0.2, control))
        assert found == pytest.approx(power, abs=5e-8)

    @pytest.mark.parametrize(("n", "pooled", "power"), [(164, 0.3, 0.8074344), (186, 0.4, 0.7991127)])
    def test_published_fixed_powers(self, n, pooled, power):
        """Kieser's (2020, table 5.2) exact powers of the fixed trial, as the R package blindrecalc pins them."""
        design = TwoProportions(control=pooled - 0.1, treatment=pooled + 0.1, alpha=0.025, sides=1)
        rule = Reestimated(design=design, pilot=20, planned=n)
        assert rule.course(design).fixed_favours == pytest.approx(power, abs=5e-8)

    def test_drawing_is_what_counting_gives(self):
        """Drawn trials and enumerated ones agree."""
        rule = Reestimated(design=TwoProportions(control=0.3, treatment=0.5), pilot=40, at_least=40)
        pilot = rule.counts
        assert pilot is not None
        drawn = pilot.drawn((0.45, 0.3), 100_000, np.random.default_rng(5))
        for claimed, seen in zip(pilot.counted((0.45, 0.3)), drawn, strict=True):
            assert near(claimed, seen, 100_000)


class TestNonInferiority:
    def test_level_on_the_limit(self):
        """The level on the limit is what trials drawn there show, by the design's own analysis."""
        design = TwoProportions(control=0.6, treatment=0.6, goal="non-inferiority", margin=0.15)
        rule = Reestimated(design=design, pilot=100, at_least=100)
        truth = rule.truth(0.5, null=True)
        assert truth.treatment - truth.control == pytest.approx(-0.15)
        found, rng, trials = rule.course(truth), np.random.default_rng(2), 40_000
        first = [rng.binomial(50, p, trials) for p in (truth.treatment, truth.control)]
        totals = rule.final_n(sum(first) / 100)
        rejected = 0
        for n in np.unique(totals):
            here = totals == n
            x = [
                a[here] + rng.binomial(n // 2 - 50, p, here.sum())
                for a, p in zip(first, (truth.treatment, truth.control), strict=True)
            ]
            rejected += truth.analysis.statistic(truth, x[0], n // 2, x[1], n // 2)[1].sum()
        assert near(found.rejects, rejected / trials)


def size_of_means(sd, ratio):
    """The fewest whole blocks whose two-sided t test at .05 has power .8 for a difference of .5."""

    def power(blocks):
        n = blocks * (1 + ratio)
        moved = 0.5 / sd * math.sqrt(n * ratio) / (1 + ratio)
        cut = stats.t.ppf(0.975, n - 2)
        return stats.nct.sf(cut, n - 2, moved) + np.nan_to_num(stats.nct.cdf(-cut, n - 2, moved))

    root = optimize.brentq(lambda blocks: power(blocks) - 0.8, 2, 400)
    return (1 + ratio) * math.ceil(root - 1e-9)


def t_of(treatment, control):
    """Student's t."""
    n, m = len(treatment), len(control)
    squares = ((treatment - treatment.mean()) ** 2).sum() + ((control - control.mean()) ** 2).sum()
    return (treatment.mean() - control.mean()) / math.sqrt(squares / (n + m - 2) * (1 / n + 1 / m))


class TestMeans:
    def test_t_is_students(self):
        """The statistic of the trials below is the one that scipy computes."""
        rng = np.random.default_rng(3)
        arms = rng.normal(0.4, 1, 17), rng.normal(0, 2, 9)
        assert t_of(*arms) == pytest.approx(stats.ttest_ind(*arms).statistic)

    @pytest.mark.parametrize(
        ("difference", "sd", "ratio", "least", "most"),
        [
            pytest.param(0.5, 1.3, 1, 30, 10_000, marks=pytest.mark.sweep),
            pytest.param(0.0, 1.2, 1, 30, 10_000, marks=pytest.mark.sweep),
            (0.0, 0.6, 2, 30, 200),
            pytest.param(0.5, 1.2, 2, 150, 210, marks=pytest.mark.sweep),
        ],
    )
    def test_drawn_parts_are_what_participants_do(self, difference, sd, ratio, least, most):
        """Level, power and mean n are those of t tests on participants drawn one by one."""
        design = TwoMeans(difference=0.5, sd=1, allocation=f"{ratio}:1")
        rule = Reestimated(design=design, pilot=30, at_least=least, at_most=None if most == 10_000 else most)
        found = rule.course(design.replace(difference=difference, sd=sd))
        rng, trials = np.random.default_rng(11), 4_000
        table: dict[float, int] = {}
        statistics, totals = [], []
        for _ in range(trials):
            first = [rng.normal(mean, sd, 30 * w // (1 + ratio)) for mean, w in ((difference, ratio), (0.0, 1))]
            blinded = np.concatenate(first).std(ddof=1)
            key = round(float(blinded), 3)
            if key not in table:
                table[key] = size_of_means(key, ratio)
            n = int(max(min(table[key], rule.ceiling), rule.floor))
            later = [rng.normal(mean, sd, (n - 30) * w // (1 + ratio)) for mean, w in ((difference, ratio), (0.0, 1))]
            statistics.append(t_of(*(np.concatenate(pair) for pair in zip(first, later, strict=True))))
            totals.append(n)
        rejected = np.sum(np.abs(statistics) >= stats.t.isf(0.025, np.array(totals) - 2))
        error = math.sqrt(found.rejects * (1 - found.rejects) / trials)
        assert abs(found.rejects - rejected / trials) <= 4 * math.hypot(error, found.standard_error)
        assert abs(found.mean_n - np.mean(totals)) <= 4 * np.std(totals) / math.sqrt(trials) + 0.2
