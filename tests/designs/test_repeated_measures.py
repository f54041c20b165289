"""Measurements at several visits, against the inverse covariances of patterns, least squares and drawn participants."""

import numpy as np
import pytest
from scipy import stats

from trialplan.designs._visits import correlations, difference_at, inflation, parts
from trialplan.designs.repeated_measures import RepeatedMeasures
from trialplan.designs.two_means import TwoMeans
from trialplan.errors import ParameterError

LEFT = {"correlation": 0.6, "retention": (0.95, 0.9, 0.8, 0.67)}


class TestInflation:
    @pytest.mark.parametrize("structure", [("ar1", [0.7]), ("toeplitz", [0.6, 0.4, 0.1]), ("compound-symmetry", [0.4])])
    @pytest.mark.parametrize("visit", [1, 3])
    def test_is_that_of_the_patterns(self, structure, visit):
        """It is the element of the inverse of the mean inverse covariance over the patterns of missed visits."""
        matrix = correlations(structure[0], [1, 2, 4, 7] if structure[0] == "ar1" else [1, 2, 3, 4], structure[1])
        retention = np.array([0.9, 0.8, 0.55, 0.5])
        told = np.zeros((4, 4))
        for seen, share in enumerate(-np.diff(np.append(retention, 0)), 1):
            told[:seen, :seen] += share * np.linalg.inv(matrix[:seen, :seen])
        found = inflation(parts(matrix, visit), retention)
        assert found == pytest.approx(np.linalg.inv(told)[visit, visit], rel=1e-10)

    def test_everybody_there(self):
        """With nobody lost it is the test of two means, whatever the correlation."""
        design = RepeatedMeasures(difference=0.4, sd=1.1, correlation=0.5, visits=5, allocation="2:1")
        assert design.power(90) == pytest.approx(
            TwoMeans(difference=0.4, sd=1.1, allocation="2:1").power(90), abs=1e-12
        )

    def test_unrelated_visits(self):
        """Where visits tell nothing of each other, those who are left are the trial."""
        design = RepeatedMeasures(difference=0.5, sd=1, correlation=0.0, retention=(1, 0.5), test="z")
        assert design.unrounded(0.8) == pytest.approx(2 * TwoMeans(difference=0.5, sd=1, test="z").unrounded(0.8))


class TestEstimate:
    def test_nobody_lost(self):
        """Without missed visits the effect is the difference of means at the visit."""
        data = RepeatedMeasures(difference=0.4, sd=1, correlation=0.6, visits=3).draw(40, 3, np.random.default_rng(1))
        found = difference_at(data, 2, pooled=True)
        assert found.effect == pytest.approx(data[0][..., 2].mean(axis=1) - data[1][..., 2].mean(axis=1), abs=1e-10)

    def test_is_weighted_least_squares(self):
        """With missed visits it is generalised least squares at the covariance that the regressions tell, in many."""
        design = RepeatedMeasures(difference=0.4, sd=1, **LEFT)
        data = design.draw(6000, 1, np.random.default_rng(2))
        found = difference_at(data, 3, pooled=True)
        means, variance = [], 0.0
        for arm in data:
            told, scores = np.zeros((4, 4)), np.zeros(4)
            seen = np.isfinite(arm[0]).sum(axis=1)
            for k in range(1, 5):
                inverse = np.zeros((4, 4))
                inverse[:k, :k] = np.linalg.inv(design.matrix[:k, :k])
                told += (seen == k).sum() * inverse
                scores += inverse @ np.nan_to_num(arm[0][seen == k]).sum(axis=0)
            means.append(np.linalg.solve(told, scores)[3])
            variance += np.linalg.inv(told)[3, 3]
        assert found.effect[0] == pytest.approx(means[0] - means[1], abs=0.003)
        assert found.variance[0] == pytest.approx(variance, rel=0.05)

    def test_too_few_left(self):
        """A visit that hardly anybody reaches is no evidence."""
        data = np.full((2, 10, 2), np.nan)
        data[..., 0] = np.random.default_rng(1).normal(size=(2, 10))
        design = RepeatedMeasures(difference=0.4, sd=1, correlation=0.6, visits=2)
        assert design.analyse((data, data))[1].tolist() == [False, False]


