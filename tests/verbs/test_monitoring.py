"""What a look saw may be given as it is typed, or in numbers."""

import pytest

import trialplan
from trialplan import GroupSequential, OneProportion, TwoMeans, TwoProportions
from trialplan.errors import ParameterError

RATES = TwoProportions(control=0.3, treatment=0.5)
LOOKED = GroupSequential(design=RATES, looks=(0.5, 1), efficacy="lan-demets-obrien-fleming", futility="z(0)")
MEANS = GroupSequential(
    design=TwoMeans(difference=0.5, sd=1, test="z"), looks=(0.5, 1), efficacy="lan-demets-obrien-fleming"
)


def data(design, **seen):
    """The answer to a look, as data."""
    return trialplan.monitor(design, **seen).to_dict()


class TestForms:
    @pytest.mark.parametrize(
        "events", [((20, 47), (14, 47)), [[20, 47], [14, 47]], ["20/47,14/47"], [((20, 47), (14, 47))]]
    )
    def test_of_one_look(self, events):
        """Text, numbers by arm, or a list with this look alone."""
        assert data(LOOKED, events=events) == data(LOOKED, events="20/47,14/47")

    def test_of_several_looks(self):
        """Each look so far, in text or in numbers; the last is decided, those before it are told."""
        texts = data(LOOKED, events=["20/47,14/47", "45/94,30/94"])
        assert data(LOOKED, events=[((20, 47), (14, 47)), ((45, 94), (30, 94))]) == texts
        assert (texts["look"], len(texts["earlier"])) == (2, 1)

    def test_of_a_later_look_alone(self):
        """What is taken for granted of the looks of which nothing is told is said, and in the data."""
        alone = trialplan.monitor(LOOKED, events="45/95,30/95", look=2)
        assert "Nothing is told of look 1: it is assumed to have been taken as planned" in str(alone)
        assert alone.to_dict()["assumed_looks"] == [1]
        for told in (["20/47,14/47", "45/94,30/94"], "20/47,14/47"):
            known = trialplan.monitor(LOOKED, events=told)
            assert "Nothing is told" not in str(known)
            assert known.to_dict()["assumed_looks"] == []

    def test_of_a_later_look_at_counts(self):
        """So it is where looks count responses."""
        trial = trialplan.ExactGroupSequential(
            design=OneProportion(null=0.05, expected=0.2), looks=(0.4, 0.7, 1), efficacy="lan-demets-pocock"
        )
        sizes = trial.counts(30).sizes
        alone = trialplan.monitor(trial, events=f"6/{sizes[2]}", look=3, n=30)
        assert "Nothing is told of looks 1 and 2: they are assumed" in str(alone)
        each = trialplan.monitor(trial, events=[f"1/{sizes[0]}", f"3/{sizes[1]}", f"6/{sizes[2]}"], n=30)
        assert (alone.to_dict()["assumed_looks"], each.to_dict()["assumed_looks"]) == ([1, 2], [])

    def test_of_one_arm(self):
        """A pair is one look of one arm, several are several looks."""
        single = GroupSequential(design=OneProportion(null=0.2, expected=0.4, test="score"), looks=(0.5, 1))
        n = single.sample_size(0.8).n
        half = round(n / 2)
        assert data(single, events=(9, half)) == data(single, events=f"9/{half}")
        both = [(9, half), (20, n)]
        assert data(single, events=both) == data(single, events=[f"9/{half}", f"20/{n}"])

    def test_of_a_statistic(self):
        """A z is a number, several are several looks."""
        assert data(MEANS, z=1.2) == data(MEANS, z=[1.2])
        assert data(MEANS, z=[1.2, 2.3])["look"] == 2
        assert data(MEANS, means=((0.6, 32), (0.2, 32))) == data(MEANS, means="0.6/32,0.2/32")

    def test_of_both_arms_together(self):
        """Responders or a standard deviation, of participants."""
        assert (
            trialplan.reestimate(RATES, blinded=(23, 60)).to_dict()
            == trialplan.reestimate(RATES, blinded="23/60").to_dict()
        )
        means = TwoMeans(difference=0.5, sd=1)
        assert (
            trialplan.reestimate(means, blinded_sd=(1.42, 60)).n == trialplan.reestimate(means, blinded_sd="1.42/60").n
        )


class TestRefused:
    def test_in_pythons_words(self):
        """A sentence names the argument, not an option of the command line."""
        for seen, way in (
            ({}, "one of events, means, times, z and t, as in"),
            ({"events": "20/47,14/47", "z": 1}, "not events and z"),
            ({"events": "20 of 47"}, "events must be what was seen"),
            ({"z": 1, "look": 1.5}, "look must be a whole number"),
            ({"z": 1, "n": 188, "power": 0.8}, "power and n are both given"),
        ):
            with pytest.raises(ParameterError, match=way) as refused:
                trialplan.monitor(LOOKED, **seen)
            assert "--" not in str(refused.value)

    def test_a_design_without_looks(self):
        """A rule is needed to hold a look against."""
        with pytest.raises(
            ParameterError, match=r"add looks around the design, as in GroupSequential\(design=..., looks=\(0.5, 1\)\)"
        ):
            trialplan.monitor(RATES, events="20/47,14/47")
