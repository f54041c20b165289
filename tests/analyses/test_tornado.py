"""The tornado: each end sized and powered by other software, and the order in which assumptions stand."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from trialplan import StratifiedProportions, TwoMeans, TwoProportions
from trialplan.analyses.sensitivity.tornado import Axis, tornado
from trialplan.analyses.sensitivity.tornado_page import tornado_of_design
from trialplan.errors import ParameterError
from trialplan.sequential.group_sequential import GroupSequential

RATES = TwoProportions(control=0.3, treatment=0.5)


def axis(design, name, low=None, high=None, **rest):
    """An axis over one of a design's own numbers."""
    return Axis(
        assumption=name,
        says=f"{name} is {{}}",
        unit="",
        planned=getattr(design, name),
        source="ours",
        low=low,
        high=high,
        design_at=lambda value: design.replace(**{name: value}),
        **rest,
    )


class TestEnds:
    def test_n_and_power_are_those_of_the_t_test(self):
        """At either end of the SD, n and power are what statsmodels gives for Student's t test."""
        design = TwoMeans(difference=0.5, sd=1.0)
        (swing,) = tornado([axis(design, "sd", 0.8, 1.5)], n=128, target=0.8)
        for end in (swing.low, swing.high):
            other = TTestIndPower()
            assert end.n == 2 * int(np.ceil(other.solve_power(0.5 / end.value, power=0.8, alpha=0.05)))
            assert end.power == pytest.approx(other.power(0.5 / end.value, 64, 0.05), abs=1e-4)

    def test_power_at_the_planned_number_by_simulation(self):
        """At a higher control rate the planned trial finds the effect as often as simulated chi-squared tests do."""
        (swing,) = tornado([axis(RATES, "control", 0.2, 0.4)], n=186, target=0.8)
        rng = np.random.default_rng(4)
        x, y = rng.binomial(93, 0.5, 40_000) / 93, rng.binomial(93, 0.4, 40_000) / 93
        pooled = (x + y) / 2
        z = (x - y) / np.sqrt(pooled * (1 - pooled) * 2 / 93)
        found = (z > stats.norm.ppf(0.975)).mean()
        assert swing.high.power == pytest.approx(found, abs=0.02)

    def test_no_effect_is_said_with_its_reason(self):
        """Beyond the treatment rate no number would do, the reason says why, and a claim is rare."""
        (swing,) = tornado([axis(RATES, "control", 0.2, 0.55)], n=186, target=0.8)
        assert (swing.worst, swing.worst.n, swing.worst.effect) == (swing.high, None, False)
        assert "must lie above" in swing.worst.reason
        assert swing.worst.power < 0.025
        assert swing.breaks.effect_gone == pytest.approx(0.5, abs=1e-6)

    def test_where_the_trial_breaks_on_the_way(self):
        """At the named rates n has doubled and power is a half."""
        (swing,) = tornado([axis(RATES, "treatment", 0.4, 0.6)], n=186, target=0.8)
        at = RATES.replace(treatment=swing.breaks.n_doubles)
        assert at.unrounded(0.8) == pytest.approx(2 * RATES.unrounded(0.8), rel=1e-6)
        assert RATES.replace(treatment=swing.breaks.half_power).success(186) == pytest.approx(0.5, abs=1e-7)

    def test_an_exact_test_has_no_smooth_break(self):
        """A saw-tooth is sized at both ends, and where it breaks in between is not claimed."""
        fisher = RATES.replace(test="fisher")
        (swing,) = tornado([axis(fisher, "treatment", 0.45, 0.6)], n=204, target=0.8)
        assert swing.low.n > 204 > swing.high.n
        assert swing.breaks is None


class TestOrder:
    def test_the_worst_stands_first_and_what_has_no_range_last(self):
        """First what leaves no trial possible, then by the participants needed, then what was not varied."""
        axes = [
            axis(RATES, "alpha"),
            axis(RATES, "treatment", 0.45, 0.6),
            axis(RATES, "control", 0.2, 0.55),
            axis(RATES, "treatment", 0.4, 0.6),
        ]
        found = tornado(axes, n=186, target=0.8)
        assert [swing.axis for swing in found] == [axes[2], axes[3], axes[1], axes[0]]
        assert found[-1].worst is None


class TestPage:
    def test_the_sentence_says_what_becomes_of_the_trial(self):
        """An ethics board reads what is wrong, how likely the effect is found, and how many would be needed."""
        page = tornado_of_design(RATES, {"control": (0.2, 0.4, 0.35), "treatment": (0.3, 0.6)}, 0.8).page()
        first, second = page.data["rows"]
        assert first["sentence"].startswith(
            "If the rate in the treatment arm is 30 % instead of 50 %, there is no effect to find: no number of "
            "participants would do, and the trial of 186 participants would claim otherwise with probability 0.0"
        )
        assert second["sentence"].startswith(
            "If the rate in the control arm is 40 % instead of 30 %, the trial of 186 participants would find the "
            "effect with probability 0.28; 776 participants would be needed for power 0.8. At 20 % 78 participants "
            "would do."
        )
        assert (second["n_low"], second["n_high"], second["assurance_low"]) == (78, 776, None)

    def test_a_margin_is_no_effect(self):
        """Where equivalence is sought, a true difference beyond the margin is said to be that."""
        design = TwoMeans(difference=0.0, sd=1.0, goal="equivalence", margin=0.5)
        beyond, wide = tornado_of_design(design, {"difference": (-0.2, 0.6), "sd": (0.8, 1.2)}, 0.8).page().data["rows"]
        assert "the truth lies beyond the margin: no number of participants would do" in beyond["sentence"]
        assert "would show equivalence with probability 0.58; 200 participants would be needed" in wide["sentence"]

    def test_a_monitored_design_is_varied_through_its_looks(self):
        """The numbers of a group-sequential design's inner design can be varied, and cost a little more."""
        looked = tornado_of_design(GroupSequential(design=RATES), {"control": (0.2, 0.4)}, 0.8).page().data["rows"][0]
        fixed = tornado_of_design(RATES, {"control": (0.2, 0.4)}, 0.8).page().data["rows"][0]
        assert fixed["n_high"] <= looked["n_high"] <= 1.05 * fixed["n_high"]

    @pytest.mark.parametrize(("name", "values"), [("test", ("score", "wald")), ("contol", (0.2, 0.3))])
    def test_what_is_no_number_is_refused(self, name, values):
        """A choice has no range, and an unknown name is met by the nearest."""
        with pytest.raises(ParameterError, match=r"leave it out|did you mean 'control'"):
            tornado_of_design(RATES, {name: values}, 0.8).page()

    @pytest.mark.parametrize("values", [("0.1/0.2", "0.2/0.3"), (0.1, 0.2)])
    def test_a_vector_is_told_to_be_one(self, values):
        """One number for each stratum is no range, and the sentence says where vectors are varied."""
        design = StratifiedProportions(control=(0.1, 0.2), difference=0.3)
        with pytest.raises(ParameterError, match=r"each of the strata.* vary the vectors as scenarios"):
            tornado_of_design(design, {"control": values}, 0.8)
