"""The ground floor against second derivations that share no code with it."""

import math

import numpy as np
import pytest
from scipy import integrate, interpolate, optimize, special, stats

from trialplan.numerics.crossing import crossing
from trialplan.numerics.distributions import binomial_sf, noncentral_t_cdf, noncentral_t_sf
from trialplan.numerics.search import bracket, increasing_root
from trialplan.numerics.splines import along, integral
from trialplan.numerics.student import t_power, tost_power, z_power
from trialplan.numerics.two_rates import restricted_rates


def noncentral_t_log_cdf(t, df, noncentrality):
    """log P(T ≤ t): the normal probability given the estimated standard error, averaged over its chi law, in logs."""

    def log_integrand(s):
        density = (
            math.log(2) + df / 2 * math.log(df / 2) - special.gammaln(df / 2) + (df - 1) * math.log(s) - df * s**2 / 2
        )
        return density + special.log_ndtr(t * s - noncentrality)

    peak = optimize.minimize_scalar(lambda s: -log_integrand(s), bounds=(1e-9, 20), method="bounded").x
    top, wide = log_integrand(peak), 12 / math.sqrt(2 * df)
    low, high = max(1e-12, peak - wide), peak + wide
    total, _ = integrate.quad(lambda s: math.exp(log_integrand(s) - top), low, high, points=[peak], limit=400)
    return top + math.log(total)


class TestNoncentralT:
    @pytest.mark.parametrize("df", [1, 2, 3.5, 10, 38, 200, 2000])
    @pytest.mark.parametrize("noncentrality", [-3.0, -0.5, 0.0, 1.0, 2.8, 6.0])
    def test_against_an_integral(self, df, noncentrality):
        """The distribution function is the average of a normal one over the estimated standard error."""
        t = stats.t.isf(0.025, df)
        assert noncentral_t_cdf(t, df, noncentrality) == pytest.approx(
            math.exp(noncentral_t_log_cdf(t, df, noncentrality)), abs=1e-9
        )
        assert noncentral_t_sf(t, df, noncentrality) == pytest.approx(
            math.exp(noncentral_t_log_cdf(-t, df, -noncentrality)), abs=1e-9
        )

    @pytest.mark.parametrize("df", [2, 4, 10, 60, 500, 5000])
    @pytest.mark.parametrize("noncentrality", [6.0, 9.0, 15.0, 30.0, 37.0, 60.0, 200.0])
    def test_far_tail_on_the_wrong_side(self, df, noncentrality):
        """Where scipy's function is lost, the value is a number below Φ(-noncentrality), and near the integral's."""
        t = -stats.t.isf(0.025, df)
        p = float(noncentral_t_cdf(t, df, noncentrality))
        assert 0 <= p <= stats.norm.cdf(-noncentrality) + 1e-15
        assert p == pytest.approx(math.exp(noncentral_t_log_cdf(t, df, noncentrality)), abs=1e-12)

    def test_scipy_is_lost_somewhere(self):
        """The guard has something to guard against, or can go."""
        df, noncentrality = np.meshgrid([2, 10, 60, 500.0], np.linspace(5, 60, 200))
        raw = special.nctdtr(df, noncentrality, -stats.t.isf(0.025, df))
        guarded = noncentral_t_cdf(-stats.t.isf(0.025, df), df, noncentrality)
        assert np.isnan(raw).any()
        assert not np.isnan(guarded).any()

    @pytest.mark.parametrize("df", [0.1, 1, 2, 10, 100, 1e4, 1e6, 1e9])
    @pytest.mark.parametrize("noncentrality", [1.01e5, 1e6, 4e8, 1e15, 1e119])
    def test_a_large_noncentrality(self, df, noncentrality):
        """Where scipy's function takes seconds and is lost, the value is the chi-squared one averaged over the mean."""
        z, weights = np.polynomial.hermite_e.hermegauss(80)
        spread = math.sqrt(1 / (2 * df) + 1 / noncentrality**2)
        for distance in (-4, -1, -0.3, 0, 0.3, 1, 4):
            t = noncentrality * math.exp(distance * min(spread, 1))
            ratio = (noncentrality + z) / t
            p = float(weights @ stats.chi2.sf(df * ratio**2, df)) / math.sqrt(2 * math.pi)
            assert float(noncentral_t_cdf(t, df, noncentrality)) == pytest.approx(p, abs=2e-6)
            assert float(noncentral_t_sf(-t, df, -noncentrality)) == pytest.approx(p, abs=2e-6)
        assert float(noncentral_t_sf(-t, df, noncentrality)) == 1
        assert float(noncentral_t_cdf(0.0, df, -noncentrality)) == 1

    def test_a_large_noncentrality_and_a_known_sd(self):
        """With more degrees of freedom than that, the value is the normal one."""
        assert float(noncentral_t_cdf(2e5 + 1, 1e16, 2e5)) == pytest.approx(stats.norm.cdf(1), abs=1e-5)


