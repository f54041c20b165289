"""What every class in the catalogue answers, whether it tests or not."""

import itertools
import json
import math

import numpy as np
import pytest

import trialplan
from trialplan import AdverseEvent, PrecisionDifference, PrecisionProportion
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, UnreachableError
from trialplan.parameter import parameters


class TestEveryClass:
    def test_slug_and_words(self, sized):
        """Every class has a slug in kebab case, a one-line summary and its references."""
        assert sized.slug() == sized.slug().lower()
        assert " " not in sized.slug()
        assert sized.__doc__.strip().splitlines()[0].strip().endswith((".", "?"))
        assert "References:" in sized.__doc__

    def test_is_found_drawn(self, sized, everything):
        """The suite has drawn every design that tests, every test of it and every goal."""
        if not issubclass(sized, Design):
            return
        of_class = [design for design in everything.values() if type(design) is sized]
        assert of_class
        assert {design.test for design in of_class if sized.tests} == set(sized.tests)

    def test_is_frozen(self, sized, valid):
        """A design does not change once it is built."""
        instance = sized(**valid(sized))
        with pytest.raises((AttributeError, TypeError)):
            instance.alpha = 0.2

    def test_keyword_only(self, sized):
        """Numbers are given by name."""
        with pytest.raises(ParameterError, match="takes numbers by their names"):
            sized(0.1)


class TestWithoutATest:
    def test_fewest_by_enumeration(self, sized, valid):
        """What has no test is sized by the first n that attains its target, found by counting up."""
        if issubclass(sized, Design) or sized.attained is Sized.attained:
            pytest.skip("has a test, or a target that is no probability")
        instance = sized(**valid(sized))
        rising = float(instance.attained(1000 * instance.block)) > float(instance.attained(4 * instance.block))
        asked = parameters(sized).get(sized.asks_for)
        for target in (0.3, 0.5, 0.8) if asked is None else np.linspace(*asked.typical, 3):
            sign = 1 if rising else -1
            totals = itertools.count(instance.block, instance.block)
            n = next(n for n in totals if sign * (float(instance.attained(n)) - target) >= -1e-12)
            assert instance.sample_size(target).n == n
            assert sum(instance.sample_size(target).arms.values()) == n

    def test_a_target_outside_its_domain_is_refused(self, sized, valid):
        """A target outside the domain of what is asked for is refused in one sentence."""
        if issubclass(sized, Design) or sized.attained is Sized.attained:
            pytest.skip("has a test, or a target that is no probability")
        asked = parameters(sized).get(sized.asks_for)
        for target in (0.0, 2, -0.5, math.nan, "0.8", True):
            if asked is not None and isinstance(target, (int, float)) and target is not True and target in asked.domain:
                continue  # a width that may be asked for
            with pytest.raises(ParameterError, match=sized.__name__):
                sized(**valid(sized)).sample_size(target)


class TestOfOneN:
    def test_its_n_is_the_answer_or_says_why_not(self, design_of_one_n):
        """The n that a design's own numbers fix is the answer where it reaches the target; else a sentence says why."""
        design, n = design_of_one_n, design_of_one_n.only_n
        power = float(design.power(n))
        answer = design.sample_size(max(0.99 * power, 2 * design.alpha))
        assert (answer.n, answer.power) == (n, pytest.approx(power))
        with pytest.raises(UnreachableError, match=f"fix n at {n}, where power is {power:.4g}"):
            design.sample_size((1 + power) / 2)

    def test_another_n_is_refused(self, design_of_one_n):
        """Power, arms and simulation are of that n and of no other."""
        design = design_of_one_n
        for ask in (design.power, design.arms, lambda n: design.simulate(n, 10, np.random.default_rng(1))):
            with pytest.raises(ParameterError, match="n is fixed"):
                ask(design.only_n + 1)

    def test_class_says_so(self, fixed_class, everything):
        """A class fixes n if and only if its designs do."""
        of_class = [design for design in everything.values() if type(design) is fixed_class]
        assert {design.only_n is not None for design in of_class} == {fixed_class.fixes_n()}

    def test_numbers_broadcast(self, design_of_one_n):
        """Power takes an array of effects, and a detectable effect has the power that was asked for."""
        design, n = design_of_one_n, design_of_one_n.only_n
        values = float(design.effect_value()) * np.array([1, 0.98])
        alone = [float(design.replace(**{design.effect: float(value)}).power(n)) for value in values]
        np.testing.assert_allclose(design.replace(**{design.effect: values}).power(n), alone)
        effect = design.detectable_effect(n, 0.8)
        assert float(design.replace(**{design.effect: effect}).success(n)) == pytest.approx(0.8, abs=1e-7)


IMPOSSIBLE = [
    (PrecisionProportion(expected=np.array([0.2, 0.5]), width=np.array([0.1, 1e-9])), "width"),
    (PrecisionDifference(control=0.2, treatment=np.array([0.3, 0.5]), width=np.array([0.1, 1e-9])), "width"),
    (AdverseEvent(rate=np.array([0.2, 1e-14])), "probability"),
]


@pytest.mark.parametrize(("grid", "named"), IMPOSSIBLE)
def test_an_impossible_cell_is_nan_with_its_reason(grid, named):
    """A cell that asks for more people than there are does not kill the grid; a scalar raises the same sentence."""
    answer = grid.sample_size()
    scalars = [
        grid.replace(**{k: float(v[i]) for k, v in vars(grid).items() if isinstance(v, np.ndarray)}) for i in (0, 1)
    ]
    assert answer.n[0] == scalars[0].sample_size().n
    assert np.isnan(answer.n[1])
    assert answer.reason[0] is None
    assert named in answer.reason[1]
    assert "nan" not in json.dumps(answer.to_dict()).lower()
    with pytest.raises(UnreachableError, match="no number of participants up to"):
        scalars[1].sample_size()
    names = [k for k, v in vars(grid).items() if isinstance(v, np.ndarray)]
    axes = {name: getattr(grid, name).tolist() for name in names}
    rows = trialplan.scenarios(scalars[0], axes).to_dict()["rows"]
    assert [row["n"] is None for row in rows] == [any(row[k] < 1e-8 for k in names) for row in rows]
    assert all(bool(row["reason"]) is (row["n"] is None) for row in rows)
