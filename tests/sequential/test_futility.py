"""Futility: error of the second kind spent as told, bounds on every scale, and what cannot be a bound."""

import numpy as np
import pytest
from scipy import stats

from trialplan import GroupSequential, TwoMeans, TwoProportions
from trialplan.errors import ParameterError
from trialplan.sequential.boundaries.efficacy import EFFICACY
from trialplan.sequential.boundaries.spending import spent
from trialplan.sequential.look_table import whole_looks

LOOKS = (0.3, 0.65, 1.0)
SPENDING = ("lan-demets-obrien-fleming", "lan-demets-pocock", "hwang-shih-decani(-2)", "kim-demets(2)")
EFFICACIES = tuple(
    name + {"wang-tsiatis": "(0.25)", "hwang-shih-decani": "(-4)", "kim-demets": "(3)"}.get(name, "")
    for name in EFFICACY
    if name != "z"
)


def looked_at(sides=1, alpha=0.025, **rule):
    """A z test of means with three looks, unless told otherwise."""
    inner = TwoMeans(difference=0.5, sd=1, test="z", alpha=alpha, sides=sides)
    return GroupSequential(design=inner, **({"looks": LOOKS} | rule))


class TestRefusedTogether:
    def test_what_leaves_no_way_is_refused(self):
        """Futility that meets efficacy before the end is refused."""
        with pytest.raises(ParameterError, match="not below efficacy"):
            looked_at(efficacy="lan-demets-pocock", futility="z(3)").solved(0.9)


class TestSpending:
    @pytest.mark.parametrize("binding", [False, True])
    @pytest.mark.parametrize("efficacy", EFFICACIES)
    @pytest.mark.parametrize("futility", SPENDING)
    def test_power_and_level_are_kept_together(self, futility, efficacy, binding):
        """At the drift that is found power is the target, error of the second kind is spent as told, and alpha too."""
        design = looked_at(efficacy=efficacy, futility=futility, binding=binding)
        found = design.solved(0.9)
        planned = design.rule.chances(found, found.drift)
        assert planned.power == pytest.approx(0.9, abs=1e-10)
        name, numbers = design.rule.futility.named
        wanted = spent(name, numbers, 0.1, np.array(LOOKS))
        np.testing.assert_allclose(planned.futility.cumsum(), wanted, atol=1e-10)
        alpha = design.rule.chances(found, 0.0, obeyed=binding)
        assert alpha.power == pytest.approx(0.025, abs=1e-10)

    def test_both_boundaries_meet_at_the_last_look(self):
        """The futility boundary reaches the efficacy boundary at the end, and not before."""
        found = looked_at(futility="kim-demets(1)").solved(0.8)
        assert found.lower[-1] == found.upper[-1]
        assert np.all(found.lower[:-1] < found.upper[:-1])

    def test_binding_relaxes_efficacy(self):
        """Relying on futility lowers the last critical value and saves participants; non-binding leaves it alone."""
        free, bound = (looked_at(efficacy="pocock", futility="kim-demets(1)", binding=b) for b in (False, True))
        assert bound.solved(0.8).upper[-1] < free.solved(0.8).upper[-1] - 0.01
        assert bound.inflation(0.8) < free.inflation(0.8)
        np.testing.assert_allclose(free.solved(0.8).upper, looked_at(efficacy="pocock").efficacy_z, atol=1e-12)

    def test_given_shares(self):
        """A tuple says which share of beta is spent by each look, whatever beta is."""
        design = looked_at(futility=(0.05, 0.1, 0.2))
        found = design.solved(0.9)
        np.testing.assert_allclose(
            design.rule.chances(found, found.drift).futility.cumsum(), [0.025, 0.05, 0.1], atol=1e-10
        )

    def test_a_skipped_look(self):
        """A look without futility spends nothing, and leaves its share to the next."""
        design = looked_at(futility="kim-demets(1)", futility_at=(0.65,))
        found = design.solved(0.8)
        chances = design.rule.chances(found, found.drift)
        assert np.isneginf(found.lower[0])
        np.testing.assert_allclose(chances.futility, [0, 0.13, 0.07], atol=1e-10)

    def test_of_a_two_sided_test(self):
        """A two-sided test with futility keeps its level on both sides where futility is ignored."""
        design = looked_at(sides=2, alpha=0.05, efficacy="lan-demets-pocock", futility="lan-demets-pocock")
        found = design.solved(0.8)
        ignored = design.rule.chances(found, 0.0, obeyed=False)
        assert ignored.power == pytest.approx(0.025, abs=1e-10)
        assert ignored.harm.sum() == pytest.approx(0.025, abs=1e-10)
        obeyed = design.rule.chances(found, 0.0)
        assert obeyed.stopped.sum() == pytest.approx(1, abs=1e-10)
        assert obeyed.power < 0.025


