"""One-way analysis of variance with repeated measures: the paired t test, least squares, drawn participants."""

import numpy as np
import pytest
from scipy import stats

from trialplan.designs.one_way_repeated_measures import OneWayRepeatedMeasures
from trialplan.designs.paired_means import PairedMeans
from trialplan.errors import ParameterError, UnreachableError

THREE = {"condition_means": (0.0, 0.6, 0.3), "sd": 1.2, "correlation": 0.5}


class TestPower:
    def test_two_conditions_are_a_paired_t_test(self):
        """F is the square of t."""
        design = OneWayRepeatedMeasures(condition_means=(0.0, 0.5), sd=1, correlation=0.3)
        assert design.power(20) == pytest.approx(
            PairedMeans(difference=0.5, sd=1, correlation=0.3).power(20), abs=1e-12
        )

    def test_cells_are_scalars(self):
        """Arrays of n, the spread, the correlation and the means."""
        means = np.array([[0, 0.5, 1], [0, 0, 1]])
        grid = OneWayRepeatedMeasures(condition_means=means, sd=np.array([1.0, 1.2]), correlation=np.array([0.2, -0.4]))
        each = [
            OneWayRepeatedMeasures(condition_means=tuple(row), sd=sd, correlation=r).power(n)
            for row, sd, r, n in zip(means, (1.0, 1.2), (0.2, -0.4), (12, 20), strict=True)
        ]
        assert grid.power(np.array([12, 20])) == pytest.approx(each, rel=1e-12)

    def test_one_participant_shows_nothing(self):
        """There is nothing to tell the spread by."""
        assert OneWayRepeatedMeasures(**THREE).power(1) == 0


class TestParticipants:
    @pytest.mark.parametrize("correlation", [-0.4, 0.0, 0.7])
    def test_power_and_level(self, correlation):
        """The formula is the truth, in the smallest trials too, whatever the correlation."""
        design, rng = OneWayRepeatedMeasures(**THREE | {"correlation": correlation}), np.random.default_rng(7)
        for one, n in ((design, 9), (design, 3), *((null, 9) for null in design.at_null())):
            claimed = float(one.power(n))
            seen = one.simulate(n, 20_000, rng).rejected / 20_000
            assert seen == pytest.approx(claimed, abs=4 * (claimed * (1 - claimed) / 20_000) ** 0.5)

    def test_any_two_measurements_are_correlated_as_stated(self):
        """And have the stated standard deviation."""
        (data,) = OneWayRepeatedMeasures(**THREE).draw(1, 200_000, np.random.default_rng(1))
        seen = data[:, 0, :]
        assert np.corrcoef(seen.T)[np.triu_indices(3, 1)] == pytest.approx([0.5] * 3, abs=0.01)
        assert seen.std(axis=0) == pytest.approx([1.2] * 3, rel=0.01)

    def test_the_analysis_is_the_usual_one(self):
        """Least squares with a mean for each participant and condition, against one for each participant alone."""
        design = OneWayRepeatedMeasures(**THREE)
        data = design.draw(8, 5, np.random.default_rng(2))
        statistic, rejects = design.analyse(data)
        people = np.kron(np.eye(8), np.ones((3, 1)))
        kinds = np.tile(np.eye(3), (8, 1))
        for i in range(5):
            y = data[0][i].ravel()
            left = [np.sum((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2) for x in (people, np.c_[people, kinds])]
            f = (left[0] - left[1]) / 2 / (left[1] / 14)
            assert statistic[i] == pytest.approx(f)
            assert rejects[i] == (stats.f.sf(f, 2, 14) <= 0.05)


class TestRefused:
    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"condition_means": (1.0,)}, "2 to 50 conditions"),
            ({"correlation": -0.5}, "more than -0.5"),
            ({"correlation": 1.0}, r"in \(-1, 1\)"),
        ],
    )
    def test_numbers(self, numbers, words):
        """Each with what would do."""
        with pytest.raises(ParameterError, match=words):
            OneWayRepeatedMeasures(**THREE | numbers)

    def test_equal_means(self):
        """There is nothing to find."""
        with pytest.raises(UnreachableError, match="no two of them differ"):
            OneWayRepeatedMeasures(**THREE | {"condition_means": (1, 1, 1)}).sample_size(0.8)
