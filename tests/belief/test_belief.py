from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from trialplan.belief import (
    Affine,
    Belief,
    Beta,
    LogitNormal,
    LogNormal,
    Map,
    Mixture,
    Normal,
    OddsShifted,
    Tabulated,
    exceeds,
    map_prior,
    robustify,
)
from trialplan.belief.within import Within
from trialplan.errors import ParameterError

SIX = ([40, 17, 44, 45, 21, 14], [178, 88, 223, 136, 68, 45])
ROBUST = Mixture((Beta(17, 15), Beta(1, 1)), (0.8, 0.2))

SCIPY: list[tuple[Belief, Any]] = [
    (Beta(16.5, 14.5), stats.beta(16.5, 14.5)),
    (Beta(0.5, 12), stats.beta(0.5, 12)),
    (Normal(-0.3, 0.2), stats.norm(-0.3, 0.2)),
    (Affine(Beta(3, 5), 0.5, 0.2), stats.beta(3, 5, loc=0.2, scale=0.5)),
]
"""Beliefs, and the same distribution of scipy's."""


class TestBelief:
    """What every belief answers."""

    @pytest.mark.parametrize(("belief", "same"), SCIPY, ids=lambda one: type(one).__name__)
    def test_it_is_the_distribution_of_scipy(self, belief: Belief, same: Any) -> None:
        """Mean, SD, cdf, quantile, interval and density are those of scipy's distribution."""
        x = same.ppf([0.01, 0.3, 0.9])
        assert (belief.mean(), belief.sd()) == pytest.approx((same.mean(), same.std()))
        assert belief.cdf(x) == pytest.approx(same.cdf(x))
        assert belief.quantile(np.array([0.01, 0.3, 0.9])) == pytest.approx(x)
        assert belief.interval(0.9) == pytest.approx(same.interval(0.9))
        assert belief.density(x) == pytest.approx(same.pdf(x))

    @pytest.mark.parametrize(
        "belief",
        [
            *(one for one, _ in SCIPY),
            LogitNormal(-1, 0.6),
            LogNormal(-1, 0.6),
            OddsShifted(Affine(Beta(16.5, 14.5), 0.6, 0.08), 0.14, 0.11),
            Within(Normal(0.9, 0.1), 0.0, 1.0),
            Tabulated(np.array([0.2, 0.5, 0.6]), np.array([0.0, 0.5, 1.0])),
        ],
        ids=lambda one: type(one).__name__,
    )
    def test_there_is_nothing_where_it_cannot_be(self, belief: Belief) -> None:
        """The density is a number everywhere, and all of it together is 1, beyond the support as well as within it."""
        ends = np.linspace(-2, -0.01, 2000), np.linspace(1.01, 5, 4000)
        x = np.concatenate([ends[0], np.linspace(-0.01, 1.01, 102_001), ends[1]])
        x = np.unique(x) + 1e-7  # 0 and 1 themselves are left out: a Beta may be infinite there
        density = belief.density(x)
        assert np.isfinite(density).all()
        assert integrate.trapezoid(density, x) == pytest.approx(1, abs=0.06 if density.max() > 100 else 2e-3)
        assert belief.density(x[3]) == density[3]

    @pytest.mark.parametrize(
        "belief", [LogitNormal(-1, 0.6), ROBUST, Mixture((Normal(0, 1), Normal(2, 0.1)), (0.5, 0.5))]
    )
    def test_its_density_makes_its_moments(self, belief: Belief) -> None:
        """scipy's integral of the density reproduces cdf, mean and SD where there is no closed form."""
        low, high = belief.interval(1 - 1e-9)
        cuts = {"limit": 200, "points": list(belief.interval(0.5)), "epsabs": 1e-12}
        mean = integrate.quad(lambda x: x * belief.density(x), low, high, **cuts)[0]
        square = integrate.quad(lambda x: x**2 * belief.density(x), low, high, **cuts)[0]
        assert (belief.mean(), belief.sd()) == pytest.approx((mean, (square - mean**2) ** 0.5), rel=1e-6)
        middle = belief.quantile(0.3)
        assert belief.cdf(middle) == pytest.approx(0.3)
        assert integrate.quad(belief.density, low, middle, limit=200)[0] == pytest.approx(0.3, abs=1e-6)

    @pytest.mark.parametrize("belief", [*(one for one, _ in SCIPY), LogitNormal(-2, 1), ROBUST])
    def test_draws_have_its_moments(self, belief: Belief) -> None:
        """The mean of 40,000 draws lies within 4 standard errors, and half of them lie below the median."""
        drawn = belief.draw(40_000, np.random.default_rng(2))
        assert drawn.mean() == pytest.approx(belief.mean(), abs=4 * belief.sd() / 200)
        assert (drawn < belief.quantile(0.5)).mean() == pytest.approx(0.5, abs=0.01)

    @pytest.mark.parametrize("belief", [Beta(8, 19), Beta(0.5, 0.5), Normal(0, 2), LogitNormal(-1, 0.5), ROBUST])
    def test_nodes_integrate_smooth_functions(self, belief: Belief) -> None:
        """The sum over 128 nodes is scipy's integral of cos under the density, and the weights sum to 1."""
        values, weights = belief.nodes(128)
        score = np.linspace(-8, 8, 40_001)
        direct = integrate.trapezoid(np.cos(belief.quantile(special.ndtr(score))) * stats.norm.pdf(score), score)
        assert weights.sum() == pytest.approx(1)
        assert (weights * np.cos(values)).sum() == pytest.approx(direct, abs=1e-6)

    @pytest.mark.parametrize(
        "belief", [Beta(8, 19), Normal(0.3, 0.1), LogitNormal(-1, 0.5), ROBUST, Affine(Beta(2, 2), 0.5)]
    )
    def test_split_nodes_see_a_step(self, belief: Belief) -> None:
        """With a split at 0.3 the weight above it is one minus the cdf, to ten digits."""
        values, weights = belief.nodes(64, 0.3)
        assert (weights * (values > 0.3)).sum() == pytest.approx(1 - belief.cdf(0.3), rel=1e-10)

    def test_arrays_of_parameters_are_many_beliefs(self) -> None:
        """A belief with array parameters has nodes for each element, as if each were a belief of its own."""
        a, b = np.array([2.0, 8.0]), np.array([3.0, 19.0])
        for many, one in [
            (Beta(a, b), lambda i: Beta(a[i], b[i])),
            (Affine(Beta(2, 3), 0.5, a / 20), lambda i: Affine(Beta(2, 3), 0.5, a[i] / 20)),
            (
                Mixture((Beta(a, b), Beta(1, 1)), (0.5, 0.5)),
                lambda i: Mixture((Beta(a[i], b[i]), Beta(1, 1)), (0.5, 0.5)),
            ),
        ]:
            values, weights = many.nodes(32, np.array([0.2, 0.4]))
            values, weights = np.broadcast_arrays(values, weights)
            for i, split in enumerate((0.2, 0.4)):
                alone = one(i).nodes(32, split)
                assert values[i] == pytest.approx(alone[0])
                assert weights[i] == pytest.approx(alone[1])