class TestPowerOfT:
    @pytest.mark.parametrize("df", [1, 2, 6, 30, 300])
    @pytest.mark.parametrize("distance", [0.0, 0.7, 2.0, 4.0])
    def test_against_scipy_stats(self, df, distance):
        """One and both tails are those of scipy.stats.nct."""
        critical = stats.t.isf(0.025, df)
        upper = stats.nct.sf(critical, df, distance) if distance else 0.025
        lower = stats.nct.cdf(-critical, df, distance) if distance else 0.025
        assert float(t_power(distance, df, 0.025)) == pytest.approx(upper, abs=1e-9)
        assert float(t_power(distance, df, 0.025, both_tails=True)) == pytest.approx(upper + lower, abs=1e-9)

    @pytest.mark.parametrize("df", [1.0, 2.0, 5.0, 20.0, 118.0, 2000.0])
    @pytest.mark.parametrize("limits", [(1.0, 1.0), (3.0, 3.0), (2.0, 5.0), (6.0, 3.5)])
    def test_two_one_sided_tests(self, df, limits):
        """Both tests reject together as often as an adaptive double integral says."""
        critical, (below, above) = stats.t.isf(0.05, df), limits

        def inside(s):
            width = stats.norm.cdf(above - critical * s) - stats.norm.cdf(critical * s - below)
            return max(width, 0) * stats.chi.pdf(s * math.sqrt(df), df) * math.sqrt(df)

        closed = (below + above) / (2 * critical)
        wanted, _ = integrate.quad(inside, 0, closed, epsabs=1e-12, limit=400, points=[min(1, closed / 2)])
        assert float(tost_power(list(limits), df, 0.05)) == pytest.approx(wanted, abs=1e-8)

    def test_two_one_sided_tests_simulated(self):
        """Both tests reject together as often as in simulated trials."""
        rng, n = np.random.default_rng(7), 12
        a, b = rng.normal(0.1, 1, (2, 100_000, n)) - np.array([0.0, 0.1])[:, None, None]
        error = np.sqrt((a.var(axis=1, ddof=1) + b.var(axis=1, ddof=1)) / n)
        difference = a.mean(axis=1) - b.mean(axis=1)
        rejects = np.minimum(difference + 0.9, 0.9 - difference) / error >= stats.t.isf(0.05, 2 * n - 2)
        true = math.sqrt(2 / n)
        power = float(tost_power([(0.1 + 0.9) / true, (0.9 - 0.1) / true], 2 * n - 2, 0.05))
        assert rejects.mean() == pytest.approx(power, abs=4 * math.sqrt(power * (1 - power) / 100_000))

    def test_two_one_sided_tests_of_a_grid(self):
        """Cells of a table that is larger than a stretch have the power that each has alone."""
        below, df = np.linspace(1, 6, 40)[:, None], np.linspace(3, 90, 11)
        table = tost_power([below, 4.0], df, 0.05)
        assert table.shape == (40, 11)
        for i, j in [(0, 0), (11, 6), (11, 7), (23, 10), (39, 10)]:
            assert table[i, j] == pytest.approx(float(tost_power([below[i, 0], 4.0], df[j], 0.05)), abs=1e-13)

    @pytest.mark.parametrize("df", [1, 2, 3, 7, 22, 38, 41, 100, 1000, 20_000])
    def test_two_one_sided_tests_by_finer_steps(self, df):
        """Six hundred random tests against panels of a fourth root, alone and as arrays, to twelve digits."""
        rng = np.random.default_rng(df)
        level, (below, above) = rng.choice([0.001, 0.025, 0.05, 0.2], 600), rng.uniform(-1, 9, (2, 600))
        cells = tost_power([below, above], float(df), level)
        for i in range(0, 600, 12):
            alone = tost_power([float(below[i]), float(above[i])], float(df), float(level[i]))
            assert alone == pytest.approx(cells[i], abs=5e-13)
            assert alone == pytest.approx(self.by_panels(below[i], above[i], df, level[i]), abs=3e-12)

    @staticmethod
    def by_panels(below, above, df, level):
        """The same integral on twelve panels of the fourth root of the ratio of standard errors."""
        critical = stats.t.isf(level, df)
        low, high = max(0.0, 1 - 12 / math.sqrt(2 * df)), min((below + above) / (2 * critical), 1 + 12 / math.sqrt(df))
        if high <= low:
            return 0.0
        x, w = np.polynomial.legendre.leggauss(120)
        edges = np.linspace(low**0.25, high**0.25, 13)
        root = edges[:-1, None] + np.diff(edges)[:, None] * (x + 1) / 2
        s = root**4
        inside = stats.norm.cdf(above - critical * s) - stats.norm.cdf(critical * s - below)
        density = 2 * df * s * stats.chi2.pdf(df * s**2, df)
        return float((np.diff(edges)[:, None] / 2 * w * inside * density * 4 * root**3).sum())

    @pytest.mark.parametrize("n", [1e5, 1e7, 1e9, 1e11])
    def test_two_one_sided_tests_of_very_many(self, n):
        """With very many participants, power is that of known standard deviations, and never exceeds 1."""
        for distance in (2.5, 60.0):
            power = float(tost_power([distance, distance], n, 0.05))
            assert power <= 1
            assert power == pytest.approx(2 * stats.norm.cdf(distance - 1.6448536269514722) - 1, abs=1e-5)

    @pytest.mark.parametrize("distance", [0.0, 1.0, 3.0, 5.0])
    def test_two_one_sided_z_tests(self, distance):
        """Known standard deviations: the probability of an interval, or none."""
        reach = stats.norm.cdf(distance - 1.645) - stats.norm.cdf(1.645 - 4)
        assert z_power([distance, 4.0], 1.645) == pytest.approx(max(0, reach), abs=1e-12)