class TestFixedBounds:
    def test_on_z_and_p(self):
        """z(0.5) and the one-sided P value that goes with it are one bound."""
        p = float(stats.norm.sf(0.5))
        on_z, on_p = (looked_at(futility=rule).solved(0.8) for rule in ("z(0.5)", f"p({p!r})"))
        np.testing.assert_allclose(on_z.lower, on_p.lower, atol=1e-12)
        np.testing.assert_allclose(on_z.lower[:-1], 0.5)

    @pytest.mark.parametrize("binding", [False, True])
    @pytest.mark.parametrize("scale", ["conditional-power", "conditional-power-trend", "predictive-power"])
    def test_on_power_to_come(self, scale, binding):
        """At the bound the power that is to come is what was asked for, by the final test's own arithmetic."""
        design = looked_at(futility=f"{scale}(0.2)", binding=binding)
        found = design.solved(0.8)
        t, z, critical = np.array(LOOKS[:-1]), found.lower[:-1], found.upper[-1]
        assumed = found.drift if scale == "conditional-power" else z / np.sqrt(t)
        mean = z * np.sqrt(t) + assumed * (1 - t)
        spread = np.sqrt(1 - t) if scale != "predictive-power" else np.sqrt((1 - t) + (1 - t) ** 2 / t)
        np.testing.assert_allclose(stats.norm.sf((critical - mean) / spread), 0.2, atol=1e-9)

    def test_on_the_effect(self):
        """At a bound on the effect the estimate of n participants is that effect."""
        inner = TwoMeans(difference=0.5, sd=2, test="z")
        design = GroupSequential(design=inner, looks=(0.4, 1.0), futility="effect(0.1)")
        n = design.unrounded(0.8)
        standard_error = 2 * np.sqrt(4 / (0.4 * n))
        assert design.solved(0.8).lower[0] * standard_error == pytest.approx(0.1, rel=1e-9)

    def test_on_an_odds_ratio(self):
        """A bound on the odds ratio lies on its logarithm's way from the null."""
        inner = TwoProportions(control=0.3, treatment=0.5, test="log-odds")
        design = GroupSequential(design=inner, futility="effect(1.2)")
        found, planned = design.solved(0.8), np.log((0.5 / 0.5) / (0.3 / 0.7))
        assert found.lower[0] == pytest.approx(found.drift * np.sqrt(0.5) * np.log(1.2) / planned, rel=1e-12)

    def test_some_looks_only(self):
        """none leaves a look without a bound."""
        found = looked_at(futility="z(none,0.5)").solved(0.8)
        assert np.isneginf(found.lower[0])
        assert found.lower[1] == 0.5


class TestSettled:
    @pytest.mark.parametrize("futility", ["lan-demets-pocock", "conditional-power(0.3)", "effect(0.1)"])
    def test_is_the_same_trial(self, futility):
        """With its boundaries written down as z, a trial has the same power at the effect that was planned."""
        design = looked_at(futility=futility)
        n = design.sample_size(0.8).n
        settled = design.settled(n)
        assert settled.futility.startswith("z(")
        assert settled.success(n) == pytest.approx(design.success(n), abs=1e-8)
        assert settled.settled(n) is settled

    def test_has_its_level_without_an_effect(self):
        """Binding boundaries that are written down use the level, no more and no less."""
        design = looked_at(efficacy="lan-demets-pocock", futility="kim-demets(1)", binding=True)
        n = design.sample_size(0.8).n
        (null,) = design.settled(n).at_null()
        assert null.success(n) == pytest.approx(0.025, abs=1e-9)


class TestWholeBlocks:
    def test_at_each_look(self):
        """A look waits for whole allocation blocks."""
        assert whole_looks((0.3, 0.5, 1.0), 188, 2) == (58, 94, 188)
        assert whole_looks((0.3, 0.5, 1.0), 40, 4) == (12, 20, 40)

    def test_in_the_answer(self):
        """The participants of the looks are whole blocks, and the last look has them all."""
        inner = TwoProportions(control=0.3, treatment=0.5, allocation="2:1")
        answer = GroupSequential(design=inner, looks=LOOKS, futility="z(0)").sample_size(0.8)
        sizes = [look["n"] for look in answer.extra["looks"]]
        assert all(size % 3 == 0 for size in sizes)
        assert sizes[-1] == answer.n


