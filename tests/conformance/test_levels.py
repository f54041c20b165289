"""Level and sides: their defaults by goal, and how replace treats what was filled in."""

from statistics import NormalDist

import pytest

from trialplan.designs.rank_sum import RankSum
from trialplan.errors import ParameterError
from trialplan.parameter import parameters

USUAL = {"superiority": (0.05, 2), "non-inferiority": (0.025, 1), "equivalence": (0.05, 1), "single-arm": (0.05, 1)}
BY_MARGIN = USUAL["non-inferiority"]
"""Superiority by a margin: one limit in one direction, as non-inferiority has."""


COUNTED = 5000
"""Participants up to which every exact test counts its outcomes, and takes no more than a moment."""


def usual(core):
    """The usual level and sides of what a design sets out to show."""
    return BY_MARGIN if core.goal == "superiority" and core.margin is not None else USUAL[core.goal]


class TestDefaults:
    def test_by_goal(self, design, inner):
        """A level that is not given is the usual one of the goal."""
        core = inner(design)
        assert (core.alpha, core.replace(sides=None).sides) == usual(core)

    def test_replace_keeps_what_was_given(self, design):
        """Replacing another number leaves a given level alone."""
        sides = 1 if design.directed else 2
        given = design.replace(alpha=0.031, sides=sides)
        again = given.replace(**{design.effect: design.effect_value()})
        assert (again.alpha, again.sides) == (0.031, sides)
        assert again == given

    def test_replace_refills_by_goal(self, design, inner):
        """Replacing the goal fills the level in anew, where it was not given."""
        core = inner(design)
        if "goal" not in parameters(type(core)):
            pytest.skip("one goal")
        goals = core.analysis.goals if core.tests else parameters(type(core))["goal"].choices
        for goal in goals:
            ratio = core.scale != "difference"
            margin = None if goal == "superiority" else 1.5 if ratio else 0.2
            try:
                fresh = core.replace(alpha=None, sides=None).replace(goal=goal, margin=margin)
            except ParameterError:  # a test that takes this goal on another scale only
                continue
            assert (fresh.alpha, fresh.sides) == USUAL[goal]
            kept = core.replace(alpha=0.01, sides=1).replace(goal=goal, margin=margin)
            assert (kept.alpha, kept.sides) == (0.01, 1)

    def test_level_is_alpha_over_sides(self, design):
        """One side's level is alpha divided by the sides."""
        assert design.level == pytest.approx(design.alpha / design.sides)

    def test_two_sided_needs_no_fewer(self, design):
        """A two-sided test at the same alpha needs at least as many participants."""
        try:
            one = design.replace(alpha=0.04, sides=1)
            two = design.replace(alpha=0.04, sides=2)
        except ParameterError:
            pytest.skip("is one-sided only, or has no direction")
        assert two.sample_size(0.8).n >= one.sample_size(0.8).n


class TestPower:
    def test_success_is_part_of_power(self, design):
        """Zero ≤ success ≤ power ≤ one, from the smallest n to a very large one; of a saw-tooth, to a modest one."""
        for blocks in (1, 2, 3, 5, 10, *((100, 10_000) if design.smooth else (30,))):
            n = blocks * design.block
            success, power = float(design.success(n)), float(design.power(n))
            assert 0 <= success <= power + 1e-12
            assert power <= 1

    def test_certain_in_the_end(self, design, ask):
        """Power tends to 1 for a huge n."""
        n = ask(design.sample_size, 0.8).n
        huge = 200 * n if design.smooth else min(20 * n, COUNTED)
        assert float(design.power(huge // design.block * design.block)) == pytest.approx(1, abs=1e-6)

    def test_at_the_null_it_is_the_level(self, design):
        """At the null's boundary, success tends to the level of one side; exact tests of counts stay below it."""
        n = 2_000_000 * design.block if design.smooth else 1000 * design.block
        for null in design.at_null():
            success = float(null.success(n))
            asks_for_more = any(one.asks_for_more for one in (design, *design.members))
            if isinstance(design.fixed, RankSum) and design.margin is not None and design.fixed.variance != "null":
                # held against the standard error without an effect, which is larger than that of shifted outcomes
                assert design.level / 2 < success < design.level + 2e-3
            elif design.smooth and not asks_for_more:
                of_success = design.level if design.directed else design.alpha
                assert success == pytest.approx(float(of_success), abs=2e-3)
                if design.two_tailed:
                    assert float(null.power(n)) == pytest.approx(float(design.alpha), abs=4e-3)
            else:
                assert success <= design.level + 1e-12
                assert success > 0 or asks_for_more

    def test_drift_gives_success(self, design, ask):
        """The expected z that drift names gives the success probability back."""
        n = ask(design.sample_size, 0.8).n
        fixed = NormalDist().cdf(float(design.drift(n)) - float(design.z_alpha))
        assert fixed == pytest.approx(float(design.success(n)), abs=1e-9)


class TestAssumptions:
    def test_rebuilds_the_design(self, design):
        """The assumptions of a design, given back to it, change nothing."""
        assert design.replace(**design.assumptions()) == design

    def test_names_its_formula_and_source(self, design):
        """Every design says which formula it uses and where that is published."""
        assert design.formula
        assert any(character.isdigit() for character in design.reference)
