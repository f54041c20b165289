"""What the numbers of every design are called in a sentence: words that stand alone, in the number of their values."""

from __future__ import annotations

import re
import warnings

import pytest

from trialplan import catalogue
from trialplan.design import Design
from trialplan.designs.log_rank import LogRank
from trialplan.designs.one_proportion import OneProportion
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import TrialplanError
from trialplan.parameter import Parameter, parameters, typical, with_role

LABELS = {
    one.label for design in catalogue.designs().values() for one in parameters(design).values() if not one.choices
}

NO_NOUN = re.compile(r"(?:of|to|how|what|whether|where|\d)\b")

OF_TWO = re.compile(
    r"both arms|(?:the|under|in|of) treatment\b(?!'s)|^(?:adjusted )?treatment (?:mean|rate)|to control$"
)
"""Words for the treatment of two arms: what is in its favour, or before and after it, is as true of several."""

POINTS_BACK = re.compile(r"\b(?:they|these|this|such|that (?:share|difference|visit|event))\b")
"""Words for something that another sentence has named."""


class TestLabels:
    def test_stand_alone(self):
        """They begin with a noun, and speak of nothing that is named elsewhere."""
        assert [one for one in LABELS if NO_NOUN.match(one) or POINTS_BACK.search(one)] == []

    @pytest.mark.parametrize(
        ("meaning", "axis", "value", "said"),
        [
            ("rate in the control arm, one for each stratum", "strata", 0.3, "the rate in the control arm is"),
            ("rate in the control arm", "strata", (0.3, 0.4), "the rates in the control arm by strata are"),
            ("probability of each category in an arm", "categories", (0.3, 0.4), "the probabilities of each category"),
            ("times of the visits, where they are not 1, 2", "visits", (1.0, 2.0), "the times of the visits are"),
            ("correlation of two visits", "correlations", (0.3, 0.4), "the correlations of two visits are"),
            ("relative size of strata", "strata", (1.0, 2.0), "the relative sizes of strata are"),
            ("odds of a later category, wherever they are cut", "", 1.6, "the odds of a later category are"),
            ("mean difference within pairs", "", 1.6, "the mean difference within pairs is"),
        ],
    )
    def test_are_as_many_as_the_values(self, meaning, axis, value, said):
        """Several values are, by what they go unless that is said; one value is."""
        assert Parameter(meaning, axis=axis).clause(value).startswith(said)

    def test_of_a_vector_with_one_value(self):
        """What speaks of several says what one of them is called, and its verb is that of one."""
        plural = {
            f"{slug}: {one.label}"
            for slug, cls in catalogue.designs().items()
            for one in parameters(cls).values()
            if one.axis and one.clause((1.0,)).endswith(" are")
        }
        assert plural == set()
        assert (
            parameters(LogRank)["hazard_changes"].called((8.89,)) == "time since enrolment at which the hazards change"
        )

    def test_of_several_treatments(self):
        """What speaks of the treatment, or of both arms, of two says what it is called of each of several."""
        silent = {
            f"{slug}: {one.label}"
            for slug, cls in catalogue.designs().items()
            if cls.arm_names == ("treatment", "control") and issubclass(cls, Design)
            for one in parameters(cls).values()
            if OF_TWO.search(one.label) and not one.of_each
        }
        assert silent == set()
        assert parameters(TwoProportions)["treatment"].of_each_treatment().label == "rate in each treatment arm"

    def test_of_a_fixed_rate_with_a_margin(self):
        """Only a single arm that is to beat a rate speaks of one not worth pursuing, and of hope."""
        beaten = OneProportion(null=0.3, expected=0.5).declarations()
        held = OneProportion(null=0.3, expected=0.3, goal="non-inferiority", margin=0.1).declarations()
        assert "worth pursuing" in beaten["null"].label
        assert [held[name].label for name in ("null", "expected")] == [
            "fixed rate that the treatment is held against",
            "rate expected under the treatment",
        ]


def test_shares_that_leave_out_the_last_are_said_to():
    """Two of three probabilities are not those of each category; all three are."""
    declared = parameters(catalogue.design("ordered-categories"))["control"]
    assert declared.called((0.15, 0.3)) == "probabilities of each category but the last in the control arm"
    assert declared.called((0.15, 0.3, 0.55)) == "probabilities of each category in the control arm"


@pytest.mark.parametrize("slug", ["restricted-mean", "milestone", "one-restricted-mean", "one-milestone"])
def test_a_time_that_the_planners_set_is_a_choice(slug):
    """Nobody can be wrong about a horizon or a milestone, so neither is a doubt."""
    assert with_role(catalogue.design(slug), "choice") == (("horizon",) if "mean" in slug else ("milestone",))


@pytest.mark.parametrize("slug", ["two-means", "ancova", "paired-means", "crossover", "milestone"])
def test_next_to_no_difference_is_refused_in_a_sentence(slug):
    """What overflows on the way is no traceback and no warning."""
    cls = catalogue.design(slug)
    asked = cls(**{**typical(cls), "difference": 1e-200})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TrialplanError, match="no number of participants up to"):
            asked.sample_size(0.8)