class TestRefused:
    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ({"futility": "kim-demetz(1)"}, "'kim-demets'"),
            ({"futility": "z"}, "bound in brackets"),
            ({"futility": "z(0,1,2)"}, "3 bounds for 3 looks"),
            ({"futility": "z(3)"}, "not below efficacy"),
            ({"futility": "p(50)"}, r"\(0, 1\)"),
            ({"futility": (0.1, 0.05, 0.2)}, "taken back"),
            ({"futility": (0.1, 0.2)}, "for 3 looks"),
            ({"futility": "z(0)", "futility_at": (0.5,)}, "not one of the looks"),
            ({"futility": "z(0)", "futility_at": (0.3, 1.0)}, "leave the last look out"),
            ({"futility_at": (0.3,)}, "no meaning without futility"),
            ({"binding": True}, "no meaning without futility"),
            ({"futility": "z(0)", "binding": "yes"}, "true or false"),
            ({"futility": "z(0)", "binding": True, "sides": 2, "alpha": 0.05}, "set sides to 1 and alpha to 0.025"),
            ({"futility": "effect(0.6)"}, "leaves no way|not below efficacy"),
        ],
    )
    def test_in_one_sentence(self, rule, words):
        """What cannot be a futility rule is refused, naming the parameter."""
        with pytest.raises(ParameterError, match=words) as caught:
            looked_at(**rule).sample_size(0.8)
        assert str(caught.value).startswith("GroupSequential: ")
        assert "\n" not in str(caught.value)


class TestSized:
    @pytest.mark.parametrize("futility", ["kim-demets(1)", "z(0,0.5)", "conditional-power(0.2)", "effect(0.03)"])
    @pytest.mark.parametrize("efficacy", ["obrien-fleming", "lan-demets-pocock"])
    def test_fewest_participants(self, efficacy, futility):
        """n reaches the target and a block fewer does not, also where futility depends on n."""
        inner = TwoProportions(control=0.2, treatment=0.35, allocation="2:1")
        design = GroupSequential(design=inner, looks=LOOKS, efficacy=efficacy, futility=futility)
        answer = design.sample_size(0.8)
        assert float(design.success(answer.n)) >= 0.8 - 1e-9
        assert float(design.success(answer.n - 3)) < 0.8
        assert float(design.success(design.unrounded(0.8))) == pytest.approx(0.8, abs=1e-8)

    @pytest.mark.parametrize("futility", ["lan-demets-obrien-fleming", "predictive-power(0.05)"])
    def test_arms_exchanged(self, futility):
        """With arms, direction and allocation exchanged, size and boundaries are the same; effects with failures."""
        here = GroupSequential(
            design=TwoProportions(control=0.2, treatment=0.35, allocation="2:1"), looks=LOOKS, futility=futility
        )
        there = here.replace(control=0.35, treatment=0.2, favourable="lower", allocation="1:2")
        one, other = here.sample_size(0.8), there.sample_size(0.8)
        assert one.n == other.n
        for a, b in zip(one.extra["looks"], other.extra["looks"], strict=True):
            assert a["futility_z"] == pytest.approx(b["futility_z"], abs=1e-9) or a["futility_z"] is b["futility_z"]
        failures = here.replace(control=0.8, treatment=0.65, favourable="lower").sample_size(0.8)
        for a, b in zip(one.extra["looks"], failures.extra["looks"], strict=True):
            assert a["effect_at_efficacy"] == pytest.approx(-b["effect_at_efficacy"], abs=1e-9)

    def test_stops_cost_power(self):
        """At the same n a trial that may stop for futility has less power than one that may not."""
        inner = TwoProportions(control=0.2, treatment=0.35)
        free, strict = (GroupSequential(design=inner, futility=one) for one in (None, "z(0.5)"))
        n = np.array([60, 120, 240])
        assert np.all(strict.success(n) < free.success(n))

    def test_on_the_wrong_side_there_is_no_power(self):
        """A treatment that is worse, or no better, is not shown to be better."""
        for futility in ("z(0)", "kim-demets(2)", None):
            for treatment in (0.3, 0.2):
                inner = TwoProportions(control=0.3, treatment=treatment)
                assert float(GroupSequential(design=inner, futility=futility).success(200)) <= 0.025 + 1e-9
