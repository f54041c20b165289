"""Slopes, means over visits and a constrained baseline, against covariances written out and drawn participants."""

import numpy as np
import pytest

from trialplan.designs import _slopes
from trialplan.designs.ancova import Ancova
from trialplan.designs.mean_of_visits import MeanOfVisits
from trialplan.designs.repeated_measures import RepeatedMeasures
from trialplan.designs.slopes import Slopes
from trialplan.designs.two_means import TwoMeans
from trialplan.errors import ParameterError

TRIAL = {
    "difference": 2.0,
    "visit_times": (0, 0.5, 1, 2),
    "sd_intercept": 10,
    "sd_slope": 4,
    "sd_residual": 5,
    "correlation": -0.25,
}


class TestSlopes:
    def test_with_everybody_there_it_is_a_test_of_participants_slopes(self):
        """Each participant's own slope by least squares varies by his slope and by his residuals."""
        times = np.array(TRIAL["visit_times"])
        variance = 4**2 + 5**2 / ((times - times.mean()) ** 2).sum()
        of_slopes = TwoMeans(difference=2, sd=variance**0.5)
        assert Slopes(**TRIAL).power(200) == pytest.approx(of_slopes.power(200), abs=1e-12)

    @pytest.mark.parametrize("common", [False, True])
    def test_is_the_most_likely(self, common):
        """No other variances have a greater restricted likelihood than those that are found."""
        design = Slopes(**TRIAL, retention=(1, 0.9, 0.8, 0.6))
        arms = [arm.copy() for arm in design.draw(60, 2, np.random.default_rng(4))]
        tallies = _slopes._Tallies(arms, design.times, common)
        theta = np.array([[100.0, -10.0, 16.0, 25.0]] * 2)
        for _ in range(40):
            _, _, score, told = tallies.estimates(theta)
            theta = theta + np.linalg.solve(told, score[..., None])[..., 0]

        def likelihood(trial, theta):
            inner, outer, total, squares = 0.0, 0.0, 0.0, 0.0
            for place, arm in enumerate(arms):
                for visits in arm[trial]:
                    seen = np.isfinite(visits)
                    t = design.times[seen]
                    v = theta[0] + theta[1] * (t[:, None] + t) + theta[2] * t[:, None] * t + theta[3] * np.eye(len(t))
                    x = np.zeros((len(t), 3 if common else 4))
                    x[:, 0 if common else 2 * place], x[:, 1 + place if common else 2 * place + 1] = 1, t
                    weighted = x.T @ np.linalg.inv(v)
                    inner, outer = inner + weighted @ x, outer + weighted @ visits[seen]
                    total += np.linalg.slogdet(v)[1]
                    squares += visits[seen] @ np.linalg.inv(v) @ visits[seen]
            beta = np.linalg.solve(inner, outer)
            return -(total + np.linalg.slogdet(inner)[1] + squares - outer @ beta) / 2, beta

        found = _slopes.difference_of_slopes(arms, design.times, common)
        for trial in range(2):
            best, beta = likelihood(trial, theta[trial])
            assert found.effect[trial] == pytest.approx(
                beta[1] - beta[-1] if not common else beta[1] - beta[2], abs=1e-4
            )
            for move in np.concatenate([np.eye(4), -np.eye(4)]):
                assert likelihood(trial, theta[trial] + 0.3 * move)[0] < best

    @pytest.mark.parametrize("intercepts", ["separate", "common"])
    def test_is_what_drawn_participants_show(self, intercepts):
        """With visits missed."""
        design = Slopes(**TRIAL, retention=(1, 1, 0.95, 0.8), intercepts=intercepts)
        found = design.simulate(120, 2000, np.random.default_rng(5))
        assert found.power == pytest.approx(design.power(120), abs=0.05)

    def test_without_time(self):
        """A slope needs two times, in order, and one sentence says so."""
        with pytest.raises(ParameterError, match="a slope needs two at least"):
            Slopes(**TRIAL | {"visit_times": (1,)})
        with pytest.raises(ParameterError, match="must rise"):
            Slopes(**TRIAL | {"visit_times": (0, 2, 2)})
        with pytest.raises(ParameterError, match="who has left is not seen again"):
            Slopes(**TRIAL, retention=(1, 0.8, 0.9, 0.7))


class TestMeans:
    @pytest.mark.parametrize("baseline", ["ignored", "subtracted", "adjusted"])
    def test_is_what_drawn_participants_show(self, baseline):
        """By t."""
        design = MeanOfVisits(
            difference=0.5, sd=1, correlation=0.6, follow_up_visits=3, baseline_visits=2, baseline=baseline
        )
        found = design.simulate(40, 10_000, np.random.default_rng(6))
        assert found.power == pytest.approx(design.power(40), abs=0.02)

    def test_one_visit_before_and_after_is_ancova(self):
        """And without the baseline Student's t."""
        design = MeanOfVisits(difference=0.5, sd=1, correlation=0.6, follow_up_visits=1)
        assert design.power(60) == Ancova(difference=0.5, sd=1, correlation=0.6, method="exact").power(60)
        assert design.replace(baseline="ignored").power(60) == TwoMeans(difference=0.5, sd=1).power(60)

    def test_a_correlation_that_cannot_be(self):
        """Four visits cannot all go against one another by 0.5."""
        with pytest.raises(ParameterError, match="must be above"):
            MeanOfVisits(difference=0.5, sd=1, correlation=-0.5, follow_up_visits=3)


class TestConstrained:
    def test_one_visit_is_ancova(self):
        """A baseline with one mean takes as much as adjustment for it does."""
        design = RepeatedMeasures(difference=0.5, sd=1, correlation=0.6, visits=1, baseline="constrained")
        assert design.power(60) == pytest.approx(Ancova(difference=0.5, sd=1, correlation=0.6).power(60), abs=1e-12)

    def test_is_what_is_left_given_the_baseline(self):
        """With visits missed, the model of the visits given the baseline, with its covariance."""
        matrix = np.array([[1, 0.6, 0.5], [0.6, 1, 0.7], [0.5, 0.7, 1]])
        given = matrix[1:, 1:] - np.outer(matrix[1:, 0], matrix[1:, 0])
        sds = np.sqrt(given.diagonal())
        left = {"difference": 0.5, "retention": (0.9, 0.7), "test": "z", "structure": "unstructured"}
        whole = RepeatedMeasures(sd=1, correlation=(0.6, 0.5, 0.7), baseline="constrained", **left)
        after = RepeatedMeasures(sd=float(sds[1]), correlation=float(given[0, 1] / sds.prod()), visits=2, **left)
        assert whole.power(80) == pytest.approx(after.power(80), abs=1e-12)

    @pytest.mark.parametrize("spread", [None, 1.3])
    def test_is_what_drawn_participants_show(self, spread):
        """Of arms with one covariance, or each with its own."""
        design = RepeatedMeasures(
            difference=0.5, sd=1, sd_treatment=spread, correlation=0.6, retention=(0.95, 0.9), baseline="constrained"
        )
        found = design.simulate(160, 4000, np.random.default_rng(7))
        assert found.power == pytest.approx(design.power(160), abs=0.03)
