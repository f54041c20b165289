"""Several experts: fits against R's, pools against integrals and closed forms, chips, and what fits no distribution."""

import numpy as np
import pytest
from scipy import integrate, stats

from trialplan.belief import Beta, LogNormal, Normal
from trialplan.belief.experts import Expert, elicited, fit
from trialplan.errors import ParameterError

QUARTILES = (0.25, 0.5, 0.75)
BY_R = {
    # optim (Nelder–Mead) on the sum of squares of pbeta, pnorm, plnorm less the probabilities, R 4; the values are
    # those of the examples of the SHELF package, in percent there
    (0.25, 0.30, 0.35): {
        "beta": (11.588067, 26.711567, 4.194e-05),
        "normal": (0.300000, 0.074130, 0.0),
        "log-normal": (-1.211863, 0.249968, 2.834e-04),
    },
    (0.30, 0.35, 0.50): {
        "beta": (3.765044, 6.000679, 8.591e-03),
        "normal": (0.379395, 0.160596, 9.496e-03),
        "log-normal": (-0.991303, 0.398025, 6.117e-03),
    },
    (0.25, 0.30, 0.40): {
        "beta": (5.452134, 11.605580, 3.431e-03),
        "normal": (0.314316, 0.115157, 4.376e-03),
        "log-normal": (-1.174186, 0.353914, 2.010e-03),
    },
}


def expert(name, values, weight=1.0):
    """An expert by three quartiles."""
    return Expert(name=name, quantiles=tuple(zip(QUARTILES, values, strict=True)), weight=weight)


class TestFit:
    @pytest.mark.parametrize("values", BY_R)
    @pytest.mark.parametrize("family", ["beta", "normal", "log-normal"])
    def test_it_is_r_s(self, values, family):
        """Parameters to five digits, and the sum of squares as R has it."""
        first, second, squares = BY_R[values][family]
        fitted = fit(expert("A", values), family)
        parts = (
            (fitted.belief.a, fitted.belief.b) if family == "beta" else (fitted.belief.location, fitted.belief.scale)
        )
        assert parts == pytest.approx((first, second), rel=2e-5)
        assert fitted.sum_of_squares == pytest.approx(squares, rel=1e-3, abs=1e-12)

    def test_it_says_how_far_it_is(self):
        """The largest miss is that of the cdf at the stated values; above a twentieth the fit is poor."""
        fitted = fit(expert("B", (0.30, 0.35, 0.50)), "beta")
        misses = np.abs(stats.beta(fitted.belief.a, fitted.belief.b).cdf([0.30, 0.35, 0.50]) - QUARTILES)
        assert fitted.largest_miss == pytest.approx(misses.max())
        assert (fitted.missed_at, fitted.poor) == (0.35, True)

    @pytest.mark.parametrize("family", ["beta", "normal", "log-normal"])
    def test_quantiles_of_the_family_are_fitted_exactly(self, family):
        """What a distribution of the family would say gives that distribution back."""
        truth = {"beta": Beta(2.5, 14.0), "normal": Normal(-3.0, 0.4), "log-normal": LogNormal(0.5, 0.3)}[family]
        p = (0.05, 0.3, 0.5, 0.8, 0.95)
        found = fit(Expert(name="A", quantiles=tuple((q, float(truth.quantile(q))) for q in p)), family)
        assert found.belief.quantile(np.array([0.01, 0.99])) == pytest.approx(truth.quantile(np.array([0.01, 0.99])))


class TestChips:
    def test_shares_up_to_the_inner_edges(self):
        """Empty bins at the ends say nothing; of an empty one between, whose edges share a probability, one stays."""
        one = Expert.from_chips("A", [0, 0.1, 0.2, 0.3, 0.4, 0.5], [0, 5, 0, 10, 5])
        assert one.quantiles == ((0.25, 0.2), (0.75, 0.4))
        fitted = fit(one, "beta").belief
        assert fitted.cdf(np.array([0.2, 0.4])) == pytest.approx([0.25, 0.75], abs=1e-6)


class TestPool:
    EXPERTS = (expert("A", (0.25, 0.30, 0.35), 3), expert("B", (0.30, 0.35, 0.50), 1))

    def test_linear_is_the_average_of_the_densities(self):
        """With weights 3 to 1; between the experts lies more spread than within either's mean."""
        pooled = elicited(self.EXPERTS, "beta")
        x = np.array([0.1, 0.3, 0.6])
        parts = [one.belief.density(x) for one in pooled.fits]
        assert pooled.belief.density(x) == pytest.approx(0.75 * parts[0] + 0.25 * parts[1])

    @pytest.mark.parametrize("family", ["beta", "normal", "log-normal"])
    def test_logarithmic_is_the_geometric_mean_normalised(self, family):
        """Density by density, normalised by numerical integration."""
        pooled = elicited(self.EXPERTS, family, "logarithmic")
        first, second = (one.belief for one in pooled.fits)

        def product(x):
            return float(np.exp(0.75 * first.log_density(x) + 0.25 * second.log_density(x)))

        total = integrate.quad(product, 1e-9, 1 - 1e-9 if family == "beta" else 3, points=[0.3])[0]
        if family == "normal":
            total += integrate.quad(product, -3, 1e-9)[0]
        for x in (0.2, 0.35, 0.5):
            assert pooled.belief.density(x) == pytest.approx(product(x) / total, rel=1e-6)