class TestUpdate:
    """Conjugate updates."""

    def test_normal(self) -> None:
        """The posterior of a normal mean is the one scipy's integral of prior times likelihood gives."""
        found = Normal(0.5, 0.4).update(1.4, 0.2)
        grid = np.linspace(-2, 4, 20_001)
        joint = stats.norm.pdf(grid, 0.5, 0.4) * stats.norm.pdf(1.4, grid, 0.2)
        mean = (grid * joint).sum() / joint.sum()
        assert (found.mean(), found.sd()) == pytest.approx(
            (mean, np.sqrt(((grid - mean) ** 2 * joint).sum() / joint.sum()))
        )

    def test_mixtures_of_mixtures(self) -> None:
        """A mixture whose part is a mixture updates as the flat one does."""
        nested = Mixture((Mixture((Beta(2, 3), Beta(5, 1)), (0.5, 0.5)), Beta(1, 1)), (0.6, 0.4)).update(4, 10)
        flat = Mixture((Beta(2, 3), Beta(5, 1), Beta(1, 1)), (0.3, 0.3, 0.4)).update(4, 10)
        assert (nested.mean(), nested.sd()) == pytest.approx((flat.mean(), flat.sd()))

    def test_what_is_not_conjugate_is_refused(self) -> None:
        """A logit-normal has no closed-form update, and says what to use instead."""
        with pytest.raises(ParameterError, match="LogitNormal: has no closed-form update; use a Beta"):
            LogitNormal(0, 1).update(3, 10)

    def test_weights_must_fit(self) -> None:
        """Weights that do not sum to 1, that miss a part, or parts of two kinds are refused."""
        for parts, weights in [
            ((Beta(1, 1),), (0.5,)),
            ((Beta(1, 1), Beta(2, 2)), (1.0,)),
            ((Beta(1, 1), Normal(0, 1)), (0.5, 0.5)),
        ]:
            with pytest.raises(ParameterError, match="Mixture: "):
                Mixture(parts, weights)


