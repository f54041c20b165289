"""A hierarchy of outcomes, independent or correlated: the shares of pairs against drawn participants and integrals."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from trialplan.designs import _common_factor as common_factor
from trialplan.designs.hierarchical_outcomes import HierarchicalOutcomes
from trialplan.errors import ParameterError

EVENTS = {"hazard": (0.3, 0.5), "hazard_ratio": (0.7, 0.6), "follow_up": 1.5}
RESPONSE = {"response_control": 0.3, "response_treatment": 0.5}
MEASURED = {"difference": 0.4, "tie_margin": 0.2}
ALL = EVENTS | RESPONSE | MEASURED


def _of_pairs(design, n=200_000, seed=3):
    """The shares of pairs that are won and lost at each outcome, of drawn pairs, one outcome after the other."""
    treatment, control = (arm[:, 0, :] for arm in design.draw(2, n, np.random.default_rng(seed)))
    margins = [*itertools.repeat(0.0, treatment.shape[1] - 1), float(design.tie_margin)]
    left, found = np.ones(n, dtype=bool), []
    for k, margin in enumerate(margins):
        apart = treatment[:, k] - control[:, k]
        won, lost = left & (apart > margin), left & (apart < -margin)
        found.append((won.mean(), lost.mean()))
        left &= ~won & ~lost
    return found


class TestShares:
    @pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8, 0.95])
    def test_are_those_of_drawn_pairs(self, correlation):
        """At every outcome, for the treatment and against it; four standard errors of 200,000 pairs."""
        design = HierarchicalOutcomes(**ALL, correlation=correlation)
        claimed = [(float(won), float(lost)) for _, won, lost in design.decided()]
        assert np.array(claimed) == pytest.approx(np.array(_of_pairs(design)), abs=4 * 0.5 / 200_000**0.5)

    @pytest.mark.parametrize("correlation", [0.0, 0.5])
    def test_what_the_answer_says_is_still_tied(self, correlation):
        """After each outcome, of drawn pairs; in the end by the margin alone, and without one nobody is."""
        design = HierarchicalOutcomes(**ALL, correlation=correlation)
        told = [one["undecided"] for one in design.details(100, 0.8)["decided"]]
        drawn = 1 - np.cumsum([won + lost for won, lost in _of_pairs(design)])
        assert told == pytest.approx(drawn, abs=4 * 0.5 / 200_000**0.5)
        page = str(design.sample_size(0.8))
        assert f"lost, {100 * told[-1]:.1f} % still tied" in page
        assert f"{100 * told[-1]:.1f} % of pairs, all of them by the margin of 0.2 standard deviations" in page
        assert design.replace(tie_margin=0).details(100, 0.8)["ties"] == pytest.approx(0, abs=1e-9)

    @pytest.mark.parametrize(
        ("outcomes", "idle"),
        [(EVENTS, ["tie_margin"]), (RESPONSE, ["follow_up", "tie_margin"]), (MEASURED, ["follow_up"]), (ALL, [])],
    )
    def test_what_is_of_no_outcome_is_not_told(self, outcomes, idle):
        """A margin for ties where nothing is measured, and a follow-up without an event."""
        design = HierarchicalOutcomes(**outcomes)
        assert [name for name in ("follow_up", "tie_margin") if name not in design.assumptions()] == idle
        page = str(design.sample_size(0.8))
        assert [name for name in ("follow-up", "tie-margin") if name not in page] == [
            name.replace("_", "-") for name in idle
        ]

    @pytest.mark.parametrize(
        ("outcomes", "stated", "lacks"),
        [
            (RESPONSE, {"tie_margin": 0.2}, "difference"),
            (EVENTS, {"tie_margin": np.array([0.0, 0.2])}, "difference"),
            (MEASURED, {"follow_up": 2}, "hazard"),
        ],
    )
    def test_what_judges_no_outcome_is_refused(self, outcomes, stated, lacks):
        """A margin for ties, or a follow-up, without the outcome that it belongs to."""
        with pytest.raises(ParameterError, match=f"{next(iter(stated))} has no meaning without {lacks}"):
            HierarchicalOutcomes(**outcomes, **stated)

    def test_without_a_correlation_integrals_are_the_closed_form(self):
        """The two ways meet where the correlation vanishes."""
        design = HierarchicalOutcomes(**ALL)
        apart = [(won, lost) for _, won, lost in design.decided()]
        rates = design.response_treatment, design.response_control
        hazards = tuple((float(ours), float(theirs)) for ours, theirs in design.hazards())
        together = common_factor.decided(0.0, hazards, 1.5, rates, (0.4, 0.2))
        assert np.array(together) == pytest.approx(np.array(apart), abs=1e-12)

    def test_the_first_outcome_knows_of_no_correlation(self):
        """It is compared alone."""
        one, other = (HierarchicalOutcomes(**ALL, correlation=r).decided()[0][1:] for r in (0.0, 0.9))
        assert one == pytest.approx(other, abs=1e-11)

    def test_a_response_and_a_measurement_are_a_normal_integral(self):
        """Of four normal variables, by another program's distribution function, without a factor."""
        design = HierarchicalOutcomes(**RESPONSE, difference=0.4, correlation=0.5)
        _, won, lost = design.decided()[1]
        # beyond the cuts or not, both alike; and the difference of the measurements
        cuts = stats.norm.isf([0.5, 0.3])
        covariance = np.array([[1, 0, 0.5], [0, 1, -0.5], [0.5, -0.5, 2.0]])
        away = np.array([0.0, 0.0, 0.4])

        def chance(both, sign):
            turn = np.diag([-both, -both, -sign])
            law = {"mean": turn @ away, "cov": turn @ covariance @ turn, "abseps": 1e-7, "releps": 1e-7}
            return stats.multivariate_normal.cdf([-both * cuts[0], -both * cuts[1], 0.0], maxpts=200_000, **law)

        assert won == pytest.approx(chance(1, 1) + chance(-1, 1), abs=1e-6)
        assert lost == pytest.approx(chance(1, -1) + chance(-1, -1), abs=1e-6)

    def test_an_event_and_a_measurement_are_an_integral(self):
        """P(neither has the event, and the treatment's measurement is larger), over normal outcomes one by one."""
        design = HierarchicalOutcomes(hazard=(0.5,), hazard_ratio=(0.7,), difference=0.4, correlation=0.6)
        _, won, _ = design.decided()[1]
        ends = stats.norm.isf(np.exp([-0.35, -0.5]))

        def larger(y, end, away):
            """The density of a measurement y beside an event that does not come."""
            return stats.norm.pdf(y - away) * stats.norm.cdf((0.6 * (y - away) - end) / 0.8)

        def beyond(y):
            return larger(y, ends[0], 0.4) * integrate.quad(lambda x: larger(x, ends[1], 0.0), -9, y)[0]

        assert won == pytest.approx(integrate.quad(beyond, -9, 9.4, limit=200)[0], abs=1e-8)

    def test_cells_are_scalars(self):
        """Arrays of the correlation and the share that is true."""
        grid = HierarchicalOutcomes(**ALL, correlation=np.array([0.0, 0.5]), realised=np.array([[1.0], [0.7]]))
        for (i, j), power in np.ndenumerate(grid.power(200)):
            one = HierarchicalOutcomes(**ALL, correlation=(0.0, 0.5)[j], realised=(1.0, 0.7)[i])
            assert power == pytest.approx(float(one.power(200)), rel=1e-9)


class TestTrial:
    def test_power_of_correlated_outcomes(self):
        """What the formula claims is near what participants show, where the effects are not strong."""
        design = HierarchicalOutcomes(**ALL, correlation=0.5)
        n = design.sample_size(0.8).n
        seen = design.simulate(n, 3_000, np.random.default_rng(5)).success
        assert seen == pytest.approx(0.8, abs=0.04)

    def test_no_effect_is_found_as_often_as_the_level_says(self):
        """With all outcomes correlated."""
        (null,) = HierarchicalOutcomes(**ALL, correlation=0.5).at_null()
        assert null.simulate(200, 4_000, np.random.default_rng(6)).rejected / 4_000 == pytest.approx(0.05, abs=0.014)

    @pytest.mark.parametrize("value", [-0.1, 0.96, 1.0])
    def test_what_is_no_correlation_is_refused(self, value):
        """With the domain."""
        with pytest.raises(ParameterError, match=r"0, 0\.95"):
            HierarchicalOutcomes(**ALL, correlation=value)
