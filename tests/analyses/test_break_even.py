"""Break-even points: checked by sizing the trial again at the value that they name."""

import pytest

from trialplan import TwoProportions
from trialplan.analyses.sensitivity.break_even import break_even

PLANNED = TwoProportions(control=0.25, treatment=0.4)


def bridged(control):
    """The design at another control rate, half of the excess of 0.55 believed."""
    return PLANNED.replace(control=control, treatment=(control + 0.55) / 2)


class TestBreakEven:
    def test_the_points_are_what_they_say(self):
        """At the named control rates n is twice the planned one, power is a half, and the effect is nought."""
        n = PLANNED.sample_size(0.8).n
        found = break_even(bridged, 0.25, 1.0, n=n, target=0.8, assumption="control rate")
        assert bridged(found.n_doubles).unrounded(0.8) == pytest.approx(2 * PLANNED.unrounded(0.8), rel=1e-6)
        assert bridged(found.half_power).success(n) == pytest.approx(0.5, abs=1e-7)
        assert found.effect_gone == pytest.approx(0.55, abs=1e-6)

    def test_a_shrunken_odds_ratio_keeps_the_control_rate(self):
        """Shrinking the odds ratio by the planned one leaves no effect."""
        planned = (0.4 / 0.6) / (0.25 / 0.75)
        assert PLANNED.outcome.shrunk(PLANNED, 1 / planned).treatment == pytest.approx(0.25)
        found = break_even(
            lambda ratio: PLANNED.outcome.shrunk(PLANNED, ratio), 1.0, 1e-3, n=300, target=0.8, assumption="ratio"
        )
        assert found.effect_gone == pytest.approx(1 / planned, rel=1e-6)

    def test_what_is_not_reached_is_none(self):
        """An assumption that cannot break the trial before the end of its domain says so."""
        found = break_even(bridged, 0.25, 0.26, n=10_000, target=0.8, assumption="control rate")
        assert (found.n_doubles, found.half_power, found.effect_gone) == (None, None, None)
