"""A picture of a grid says what it rests on, marks the plan and nothing else, and takes n in whole blocks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from trialplan import TwoMeans, TwoProportions
from trialplan.analyses.scenarios.figures import drawable, figure
from trialplan.analyses.scenarios.grid import answered, grid_spec
from trialplan.figures import scale
from trialplan.plan import build, read
from trialplan.plan.variation import ask

DESIGN = TwoProportions(control=0.3, treatment=0.5, alpha=0.01, allocation="2:1", test="wald")


@pytest.fixture(scope="module")
def trial():
    return build(read("msc-lupus-nephritis"))


def drawn_texts(picture):
    return [text.get_text() for axes in picture.draw().axes for text in axes.texts]


class TestWholeBlocks:
    """An axis of participants."""

    @pytest.mark.parametrize(
        ("counts", "whole"),
        [((100, 120, 140), (99, 120, 141)), ((1, 2), (3,)), ((301,), (300,)), ((99, 150), (99, 150))],
    )
    def test_n_is_the_nearest_whole_block(self, counts, whole):
        """Each once, so that the curve has a point everywhere."""
        asked = drawable(grid_spec(DESIGN, {"n": counts}))
        assert asked.axes["n"] == whole
        assert not np.isnan(answered(asked).power).any()

    def test_other_axes_stay(self):
        """As they are, and n where the allocation itself is varied."""
        asked = grid_spec(DESIGN, {"control": (0.1, 0.2), "allocation": ("1:1", "2:1")}, target=0.8)
        assert drawable(asked) is asked


class TestWhatItRestsOn:
    """The line below the title."""

    @pytest.mark.parametrize("axes", [{"control": (0.1, 0.2)}, {"control": (0.1, 0.2), "treatment": (0.5, 0.6)}])
    def test_names_all_that_is_fixed(self, axes):
        """Numbers, level, test and allocation; not what is varied."""
        picture = figure(answered(grid_spec(DESIGN, axes, target=0.8)))
        for words in ("allocation 2:1", "level 0.01 two-sided", "test wald", "two-proportions"):
            assert words in picture.fixed
        assert ("treatment 0.5" in picture.fixed) == ("treatment" not in axes)
        assert "control" not in picture.fixed
        assert "".join(picture.fixed.split()) in "".join("".join(drawn_texts(picture)).split())

    def test_titles_do_not_repeat_the_axis(self):
        """The title says against what."""
        picture = figure(answered(grid_spec(TwoMeans(difference=0.5, sd=1), {"n": (60, 120)})))
        assert picture.title == "Power, against participants in all"

    def test_a_logarithmic_axis_is_named(self):
        """And a linear one is not."""
        steep = figure(answered(grid_spec(DESIGN, {"treatment": (0.35, 0.9)}, target=0.8)))
        flat = figure(answered(grid_spec(DESIGN, {"treatment": (0.5, 0.52)}, target=0.8)))
        assert "participants in all, logarithmic axis" in drawn_texts(steep)
        assert "participants in all" in drawn_texts(flat)


class TestThePlan:
    """What is marked."""

    def test_of_a_bare_design_nothing(self):
        """Its first corner is no plan."""
        both = figure(answered(grid_spec(DESIGN, {"control": (0.1, 0.2), "treatment": (0.5, 0.6)}, target=0.8)))
        along = figure(answered(grid_spec(DESIGN, {"n": (99, 150)})))
        assert both.planned is None
        assert (along.chosen, along.target) == (None, None)

    def test_of_a_plan_its_own_point(self, trial):
        """On a surface, on a curve over one assumption, on a power curve."""
        rates = tuple(float(trial.design.assumptions()[name]) for name in ("treatment", "control"))
        axes = {"control": (0.1, 0.2, 0.3), "treatment": (0.3, 0.4)}
        assert figure(answered(ask(trial, axes)), plan=trial.answer).planned == pytest.approx(rates)
        one = figure(answered(ask(trial, {"treatment": (0.3, 0.4)})), plan=trial.answer)
        assert one.chosen == pytest.approx((rates[0], trial.answer.n))
        power = figure(answered(ask(trial, {"n": (200, 300)})), plan=trial.answer)
        assert power.chosen == pytest.approx((trial.answer.n, trial.answer.power))

    def test_of_a_plan_nothing_where_it_is_elsewhere(self, trial):
        """Outside the axes, or for another power."""
        assert figure(answered(ask(trial, {"treatment": (0.5, 0.6)})), plan=trial.answer).chosen is None
        assert figure(answered(ask(trial, {"treatment": (0.3, 0.4)}, 0.9)), plan=trial.answer).chosen is None


def test_digits_stand_out_from_every_colour():
    """At least 4.5 to 1, which WCAG 2.1 asks of small letters."""
    for colour in scale.colours()(np.linspace(0, 1, 256)):
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
        luminance = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
        letters = 1.0 if scale.legible(colour) == "white" else 0.0
        light, dark = sorted((luminance, letters), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
    assert {scale.legible(c) for c in itertools.chain(scale.colours()([0.0, 1.0]))} == {"black", "white"}