class TestEffectiveSampleSize:
    """How many participants a belief is worth."""

    @given(a=st.floats(1.5, 300), b=st.floats(1.5, 300))
    def test_of_a_beta_it_is_a_plus_b(self, a: float, b: float) -> None:
        """A Beta is worth the events and non-events that it stands for."""
        assert Beta(a, b).ess() == pytest.approx(a + b)

    def test_of_a_normal_it_needs_the_sd_of_a_participant(self) -> None:
        """A mean known to 0.1 with participants' SD 2 is worth 400; without the SD there is no answer."""
        assert Normal(0, 0.1).ess(2) == pytest.approx(400)
        with pytest.raises(ParameterError, match="needs the SD of one participant; give sd"):
            Normal(0, 0.1).ess()
        with pytest.raises(ParameterError, match="leave sd out"):
            Beta(1, 1).ess(2)


class TestFromQuantiles:
    """Elicitation."""

    @settings(max_examples=25, deadline=None)
    @given(
        first=st.tuples(st.floats(0.02, 0.5), st.floats(0.02, 0.5)),
        second=st.tuples(st.floats(0.55, 0.98), st.floats(0.55, 0.98)),
    )
    def test_the_quantiles_come_back(self, first: tuple[float, float], second: tuple[float, float]) -> None:
        """Each family has the two quantiles that it was made from, in either order."""
        for family in (Beta, LogitNormal, Normal):
            found = family.from_quantiles(second, first)
            for p, x in (first, second):
                assert found.cdf(x) == pytest.approx(p, abs=1e-7)

    def test_narrow_quantiles_have_a_beta(self) -> None:
        """A rate known to one percentage point is a Beta of thousands."""
        found = Beta.from_quantiles((0.025, 0.30), (0.975, 0.31))
        assert found.interval() == pytest.approx((0.30, 0.31), abs=1e-8)
        assert found.ess() > 30_000

    @pytest.mark.parametrize(
        ("first", "second", "says"),
        [
            ((0.5, 0.4), (0.9, 0.3), "higher probability must belong to the higher value"),
            ((0.5, 0.4), (0.5, 0.6), "fit no distribution"),
            ((5, 0.4), (95, 0.6), r"probability must lie in \(0, 1\), not 5"),
            ((0.5, 40), (0.9, 60), r"quantile must lie in \(0, 1\), not 40"),
        ],
    )
    def test_impossible_quantiles_are_one_sentence(self, first: Any, second: Any, says: str) -> None:
        """Crossed, equal and out-of-range quantiles are refused with the reason."""
        with pytest.raises(ParameterError, match=says):
            Beta.from_quantiles(first, second)


