"""What those who can be recruited can show: each effect on the scale on which it is read."""

import pytest

from trialplan import OneProportion, TwoProportions
from trialplan.enrolment.showing import what_is_shown


@pytest.mark.parametrize(
    ("design", "n", "least"),
    [
        (OneProportion(null=0.1, expected=0.3), 29, 0.196),
        (OneProportion(null=0.3, expected=0.1, favourable="lower"), 20, -0.222),
        (TwoProportions(control=0.3, treatment=0.15, favourable="lower"), 242, -0.15),
        (TwoProportions(control=0.3, treatment=0.15, favourable="lower", scale="ratio"), 242, 0.501),
        (TwoProportions(control=0.3, treatment=0.45, scale="odds-ratio"), 326, 1.907),
    ],
)
def test_the_smallest_effect(design, n, least):
    """One arm's rate is read from the null, ratios as ratios; each gives back the rate that `effect` finds."""
    (found,) = what_is_shown(design, [n], 0.8)
    assert found.detectable == pytest.approx(least, abs=6e-4)
    rate = float(design.detectable_effect(n, 0.8))
    if len(design.arm_names) == 1:
        assert found.detectable == pytest.approx(rate - float(design.null))
    elif design.scale == "ratio":
        assert found.detectable == pytest.approx(rate / 0.3)
