"""Time points that agree, and losses that are part of a planning rate only where the rate is of everybody."""

import pytest
from small_plans import built, prose, stated

from trialplan.errors import PlanError
from trialplan.protocol.content.context import context
from trialplan.protocol.content.filters import FILTERS

OUTCOME = '{ study = "wang-2013", outcome = "complete remission", denominator = "DENOMINATOR" }'
DRAWN = (
    stated(control=0.1)
    + f'[endpoint.assumptions.treatment]\nevidence = {OUTCOME}\nbridge = {{ acknowledge_uncontrolled = "as it is" }}\n'
)


def losses(text):
    """What the protocol says of losses."""
    return text.split("**Losses.**")[1].split("\n\n")[0]


class TestTimes:
    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("12 months after", "6 months after", "the name 'response at 12 months' means 12 months, and timepoint"),
            ("12 months after", "26 weeks after", "means 5.98"),
            ("12 months after", "14 months after", "means 14"),
            ('timepoint = "12', 'timepoint_months = 24\ntimepoint = "12', "timepoint_months = 24 means 24"),
        ],
    )
    def test_times_that_differ_are_refused(self, tmp_path, old, new, words):
        """Name, time point and months tell one time, or the plan is refused with both."""
        with pytest.raises(PlanError, match=words):
            built(tmp_path, changes=((old, new),))

    @pytest.mark.parametrize(
        "time", ["52 weeks", "365 days", "1 year", "12-month visit", "13 months", "the visits at 6 and 12 months"]
    )
    def test_other_words_for_one_time_agree(self, tmp_path, time):
        """Weeks, days and years are converted, and a visit's name is no second time."""
        assert built(tmp_path, changes=(("12 months after", f"{time} after"),)).n_randomised

    def test_one_month_is_singular(self):
        """A month is not 1 months."""
        assert (FILTERS["months"](1), FILTERS["months"](12)) == ("1 month", "12 months")


class TestPlanningRates:
    def test_completers_are_told_with_what_everybody_would_give(self, tmp_path):
        """23 of 83 leave out four of 87 enrolled, so losses are not part of that rate."""
        how = {"assumptions": DRAWN.replace("DENOMINATOR", "reported"), "target": 0.177}
        said = losses(prose(built(tmp_path, **how)))
        assert (
            "**Warning.** The rate in the treatment arm is 23 of 83, of 87 enrolled: it does not contain them" in said
        )
        assert "would be 23 of 87" in said
        assert "The rate in the control arm contains them only if it is of everybody enrolled" in said
        assert "both" not in said

    def test_a_rate_of_everybody_contains_them(self, tmp_path):
        """Counted with all enrolled the rate contains its losses."""
        how = {"assumptions": DRAWN.replace("DENOMINATOR", "enrolled"), "target": 0.164}
        said = losses(prose(built(tmp_path, **how)))
        assert "The rate in the treatment arm is of everybody enrolled, and contains them." in said
        assert "Warning" not in said

    def test_a_single_arm_has_one_rate(self, tmp_path):
        """The threshold of a single arm is no rate that losses could be part of."""
        how = {"design": "one-proportion", "assumptions": stated(null=0.2, expected=0.4), "target": 0.4}
        said = losses(prose(built(tmp_path, **how)))
        assert said.count("only if it is of everybody enrolled") == 1
        assert "not be worth pursuing" not in said

    def test_means_have_none(self, tmp_path):
        """Where there are no rates none are spoken of."""
        how = {"design": "two-means", "assumptions": stated(difference=0.5, sd=1), "target": 0.5}
        assert "rate" not in losses(prose(built(tmp_path, **how)))


class TestUnequalArms:
    DISCOUNTED = stated(control=0.2) + (
        '[endpoint.assumptions.treatment]\nevidence = { study = "wang-2012", outcome = "complete remission", '
        'arm = "single" }\nbridge = { discount = 0.5, source = "w" }\n'
    )

    def test_the_range_is_of_every_arm(self, tmp_path):
        """It goes from the smallest arm of any reading to the largest, whatever the allocation."""
        changes = (('allocation = "1:1"', 'allocation = "2:1"'),)
        said = context(built(tmp_path, assumptions=self.DISCOUNTED, target=0.167, changes=changes))
        cells = [cell for row in said["by_discount"] for cell in row.cells if cell.n is not None]
        sizes = [arm.n for cell in cells for arm in cell.arms]
        assert said["range"].least == min(sizes) < min(max(arm.n for arm in cell.arms) for cell in cells)
        assert said["range"].most.replace(",", "") in (str(max(sizes)), "more than 10000")
