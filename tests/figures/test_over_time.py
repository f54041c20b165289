"""The trial over time: curves with those at risk, and what the calendar brings."""

import numpy as np
import pytest

from trialplan import CompetingRisks, GroupSequential, LogRank, OneMilestone, TwoMeans, figures, size
from trialplan.errors import ParameterError

PLAN = {"accrual_time": 12, "follow_up_time": 12, "dropout_rate": 0.02}
DESIGNS = [
    LogRank(hazard_ratio=0.6, control_median=12, **PLAN),
    LogRank(hazard_ratio=0.6, control_hazard=(0.02, 0.08), hazard_changes=(5,), longest_follow_up=15, **PLAN),
    CompetingRisks(hazard_ratio=0.6, control_hazard=0.05, competing_hazard=0.03, **PLAN),
    CompetingRisks(hazard_ratio=0.6, control_hazard=0.05, competing_hazard=0.03, compared="subdistribution", **PLAN),
    OneMilestone(milestone=10, null=0.3, expected=0.5, **PLAN),
]


class TestNumbers:
    @pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.slug())
    def test_those_at_risk_are_drawn_participants(self, design):
        """As many as are still followed without the event at each time."""
        n = 200_000
        drawn = design.draw(n, 1, np.random.default_rng(1))
        arms = drawn if isinstance(drawn, tuple) else (drawn,)
        for time in (0.5, 7.0, 13.0):
            for arm, expected in zip(arms, design.at_risk(n, time), strict=True):
                assert (arm[..., 1] >= time).sum() == pytest.approx(expected, abs=5 * expected**0.5 + 5)

    def test_looks_lie_on_the_line_of_events(self):
        """Each at its month and its number of events, and the last at the end."""
        answer = size(GroupSequential(design=DESIGNS[0], looks=(0.5, 1)))
        drawn = answer.figure()
        assert isinstance(drawn, figures.OverTime)
        for month, events in drawn.looks:
            assert np.interp(month, drawn.calendar, drawn.events) == pytest.approx(events, rel=1e-3)
        assert drawn.enrolled[-1] == pytest.approx(answer.n)
        assert "2 looks: " in drawn.alt()

    def test_the_table_has_those_at_risk_at_the_marks(self):
        """Some fifty rows and not all the points of the drawing; each mark has the whole participants of each arm."""
        drawn = size(DESIGNS[0]).figure()
        columns, rows = drawn.table()
        at_risk = columns.index("at risk, treatment")
        marked = {row[0]: row[at_risk] for row in rows if row[at_risk] is not None}
        assert marked == pytest.approx(dict(zip(drawn.marks, drawn.at_risk[0][1], strict=True)), abs=0.5)
        assert all(count == round(count) for count in marked.values())
        assert len(rows) < 60


class TestPicture:
    @pytest.mark.parametrize("design", [DESIGNS[1], DESIGNS[4]], ids=lambda design: design.slug())
    def test_is_drawn(self, design):
        """Of one arm or two, with a line and numbers at risk for each."""
        drawn = size(design).figure().draw()
        ids = [part.get_gid() for part in drawn.findobj() if part.get_gid()]
        for arm in design.arm_names:
            assert f"share {arm}" in ids
            assert f"at risk {arm}" in ids

    def test_other_outcomes_have_power(self):
        """Means have no course in time."""
        assert isinstance(size(TwoMeans(difference=1, sd=1)).figure(), figures.Curves)

    def test_a_line_of_another_length(self):
        """Is refused."""
        with pytest.raises(ParameterError, match="a value for each month"):
            figures.OverTime(
                time=[0, 1], shares=[], marks=[0], at_risk=[], calendar=[0, 1], events=[0], enrolled=[0, 1]
            )
