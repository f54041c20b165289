"""The shipped plan whose key secondary is a time to treatment failure in everybody randomised."""

import math

import pytest

from trialplan.verbs.planning import build


@pytest.fixture(scope="module")
def trial():
    """The plan, built."""
    return build("lupus-nephritis-failure")


class TestPlan:
    def test_failure_is_counted_in_everybody_and_relapse_is_never_tested(self, trial):
        """Time to failure is next in order after the primary, at its n; relapse has no design."""
        primary, failure, flares, proteinuria, relapse = trial.endpoints
        assert trial.n_randomised == 226
        assert [one.design.slug() for one in (primary, failure, flares, proteinuria)] == [
            "two-proportions",
            "log-rank",
            "event-counts",
            "repeated-measures",
        ]
        assert relapse.name == "relapse"
        assert relapse.design is None

    def test_the_pieces_are_what_their_sources_say(self, trial):
        """64 of 72 without rescue at 12 months, 34 of 59 without failure after the visit then."""
        control = trial.endpoints[1].design.control
        assert control.survival(12.5) == pytest.approx(34 / 59, abs=0.001)
        assert control.hazards[0] == pytest.approx(-math.log(64 / 72) / 12, abs=5e-5)
        treatment, _ = trial.endpoints[1].design.curves
        assert treatment.survival(12.5) == pytest.approx(0.72, abs=0.002)
