"""Looks, by another route: integration written anew, participants drawn one by one, enumeration of every path."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from trialplan import ExactGroupSequential, GroupSequential, OneProportion, TwoMeans, TwoProportions
from trialplan.numerics.crossing import crossing

RULES = {
    "obrien-fleming": {"efficacy": "obrien-fleming"},
    "pocock": {"efficacy": "pocock"},
    "wang-tsiatis": {"efficacy": "wang-tsiatis(0.25)"},
    "haybittle-peto": {"efficacy": "haybittle-peto(2.8)"},
    "lan-demets-obrien-fleming": {"efficacy": "lan-demets-obrien-fleming"},
    "lan-demets-pocock": {"efficacy": "lan-demets-pocock"},
    "hwang-shih-decani": {"efficacy": "hwang-shih-decani(-2)"},
    "kim-demets": {"efficacy": "kim-demets(2)"},
    "given": {"efficacy": (0.005, 0.015, 0.025)},
    "skipped": {"efficacy": "lan-demets-pocock", "efficacy_at": (0.7, 1.0)},
    "futility-spent": {"efficacy": "lan-demets-pocock", "futility": "kim-demets(1)"},
    "futility-spent-binding": {"efficacy": "kim-demets(2)", "futility": "lan-demets-pocock", "binding": True},
    "futility-binding-pocock": {"efficacy": "pocock", "futility": "hwang-shih-decani(-1)", "binding": True},
    "futility-z": {"efficacy": "obrien-fleming", "futility": "z(0,0.8)"},
    "futility-conditional": {"efficacy": "lan-demets-obrien-fleming", "futility": "conditional-power(0.3)"},
    "futility-predictive": {"efficacy": "pocock", "futility": "predictive-power(0.1)", "binding": True},
    "futility-effect": {"efficacy": "kim-demets(3)", "futility": "effect(0.01)"},
}
LOOKS = (0.4, 0.7, 1.0)


def by_quadrature(upper, lower, t, drift):
    """P(first crossing above at each of two or three looks), by adaptive quadrature over the earlier z."""

    def density(z, look):
        return stats.norm.pdf(z - drift * math.sqrt(t[look]))

    def beyond(z, look, bound):
        mean = z * math.sqrt(t[look - 1]) + drift * (t[look] - t[look - 1])
        return stats.norm.sf((bound * math.sqrt(t[look]) - mean) / math.sqrt(t[look] - t[look - 1]))

    def moved(z, y, look):
        gap = t[look] - t[look - 1]
        mean = z * math.sqrt(t[look - 1]) + drift * gap
        return stats.norm.pdf((y * math.sqrt(t[look]) - mean) / math.sqrt(gap)) * math.sqrt(t[look] / gap)

    ends = [(max(low, -9.0), min(high, 9.0)) for low, high in zip(lower, upper, strict=True)]
    options = {"epsabs": 1e-12, "epsrel": 1e-11, "limit": 200}
    found = [stats.norm.sf(upper[0] - drift * math.sqrt(t[0]))]
    found.append(integrate.quad(lambda z: density(z, 0) * beyond(z, 1, upper[1]), *ends[0], **options)[0])
    if len(t) == 3:
        nodes, weights = np.polynomial.legendre.leggauss(400)

        def second(y):
            low, high = ends[0]
            z = low + (high - low) * (nodes + 1) / 2
            return (high - low) / 2 * float(weights @ (density(z, 0) * moved(z, y, 1)))

        found.append(integrate.quad(lambda y: second(y) * beyond(y, 2, upper[2]), *ends[1], **options)[0])
    return found


class TestIntegration:
    @pytest.mark.parametrize("drift", [0.0, 1.7, 3.2, -1.0])
    @pytest.mark.parametrize(
        ("upper", "lower", "t"),
        [
            ((2.8, 1.98), (-np.inf, -np.inf), (0.5, 1.0)),
            ((2.2, 2.2), (-2.2, -2.2), (0.1, 1.0)),
            ((2.5, 2.0), (0.3, -np.inf), (0.95, 1.0)),
            ((3.7, 2.5, 2.0), (-np.inf,) * 3, (1 / 3, 2 / 3, 1.0)),
            ((2.3, 2.3, 2.3), (-0.5, 0.6, -np.inf), (0.2, 0.9, 1.0)),
            ((4.5, 2.1, 2.0), (-4.5, -2.1, -2.0), (0.15, 0.8, 1.0)),
        ],
    )
    def test_agrees_with_adaptive_quadrature(self, upper, lower, t, drift):
        """Recursive integration of two or three looks is adaptive quadrature, to a hundred millionth."""
        above, below = crossing(upper, lower, t, drift)
        np.testing.assert_allclose(above, by_quadrature(upper, lower, t, drift), atol=1e-8)
        mirrored = by_quadrature([-low for low in lower], [-high for high in upper], t, -drift)
        np.testing.assert_allclose(below, mirrored, atol=1e-8)

    def test_many_designs_at_once(self):
        """Boundaries, information and drifts that are arrays give what each gives alone."""
        rng = np.random.default_rng(3)
        t = np.cumsum(rng.uniform(0.1, 1, (20, 4)), axis=1)
        t /= t[:, -1:]
        upper, lower, drift = rng.uniform(1.5, 4, t.shape), rng.uniform(-3, 1, t.shape), rng.normal(1.5, 1.5, 20)
        above, below = crossing(upper, lower, t, drift)
        for row in range(20):
            alone = crossing(upper[row], lower[row], t[row], drift[row])
            np.testing.assert_allclose((above[row], below[row]), alone, atol=1e-11)


def tally(upper, lower, z_at_looks, two_tailed=False):
    """Which share of trials rejects, and stops for futility, at each look; by going through the looks."""
    going = np.ones(z_at_looks[0].shape, dtype=bool)
    rejected, futile = [], []
    for look, z in enumerate(z_at_looks):
        high = going & ((np.abs(z) if two_tailed else z) >= upper[look])
        low = going & ~high & (z <= lower[look]) if look + 1 < len(z_at_looks) else np.zeros_like(high)
        rejected.append((high & (z > 0)).mean())
        futile.append(low.mean())
        going &= ~(high | low)
    return np.array(rejected), np.array(futile)


def four_errors(found, claimed, trials):
    """Within four Monte Carlo standard errors, and one trial."""
    claimed = np.asarray(claimed)
    assert np.all(
        np.abs(found - claimed) <= 4 * np.sqrt(np.maximum(claimed * (1 - claimed), 0) / trials) + 1 / trials
    ), (
        found,
        claimed,
    )


class TestSimulatedParticipants:
    @pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
    def test_responses(self, rule):
        """Yes-or-no outcomes of many participants stop and reject as often as the boundaries claim."""
        inner = TwoProportions(control=0.5, treatment=0.525, alpha=0.025, sides=1)
        design = GroupSequential(design=inner, looks=LOOKS, **rule)
        n = design.sample_size(0.8).n
        found, trials, rng = design.solved(float(design.success(n))), 60_000, np.random.default_rng(17)
        lower = found.lower if "futility" in rule else np.full(3, -np.inf)
        sizes = [look["n"] // 2 for look in design.sample_size(0.8).extra["looks"]]
        assert sizes[-1] > 5000
        for treatment, drift in ((0.525, found.drift), (0.5, 0.0)):
            z = self.statistics((treatment, 0.5), sizes, trials, rng)
            claimed = design.rule.chances(found, drift)
            rejected, futile = tally(found.upper, lower, z)
            four_errors(rejected, claimed.efficacy, trials)
            four_errors(rejected.sum(), claimed.power, trials)
            four_errors(futile[:-1], claimed.futility[:-1], trials)

    @staticmethod
    def statistics(rates, sizes, trials, rng):
        """The pooled z at each look, from the counts of the participants enrolled between the looks."""
        counts = [np.zeros(trials), np.zeros(trials)]
        found, before = [], 0
        for size in sizes:
            counts = [x + rng.binomial(size - before, rate, trials) for x, rate in zip(counts, rates, strict=True)]
            pooled = sum(counts) / (2 * size)
            # counts go in steps and a boundary has none: each step is spread evenly over its width
            apart = counts[0] - counts[1] + rng.uniform(-0.5, 0.5, trials)
            found.append(apart / size / np.sqrt(pooled * (1 - pooled) * 2 / size))
            before = size
        return found

    @pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
    def test_measurements(self, rule):
        """Normal outcomes stop and reject as often as the boundaries claim, and on the null no more than alpha."""
        inner = TwoMeans(difference=0.05, sd=1, test="z", alpha=0.025, sides=1)
        design = GroupSequential(design=inner, looks=LOOKS, **rule)
        n = 20 * round(float(design.unrounded(0.8)) / 20)
        found, trials, rng = design.solved(float(design.success(n))), 60_000, np.random.default_rng(23)
        lower = found.lower if "futility" in rule else np.full(3, -np.inf)
        for truth, drift in ((0.05, found.drift), (0.0, 0.0)):
            added = [round(t * n) // 2 for t in (0.4, 0.3, 0.3)]
            means = [rng.normal(truth, math.sqrt(2 / m), trials) for m in added]  # of the differences in each stretch
            totals = np.cumsum([m * mean for m, mean in zip(added, means, strict=True)], axis=0)
            z = [total / math.sqrt(2 * m) for total, m in zip(totals, np.cumsum(added), strict=True)]
            claimed = design.rule.chances(found, drift)
            rejected, futile = tally(found.upper, lower, z)
            four_errors(rejected, claimed.efficacy, trials)
            four_errors(futile[:-1], claimed.futility[:-1], trials)
            if truth == 0:
                four_errors(
                    tally(found.upper, lower if rule.get("binding") else np.full(3, -np.inf), z)[0].sum(), 0.025, trials
                )

    @pytest.mark.parametrize("efficacy", ["pocock", "lan-demets-obrien-fleming", "haybittle-peto"])
    def test_both_sides(self, efficacy):
        """A two-sided rule rejects on each side with half of its level."""
        design = GroupSequential(design=TwoMeans(difference=0.5, sd=1, test="z"), looks=LOOKS, efficacy=efficacy)
        trials, rng = 200_000, np.random.default_rng(5)
        steps = [rng.normal(0, math.sqrt(gap), trials) for gap in (0.4, 0.3, 0.3)]
        z = [score / math.sqrt(t) for score, t in zip(np.cumsum(steps, axis=0), LOOKS, strict=True)]
        for side in (1, -1):
            rejected, _ = tally(design.efficacy_z, np.full(3, -np.inf), [side * one for one in z], two_tailed=True)
            four_errors(rejected.sum(), 0.025, trials)

    @pytest.mark.parametrize("futility", [None, "lan-demets-pocock", "z(0)"])
    def test_the_design_analyses_its_own_trials(self, futility):
        """Trials that a design draws and analyses have the power it claims, where n is large."""
        inner = TwoProportions(control=0.5, treatment=0.47, favourable="lower")
        design = GroupSequential(design=inner, looks=LOOKS, efficacy="kim-demets(3)", futility=futility)
        n = design.sample_size(0.9).n
        seen = design.simulate(n, 40_000, np.random.default_rng(2))
        assert abs(seen.success - float(design.success(n))) <= 4 * seen.standard_error

    def test_of_one_arm(self):
        """One arm against a fixed rate is looked at like two, where the score test is used."""
        inner = OneProportion(null=0.3, expected=0.32, test="score", alpha=0.025)
        design = GroupSequential(design=inner, looks=LOOKS, efficacy="lan-demets-pocock", futility="kim-demets(2)")
        n = design.sample_size(0.8).n
        seen = design.simulate(n, 40_000, np.random.default_rng(4))
        assert abs(seen.power - float(design.power(n))) <= 4 * seen.standard_error


def by_paths(looks, rate, obeyed=True):
    """P(rejecting), by going through every way in which the responses can fall between the looks."""
    added = np.diff((0, *looks.sizes))
    total = 0.0
    for path in itertools.product(*(range(m + 1) for m in added)):
        chance = math.prod(stats.binom.pmf(x, m, rate) for x, m in zip(path, added, strict=True))
        for count, high, low in zip(itertools.accumulate(path), looks.reject, looks.futile, strict=True):
            if high is not None and count >= high:
                total += chance
                break
            if obeyed and low is not None and count <= low:
                break
    return total


class TestExactOneArm:
    @pytest.mark.parametrize(
        "rule",
        [{}, {"futility": "kim-demets(2)"}, {"futility": "z(0)", "binding": True}, {"efficacy": "pocock"}],
        ids=["efficacy", "spent", "binding", "pocock"],
    )
    def test_by_every_path(self, rule):
        """Power and actual size are those of every path through the looks, counted one by one."""
        design = OneProportion(null=0.2, expected=0.45)
        looks = ExactGroupSequential(design=design, looks=(0.4, 0.7, 1.0), **rule).counts(24)
        assert looks.power() == pytest.approx(by_paths(looks, 0.45), abs=1e-12)
        assert looks.actual_size == pytest.approx(by_paths(looks, 0.2, obeyed=looks.binding), abs=1e-12)
        assert looks.actual_size <= 0.05

    @pytest.mark.parametrize("null", [0.05, 0.2, 0.5])
    @pytest.mark.parametrize("efficacy", ["obrien-fleming", "pocock", "hwang-shih-decani(-4)"])
    def test_never_exceeds_its_level(self, null, efficacy):
        """Counts that spend exact errors keep the level at every n."""
        design = OneProportion(null=null, expected=null + 0.2)
        for n in range(12, 60, 7):
            assert ExactGroupSequential(design=design, efficacy=efficacy).actual_size(n) <= 0.05

    def test_fewer_are_better(self):
        """Where fewer responses are better, the counts are of those that do not respond."""
        up = ExactGroupSequential(design=OneProportion(null=0.2, expected=0.4), futility="z(0)")
        down = up.replace(null=0.8, expected=0.6, favourable="lower")
        n = up.sample_size(0.8).n
        assert down.sample_size(0.8).n == n
        one, other = up.counts(n), down.counts(n)
        assert (one.sizes, one.reject, one.futile) == (other.sizes, other.reject, other.futile)
        assert down.power(n) == pytest.approx(up.power(n), abs=1e-12)

    def test_sample_size_is_stable(self):
        """From the n that is given on power never falls below the target, as far as twice as many."""
        design = ExactGroupSequential(design=OneProportion(null=0.2, expected=0.4))
        n = design.sample_size(0.8).n
        assert design.power(n - 1) < 0.8
        assert min(design.power(m) for m in range(n, 2 * n)) >= 0.8
