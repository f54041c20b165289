"""What every class in the catalogue answers, whether it tests or not."""

import itertools

import pytest

from trialplan.design import Design
from trialplan.errors import ParameterError


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
        with pytest.raises(TypeError):
            sized(0.1)


class TestWithoutATest:
    def test_fewest_by_enumeration(self, sized, valid):
        """What has no test is sized by the first n that attains its target, found by counting up."""
        if issubclass(sized, Design) or not hasattr(sized, "attained"):
            pytest.skip("has a test, or a target that is no probability")
        instance = sized(**valid(sized))
        rising = float(instance.attained(1000 * instance.block)) > float(instance.attained(4 * instance.block))
        for target in (0.3, 0.5, 0.8):
            sign = 1 if rising else -1
            totals = itertools.count(instance.block, instance.block)
            n = next(n for n in totals if sign * (float(instance.attained(n)) - target) >= -1e-12)
            assert instance.sample_size(target).n == n
            assert sum(instance.sample_size(target).arms.values()) == n

    @pytest.mark.parametrize("target", [0.0, 2, -0.5, float("nan"), "0.8", True])
    def test_a_target_outside_its_domain_is_refused(self, sized, valid, target):
        """A target that is no probability is refused in one sentence."""
        if issubclass(sized, Design) or not hasattr(sized, "attained"):
            pytest.skip("has a test, or a target that is no probability")
        with pytest.raises(ParameterError, match=sized.__name__):
            sized(**valid(sized)).sample_size(target)
