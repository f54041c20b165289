"""Superiority by a margin: rpact's numbers, simulated trials, and the mirror image that non-inferiority is of it."""

from __future__ import annotations

import numpy as np
import pytest

from trialplan.designs.ancova import Ancova
from trialplan.designs.ratio_of_means import RatioOfMeans
from trialplan.designs.two_means import TwoMeans
from trialplan.designs.two_proportions import TwoProportions
from trialplan.errors import ParameterError, UnreachableError

TWICE = {"control": 0.05, "treatment": 0.25, "scale": "ratio", "margin": 2}
"""At least twice the control's rate, the goal being superiority."""

DESIGNS = [
    TwoProportions(control=0.4, treatment=0.65, margin=0.1),
    TwoProportions(control=0.4, treatment=0.65, margin=0.1, test="wald", allocation="2:1"),
    TwoProportions(control=0.65, treatment=0.4, margin=0.1, favourable="lower"),
    TwoProportions(control=0.3, treatment=0.55, scale="ratio", margin=1.3),
    TwoProportions(control=0.55, treatment=0.3, scale="ratio", margin=0.8, favourable="lower"),
    TwoProportions(control=0.3, treatment=0.6, scale="odds-ratio", margin=1.5),
    TwoProportions(control=0.3, treatment=0.6, scale="odds-ratio", margin=1.5, test="log-odds"),
    TwoProportions(control=0.3, treatment=0.6, scale="odds-ratio", margin=1.5, test="log-odds-null-variance"),
    TwoProportions(control=0.3, treatment=0.5, scale="ratio", margin=1.2, test="log-ratio"),
    TwoMeans(difference=0.8, sd=1, margin=0.3),
    TwoMeans(difference=-0.8, sd=1, sd_treatment=1.4, margin=0.3, favourable="lower", test="welch"),
    TwoMeans(difference=0.8, sd=1, margin=0.3, test="z"),
    Ancova(difference=0.8, sd=1, correlation=0.5, margin=0.3),
    Ancova(ratio=2.0, scale="ratio", sd=1, correlation=0.5, margin=1.2),
    RatioOfMeans(ratio=2.0, cv=0.8, margin=1.25),
    RatioOfMeans(ratio=0.5, cv=0.8, margin=0.8, favourable="lower"),
]


def name(design):
    """The class and what is not as usual."""
    return f"{design.slug()} {design.scale} {design.test} {design.favourable}"


@pytest.mark.parametrize(
    ("more", "treatment", "control"),
    [
        ({}, 217.5, 217.5),
        ({"allocation": "2:3"}, 165.7, 248.5),
        ({"allocation": "2:3", "alpha": 0.05, "sides": 1}, 133.9, 200.9),
    ],
)
def test_of_a_ratio_as_in_rpact(more, treatment, control):
    """The sizes are those of rpact 4.5, getSampleSizeRates with riskRatio and thetaH0 = 2, at power 0.9."""
    arms = TwoProportions(**TWICE, **more).sample_size(0.9).arms_unrounded
    assert (arms["treatment"], arms["control"]) == pytest.approx((treatment, control), abs=0.05)


def test_level_is_that_of_non_inferiority():
    """One limit is tested in one direction, so that the usual level is 0.025 one-sided, and a stated one is kept."""
    design = TwoProportions(**TWICE)
    assert (design.alpha, design.sides, design.two_tailed) == (0.025, 1, False)
    assert (design.replace(margin=None).alpha, design.replace(margin=None).sides) == (0.05, 2)
    two_sided = design.replace(alpha=0.05, sides=2)
    assert two_sided.power(400) == design.power(400)


@pytest.mark.parametrize("design", DESIGNS, ids=name)
def test_trials_show_the_power_and_keep_the_level(design):
    """Simulated trials show the power at the planned n, and the level where the treatment is better by the margin."""
    n = design.sample_size(0.8).n
    power = design.simulate(n, 20_000, np.random.default_rng(3)).power
    assert power == pytest.approx(float(design.power(n)), abs=0.025)
    (null,) = design.at_null()
    assert null.simulate(n, 20_000, np.random.default_rng(4)).power == pytest.approx(0.025, abs=0.006)


@pytest.mark.parametrize("design", DESIGNS, ids=name)
def test_an_effect_short_of_the_margin_is_refused(design):
    """What is better, and not by the margin, cannot be shown by any number."""
    null = float(design.null_values()[0])
    short = null - 0.01 if design.upward else null + 0.01
    with pytest.raises(UnreachableError, match="limit"):
        design.replace(**{design.effect: short}).sample_size(0.8)


def test_of_means_is_a_shift():
    """Superiority by a margin of a difference is superiority of what is left of it: Student's t, as Julious (2004)."""
    shifted = TwoMeans(difference=0.5, sd=1, alpha=0.025, sides=1)
    assert TwoMeans(difference=0.8, sd=1, margin=0.3).sample_size(0.9).n == shifted.sample_size(0.9).n


@pytest.mark.parametrize(
    "cls_numbers",
    [
        (RatioOfMeans, {"cv": 0.4, "ratio": 1.0}),
        (Ancova, {"ratio": 1.0, "sd": 1, "correlation": 0.5, "scale": "ratio"}),
    ],
)
@pytest.mark.parametrize(
    ("goal", "favourable", "wrong"),
    [
        ("non-inferiority", "higher", 1.25),
        ("non-inferiority", "lower", 0.8),
        ("superiority", "higher", 0.8),
        ("superiority", "lower", 1.25),
    ],
)
def test_limits_of_ratios_are_not_mirrored(cls_numbers, goal, favourable, wrong):
    """A limit on the wrong side of 1 for goal and direction is refused, and the reciprocal named."""
    cls, numbers = cls_numbers
    with pytest.raises(ParameterError, match=f"not {wrong:g}; write the limit on that side, as in {1 / wrong:g}, or"):
        cls(**numbers, goal=goal, favourable=favourable, margin=wrong)


@pytest.mark.parametrize(
    "design", [TwoMeans(difference=0.5, sd=1), Ancova(difference=0.5, sd=1, correlation=0.2)], ids=name
)
@pytest.mark.parametrize("goal", ["superiority", "non-inferiority", "equivalence"])
def test_margins_of_differences_are_amounts(design, goal):
    """A negative margin of a difference is refused with the amount that it would be, whatever the goal."""
    with pytest.raises(ParameterError, match=r"must lie in \(0, ∞\), not -0.2: .*; write 0.2"):
        design.replace(goal=goal, margin=-0.2)
