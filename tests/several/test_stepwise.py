"""Procedures on P values: the chance of a false claim, the power of each endpoint, limits that hold together."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from trialplan import (
    Ancova,
    AtLeastOne,
    CoPrimary,
    Fallback,
    FixedSequence,
    Graphical,
    Hochberg,
    Holm,
    TwoMeans,
    TwoProportions,
)
from trialplan.errors import ParameterError
from trialplan.several import _graph as graphs

LEVEL, TRIALS = 0.025, 100_000
FEW, ALL = range(10), range(10, 210)


def means(*effects, **more):
    return tuple(TwoMeans(difference=effect, sd=1, test="z", **more) for effect in effects)


def drawn_graph(rng, k):
    """Weights that sum to 1 and rows that sum to 1 or less, some of them 0."""
    weights = rng.dirichlet(np.ones(k)) * (rng.random(k) < 0.8)
    weights = weights / weights.sum() if weights.sum() else np.full(k, 1 / k)
    rows = rng.dirichlet(np.ones(k - 1), size=k) * rng.choice([1.0, 1.0, 0.7, 0.0], size=(k, 1))
    square = np.zeros((k, k))
    square[~np.eye(k, dtype=bool)] = rows.ravel()
    return tuple(weights), tuple(map(tuple, square))


def configuration(seed):
    """A procedure, which nulls are true, how far the others are from theirs, and the correlation of the z."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 6))
    members = means(*([0.3] * k), alpha=LEVEL, sides=1)
    kind = seed % 5
    weights, arrows = drawn_graph(rng, k)
    share = float(rng.choice([1.0, 0.5]))
    whole = (
        Holm(members=members, truncation=share),
        Hochberg(members=members, truncation=share),
        Graphical(members=members, initial_weights=weights, transitions=arrows),
        Fallback(members=members, initial_weights=weights),
        AtLeastOne(members=members, initial_weights=weights),
    )[kind]
    true = rng.random(k) < 0.6
    true[rng.integers(k)] = True
    away = np.where(true, 0.0, rng.choice([1.0, 2.5, 5.0], size=k))
    loads = rng.uniform(0 if kind == 1 else -0.95, 0.95, size=k)  # Hochberg's rests on no negative correlation
    joint = np.outer(loads, loads)
    np.fill_diagonal(joint, 1.0)
    return whole, true, away, joint, rng


class TestFamilyWiseError:
    """P values that are exactly uniform: normal, of known variance."""

    def judge(self, seed):
        whole, true, away, joint, rng = configuration(seed)
        z = rng.multivariate_normal(away, joint, size=TRIALS)
        false_claim = (whole.adjusted(norm.sf(z)) <= LEVEL)[:, true].any(axis=1).mean()
        error = math.sqrt(LEVEL * (1 - LEVEL) / TRIALS)
        assert false_claim <= LEVEL + 4 * error, (type(whole).__name__, seed, false_claim)

    @pytest.mark.parametrize("seed", FEW)
    def test_is_kept(self, seed):
        self.judge(seed)

    @pytest.mark.sweep
    @pytest.mark.parametrize("seed", ALL)
    def test_is_kept_everywhere(self, seed):
        self.judge(seed)

    def test_is_used(self):
        """With all nulls true and independent Holm's false claims are those of Bonferroni, 1 - (1 - α/k)^k."""
        whole = Holm(members=means(0.3, 0.3, 0.3, alpha=LEVEL, sides=1))
        (null,) = whole.at_null()
        assert null.powers(100)[-2] == pytest.approx(1 - (1 - LEVEL / 3) ** 3, abs=5e-4)


