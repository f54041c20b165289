"""Looks, by an integration on the scale of the score that is written anew, at designs drawn at random."""

import math

import numpy as np
import pytest
from scipy import stats

from trialplan import GroupSequential, TwoMeans
from trialplan.sequential.interim.inference import Stopped
from trialplan.sequential.interim.observed_information import observed_boundaries

EFFECT = 0.3


def leave(upper, lower, t, drift):
    """P(first leaving above, below) at each look, by Gauss-Legendre panels over the score, z times the root of t."""
    t, nodes, weights = np.asarray(t), *np.polynomial.legendre.leggauss(16)
    gaps, roots = np.diff(np.r_[0, t]), np.sqrt(t)
    above, below, at, mass = [], [], np.zeros(1), np.ones(1)
    for look, gap in enumerate(gaps):
        low, high = lower[look] * roots[look], upper[look] * roots[look]
        mean, sd = at + drift * gap, math.sqrt(gap)
        above.append(mass @ stats.norm.sf((high - mean) / sd))
        below.append(mass @ stats.norm.cdf((low - mean) / sd))
        if look + 1 < len(t):
            reach = 9.5 * roots[look]
            ends = max(low, drift * t[look] - reach), min(high, drift * t[look] + reach)
            panels = 2 + int(2 * (ends[1] - ends[0]) / math.sqrt(min(gap, gaps[look + 1])))
            edges = np.linspace(*ends, panels + 1)
            half = np.diff(edges) / 2
            new = (edges[:-1, None] + half[:, None] * (1 + nodes)).ravel()
            density = stats.norm.pdf((new[:, None] - mean) / sd) @ mass / sd
            at, mass = new, density * (half[:, None] * weights).ravel()
    return np.array(above), np.array(below)


def drawn(rng):
    """A rule of looks at random: where they are, what stops them, and the trial that it is for."""
    k = int(rng.integers(2, 7))
    while True:
        t = np.round(np.sort(rng.uniform(0.08, 0.97, k - 1)), 3)
        if np.diff(np.r_[0, t, 1]).min() > 0.01:
            break
    sides, alpha, power = int(rng.choice([1, 1, 2])), float(rng.choice([0.005, 0.025, 0.05])), 0.8
    efficacy = rng.choice(
        [
            "obrien-fleming",
            "pocock",
            f"wang-tsiatis({rng.uniform(-0.5, 0.5):.2f})",
            f"haybittle-peto({rng.uniform(3.5, 4.5):.2f})",
            "lan-demets-obrien-fleming",
            "lan-demets-pocock",
            f"hwang-shih-decani({rng.uniform(-8, 4):.2f})",
            f"kim-demets({rng.uniform(0.5, 4):.2f})",
        ]
    )
    futility = rng.choice(
        [
            "none",
            "lan-demets-pocock",
            f"hwang-shih-decani({rng.uniform(-6, 2):.2f})",
            f"kim-demets({rng.uniform(0.8, 4):.2f})",
            f"z({','.join(f'{z:.2f}' for z in np.sort(rng.uniform(-1.5, 0.3, k - 1)))})",
            f"p({rng.uniform(0.5, 0.9):.2f})",
            f"conditional-power({rng.uniform(0.02, 0.3):.3f})",
            f"conditional-power-trend({rng.uniform(0.001, 0.05):.4f})",
            f"predictive-power({rng.uniform(0.01, 0.1):.3f})",
            f"effect({rng.uniform(-0.1, 0.1):.3f})",
        ]
    )
    rule = {"looks": (*map(float, t), 1.0), "efficacy": str(efficacy)}
    if futility != "none":
        rule |= {"futility": str(futility), "binding": sides == 1 and bool(rng.integers(2))}
    return GroupSequential(design=TwoMeans(difference=EFFECT, sd=1, test="z", alpha=alpha, sides=sides), **rule), power


def bounds(rows):
    """The z of both boundaries that an answer prints, none where it prints none."""
    upper = [math.inf if row["efficacy_z"] is None else row["efficacy_z"] for row in rows]
    return np.array(upper), np.array([-math.inf if row["futility_z"] is None else row["futility_z"] for row in rows])


def checked(design, target):
    """Whether what one answer prints is what its own boundaries do."""
    answer = design.sample_size(target)
    rows, drift = answer.extra["looks"], EFFECT / 2 * math.sqrt(answer.n)
    upper, futility = bounds(rows)
    mirrored = -upper if design.sides == 2 else np.full(len(rows), -np.inf)
    above, _ = leave(upper, np.maximum(mirrored, futility), design.looks, drift)
    null, _ = leave(upper, np.maximum(mirrored, futility) if design.binding else mirrored, design.looks, 0.0)
    assert float(answer.success) == pytest.approx(above.sum(), abs=2e-6)
    assert [row["cumulative_power"] for row in rows] == pytest.approx(above.cumsum(), abs=2e-6)
    assert [row["cumulative_alpha"] for row in rows] == pytest.approx(design.sides * null.cumsum(), abs=1e-7)
    assert null.sum() * design.sides == pytest.approx(design.alpha, abs=1e-7)
    assert target <= above.sum() + 2e-6


