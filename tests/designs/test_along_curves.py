"""Survival at a milestone and restricted means, against curves written out and drawn participants."""

import numpy as np
import pytest

from trialplan.designs.milestone import Milestone
from trialplan.designs.restricted_mean import RestrictedMean
from trialplan.errors import ParameterError
from trialplan.sequential.group_sequential import GroupSequential

TIMES = {"control_hazard": (0.03, 0.09), "hazard_changes": (4,), "accrual_time": 12, "follow_up_time": 6}
LOST = TIMES | {"dropout_rate": 0.03, "dropout_rate_treatment": 0.01, "allocation": "2:1"}
CROSSING = LOST | {"treatment_hazard": (0.09, 0.02)}


def by_hand(people, until):
    """The curve at a time, the area up to it, and the variances of both, person by person."""
    people = sorted((time, event) for _, time, event in people)
    survival, area, last, steps = 1.0, 0.0, 0.0, []
    for number, (time, event) in enumerate(people):
        if time > until:
            break
        area += survival * (time - last)
        last = time
        if event:
            there = len(people) - number
            survival *= 1 - 1 / there
            steps.append((area, 1 / (there * (there - 1)) if there > 1 else 0.0))
    area += survival * (until - last)
    greenwood = survival**2 * sum(step for _, step in steps)
    return survival, greenwood, area, sum((area - before) ** 2 * step for before, step in steps)


class TestEstimates:
    def test_are_those_of_the_curve(self):
        """Survival and area with their variances are those of a curve that is drawn step by step."""
        milestone = Milestone(milestone=9, difference=0.1, **LOST)
        mean = RestrictedMean(horizon=9, difference=0.5, **LOST)
        data = milestone.draw(45, 4, np.random.default_rng(1))
        for arm in data:
            (share, greenwood), (area, variance) = milestone.estimated(arm), mean.estimated(arm)
            for trial, people in enumerate(arm):
                found = share[trial], greenwood[trial], area[trial], variance[trial]
                assert found == pytest.approx(by_hand(people, 9), abs=1e-10)

    def test_without_events(self):
        """Where everybody is censored there is no evidence."""
        arm = np.zeros((2, 20, 3))
        arm[..., 1] = 20.0
        for design in (
            Milestone(milestone=9, difference=0.1, **LOST),
            RestrictedMean(horizon=9, ratio=1.2, scale="ratio", **LOST),
        ):
            z, rejects = design.analyse((arm, arm))
            assert (z.tolist(), rejects.tolist()) == ([0, 0], [False, False])


class TestCurves:
    @pytest.mark.parametrize("numbers", [LOST, CROSSING])
    def test_the_effect_is_read_off_them(self, numbers):
        """The treatment's curve has the effect, in the ratio of the control's hazards or of its own shape."""
        milestone = Milestone(milestone=9, difference=0.1, **numbers)
        treatment, control = (curve.survival(9) for curve in milestone.curves)
        assert treatment - control == pytest.approx(0.1, abs=1e-12)
        mean = RestrictedMean(horizon=9, ratio=1.15, scale="ratio", **numbers)
        treatment, control = (curve.mean_to(9) for curve in mean.curves)
        assert treatment / control == pytest.approx(1.15, abs=1e-9)


class TestPower:
    @pytest.mark.parametrize(
        "design",
        [
            Milestone(milestone=9, difference=0.2, **CROSSING),
            RestrictedMean(horizon=9, difference=0.9, **CROSSING),
            RestrictedMean(horizon=9, ratio=1.1, scale="ratio", **LOST),
            RestrictedMean(horizon=9, difference=0, goal="non-inferiority", margin=0.9, **LOST),
        ],
    )
    def test_is_what_drawn_trials_show(self, design):
        """Under dropout, crossing hazards and 2:1, on both scales and with a margin."""
        n = design.sample_size(0.8).n
        seen = design.simulate(n, 2500, np.random.default_rng(2))
        assert seen.success == pytest.approx(float(design.success(n)), abs=0.04)


class TestRefused:
    @pytest.mark.parametrize(
        ("cls", "numbers", "words"),
        [
            (Milestone, {"milestone": 18, "difference": 0.1}, "nobody is seen for longer"),
            (Milestone, {"milestone": 9, "difference": 0.5}, "leaves the treatment"),
            (RestrictedMean, {"horizon": 9, "difference": 5}, "leaves the treatment"),
            (RestrictedMean, {"horizon": 9, "ratio": 1.1}, "difference needs difference, and no ratio"),
            (RestrictedMean, {"horizon": 9, "difference": 1, "treatment_hazard": (0.1,)}, "one fewer is needed"),
        ],
    )
    def test_what_does_not_fit(self, cls, numbers, words):
        """Each in one sentence."""
        with pytest.raises(ParameterError, match=words):
            cls(**TIMES, **numbers)

    def test_looks(self):
        """Increments between looks are not independent where hazards cross."""
        with pytest.raises(ParameterError, match="looks are not defined over restricted-mean"):
            GroupSequential(design=RestrictedMean(horizon=9, difference=1, **CROSSING))
