"""What a plan's times are in: said once for an endpoint, it stands beside every time and rate of the design."""

import re

import pytest
from small_plans import built, prose, stated

from trialplan import LogRank, OneRate, RestrictedMean, TwoProportions
from trialplan.errors import ParameterError, PlanError
from trialplan.size_statement import statement

TIMES = stated(control_median=1, accrual_time=12, follow_up_time=6, hazard_ratio=0.6, dropout_rate=0.01)
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
