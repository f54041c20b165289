"""Boundaries at the information that is there, and power that is still to come."""

import numpy as np
import pytest
from scipy import stats

from trialplan import GroupSequential, TwoMeans
from trialplan.belief import Normal
from trialplan.errors import ParameterError
from trialplan.numerics.crossing import crossing
from trialplan.sequential.boundaries.spending import spent
from trialplan.sequential.interim.conditional_power import conditional_power, predictive_power
from trialplan.sequential.interim.observed_information import observed_boundaries

THIRDS = (1 / 3, 2 / 3, 1.0)


def planned(sides=1, alpha=0.025, **rule):
    """Three looks by a spending function."""
    inner = TwoMeans(difference=0.5, sd=1, test="z", alpha=alpha, sides=sides)
    return GroupSequential(design=inner, **({"looks": THIRDS, "efficacy": "lan-demets-obrien-fleming"} | rule))


class TestObserved:
    def test_as_planned(self):
        """At the planned information the boundaries are the planned ones."""
        design = planned(futility="kim-demets(2)")
        found, again = design.solved(0.8), observed_boundaries(design, THIRDS, final=True)
        np.testing.assert_allclose(again.efficacy_z, found.upper, atol=1e-9)
        np.testing.assert_allclose(again.futility_z[:2], found.lower[:2], atol=1e-8)
        assert again.futility_z[2] is None

    def test_spends_by_what_is_there(self):
        """Alpha spent by each observed look is the function at its information, and all of it at the final look."""
        observed = (0.3, 0.55, 0.8, 1.07)
        found = observed_boundaries(planned(), observed, final=True)
        above, _ = crossing(found.efficacy_z, np.full(4, -np.inf), np.array(observed) / observed[-1], 0.0)
        wanted = [*spent("lan-demets-obrien-fleming", (), 0.025, np.array(observed[:3])), 0.025]
        np.testing.assert_allclose(above.cumsum(), wanted, atol=1e-11)

    def test_a_final_look_that_falls_short_uses_what_is_left(self):
        """A trial that ends early at 0.9 of its information still has its whole level."""
        found = observed_boundaries(planned(), (0.5, 0.9), final=True)
        above, _ = crossing(found.efficacy_z, np.full(2, -np.inf), (0.5 / 0.9, 1.0), 0.0)
        assert above.sum() == pytest.approx(0.025, abs=1e-11)

    def test_looks_to_come_change_nothing(self):
        """The boundary of a look depends on the looks before it only."""
        design = planned(sides=2, alpha=0.05, futility="lan-demets-pocock")
        early, late = observed_boundaries(design, (0.4,)), observed_boundaries(design, (0.4, 0.75))
        assert late.efficacy_z[0] == pytest.approx(early.efficacy_z[0], abs=1e-12)
        assert late.futility_z[0] == pytest.approx(early.futility_z[0], abs=1e-12)

    def test_beta_is_spent_at_the_planned_drift(self):
        """Futility stops with the error of the second kind of the observed fraction, at the planned effect."""
        design = planned(futility="kim-demets(1)")
        z = observed_boundaries(design, (0.45,), power=0.9).futility_z[0]
        drift = design.solved(0.9).drift
        assert stats.norm.cdf(z - drift * np.sqrt(0.45)) == pytest.approx(0.045, abs=1e-9)

    @pytest.mark.parametrize("rule", ["conditional-power(0.2)", "predictive-power(0.2)"])
    @pytest.mark.parametrize("seen", [0.25, 0.26, 0.4, 0.6])
    def test_a_bound_on_power_is_that_power(self, rule, seen):
        """At the bound the final test has the power that the rule says, wherever the look is."""
        design = GroupSequential(
            design=TwoMeans(difference=0.5, sd=1.0, test="z", alpha=0.025, sides=1),
            looks=(0.25, 0.5, 0.75, 1.0),
            efficacy="lan-demets-pocock",
            futility=rule,
        )
        found = observed_boundaries(design, (seen,), power=0.9)
        z, root, drift = found.futility_z[0], seen**0.5, float(design.solved(0.9).drift)
        short = found.critical - z * root
        if rule.startswith("conditional"):
            power = stats.norm.sf((short - drift * (1 - seen)) / (1 - seen) ** 0.5)
        else:  # the drift is normal about z over the root, with variance 1 over the information
            power = stats.norm.sf((short - z / root * (1 - seen)) / ((1 - seen) + (1 - seen) ** 2 / seen) ** 0.5)
        assert power == pytest.approx(0.2, abs=1e-6)

    def test_a_look_that_only_stops_for_futility_keeps_to_itself(self):
        """A planned look that is overtaken takes its own flag with it."""
        design = planned(looks=(0.25, 0.5, 0.75, 1.0), efficacy_at=(0.5, 1.0))
        found = observed_boundaries(design, (0.6,))
        assert found.critical == pytest.approx(stats.norm.ppf(1 - design.level), abs=1e-9)

    def test_a_fixed_bound_stays(self):
        """A bound on z is the same at any information."""
        found = observed_boundaries(planned(futility="z(0.2)"), (0.28, 0.6, 0.8))
        assert found.futility_z == pytest.approx((0.2, 0.2, 0.2), abs=1e-15)

    @pytest.mark.parametrize(
        ("rule", "observed", "words"),
        [
            ({}, (0.5, 1.02), "run over the end"),
            ({}, (0.5, 0.4), "must increase"),
            ({}, (), "must increase"),
            ({"efficacy": "pocock"}, (0.5,), "at the planned looks only"),
            ({"efficacy": (0.01, 0.02, 0.025)}, (0.5,), "at the planned looks only"),
            ({"futility": "z(0,0.5)"}, (0.2, 0.5, 0.7), "one bound for all"),
        ],
    )
    def test_refused(self, rule, observed, words):
        """An interim that runs over, information that falls and rules without a function are refused."""
        with pytest.raises(ParameterError, match=words):
            observed_boundaries(planned(**rule), observed)