class TestByQuadrature:
    @pytest.mark.parametrize("seed", [*range(20), *(pytest.param(s, marks=pytest.mark.sweep) for s in range(20, 120))])
    def test_of_a_random_rule(self, seed):
        """Power, level and both look by look are those of the printed boundaries at the drift of the printed n."""
        checked(*drawn(np.random.default_rng(seed)))

    @pytest.mark.parametrize(
        ("looks", "futility", "target"), [((0.05, 1.0), "z(0.5)", 0.9), ((0.1, 1.0), "z(1)", 0.95)]
    )
    def test_where_futility_costs_much(self, looks, futility, target):
        """An early futility bound that multiplies n leaves power and its looks right."""
        inner = TwoMeans(difference=EFFECT, sd=1, test="z", alpha=0.025, sides=1)
        checked(
            GroupSequential(design=inner, looks=looks, efficacy="lan-demets-obrien-fleming", futility=futility), target
        )

    @pytest.mark.parametrize(
        "rule",
        [
            {"efficacy": "haybittle-peto(3)", "futility": "lan-demets-obrien-fleming", "binding": True},
            {"futility": "lan-demets-obrien-fleming", "efficacy_at": (1.0,)},
            {"efficacy": "pocock", "futility": "conditional-power(0.02)", "efficacy_at": (1.0,), "binding": True},
        ],
        ids=["haybittle-peto", "futility-only", "conditional-power"],
    )
    def test_where_all_may_have_stopped(self, rule):
        """A futility boundary that at some drift stops everybody leaves an answer at the planned one."""
        inner = TwoMeans(difference=EFFECT, sd=1, test="z", alpha=0.025, sides=1)
        checked(GroupSequential(design=inner, looks=(0.25, 0.5, 0.75, 1.0), **rule), 0.8)


def spent(name, level, t):
    """The error that may be spent by a fraction, from the functions' publications."""
    t = np.minimum(np.asarray(t), 1)
    if name == "lan-demets-obrien-fleming":
        return 2 * stats.norm.sf(stats.norm.isf(level / 2) / np.sqrt(t))
    if name == "lan-demets-pocock":
        return level * np.log1p((math.e - 1) * t)
    return level * t**2


class TestObservedInformation:
    @pytest.mark.parametrize("name", ["lan-demets-obrien-fleming", "lan-demets-pocock", "kim-demets(2)"])
    @pytest.mark.parametrize("sides", [1, 2])
    @pytest.mark.parametrize(
        ("seen", "final"),
        [((0.28,), False), ((0.28, 0.61), False), ((0.3, 0.72, 0.9), True), ((0.4, 0.6, 1.12), True)],
    )
    def test_spends_what_may_be_spent(self, name, sides, seen, final):
        """Looks that are not as planned spend the function's error there; the final one uses what is left."""
        inner = TwoMeans(difference=EFFECT, sd=1, test="z", alpha=0.025 * sides, sides=sides)
        design = GroupSequential(design=inner, looks=(0.33, 0.67, 1.0), efficacy=name)
        upper = np.array(observed_boundaries(design, seen, final=final).efficacy_z)
        below = -upper if sides == 2 else np.full(len(seen), -np.inf)
        above, _ = leave(upper, below, seen, 0.0)
        due = spent(name, 0.025, seen)
        due[-1] = 0.025 if final else due[-1]
        assert above.cumsum() == pytest.approx(due, abs=1e-8)


class TestStopped:
    @pytest.mark.parametrize("efficacy", ["pocock", "lan-demets-obrien-fleming"])
    @pytest.mark.parametrize(("drift", "binding"), [(0.0, False), (2.0, False), (3.5, False), (1.5, True)])
    def test_is_uniform_at_the_truth(self, efficacy, drift, binding):
        """At the true drift the stage-wise tail is uniform, so that intervals cover and the median estimate halves."""
        looks, rng = (0.3, 0.6, 1.0), np.random.default_rng(31)
        inner = TwoMeans(difference=EFFECT, sd=1, test="z", alpha=0.025, sides=1)
        rule = {"futility": "z(-0.2,0.5)", "binding": True} if binding else {}
        design = GroupSequential(design=inner, looks=looks, efficacy=efficacy, **rule)
        upper = design.solved(0.8).upper
        lower = (-0.2, 0.5, -math.inf) if binding else (-math.inf,) * 3
        tails = []
        for _ in range(600):
            steps = rng.normal(drift * np.array([0.3, 0.3, 0.4]), np.sqrt([0.3, 0.3, 0.4]))
            z = steps.cumsum() / np.sqrt(looks)
            stop = next(i for i in range(3) if z[i] >= upper[i] or z[i] <= lower[i] or i == 2)
            taken = {"information": looks[: stop + 1], "upper": tuple(upper[: stop + 1]), "lower": lower[: stop + 1]}
            tails.append(float(Stopped(z=z[stop], **taken).tail(drift)))
        assert stats.kstest(tails, "uniform").pvalue > 1e-3
