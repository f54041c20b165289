"""The page of a blinded re-estimation: n again, its costs, and what may be looked at."""

import json
import warnings

import pytest

from trialplan import Ancova, TwoMeans, TwoProportions, plan
from trialplan.errors import ParameterError
from trialplan.page import as_csv, as_json_text, as_text
from trialplan.reestimation.page import reestimate

RATES = TwoProportions(control=0.3, treatment=0.5)
MEANS = TwoMeans(difference=0.5, sd=1)


@pytest.fixture(scope="module")
def shipped():
    """The plan's primary endpoint after 100 participants, 40 of whom responded."""
    primary = plan.build(plan.read("msc-lupus-nephritis")).primary
    return reestimate(primary.design, "40/100", target=primary.answer.target, planned=primary.answer.n).page()


class TestRates:
    def test_headline_says_seen_planned_and_new(self, shipped):
        """The first line has the count, both rates, and the new n beside the planned one."""
        assert shipped.headline == (
            "40 of 100 responded, both arms together (40 %; planned 29.4 %): 147 per arm, 294 in all, "
            "+40 to the planned 254"
        )

    def test_words_for_a_committee(self, shipped):
        """It says that nobody is unblinded, what may be looked at, and that an effect is assumed."""
        text = as_text(shipped)
        for words in ("Nobody is unblinded", "not by arm", "belongs in the protocol", "planned effect is assumed"):
            assert words in text

    def test_data_are_whole(self, shipped):
        """JSON has n, the rule, the sizes over the interval, every scale and the courses."""
        data = json.loads(as_json_text(shipped))
        assert (data["n"], data["planned_n"], data["arms"]) == (294, 254, {"treatment": 147, "control": 147})
        assert [row["what"] for row in data["sizes"]] == ["planned", "seen", "95 % from", "95 % to"]
        assert {row["kept"]: row["needed"] for row in data["by_scale"]} == {
            "difference": 294,
            "ratio": 158,
            "odds-ratio": 218,
        }
        assert all(abs(row["type_one_error"] - row["type_one_error_fixed"]) < 0.005 for row in data["courses"])
        assert data["largest_type_one_error"]["type_one_error"] < 0.052
        assert as_csv(shipped).count("\n") == 1 + len(data["courses"])

    def test_minimum_maximum_and_no_room_are_said(self):
        """Where the rule's minimum, its maximum or a lack of room decides n, a note says so."""
        assert "minimum holds n at 186" in as_text(reestimate(RATES, "12/60").page())
        assert "maximum holds n below the 194" in as_text(reestimate(RATES, "30/60", at_most=190).page())
        assert "leaves no room" in as_text(reestimate(RATES, "2/60").page())

    @pytest.mark.parametrize("counted", ["0/60", "60/60"])
    def test_a_rate_without_room_is_no_estimate(self, counted):
        """Where nobody, or everybody, responds the headline says that no n follows, and JSON has none asked for."""
        page = reestimate(RATES, counted).page()
        assert "no n follows from that" in page.headline
        assert next(row for row in page.data["sizes"] if row["what"] == "seen")["needed"] is None

    def test_odd_number_read(self):
        """61 read are used as they are; level and power are for whole blocks, and the page says so."""
        found = reestimate(RATES, "24/61", at_least=60).page()
        assert found.data["blinded"]["of"] == 61
        assert "internal pilot of 60" in as_text(found)

    @pytest.mark.parametrize("text", ["23", "23/", "61/60", "0.4", "-1/60", "0/0", "a/b"])
    def test_counts_that_are_none(self, text):
        """What is no count of responders is one sentence with an example."""
        with pytest.raises(ParameterError, match=r"as in 23/60"):
            reestimate(RATES, text).page()


class TestMeans:
    def test_standard_deviation(self):
        """A blinded standard deviation gives n, its interval and a simulated level with its standard error."""
        found = reestimate(MEANS, sd=1.42, n=60).page()
        assert found.headline.startswith("standard deviation 1.42 of 60, both arms together (planned 1): 128 per arm")
        assert "standard error of the level 0.000" in as_text(found)
        low, high = found.data["blinded"]["interval"]
        assert low < 1.42 < high

    def test_what_is_missing_or_does_not_fit(self):
        """A standard deviation needs its n and means; a rate needs proportions; both or neither are refused."""
        with pytest.raises(ParameterError, match=r"1\.42/60"):
            reestimate(MEANS, sd=1.4).page()
        with pytest.raises(ParameterError, match="has none"):
            reestimate(MEANS, "23/60").page()
        with pytest.raises(ParameterError, match="has none"):
            reestimate(RATES, sd=1.4, n=60).page()
        with pytest.raises(ParameterError, match="one of blinded"):
            reestimate(RATES).page()
        with pytest.raises(ParameterError, match="not for ancova"):
            reestimate(Ancova(difference=1, sd=1, correlation=0.3), "23/60").page()


def test_an_effect_that_all_but_vanishes_leaves_n_as_planned():
    """Where what was seen leaves hardly more than the margin of a ratio, no n is asked for, and none is invented."""
    design = TwoProportions(control=0.05, treatment=0.25, scale="ratio", margin=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = reestimate(design, "12/100").page()
    assert found.data["n"] >= found.data["planned_n"]
    assert all(one["n"] < 1e12 for one in found.data["sizes"])
