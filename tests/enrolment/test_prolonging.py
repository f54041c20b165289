"""The time of a design that is asked for: the least at which so many participants have the power."""

import pytest

from trialplan import EventCounts, GroupSequential, LogRank, OneRate, RestrictedMean, TwoMeans, duration
from trialplan.cli.duration import for_design
from trialplan.cli.options.design import CALENDAR
from trialplan.errors import ParameterError, UnreachableError

PLAN = {"hazard_ratio": 0.65, "control_median": 12, "accrual_time": 24, "follow_up_time": 1}


class TestLeastTime:
    def test_of_follow_up_has_the_power_and_a_shorter_one_has_not(self):
        """The power at the time is the one asked for, and a hundredth less has less."""
        design = LogRank(**PLAN)
        found = duration(design, n=300, asked="follow_up_time", power=0.85)
        assert found.design.success(300) == pytest.approx(0.85, abs=1e-9)
        assert design.replace(follow_up_time=0.99 * found.value).success(300) < 0.85

    def test_of_enrolment_at_a_rate_counts_those_who_come(self):
        """n are those whom the rate brings in the time, in whole blocks."""
        found = duration(LogRank(**{**PLAN, "follow_up_time": 12}), asked="accrual_time", enrolment_rate=20)
        assert found.design.success(20 * found.value) == pytest.approx(0.8, abs=1e-9)
        assert 0 <= found.n - 20 * found.value < 2

    def test_is_none_where_all_events_are_too_few(self):
        """100 participants never have 169 events; the sentence says what power there is at most."""
        with pytest.raises(UnreachableError, match=r"however long, power 0\.577 is the most"):
            duration(LogRank(**PLAN), n=100, asked="follow_up_time")

    @pytest.mark.parametrize("asked", [{"n": 300}, {"enrolment_rate": 10}])
    def test_an_effect_on_the_wrong_side_is_told_by_the_design(self, asked):
        """Neither participants nor speed help a hazard ratio that is worse than none, and neither is advised."""
        design, time = LogRank(**PLAN | {"hazard_ratio": 1.5}), "accrual_time"
        with pytest.raises(UnreachableError, match="no number of participants can show"):
            duration(design, asked=time, **asked)

    def test_the_power_is_that_of_the_whole_participants(self):
        """Rounded up to whole blocks they have a little more than what was asked for, and the page says how much."""
        found = duration(LogRank(**{**PLAN, "follow_up_time": 12}), asked="accrual_time", enrolment_rate=20)
        data, text = found.to_dict(), str(found)
        assert data["power"] == found.design.success(found.n) > data["target_power"] == 0.8
        assert f"{data['power']:.3f}" in text
        assert "reach power 0.8" in text

    def test_of_a_time_that_may_be_as_short_as_one_likes_nothing_is_expected(self):
        """The page and the data have no duration or events at a time that nobody asked for."""
        found = duration(LogRank(**PLAN), n=2000, asked="follow_up_time")
        assert found.value == 0
        assert found.summary().startswith("however short follow-up time is, ")
        assert not {"duration", "events"} & set(found.to_dict())
        assert found.to_dict()["power"] is None

    def test_no_option_has_the_name_of_the_calendar_s(self):
        """A rate of the calendar is a month's; a design's is of its own unit of time, and is called otherwise."""
        names = {option.name for option in for_design(LogRank).params}
        assert "enrolment_rate" in names
        assert names.isdisjoint(CALENDAR)

    def test_begins_where_the_design_allows_it(self):
        """Nobody is seen up to a horizon of 18 until six months after enrolment: that is the least, if it is enough."""
        design = RestrictedMean(horizon=18, difference=3, control_median=12, accrual_time=12, follow_up_time=12)
        assert duration(design, n=600, asked="follow_up_time").value == pytest.approx(6, abs=1e-6)

    @pytest.mark.parametrize("asked", ["exposure", "accrual_time"])
    @pytest.mark.parametrize(
        ("design", "n"),
        [
            (EventCounts(control_rate=1, rate_ratio=0.7, dispersion=0.5, accrual_time=1, dropout_rate=0.1), 260),
            (OneRate(null=1, expected=0.7, test="wald", dispersion=0.3, accrual_time=1), 44),
        ],
    )
    def test_of_counts(self, design, n, asked):
        """Of the time that everybody is followed, and of that over which they are enrolled."""
        found = duration(design, n=n, asked=asked, power=0.7)
        assert found.design.success(n) == pytest.approx(0.7, abs=1e-9)
        assert design.replace(**{asked: 0.99 * found.value}).success(n) < 0.7

    def test_counts_vary_however_long_they_are_followed(self):
        """The dispersion leaves a power that no time exceeds."""
        design = EventCounts(control_rate=1, rate_ratio=0.7, dispersion=2)
        with pytest.raises(UnreachableError, match=r"however long, power 0\.24\d? is the most"):
            duration(design, n=100, asked="exposure")

    def test_a_test_that_counts_has_no_least_time(self):
        """Its power falls where the critical count moves; the sentence names the test that has one."""
        with pytest.raises(ParameterError, match="test wald"):
            duration(OneRate(null=1, expected=0.6), n=60, asked="exposure")

    def test_counts_looks(self):
        """Looks ask for a longer follow-up."""
        plain = duration(LogRank(**PLAN), n=300, asked="follow_up_time").value
        looked = duration(
            GroupSequential(design=LogRank(**PLAN), looks=(0.5, 1), efficacy="pocock"), n=300, asked="follow_up_time"
        ).value
        assert looked > 1.05 * plain

    @pytest.mark.parametrize(
        ("design", "more"),
        [
            (TwoMeans(difference=1, sd=1), {"n": 20, "asked": "sd"}),
            (LogRank(**PLAN), {"asked": "follow_up_time"}),
            (LogRank(**PLAN), {"n": 200}),
            (LogRank(**PLAN), {"enrolment_rate": 4, "asked": "follow_up_time"}),
            (LogRank(**PLAN), {"enrolment_rate": -4, "asked": "accrual_time"}),
            (LogRank(**PLAN), {"n": 201, "asked": "follow_up_time"}),
        ],
    )
    def test_what_cannot_be_asked_is_a_sentence(self, design, more):
        """Wrong questions are told what is asked."""
        with pytest.raises(ParameterError):
            duration(design, **more)