class TestPower:
    @pytest.mark.parametrize(
        ("numbers", "n"),
        [
            (LEFT, 166),
            (LEFT | {"retention_treatment": (1, 0.95, 0.9, 0.9), "sd_treatment": 1.5, "allocation": "2:1"}, 120),
            (LEFT | {"compared_visit": 2}, 60),
        ],
    )
    def test_is_what_drawn_trials_show(self, numbers, n):
        """With an estimated covariance, losses and standard deviations by arm, and at an earlier visit."""
        design = RepeatedMeasures(difference=0.5, sd=1, **numbers)
        seen = design.simulate(n, 2000, np.random.default_rng(3))
        assert seen.power == pytest.approx(float(design.power(n)), abs=0.045)

    @pytest.mark.parametrize(
        ("difference", "sd_treatment", "allocation", "n"), [(1.5, 2, "1:3", 40), (0.9, 0.4, "3:1", 40)]
    )
    def test_each_arm_has_its_degrees_of_freedom(self, difference, sd_treatment, allocation, n):
        """Where a small arm varies most it is Welch's test of two means, as scipy rejects, and not Student's."""
        design = RepeatedMeasures(
            difference=difference, sd=1, sd_treatment=sd_treatment, correlation=0.5, visits=2, allocation=allocation
        )
        rng, (treatment, control) = np.random.default_rng(5), design.arms(n).values()
        arms = rng.normal(difference, sd_treatment, (20_000, treatment)), rng.normal(0, 1, (20_000, control))
        test = stats.ttest_ind(*arms, axis=1, equal_var=False)
        shown = ((test.pvalue < 0.05) & (test.statistic > 0)).mean()
        assert float(design.success(n)) == pytest.approx(shown, abs=0.012)
        assert "Satterthwaite's" in design.formula

    def test_arms_alike_have_those_of_both(self):
        """The same standard deviation twice, in arms of one size, changes nothing."""
        design = RepeatedMeasures(difference=0.5, sd=1, **LEFT)
        assert design.replace(sd_treatment=1).power(80) == pytest.approx(float(design.power(80)), rel=1e-12)

    @pytest.mark.sweep
    @pytest.mark.parametrize(("n", "allocation"), [(24, "1:1"), (40, "3:1"), (160, "1:1")])
    def test_level_is_kept(self, n, allocation):
        """At the null the test rejects at its level, in small trials too."""
        design = RepeatedMeasures(difference=0, sd=1, allocation=allocation, **LEFT)
        assert design.simulate(n, 20_000, np.random.default_rng(4)).power == pytest.approx(0.05, abs=0.008)


class TestRefused:
    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"correlation": 0.5}, "is needed with compound-symmetry"),
            ({"correlation": (0.5, 0.4), "retention": (1, 0.9)}, "tells of 3 visits, and retention of 2"),
            ({"correlation": (0.5, 0.4), "structure": "unstructured"}, "of 3 visits needs 3"),
            ({"correlation": (0.5, 0.4), "structure": "ar1", "visits": 3}, "has 2 values"),
            ({"correlation": 0.5, "retention": (0.9, 0.95)}, "who has left is not seen again"),
            ({"correlation": 0.5, "visit_times": (2, 1)}, "must rise"),
            ({"correlation": (0.9, -0.9)}, "cannot be the correlations"),
            ({"correlation": -0.9, "visits": 4}, "cannot be the correlations"),
            ({"correlation": 0.5, "visits": 2.5}, "whole number"),
            ({"correlation": 0.5, "visits": 2, "compared_visit": 3}, "one of the 2 visits"),
            ({"correlation": -0.5, "structure": "ar1", "visit_times": (1, 1.5)}, "must not be negative"),
            ({"correlation": 0.5, "visits": 2, "retention_treatment": (1, 0.9)}, "is needed beside"),
        ],
    )
    def test_what_does_not_fit(self, numbers, words):
        """Each in one sentence."""
        with pytest.raises(ParameterError, match=words):
            RepeatedMeasures(difference=0.5, sd=1, **numbers)
