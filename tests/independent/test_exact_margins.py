"""Exact tests of two proportions against a limit: against brute force over every table and a fine grid of rates."""

import numpy as np
import pytest
from scipy import stats

from trialplan import TwoProportions
from trialplan.errors import ParameterError, UnreachableError
from trialplan.numerics.exact_margins import beside, region, size
from trialplan.numerics.two_rates import SCALES, score_z

SIDES = [
    *(("difference", limit, sign) for limit, sign in ((-0.2, 1), (0.1, 1), (0.15, -1), (-0.05, -1))),
    *(("ratio", limit, sign) for limit, sign in ((0.7, 1), (1.3, 1), (1.5, -1), (0.9, -1))),
    *(("odds-ratio", limit, sign) for limit, sign in ((0.4, 1), (1.5, 1), (2.5, -1))),
]
ARMS = [(12, 12), (9, 21), (20, 7)]


def tables(n_t, n_c):
    """Every pair of counts."""
    return np.meshgrid(np.arange(n_t + 1), np.arange(n_c + 1), indexing="ij")


def statistic(scale, limit, sign, arms):
    """The score z of every table, in the direction that leads away from the null."""
    x_t, x_c = tables(*arms)
    return sign * score_z(SCALES[scale], (x_t / arms[0], x_c / arms[1]), arms, limit)


def chances(rejects, arms, rates_t, rates_c):
    """Of a table of booleans, at each pair of rates."""
    rows, columns = (
        stats.binom.pmf(np.arange(n + 1), n, np.asarray(p)[:, None])
        for n, p in zip(arms, (rates_t, rates_c), strict=True)
    )
    return np.einsum("ki,ij,kj->k", rows, rejects.astype(float), columns)


def on_limit(scale, limit):
    """Rates of both arms on the limit, two thousand of them."""
    control = np.linspace(0, 1, 2001)
    treatment = SCALES[scale].treatment(control, limit)
    there = (treatment >= 0) & (treatment <= 1)
    return treatment[there], control[there]


@pytest.mark.parametrize(("scale", "limit", "sign"), SIDES)
@pytest.mark.parametrize("arms", ARMS)
def test_largest_region_that_keeps_the_level(scale, limit, sign, arms):
    """The region keeps its level on the limit, and the tables of the next value of the statistic would break it."""
    found, z = region(scale, arms, ((limit, sign),), 0.05), statistic(scale, limit, sign, arms)
    rejects = found.rejects(*tables(*arms))
    rates = on_limit(scale, limit)
    assert chances(rejects, arms, *rates).max() <= 0.05 * (1 + 1e-9)
    assert size(scale, found, ((limit, sign),)) == pytest.approx(chances(rejects, arms, *rates).max(), rel=2e-4)
    rest = z[~rejects].max()
    assert not rejects.any() or z[rejects].min() > rest  # whole values of the statistic
    assert chances(z >= rest - 1e-9, arms, *rates).max() > 0.05


@pytest.mark.parametrize(("scale", "limit", "sign"), SIDES)
def test_largest_on_the_limit(scale, limit, sign):
    """Beyond the limit, in the null, no pair of rates is rejected more often than those on it."""
    arms = (9, 12)
    tables_of = region(scale, arms, ((limit, sign),), 0.05)
    inside = np.meshgrid(np.linspace(0, 1, 61), np.linspace(0, 1, 61), indexing="ij")
    null = sign * (inside[0] - SCALES[scale].treatment(inside[1], limit)) <= 0
    rates = inside[0][null], inside[1][null]
    assert tables_of.probability(*rates).max() <= size(scale, tables_of, ((limit, sign),)) + 1e-9


@pytest.mark.parametrize("favourable", ["higher", "lower"])
@pytest.mark.parametrize(
    ("scale", "goal", "margin"),
    [
        ("difference", "non-inferiority", 0.2),
        ("difference", "equivalence", 0.3),
        ("difference", "superiority", 0.05),
        ("ratio", "equivalence", 0.5),
        ("odds-ratio", "equivalence", (0.2, 4.0)),
    ],
)
def test_power_is_what_is_judged(scale, goal, margin, favourable):
    """Power is the weight of the tables that the test rejects, which are those that both one-sided tests reject."""
    design = TwoProportions(
        control=0.4,
        treatment=0.45,
        scale=scale,
        goal=goal,
        margin=margin,
        favourable=favourable,
        test="exact-pooled",
        allocation="2:1",
        alpha=0.05,
    )
    arms = (24, 12)
    _, rejects = design.judge(tuple(one.ravel() for one in tables(*arms)), arms)
    each = [
        region(scale, arms, ((float(limit), sign),), 0.05 / design.sides).rejects(*tables(*arms))
        for limit, sign in design.sided_limits()
    ]
    np.testing.assert_array_equal(rejects.reshape(25, 13), np.logical_and.reduce(each))
    assert design.power(36) == pytest.approx(chances(rejects.reshape(25, 13), arms, [0.45], [0.4])[0], abs=1e-12)
    assert design.actual_size(36) <= 0.05


@pytest.mark.parametrize("limits", [((-0.25, 1),), ((-0.3, 1), (0.3, -1))])
def test_bounds_are_on_the_same_side(limits):
    """What is told beside a neighbour lies on the side of the target on which the power lies."""
    trials, rates = [(n, n) for n in range(14, 62, 3)], (0.7, 0.7)
    told = np.array(beside("difference", trials, rates, limits, 0.05, 0.6))
    true = np.array(
        [float(region("difference", arms, limits, 0.05).probability(*map(np.asarray, rates))) for arms in trials]
    )
    np.testing.assert_array_equal(told >= 0.6, true >= 0.6)
    assert 0 < (true >= 0.6).sum() < len(trials)


def test_none_is_the_pooled_test():
    """A limit that is hardly one gives the tables of Barnard's test without a margin."""
    from trialplan.numerics.two_by_two import region as without

    near, plain = region("difference", (15, 10), ((1e-9, 1),), 0.05), without("exact-pooled", 15, 10, 0.05, 1)
    np.testing.assert_array_equal(near.rejects(*tables(15, 10)), plain.rejects(*tables(15, 10)))


def test_what_would_take_too_long():
    """A search far beyond what can be counted, and a number of participants beyond it, are refused with a way out."""
    design = TwoProportions(control=0.5, treatment=0.5, goal="non-inferiority", margin=0.05, test="exact-pooled")
    with pytest.raises(UnreachableError, match="up to about 1,000; use test score, which needs"):
        design.sample_size(0.8)
    with pytest.raises(ParameterError, match="at most 5,000 for an exact test with a margin"):
        design.power(6000)