class TestConditionalPower:
    def test_of_the_final_test(self):
        """With one look to come it is the closed form of Lan and Wittes."""
        for z in (-0.5, 1.0, 2.5):
            wanted = stats.norm.sf((2.0 - z * np.sqrt(0.4) - 3.1 * 0.6) / np.sqrt(0.6))
            assert conditional_power(z, 0.4, [2.0], [1.0], drift=3.1) == pytest.approx(wanted, abs=1e-13)
            trend = stats.norm.sf((2.0 - z / np.sqrt(0.4)) / np.sqrt(0.6))
            assert conditional_power(z, 0.4, [2.0], [1.0]) == pytest.approx(trend, abs=1e-13)

    def test_averages_to_the_power(self):
        """Over the z of the first look, what is to come and what has been decided make the power of the trial."""
        design = planned(efficacy="pocock")
        found = design.solved(0.8)
        z, w = np.polynomial.legendre.leggauss(200)
        low, high = -8.0, found.upper[0]
        z = low + (high - low) * (z + 1) / 2
        density = stats.norm.pdf(z - found.drift * np.sqrt(THIRDS[0])) * w * (high - low) / 2
        later = conditional_power(z, THIRDS[0], found.upper[1:], THIRDS[1:], drift=found.drift)
        now = stats.norm.sf(found.upper[0] - found.drift * np.sqrt(THIRDS[0]))
        assert now + density @ later == pytest.approx(0.8, abs=1e-9)

    def test_predictive_power_of_one_look_to_come(self):
        """Averaging conditional power over the posterior of a flat prior is the closed form."""
        drifts, weights = Normal(1.1 / np.sqrt(0.6), 1 / np.sqrt(0.6)).nodes(96)
        averaged = weights @ conditional_power(1.1, 0.6, [2.0], [1.0], drift=drifts)
        assert averaged == pytest.approx(predictive_power(1.1, (0.6, 1.0), 2.0), abs=1e-10)

    def test_looks_to_come_must_come(self):
        """A look that has been is not to come."""
        with pytest.raises(ParameterError, match=r"increase from the one at 0\.7"):
            conditional_power(1.0, 0.7, [2.5, 2.0], [0.6, 1.0])