class TestExceeds:
    """One belief against another."""

    def test_it_agrees_with_draws(self) -> None:
        """The probability that one rate exceeds another by 0.1 lies within 4 standard errors of 200,000 draws."""
        rng = np.random.default_rng(4)
        first, second = Beta(25, 17), Mixture((Beta(14, 28), Beta(1, 1)), (0.7, 0.3))
        share = (first.draw(200_000, rng) > second.draw(200_000, rng) + 0.1).mean()
        assert exceeds(first, second, 0.1) == pytest.approx(share, abs=4 * 0.5 / 447)


@pytest.fixture(scope="module")
def six() -> Map:
    """The six arms of complete renal response that were verified in a source."""
    return map_prior(*SIX)


class TestMapPrior:
    """The meta-analytic-predictive belief."""

    def test_six_verified_arms(self, six: Map) -> None:
        """738 patients in six control arms predict .26 (.135 to .43) for a new trial, worth about 37."""
        assert six.participants == 738
        lower, upper = six.predictive.interval()
        assert six.predictive.mean() == pytest.approx(0.26, abs=0.005)
        assert (lower, upper) == pytest.approx((0.135, 0.43), abs=0.004)
        assert six.ess == pytest.approx(37, abs=0.5)

    def test_seven_arms(self) -> None:
        """With 11/62 added the prediction is .25 (.13 to .41), worth about 42."""
        found = map_prior([*SIX[0], 11], [*SIX[1], 62])
        assert found.predictive.mean() == pytest.approx(0.25, abs=0.005)
        assert found.predictive.interval() == pytest.approx((0.13, 0.41), abs=0.005)
        assert found.ess == pytest.approx(42, abs=0.5)
        # by a dense grid over μ, τ and each arm's logit; half a step of the grid's cumulative sum is 0.0003
        assert found.typical.interval() == pytest.approx((0.192, 0.3045), abs=0.0005)

    def test_relapsed_arms(self) -> None:
        """The relapsed arms predict .06 to .50 around a typical .19; under a flat mean .06 to .49, worth 14."""
        found = map_prior([9, 7, 8], [32, 27, 75])
        assert found.typical.quantile(0.5) == pytest.approx(0.19, abs=0.005)
        assert found.predictive.interval() == pytest.approx((0.062, 0.504), abs=0.002)
        assert found.ess == pytest.approx(13.3, abs=0.1)
        flat = map_prior([9, 7, 8], [32, 27, 75], mean_sd=100)
        assert flat.typical.interval() == pytest.approx((0.10, 0.34), abs=0.005)
        assert flat.predictive.interval() == pytest.approx((0.06, 0.486), abs=0.004)
        assert flat.ess == pytest.approx(14, abs=0.4)

    def test_it_is_the_posterior_by_brute_force(self) -> None:
        """A dense grid over mean, τ and each arm's logit gives the same typical rate, τ and prediction."""
        events, of = np.array([9, 7, 8]), np.array([32, 27, 75])
        mean, tau, logit = np.linspace(-6, 3, 91), np.arange(0.015, 3, 0.03), np.linspace(-8, 6, 1401)
        kernel = stats.norm.pdf(logit, mean[:, None, None], tau[:, None])
        arms = stats.binom.pmf(events, of, special.expit(logit)[:, None])
        likelihood = np.prod(kernel @ arms, axis=-1)
        weight = likelihood * np.exp(-(tau**2) / (2 * 0.25)) * np.exp(-(mean[:, None] ** 2) / 8)
        weight /= weight.sum()
        predictive = np.einsum("mt,mtl->l", weight, kernel)
        predictive /= predictive.sum()
        found, rates = map_prior([9, 7, 8], [32, 27, 75]), special.expit(logit)
        assert found.tau == pytest.approx((weight.sum(axis=0) * tau).sum(), abs=0.005)
        assert found.typical.mean() == pytest.approx((weight.sum(axis=1) * special.expit(mean)).sum(), abs=1e-4)
        assert found.predictive.mean() == pytest.approx((predictive * rates).sum(), abs=1e-3)
        below = np.cumsum(predictive)
        assert found.predictive.quantile(0.975) == pytest.approx(np.interp(0.975, below, rates), abs=4e-3)

    def test_the_mixture_states_its_error(self, six: Map) -> None:
        """The Beta mixture's cdf is within the stated error everywhere, its mean and SD are the predictive ones."""
        x = np.linspace(0, 1, 2001)
        assert np.abs(six.mixture.cdf(x) - six.predictive.cdf(x)).max() <= six.error + 1e-4
        assert six.error < 0.004
        assert six.mixture.mean() == pytest.approx(six.predictive.mean(), abs=1e-3)
        assert six.mixture.sd() == pytest.approx(six.predictive.sd(), rel=0.02)
        assert len(six.mixture.parts) <= 3

    def test_many_participants_do_not_break_it(self) -> None:
        """Arms of 100,000 with nearly the same rate leave a narrow belief about the typical rate."""
        found = map_prior([30_000, 30_100, 29_900], [100_000] * 3, tau_scale=0.01)
        assert found.typical.quantile(0.5) == pytest.approx(0.3, abs=0.001)
        assert found.predictive.sd() < 0.01

    def test_one_arm_without_events(self) -> None:
        """No event in ten gives a belief near 0 that is worth fewer than ten."""
        found = map_prior([0], [10])
        assert 0.03 < found.predictive.mean() < 0.15
        assert found.ess < 25

    @pytest.mark.parametrize("scale", [1e-100, 3.0, 10.0])
    @pytest.mark.parametrize("counts", [([0, 0, 0], [10, 20, 30]), ([3], [3])])
    def test_scales_at_the_edge(self, scale: float, counts: tuple[list[int], list[int]]) -> None:
        """Where most rates are 0 or 1 to a computer the mixture still fits; a scale beyond is refused."""
        assert map_prior(*counts, tau_scale=scale).error < 0.022
        with pytest.raises(ParameterError, match=r"tau_scale must lie in \(0, 10\], not 50"):
            map_prior(*counts, tau_scale=50)

    def test_robustified(self, six: Map) -> None:
        """A vague component of a fifth lowers the effective sample size, and gives way when data contradict."""
        robust = robustify(six.mixture, 0.2)
        assert robust.weights[-1] == 0.2
        assert robust.ess() < six.ess / 2
        assert robust.update(45, 50).weights[-1] > 0.9
        with pytest.raises(ParameterError, match=r"weight must lie in \(0, 1\)"):
            robustify(six.mixture, 0)

    @pytest.mark.parametrize(("events", "of"), [([], []), ([3], [2]), ([1, 2], [5])])
    def test_impossible_counts_are_refused(self, events: list[int], of: list[int]) -> None:
        """No arms, more events than participants and missing denominators are refused."""
        with pytest.raises(ParameterError, match="map_prior: "):
            map_prior(events, of)


