"""Two criteria at once: where one takes over from the other the chance of success has a kink."""

import pytest

from trialplan import DualCriterionMeans, DualCriterionProportions

KINKED = [
    (DualCriterionProportions(control=0.41, treatment=0.56, relevant=0.1, alpha=0.005, sides=1), 0.9, 656),
    (
        DualCriterionProportions(control=0.5, treatment=0.77, relevant=0.251, alpha=0.05, sides=1, allocation="1:3"),
        0.5,
        52,
    ),
    (DualCriterionProportions(control=0.31, treatment=0.44, relevant=0.091), 0.8, 434),
    (DualCriterionMeans(difference=0.3231, sd=1.38, relevant=0.295, alpha=0.1, sides=1, allocation="7:3"), 0.5, 150),
]


@pytest.mark.parametrize(("design", "target", "n"), KINKED)
def test_the_fewest_beside_a_kink(design, target, n):
    """The n is the fewest by counting up all of them, whatever the last steps of a search promise."""
    answer = design.sample_size(target)
    assert answer.n == n == next(k for k in range(design.block, n + 1, design.block) if design.success(k) >= target)
    assert sum(answer.arms_unrounded.values()) == pytest.approx(design.unrounded(target))