class TestShelf:
    """SHELF 1.13.0 itself under R 4.2.2: `fitdist` and `plinearpool` of three experts with weights 3, 1 and 2."""

    P = (0.05, 0.25, 0.5, 0.75, 0.95)
    VALUES = {
        "A": ((0.08, 0.15, 0.2, 0.28, 0.4), 3),
        "B": ((0.1, 0.22, 0.3, 0.38, 0.5), 1),
        "C": ((0.02, 0.06, 0.12, 0.2, 0.35), 2),
    }
    FITTED = {
        "beta": [(3.7966674, 13.7174477), (4.4791893, 10.1713289), (1.4345205, 8.6097256)],
        "log-normal": [(-1.6008306, 0.46004278), (-1.2296985, 0.38512421), (-2.1889648, 0.84929202)],
        "normal": [(0.21005618, 0.09413059), (0.29999991, 0.11972547), (0.12919217, 0.09205486)],
    }
    SQUARES = {
        "beta": [1.02869e-3, 1.18043e-3, 1.7305e-4],
        "log-normal": [1.40573e-3, 4.35932e-3, 3.82326e-3],
        "normal": [4.31981e-3, 2.14375e-5, 9.33758e-3],
    }
    POOLED = {  # up to 0.15, 0.30 and 0.45
        "beta": [0.350695, 0.7940272, 0.9673234],
        "log-normal": [0.3482904, 0.7829998, 0.9408729],
        "normal": [0.3448594, 0.8212508, 0.9796964],
    }

    @pytest.mark.parametrize("family", FITTED)
    def test_fits_and_their_linear_pool_are_those_of_shelf(self, family):
        """To where its search (Nelder and Mead's, to 1e-8 of the sum of squares) ends."""
        experts = [
            Expert(name=name, quantiles=tuple(zip(self.P, values, strict=True)), weight=weight)
            for name, (values, weight) in self.VALUES.items()
        ]
        pooled = elicited(experts, family)
        parts = ("a", "b") if family == "beta" else ("location", "scale")
        found = [tuple(getattr(one.belief, part) for part in parts) for one in pooled.fits]
        assert found == [pytest.approx(expected, rel=1e-3) for expected in self.FITTED[family]]
        assert [one.sum_of_squares for one in pooled.fits] == pytest.approx(self.SQUARES[family], rel=1e-4)
        assert pooled.belief.cdf(np.array([0.15, 0.3, 0.45])) == pytest.approx(self.POOLED[family], abs=2e-4)


WRONG = [
    ({"quantiles": ((0.5, 0.3),)}, "a fit needs two or more"),
    ({"quantiles": ((0.25, 0.3), (0.75, 0.2))}, "fit no distribution"),
    ({"quantiles": ((0.5, 0.3), (0.75, 0.4))}, "reach below 0.4 and above 0.6"),
    ({"quantiles": ((0.0, 0.3), (0.75, 0.4))}, r"must lie in \(0, 1\), not 0"),
    ({"quantiles": ((0.25, 0.3), (0.75, 0.4)), "weight": 0.0}, "a weight must lie in"),
]


class TestWrong:
    @pytest.mark.parametrize(("said", "words"), WRONG)
    def test_what_fits_no_distribution(self, said, words):
        """One sentence that names the expert."""
        with pytest.raises(ParameterError, match=words):
            Expert(name="A", **said)

    def test_values_outside_and_bins_that_do_not_rise(self):
        """A percentage is no rate, a family and a rule have names, and nobody speaks twice."""
        one = expert("A", (25, 30, 35))
        with pytest.raises(
            ParameterError,
            match=r"must lie in \(0, 1\), not 25, which is 2500 %; if 25 % was meant, write 0.25, or fit another "
            r"family \(normal or log-",
        ):
            fit(one, "beta")
        with pytest.raises(ParameterError, match="rising edges"):
            Expert.from_chips("A", [0, 0.2, 0.1], [1, 2])
        with pytest.raises(ParameterError, match="did you mean 'beta'"):
            fit(one, "betta")
        with pytest.raises(ParameterError, match="named twice"):
            elicited([one, one], "normal")
