"""What can be shown at all: all of several hypotheses, or one where any will do, and what a tornado says of it."""

import pytest

from trialplan import (
    AtLeastOne,
    CoPrimary,
    Fallback,
    FixedSequence,
    Graphical,
    Hochberg,
    Holm,
    ManyToOne,
    MultiArmMultiStage,
    TwoMeans,
    TwoProportions,
)
from trialplan.analyses.sensitivity.tornado import Axis
from trialplan.analyses.sensitivity.tornado_page import page
from trialplan.errors import UnreachableError

LOST = TwoProportions(control=0.503, treatment=0.374)
THERE = TwoMeans(difference=0.5, sd=1, test="z")
STEPWISE = [Holm, Hochberg, Fallback, AtLeastOne, Graphical]


class TestAny:
    @pytest.mark.parametrize("rule", STEPWISE)
    def test_one_that_can_be_shown_will_do(self, rule):
        """The n that is found has the power that is asked for, and no fewer do."""
        family = rule(members=(LOST, THERE))
        n = int(family.sample_size(0.8).n)
        assert family.success(n - family.block) < 0.8 <= family.success(n)

    def test_nothing_is_handed_on_by_one_that_cannot_be_shown(self):
        """An endpoint without a share at first waits for another."""
        waits = Graphical(members=(LOST, THERE), initial_weights=(1, 0), transitions=((0, 1), (0, 0)))
        with pytest.raises(UnreachableError, match=r"endpoint 1 \(two-proportions\)"):
            waits.sample_size()

    def test_nothing_that_would_do(self):
        """Every one of them is on the wrong side."""
        with pytest.raises(UnreachableError, match="nothing of what would do can be shown; endpoint 1"):
            Holm(members=(LOST, LOST)).sample_size()

    def test_first_step_is_that_of_one_treatment(self):
        """Of all arms as many as one comparison needs, and no other step matters."""
        steps = FixedSequence(members=(THERE, LOST), wins_if="any", treatments=2)
        assert steps.sample_size().n == THERE.sample_size().n * 3 / 2


class TestAll:
    @pytest.mark.parametrize("rule", [CoPrimary, *STEPWISE])
    def test_every_one_is_needed(self, rule):
        """The one that is on the wrong side is named."""
        needed = {} if rule is CoPrimary else {"wins_if": "all"}
        with pytest.raises(UnreachableError, match="endpoint 2"):
            rule(members=(THERE, LOST), **needed).sample_size()

    def test_treatment_without_an_effect_cannot_be_shown(self):
        """Whatever its endpoint plans for the others."""
        with pytest.raises(UnreachableError, match="hypothesis 2"):
            CoPrimary(members=(THERE, THERE), treatments=2, effect_shares=(1, 0)).sample_size()


class TestTreatments:
    @pytest.mark.parametrize("looks", [False, True])
    @pytest.mark.parametrize(("wins_if", "shares"), [("any", (0, 0)), ("all", (1, 0)), ("first", (0, 1))])
    def test_shares_of_the_effect_count(self, looks, wins_if, shares):
        """At what has no effect no number of participants will do."""
        arms = ManyToOne(design=THERE, effect_shares=shares, wins_if=wins_if)
        with pytest.raises(UnreachableError, match="treatment"):
            (MultiArmMultiStage(design=arms) if looks else arms).sample_size()

    def test_any_other_will_do(self):
        """One of two has the effect."""
        arms = ManyToOne(design=THERE, effect_shares=(0, 1))
        assert arms.success(int(arms.sample_size(0.8).n)) >= 0.8


class TestTornado:
    def test_says_what_the_trial_needs(self):
        """Where any will do a number is needed; where all must be shown nothing is left of one."""

        def sentence(rule):
            family = rule(members=(LOST.replace(control=0.25), THERE))
            axis = {"assumption": "control", "says": "the rate is {}", "unit": "", "planned": 0.25, "source": "ours"}
            one = Axis(**axis, low=0.2, high=0.503, design_at=lambda rate: family.replace(control_1=rate))
            return page([one], 60, 0.8).data["rows"][0]

        any_one, every = sentence(Holm), sentence(CoPrimary)
        assert any_one["n_high"] == Holm(members=(LOST, THERE)).sample_size(0.8).n
        assert "no effect" not in any_one["sentence"]
        assert every["n_high"] is None
        assert "for one of the endpoints that must be shown there is no effect to find" in every["sentence"]
