"""Families that are looked at early: the chance of a false claim, the power of each hypothesis, a key secondary."""

import math

import numpy as np
import pytest

from trialplan import (
    FamilyWithLooks,
    Graphical,
    GroupSequential,
    Hochberg,
    Holm,
    TwoMeans,
    TwoProportions,
    monitor,
)
from trialplan.errors import ParameterError

LEVEL, TRIALS = 0.025, 50_000


def means(*effects):
    return tuple(TwoMeans(difference=effect, sd=1, test="z", alpha=LEVEL, sides=1) for effect in effects)


def in_order(*effects, **more):
    """A chain: all of the level is the first one's."""
    k = len(effects)
    arrows = tuple(tuple(float(j == i + 1) for j in range(k)) for i in range(k))
    return Graphical(members=means(*effects), initial_weights=(1, *(0,) * (k - 1)), transitions=arrows, **more)


def z_of(rng, trials, times, drifts, joint):
    """Normal statistics at the looks: the increments between them are independent."""
    steps = np.diff(times, prepend=0)
    moved = rng.multivariate_normal(np.zeros(len(drifts)), joint, size=(trials, len(times)))
    walk = np.cumsum(moved * np.sqrt(steps)[:, None] + np.asarray(drifts) * steps[:, None], axis=1)
    return walk / np.sqrt(times)[:, None]


class TestFamilyWiseError:
    """Normal statistics of known variance, some nulls true and the others far from theirs."""

    def judge(self, seed):
        rng = np.random.default_rng(90_000 + seed)
        k = int(rng.integers(2, 5))
        weights = rng.dirichlet(np.ones(k))
        square = np.zeros((k, k))
        square[~np.eye(k, dtype=bool)] = rng.dirichlet(np.ones(k - 1), size=k).ravel()
        members = means(*[0.3] * k)
        graph = Graphical(members=members, initial_weights=tuple(weights), transitions=tuple(map(tuple, square)))
        times = ((0.5, 1.0), (0.3, 0.6, 1.0), (0.25, 0.5, 0.75, 1.0))[seed % 3]
        whole = FamilyWithLooks(
            design=(graph, Holm(members=members))[seed % 2],
            looks=times,
            efficacy=("lan-demets-obrien-fleming", "lan-demets-pocock", "hwang-shih-decani(1)")[int(rng.integers(3))],
            stops_when=("all", "any", "first")[int(rng.integers(3))],
        )
        true = rng.random(k) < 0.6
        true[rng.integers(k)] = True
        away = np.where(true, 0.0, rng.choice([1.0, 2.5, 5.0], size=k))
        loads = rng.uniform(-0.95, 0.95, size=k)
        joint = np.outer(loads, loads)
        np.fill_diagonal(joint, 1.0)
        shown = whole.shown_by_look(z_of(rng, TRIALS, times, away, joint))[:, -1]
        false_claim = shown[:, true].any(axis=1).mean()
        assert false_claim <= LEVEL + 4 * math.sqrt(LEVEL * (1 - LEVEL) / TRIALS), (seed, false_claim)

    @pytest.mark.parametrize("seed", range(4))
    def test_is_kept(self, seed):
        self.judge(seed)

    @pytest.mark.sweep
    @pytest.mark.parametrize("seed", range(4, 64))
    def test_is_kept_everywhere(self, seed):
        self.judge(seed)


class TestKeySecondary:
    """The primary ends the trial where it is shown, and the secondary, behind it, has no effect."""

    def test_keeps_its_level_by_boundaries_of_its_own(self):
        """At the full level it would not: Hung, Wang & O'Neill 2007, here with a correlation of 0.9."""
        whole = FamilyWithLooks(design=in_order(0.4, 0.3), looks=(0.5, 1.0), stops_when="first")
        z = z_of(np.random.default_rng(3), 400_000, whole.looks, (3.0, 0.0), [[1, 0.9], [0.9, 1]])
        own = whole.shown_by_look(z)[:, -1, 1].mean()
        primary = z[..., 0] >= whole.boundaries[0][0]
        at = np.where(primary[:, 0], 0, 1)
        ended = np.take_along_axis(z[..., 1], at[:, None], axis=1)[:, 0]
        full = (primary.any(axis=1) & (ended >= 1.959964)).mean()
        error = math.sqrt(LEVEL * (1 - LEVEL) / len(z))
        assert own <= LEVEL + 4 * error
        assert full > LEVEL + 20 * error