class TestPower:
    """Of each endpoint, any and all: participants who are drawn share no code with it but the procedure."""

    @pytest.mark.parametrize(
        "whole",
        [
            Holm(
                members=(
                    TwoProportions(control=0.2, treatment=0.38),
                    Ancova(scale="ratio", ratio=0.75, sd=1.0, correlation=0.4, favourable="lower"),
                ),
                correlation=-0.5,
            ),
            Graphical(
                members=means(0.4, 0.3, 0.35),
                initial_weights=(0.5, 0.5, 0),
                transitions=((0, 0.5, 0.5), (0.5, 0, 0.5), (0, 0, 0)),
                correlation=0.4,
            ),
            Hochberg(members=means(0.4, 0.3, 0.35), correlation=0.4),
        ],
        ids=lambda one: one.slug(),
    )
    def test_is_that_of_drawn_trials(self, whole):
        """Within four standard errors and what a normal approximation errs."""
        _, shown = whole.shown(whole.draw(200, 4000, np.random.default_rng(8)))
        found = [*shown.mean(axis=0), shown.any(axis=1).mean(), shown.all(axis=1).mean()]
        assert found == pytest.approx(list(whole.powers(200)), abs=4 * 0.5 / 4000**0.5)

    def test_a_chain_is_a_fixed_sequence(self):
        """All of the level on the first, handed on along the order."""
        members = means(0.4, 0.3)
        chain = Graphical(members=members, initial_weights=(1, 0), transitions=((0, 1), (0, 0)), correlation=0.3)
        order = FixedSequence(members=members, correlation=0.3)
        assert chain.powers(250)[:2].tolist() == pytest.approx(order.steps(250), abs=1e-9)

    def test_hochberg_shows_all_as_co_primaries_do(self):
        """All are shown where the largest P value is within the level."""
        members = means(0.4, 0.3)
        both = CoPrimary(members=members, correlation=0.3).power(250)
        assert Hochberg(members=members, correlation=0.3).powers(250)[-1] == pytest.approx(float(both), abs=1e-9)

    def test_what_counts_as_success(self):
        """Any needs fewer participants than all."""
        any_of, all_of = (Holm(members=means(0.4, 0.4), wins_if=wins) for wins in ("any", "all"))
        assert any_of.sample_size(0.8).n < all_of.sample_size(0.8).n

    def test_three_by_a_lattice_are_three_by_quadrature(self):
        """P(any) of the lattice is that of the joint normal distribution."""
        whole = AtLeastOne(members=means(0.3, 0.25, 0.4), correlation=0.5)
        assert whole.powers(200)[-2] == pytest.approx(float(whole.success(200)), abs=1e-3)


class TestAdjusted:
    def test_weights_that_keep_something_back_keep_it_back_by_correlation_too(self):
        """graphicalMCP 0.2.8: what the first does not hand on is not used for the second, 0.081 / 0.78."""
        p = [0.6268, 0.0807]
        found = graphs.parametric(np.array(p), (0.22, 0.78), np.array([[0, 0], [1, 0]]), [[1, 0.4], [0.4, 1]])
        assert found == pytest.approx([p[0], p[1] / 0.78], abs=1e-9)

    def test_step_by_step_is_the_closure(self):
        """One trial's adjusted P values, found in steps, are those of all intersections."""
        rng = np.random.default_rng(6)
        for _ in range(100):
            k = int(rng.integers(2, 7))
            weights, arrows = drawn_graph(rng, k)
            p = rng.random(k) ** 3
            steps, whole = (graphs.adjusted(one, weights, arrows) for one in (p, p[None]))
            assert steps.tolist() == pytest.approx(whole[0].tolist(), rel=1e-9, abs=1e-12)


class TestLimits:
    def test_hold_together(self):
        """The chance that all lower limits lie below the truth is the confidence, or more."""
        whole = Graphical(members=means(0.3, 0.3, 0.3, alpha=0.05, sides=1))
        rng, truth = np.random.default_rng(2), np.array([0.0, 2.0, 0.5])
        drawn = truth + rng.standard_normal((4000, 3))
        held = [all(np.array(whole.simultaneous_limits(one, np.ones(3))) <= truth) for one in drawn]
        assert np.mean(held) >= 0.95 - 4 * math.sqrt(0.05 * 0.95 / 4000)

    def test_agree_with_rejections(self):
        """A hypothesis that is kept has a limit below the null, one that is rejected none below it."""
        whole = Graphical(members=means(0.3, 0.3, alpha=0.05, sides=1))
        low, high = whole.simultaneous_limits([0.5, 3.0], [1, 1])
        assert (low < 0, high) == (True, 0.0)
        assert min(whole.simultaneous_limits([3.0, 3.0], [1, 1])) > 0


class TestRefused:
    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"initial_weights": (0.5, 0.6)}, "sum to 1 at most"),
            ({"initial_weights": (0.5,)}, "one for each of 2 endpoints"),
            ({"initial_weights": (0, 0)}, "more than 0"),
            ({"transitions": ((0, 1),)}, "2 rows of 2 shares"),
            ({"transitions": ((0.5, 0.5), (1, 0))}, "itself"),
            ({"transitions": ((0, 1.5), (1, 0))}, "lie in"),
            ({"initial_weights": "half"}, "a list of shares"),
        ],
    )
    def test_what_is_no_graph(self, wrong, words):
        with pytest.raises(ParameterError, match=words):
            Graphical(members=means(0.3, 0.3), **wrong)


@pytest.mark.parametrize(("correlation", "kept"), [(0.0, True), (0.4, True), (-0.3, False)])
def test_hochberg_says_where_its_level_is_not_guaranteed(correlation, kept):
    """Sarkar's condition is met by normal statistics without a negative correlation."""
    words = Hochberg(members=means(0.3, 0.3), correlation=correlation).rule_in_words(["a", "b"])
    assert ("is not guaranteed" in words) is not kept
    assert ("is kept at 0.05" in words) is kept
