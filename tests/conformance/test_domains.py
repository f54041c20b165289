"""Numbers and choices outside what a parameter declares are refused in one sentence."""

import math

import numpy as np
import pytest

from trialplan.errors import ParameterError
from trialplan.parameter import PROPORTION, Interval

NOT_NUMBERS = ["0.5", "abc", True, False, np.True_, 1j, object(), [None], ["0.5", "0.4"], [True, False], {}]
NOT_FINITE = [math.nan, math.inf, -math.inf, np.array([0.5, math.nan])]
NO_CHOICE = ["nonsense", 3, math.nan, True, None, 1.5, [], np.array([1, 2])]


def outside(domain):
    """Numbers just outside an interval, and its own ends where they do not belong to it."""
    low = () if math.isinf(domain.low) else (math.nextafter(domain.low, -math.inf), domain.low)
    high = () if math.isinf(domain.high) else (math.nextafter(domain.high, math.inf), domain.high)
    return [value for value in (*low, *high) if value not in domain]


def refusal(cls, arguments, name):
    """The sentence with which a class refuses its arguments, which names class and parameter."""
    with pytest.raises(ParameterError) as caught:
        cls(**arguments)
    sentence = str(caught.value)
    assert sentence.startswith(f"{cls.__name__}: ")
    assert name in sentence
    assert "\n" not in sentence
    return sentence


class TestNumbers:
    def test_just_outside_the_domain(self, declared, valid):
        """A number just outside its domain, or at an end that does not belong to it, is refused with the domain."""
        cls, name, parameter = declared
        if not isinstance(parameter.domain, Interval):
            pytest.skip("no interval")
        for value in outside(parameter.domain):
            assert str(parameter.domain) in refusal(cls, valid(cls) | {name: value}, name)

    def test_just_inside_the_domain(self, declared):
        """A number just inside its domain is taken as it is."""
        _, name, parameter = declared
        if not isinstance(parameter.domain, Interval):
            pytest.skip("no interval")
        for value in parameter.typical:
            assert parameter.check("Owner", name, value) == value
        low, high = parameter.domain.low, parameter.domain.high
        for value in (math.nextafter(low, math.inf), math.nextafter(high, -math.inf)):
            if math.isfinite(value):
                assert parameter.check("Owner", name, value) == value

    @pytest.mark.parametrize("value", NOT_FINITE, ids=repr)
    def test_not_finite(self, declared, valid, value):
        """nan and the infinities are refused, alone or inside an array."""
        cls, name, parameter = declared
        if parameter.choices:
            pytest.skip("a choice")
        refusal(cls, valid(cls) | {name: value}, name)

    @pytest.mark.parametrize("value", NOT_NUMBERS, ids=lambda value: f"{type(value).__name__}-{str(value)[:14]}")
    def test_not_a_number(self, declared, valid, value):
        """What is no number is refused, not converted."""
        cls, name, parameter = declared
        if parameter.choices:
            pytest.skip("a choice")
        refusal(cls, valid(cls) | {name: value}, name)

    def test_none_where_a_value_is_needed(self, declared, valid):
        """None is refused where a parameter is not optional."""
        cls, name, parameter = declared
        if parameter.optional:
            pytest.skip("optional")
        refusal(cls, valid(cls) | {name: None}, name)

    def test_a_percentage(self, declared, valid):
        """A rate that is written as a percentage is refused with the way to write it."""
        cls, name, parameter = declared
        if parameter.unit != "proportion":
            pytest.skip("no proportion")
        assert "write 60 % as 0.6" in refusal(cls, valid(cls) | {name: 60}, name)


class TestChoices:
    @pytest.mark.parametrize("value", NO_CHOICE, ids=repr)
    def test_not_a_choice(self, declared, valid, value):
        """What is not among the choices is refused with the choices."""
        cls, name, parameter = declared
        if not parameter.choices or (value is None and parameter.optional):
            pytest.skip("not a choice, or optional")
        sentence = refusal(cls, valid(cls) | {name: value}, name)
        assert all(str(choice) in sentence for choice in parameter.choices)


class TestDeclarations:
    def test_says_what_it_means(self, declared):
        """Every parameter says what it means, and every needed number has a typical range inside its domain."""
        _, _, parameter = declared
        assert parameter.meaning
        if isinstance(parameter.domain, Interval) and not parameter.choices:
            assert len(parameter.typical) == 2
            assert all(value in parameter.domain for value in parameter.typical)

    def test_margins_on_a_ratio_scale_are_positive(self, fixed_class, everything):
        """A pair of limits on a ratio scale that reaches below zero is refused."""
        of_class = [d for d in everything.values() if type(d) is fixed_class]
        pairs = [d for d in of_class if isinstance(d.margin, tuple)]
        for design in [d for d in pairs if d.scale != "difference"][:3]:
            with pytest.raises(ParameterError, match=f"{fixed_class.__name__}: margin"):
                design.replace(margin=(-0.5, 1.25))

    def test_margins_lie_inside_the_range_of_the_effect(self, design, inner):
        """A margin that no pair of rates can exceed is refused."""
        core = inner(design)
        rates = core.declared("comparator") is not None and core.effect_domain() == PROPORTION
        if not rates or core.margin is None or core.scale != "difference":
            pytest.skip("no margin on a difference of rates")
        with pytest.raises(ParameterError, match="margin"):
            design.replace(margin=1.5)
