"""The picture of a size: power against participants, or the boundaries of its looks, with the answer's own numbers."""

from __future__ import annotations

import pytest

from trialplan import GroupSequential, PrecisionProportion, TwoMeans, TwoProportions
from trialplan.analyses.size_picture import picture
from trialplan.errors import ParameterError
from trialplan.figures import render


def test_of_a_trial_without_looks():
    """A curve over whole blocks, with the answer on it."""
    design = TwoMeans(difference=0.5, sd=1, allocation="2:1")
    answer = design.sample_size(0.9)
    curve = picture(answer, "level 0.05")
    assert curve.chosen == (answer.n, answer.success)
    assert curve.target == 0.9
    assert all(n % 3 == 0 for n in curve.x)
    (_, values), at = curve.lines[0], list(curve.x).index(answer.n)
    assert values[at] == pytest.approx(answer.success)
    assert values[0] < 0.5 < 0.95 < values[-1]
    assert render(curve, ".svg")


def test_of_a_trial_with_looks():
    """Every bound of the answer, and its mirror image where the test has two sides."""
    answer = GroupSequential(
        design=TwoProportions(control=0.3, treatment=0.5), looks=(0.5, 1), futility="lan-demets-pocock"
    ).sample_size(0.8)
    drawn = picture(answer, "control 0.3")
    looks = answer.extra["looks"]
    assert list(drawn.participants) == [look["n"] for look in looks]
    assert drawn.efficacy == ([look["efficacy_z"] for look in looks], [look["effect_at_efficacy"] for look in looks])
    assert drawn.opposite[0] == [-look["efficacy_z"] for look in looks]
    assert drawn.futility[0] == [looks[0]["futility_z"], None]
    assert (drawn.null, drawn.planned, drawn.fixed) == (0.0, pytest.approx(0.2), "control 0.3")
    assert render(drawn, ".png")


def test_of_what_has_no_power():
    """Is refused with what can be written."""
    with pytest.raises(ParameterError, match=r"no power .* write \.json"):
        picture(PrecisionProportion(expected=0.2, width=0.2).sample_size())