class TestBinomialTail:
    @pytest.mark.parametrize("n", [1, 2, 7, 40, 999, 20_000])
    @pytest.mark.parametrize("p", [1e-6, 0.01, 0.3, 0.5, 0.97, 1 - 1e-6])
    def test_against_scipy_stats(self, n, p):
        """P(X > k) is scipy.stats.binom's, below and beyond the counts that there are."""
        k = np.unique(np.concatenate([np.arange(-2, min(n, 60) + 3), np.linspace(0, n, 30).round()]))
        np.testing.assert_allclose(binomial_sf(k, n, p), stats.binom.sf(k, n, p), atol=1e-12)


class TestRestrictedRates:
    @pytest.mark.parametrize("ratio", [1 / 3, 1.0, 3.0])
    @pytest.mark.parametrize("difference", [-0.3, -0.05, 1e-6, 0.1, 0.4])
    @pytest.mark.parametrize("observed", [(0.2, 0.4), (0.85, 0.85), (0.02, 0.1), (0.999, 0.5), (0.0, 0.0), (1.0, 0.3)])
    def test_maximise_the_likelihood(self, ratio, difference, observed):
        """The rates maximise the binomial likelihood among those whose difference is the one given."""

        def minus_log_likelihood(p1):
            p2 = p1 - difference
            terms = [
                ratio * (special.xlogy(observed[0], p1) + special.xlog1py(1 - observed[0], -p1)),
                special.xlogy(observed[1], p2) + special.xlog1py(1 - observed[1], -p2),
            ]
            return -sum(terms)

        low, high = max(0, difference), min(1, 1 + difference)
        best = optimize.minimize_scalar(
            minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-12}
        )
        p1, p2 = map(float, restricted_rates(*observed, ratio, difference))
        assert p1 - p2 == pytest.approx(difference, abs=1e-12)
        assert low <= p1 <= high
        assert p1 == pytest.approx(best.x, abs=2e-6)


