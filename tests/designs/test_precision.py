"""Designs of a width, at their edges."""

import math

import pytest

from trialplan import PrecisionMean, PrecisionMeanDifference, scenarios


@pytest.mark.parametrize(("design", "n"), [(PrecisionMeanDifference, 4), (PrecisionMean, 2)])
def test_what_is_answered_has_an_interval(design, n):
    """Hardly any width is asked for with hardly any chance: the fewest have a degree of freedom, in a grid, too."""
    asked = design(sd=11.8, width=1.26, probability=1e-100)
    answer = asked.sample_size(asked.width)
    assert (answer.n, math.isfinite(answer.power)) == (n, True)
    grid = scenarios(asked, {"probability": (1e-100, 0.9)}).to_dict()
    assert grid["rows"][0]["n"] == n
    assert math.isfinite(grid["rows"][0]["attained"])
