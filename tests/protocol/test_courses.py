"""Endpoints that are times are drawn over time in the documents, each at the number of the trial."""

import pytest

from trialplan.plan import build, read
from trialplan.protocol.content.figures import courses


@pytest.fixture(scope="module")
def trial():
    return build(read("lupus-nephritis-failure"))


class TestCourses:
    def test_a_key_secondary_time_is_drawn_at_the_trials_number(self, trial):
        """The time to failure, by the trial's names of its arms; counts and measurements have no course."""
        ((name, (drawn, of)),) = courses(trial).items()
        assert (name, of) == ("over-time-secondary-1", "time to treatment failure")
        assert drawn.enrolled[-1] == pytest.approx(trial.n_randomised)
        assert [arm for arm, _ in drawn.at_risk] == ["treatment", "placebo"]
        assert sum(numbers[0] for _, numbers in drawn.at_risk) == pytest.approx(trial.n_randomised)