class TestTabulated:
    """A distribution known at points."""

    def test_it_is_straight_between_points(self) -> None:
        """Two cells make a piecewise-uniform distribution."""
        belief = Tabulated(np.array([0.0, 0.2, 1.0]), np.array([0.0, 0.5, 1.0]))
        assert (belief.cdf(0.1), belief.quantile(0.75)) == pytest.approx((0.25, 0.6))
        assert belief.mean() == pytest.approx(0.35)
        assert belief.density(np.array([0.1, 0.5])) == pytest.approx([2.5, 0.625])
        drawn = belief.draw(50_000, np.random.default_rng(6))
        assert belief.sd() == pytest.approx(drawn.std(), rel=0.02)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (16.5, 14.5), (0.5, 0.5), (3, 200), (1e6, 1e6), (0.001, 1)])
def test_many_values_of_a_beta_are_those_of_one_at_a_time(a, b):
    """Read off a curve, thousands of values at normal scores agree with scipy's own inverse."""
    z = np.random.default_rng(1).uniform(-8, 8, (90, 90))
    lower, upper = stats.beta.ppf(special.ndtr(z), a, b), stats.beta.isf(special.ndtr(-z), a, b)
    expected = np.clip(np.where(z < 0, lower, upper), 1e-300, 1 - 2**-53)
    assert Beta(a, b).at_score(z) == pytest.approx(expected, rel=1e-10, abs=1e-12)