class TestCrossing:
    LOOKS = np.array([0.3, 0.6, 1.0])

    @pytest.mark.parametrize("drift", [0.0, 1.5, 3.0, -2.0])
    def test_against_the_multivariate_normal(self, drift):
        """First crossings are differences of multivariate normal probabilities."""
        upper = np.array([3.2, 2.4, 2.0])
        above, _ = crossing(upper, np.full(3, -np.inf), self.LOOKS, drift)
        covariance = np.sqrt(np.minimum.outer(self.LOOKS, self.LOOKS) / np.maximum.outer(self.LOOKS, self.LOOKS))
        mean = drift * np.sqrt(self.LOOKS)
        staying = [
            stats.multivariate_normal(mean[: k + 1], covariance[: k + 1, : k + 1]).cdf(upper[: k + 1]) for k in range(3)
        ]
        np.testing.assert_allclose(above.cumsum(), 1 - np.array(staying), atol=2e-5)

    @pytest.mark.parametrize("drift", [0.0, 2.5])
    def test_against_simulated_increments(self, drift):
        """Two-sided crossings are those of simulated Brownian increments."""
        upper, trials, rng = np.array([2.8, 2.3, 2.0]), 200_000, np.random.default_rng(3)
        steps = np.diff([0, *self.LOOKS])
        path = rng.normal(drift * steps, np.sqrt(steps), (trials, 3)).cumsum(axis=1) / np.sqrt(self.LOOKS)
        first = np.argmax(np.abs(path) >= upper, axis=1)
        crossed = np.abs(path[np.arange(trials), first]) >= upper[first]
        high = path[np.arange(trials), first] > 0
        above, below = crossing(upper, -upper, self.LOOKS, drift)
        for side, expected in ((crossed & high, above), (crossed & ~high, below)):
            for look, p in enumerate(expected):
                seen = np.mean(side & (first == look))
                assert seen == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / trials) + 1 / trials)


class TestIncreasingRoot:
    @pytest.mark.parametrize(
        ("f", "low", "high"),
        [
            (lambda x: x**3 - 2, 0.0, 5.0),
            (lambda x: np.tanh(20 * (x - 0.9)), 0.0, 4.0),
            (lambda x: stats.norm.cdf(x) - 0.999, -40.0, 40.0),
            (lambda x: np.expm1(x) - 1e-6, -1.0, 30.0),
            (lambda x: np.cbrt(x - 1), -100.0, 3.0),
        ],
    )
    def test_against_brentq(self, f, low, high):
        """The crossing is brentq's, on flat and on steep stretches."""
        assert float(increasing_root(f, low, high)) == pytest.approx(
            optimize.brentq(f, low, high, xtol=1e-14), abs=1e-9
        )

    def test_from_the_side_where_it_is_reached(self):
        """The root is on the side where the function is at least 0, at a jump too."""
        assert float(increasing_root(lambda x: np.where(x >= 2, 1.0, -1.0), 0.0, 5.0)) == pytest.approx(2, abs=1e-9)
        assert float(increasing_root(lambda x: np.where(x >= 2, 1.0, -1.0), 0.0, 5.0)) >= 2

    def test_elementwise(self):
        """Each cell has its own root; a cell without an upper end has none."""
        roots = increasing_root(lambda x: x - np.array([1.0, 2.0, 3.0]), np.zeros(3), np.array([9.0, np.inf, 9.0]))
        np.testing.assert_allclose(roots, [1.0, np.nan, 3.0], atol=1e-12)

    def test_bracket_doubles_until_it_holds(self):
        """The upper end is where the function is at least 0; infinite where it never is."""
        high = bracket(lambda x: np.where([True, False], x - 1000, -1.0), np.ones(2))
        assert high[0] >= 1000
        assert np.isinf(high[1])


class TestSplines:
    X = np.linspace(-2, 3, 41)
    Y, SLOPE, AT = np.exp(-(X**2)) * np.sin(3 * X), np.cos(X), np.linspace(-2, 3, 333)

    def test_a_curve_with_slopes_is_scipys(self):
        """Through points with slopes the curve is scipy's cubic Hermite spline."""
        expected = interpolate.CubicHermiteSpline(self.X, self.Y, self.SLOPE)(self.AT)
        assert along(self.X, self.Y, self.SLOPE, self.AT) == pytest.approx(expected, abs=1e-14)

    def test_an_integral_is_scipys(self):
        """The integral is that of scipy's spline with ends that are not a knot."""
        expected = interpolate.CubicSpline(self.X, self.Y).antiderivative()(self.AT)
        assert integral(self.X, self.Y, self.AT) == pytest.approx(expected, abs=1e-14)