class TestPower:
    @pytest.mark.parametrize("stops_when", ["all", "first"])
    def test_is_that_of_drawn_participants(self, stops_when):
        """A response and a measurement, each for two treatments and one control, at three looks."""
        graph = Graphical(
            members=(TwoProportions(control=0.3, treatment=0.5), TwoMeans(difference=0.35, sd=1)),
            treatments=2,
            initial_weights=(0.5, 0.5, 0, 0),
            transitions=((0, 0.5, 0.5, 0), (0.5, 0, 0, 0.5), (0, 1, 0, 0), (1, 0, 0, 0)),
            correlation=0.4,
        )
        whole = FamilyWithLooks(design=graph, looks=(1 / 3, 2 / 3, 1), stops_when=stops_when)
        _, shown = whole.shown(whole.draw(300, 3000, np.random.default_rng(8)))
        found = [*shown.mean(axis=0), shown.any(axis=1).mean(), shown.all(axis=1).mean()]
        assert found == pytest.approx(list(whole.powers(300)), abs=4 * 0.5 / 3000**0.5)

    @pytest.mark.parametrize("spending", ["lan-demets-obrien-fleming", "lan-demets-pocock"])
    @pytest.mark.parametrize("looks", [(0.5, 1), (0.4, 0.7, 1)])
    @pytest.mark.parametrize("n", [14, 20])
    def test_few_participants_and_t_are_no_more_than_drawn(self, spending, looks, n):
        """At small shares of the level and early looks a t test shows less than a z test: that is not claimed.

        Four standard errors; what is claimed below what is drawn is that t at an early look tells more of the last.
        """
        whole = FamilyWithLooks(
            design=Holm(members=(TwoMeans(difference=1.2, sd=1),) * 4), looks=looks, efficacy=spending
        )
        trials, claimed = 8000, whole.powers(n)
        _, shown = whole.shown(whole.draw(n, trials, np.random.default_rng(17)))
        found = np.array([*shown.mean(axis=0), shown.any(axis=1).mean(), shown.all(axis=1).mean()])
        error = 4 * np.sqrt(found * (1 - found) / trials)
        assert np.all(claimed <= found + error), (claimed, found)
        assert np.all(claimed >= found - error - 0.03), (claimed, found)

    def test_looks_do_not_save_participants(self):
        """A boundary at the end that is higher than that without looks needs no fewer."""
        fixed = Holm(members=(TwoMeans(difference=1.2, sd=1),) * 4)
        assert FamilyWithLooks(design=fixed, looks=(0.5, 1)).sample_size(0.8).n >= fixed.sample_size(0.8).n

    def test_arrays_are_scalars(self):
        """Of participants, cell by cell."""
        whole = FamilyWithLooks(design=Holm(members=(TwoMeans(difference=0.5, sd=1),) * 2), looks=(0.5, 1))
        assert whole.powers(np.array([60, 90])) == pytest.approx(np.array([whole.powers(60), whole.powers(90)]))

    @pytest.mark.parametrize("spending", ["lan-demets-obrien-fleming", "lan-demets-pocock"])
    def test_the_first_of_a_chain_is_a_trial_with_looks(self, spending):
        """Its power and boundaries are those of a group-sequential trial of it alone."""
        whole = FamilyWithLooks(design=in_order(0.4, 0.3), looks=(0.4, 0.7, 1), efficacy=spending)
        alone = GroupSequential(design=means(0.4)[0], looks=(0.4, 0.7, 1), efficacy=spending)
        looks = alone.sample_size(0.8).extra["looks"]
        assert whole.boundaries[0][0] == pytest.approx([one["efficacy_z"] for one in looks], abs=1e-6)
        assert whole.powers(200)[0] == pytest.approx(float(alone.success(200)), abs=3e-3)

    def test_a_trial_that_ends_sooner_shows_less(self):
        """What follows the first has fewer looks where the first ends the trial; the first has as many."""
        last, first = (
            FamilyWithLooks(design=in_order(0.4, 0.3), stops_when=stops).powers(200) for stops in ("all", "first")
        )
        assert first[0] == last[0]
        assert first[1] < last[1] - 0.03


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"design": Hochberg(members=means(0.4, 0.3))}, "shares of the level"),
            ({"efficacy": "obrien-fleming"}, "spending function"),
            ({"looks": (0.5, 0.9)}, "1"),
            ({"futility": "z(0)"}, "futility is not defined over a family"),
            ({"efficacy_at": (1.0,)}, "efficacy_at is not defined over a family"),
        ],
    )
    def test_what_has_no_boundaries_at_every_share(self, change, words):
        """Hochberg's procedure, exact designs, looks that do not end."""
        with pytest.raises(ParameterError, match=words):
            FamilyWithLooks(**({"design": Holm(members=means(0.4, 0.3))} | change))


class TestLooks:
    def test_answers_as_every_trial_with_looks(self):
        """Its looks, the family without them, and a row for each with its participants."""
        family = in_order(0.4, 0.3)
        whole = FamilyWithLooks(design=family, looks=(0.5, 1), stops_when="first")
        rows = whole.sample_size(0.8).extra["looks"]
        assert (whole.looks, whole.fixed) == ((0.5, 1.0), family)
        assert [one["information"] for one in rows] == [0.5, 1.0]
        assert rows[0]["n"] == math.ceil(rows[1]["n"] / 4) * 2  # whole blocks
        assert rows[1]["cumulative_power"] == rows[1]["power_of_any"] >= 0.8
        assert whole.replace(stops_when="all", difference_1=0.5).stops_when == "all"


class TestMonitored:
    """A look is told by the z of each hypothesis."""

    def test_agrees_with_the_procedure(self):
        """What is shown of drawn statistics is what the looks say of them, and which share each has crossed at."""
        whole = FamilyWithLooks(design=Holm(members=means(0.3, 0.3, 0.3)), looks=(0.3, 0.6, 1.0), stops_when="any")
        drawn = z_of(np.random.default_rng(6), 60, whole.looks, (2.5, 2.0, 1.0), np.eye(3))
        shown = whole.shown_by_look(drawn)
        for z, by_look in zip(drawn, shown, strict=True):
            for look in range(1, 4):
                found = monitor(whole, n=200, z=[tuple(row) for row in z[:look]])
                assert [one.status == "shown" for one in found.hypotheses] == by_look[look - 1].tolist()
                if found.verdict != "go-on":
                    break
            assert all(one.share is not None for one in found.hypotheses if one.status == "shown")

    def test_a_plan_names_them(self):
        """By endpoint; one that is not shown at the end is not."""
        look = monitor(FamilyWithLooks(design=in_order(0.4, 0.3), looks=(0.5, 1.0)), n=200, z=("1,1", "2.5,1"))
        assert look.verdict == "rejected"
        assert look.summary() == "The last look, number 2: endpoint 1 is shown."
        assert [one.status for one in look.hypotheses] == ["shown", "not shown"]
