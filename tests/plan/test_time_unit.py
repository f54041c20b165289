"""What a plan's times are in: said once for an endpoint, it stands beside every time and rate of the design."""

import re

import pytest
from small_plans import built, prose, stated

from trialplan import (
    EventCounts,
    GroupSequential,
    LogRank,
    OneRate,
    RestrictedMean,
    TwoProportions,
    effect,
    scenarios,
    tornado,
)
from trialplan.errors import ParameterError, PlanError
from trialplan.size_statement import statement

TIMES = stated(control_median=1, accrual_time=12, follow_up_time=6, hazard_ratio=0.6, dropout_rate=0.01)
TRIAL = {"control_median": 12, "accrual_time": 12, "follow_up_time": 12}
PRIMARY = ('missing = "non-response"\n', "")


@pytest.fixture
def trial(tmp_path):
    """A trial of survival whose plan says a unit of time, or none."""

    def of(unit, more=""):
        said = [] if unit is None else [('role = "primary"\n', f'role = "primary"\ntime_unit = "{unit}"\n')]
        changes = [PRIMARY, *said]
        return built(tmp_path, design="log-rank", assumptions=TIMES, target=0.6, changes=changes, more=more)

    return of


class TestDocument:
    def test_every_time_has_the_unit_that_the_plan_says(self, trial):
        """One is a month, several are months, and a rate is per month; no unit of time is left without a name."""
        text = prose(trial("months"))
        assert "median time to the event in the control arm is 1 month, " in text
        assert re.search(r"over which participants are enrolled is 12 months\b", text)
        assert re.search(r"leave, in both arms .*? 0\.01 per month|leave is 0\.01 per month", text)
        assert "of time" not in re.sub(
            r"(?:length|point|piece|lapse|course)s? of time", "", text.split("# Checklists")[0]
        )

    def test_nothing_is_guessed(self, trial):
        """A plan that says none has units of time, as its design declares them."""
        assert "is 12 units of time" in prose(trial(None))

    def test_no_number_changes(self, trial):
        """A unit changes words alone."""
        months, none = trial("months"), trial(None)
        assert months.answer.n == none.answer.n
        assert months.design.assumptions() == none.design.assumptions()

    def test_looks_by_events_are_dated_in_it(self, trial):
        """The calendar of looks that wait for events is the design's own, whose times are years here."""
        page = str(trial("years", more='\n[monitoring]\nlooks = [0.5, 1.0]\nefficacy = "obrien-fleming"\n').answer)
        assert re.search(r"events +year +year, events faster", page)
        assert "month" not in page


class TestRefused:
    def test_where_a_design_has_no_times(self, tmp_path):
        """It would be dropped in silence."""
        with pytest.raises(PlanError, match="two-proportions has none; leave it out"):
            built(tmp_path, changes=[('role = "primary"\n', 'role = "primary"\ntime_unit = "months"\n')])

    def test_what_is_no_unit(self):
        """In Python too, with all that there are."""
        with pytest.raises(
            ParameterError, match="must be one of minutes, hours, days, weeks, months, years, not 'moons'"
        ):
            TwoProportions(control=0.2, treatment=0.4, time_unit="moons")

    def test_in_python_what_would_change_no_word(self):
        """A design without times has no unit of them; looks have that of the design that they look at, or a refusal."""
        with pytest.raises(ParameterError, match="two-proportions has none; leave it out"):
            TwoProportions(control=0.2, treatment=0.4, time_unit="months")
        with pytest.raises(ParameterError, match="say time_unit='weeks' of the design"):
            GroupSequential(design=LogRank(hazard_ratio=0.7, **TRIAL), looks=(0.5, 1.0), time_unit="weeks")
        looks = GroupSequential(design=LogRank(hazard_ratio=0.7, **TRIAL, time_unit="weeks"), looks=(0.5, 1.0))
        assert looks.time_unit == looks.replace(alpha=0.01).time_unit == "weeks"


class TestDesigns:
    def test_a_scale_that_is_a_time(self):
        """An effect in months, and a rate per year."""
        numbers = {"control_median": 12, "accrual_time": 12, "follow_up_time": 12, "horizon": 12}
        means = RestrictedMean(difference=1, time_unit="months", **numbers)
        assert means.outcome.effect_scale(means).unit == "months"
        rate = OneRate(null=2, expected=1, time_unit="years")
        assert rate.outcome.effect_scale(rate).unit == "per year"

    def test_around_a_design(self):
        """Looks leave the unit as it is, and so does another number."""
        design = LogRank(hazard_ratio=0.7, control_median=12, accrual_time=12, follow_up_time=12, time_unit="weeks")
        assert design.replace(hazard_ratio=0.6).time_unit == "weeks"
        assert design.declarations()["control_median"].unit == "weeks"

    def test_the_paragraph_to_copy(self):
        """Times have their unit where it is named."""
        design = LogRank(hazard_ratio=0.7, control_median=12, accrual_time=12, follow_up_time=12, time_unit="weeks")
        assert "control arm is 12 weeks, " in statement(design.sample_size(0.8))

    def test_of_one_it_is_one(self):
        """A year, not 1 years."""
        told = statement(EventCounts(control_rate=0.8, rate_ratio=0.7, exposure=1, time_unit="years").sample_size(0.8))
        assert " 1 year" in told
        assert " 1 years" not in told

    def test_a_number_that_is_varied(self):
        """A tornado's sentence and a picture's axis name the unit, of the effect on another scale too."""
        design = LogRank(hazard_ratio=0.7, **TRIAL, time_unit="months")
        told = str(tornado(design, {"control_median": (8, 16)}))
        assert "8 months instead of 12 months" in told or "16 months instead of 12 months" in told
        asked = {"control_median": (10, 12), "treatment_median": (16, 18)}
        drawn = scenarios(design, asked, power=0.8).figure()
        assert drawn.x_name.endswith(", in months")
        assert drawn.y_name.endswith(" in months")

    def test_an_effect_that_is_a_time(self):
        """What so many participants show is so many months."""
        means = RestrictedMean(difference=1, horizon=12, **TRIAL, time_unit="months")
        assert re.match(r"difference = [\d.]+ months, and none lower", effect(means, 200, 0.8).page().headline)
