"""Numbers and choices outside what a parameter declares are refused in one sentence."""

import math

import numpy as np
import pytest

from trialplan.errors import ParameterError
from trialplan.parameter import PROPORTION, RATE, Interval, in_units_of_the_outcome, parameters
from trialplan.sequential.boundaries.fields import read_some_looks

NOT_NUMBERS = ["0.5", "abc", True, False, np.True_, 1j, object(), [None], ["0.5", "0.4"], [True, False], {}]
NOT_FINITE = [math.nan, math.inf, -math.inf, np.array([0.5, math.nan])]
NO_CHOICE = ["nonsense", 3, math.nan, True, None, 1.5, [], np.array([1, 2])]


def outside(domain):
    """Numbers just outside an interval, and its own ends where they do not belong to it."""
    low = () if math.isinf(domain.low) else (math.nextafter(domain.low, -math.inf), domain.low)
    high = () if math.isinf(domain.high) else (math.nextafter(domain.high, math.inf), domain.high)
    return [value for value in (*low, *high) if value not in domain]


def refusal(made, owner, name):
    """The sentence with which something is refused, which names its owner and the parameter."""
    with pytest.raises(ParameterError) as caught:
        made()
    sentence = str(caught.value)
    assert sentence.startswith(f"{owner}: ")
    assert name in sentence
    assert "\n" not in sentence
    return sentence


def wrong(parameter, may_ask):
    """A value of each kind that a parameter refuses: none at all, one of no use, and one beside its domain.

    A design that may be asked what it can show lets its effect be left open.
    """
    values = [] if parameter.optional or (parameter.open and may_ask) else [None]
    if parameter.choices:
        return [*values, "nonsense"]
    beside = outside(parameter.domain) if isinstance(parameter.domain, Interval) else []
    return [*values, "abc", math.nan, *beside[:1]]


def refused(declaration, value):
    """The sentence with which a declaration refuses a value."""
    return refusal(lambda: declaration.check("Owner", "field", value), "Owner", "field")


class TestWiring:
    def test_each_field_is_read_by_its_declaration(self, any_class, valid):
        """Every field of a class refuses what its declaration refuses, by the class's name and its own."""
        cls, given = any_class, valid(any_class)
        for name, parameter in parameters(cls).items():
            for value in wrong(parameter, getattr(cls, "has_level", False)):
                refusal(lambda wrong={name: value}: cls(**given | wrong), cls.__name__, name)


class TestDomains:
    """Every declaration as it reads values, without the class that it belongs to; those that are equal once."""

    def test_just_outside(self, declaration):
        """A number just outside its domain, or at an end that does not belong to it, is refused with the domain."""
        for value in outside(declaration.domain) if isinstance(declaration.domain, Interval) else ():
            assert str(declaration.domain) in refused(declaration, value)

    def test_just_inside(self, declaration):
        """A number at the ends of what arithmetic carries is taken as it is, one nearer to an open end is not."""
        if not isinstance(declaration.domain, Interval):
            return
        carried = declaration.domain.carried
        for value in (*declaration.typical, carried.low, carried.high):
            assert declaration.check("Owner", "field", value) == value
        for value in (math.nextafter(carried.low, -math.inf), math.nextafter(carried.high, math.inf)):
            certain = declaration.domain.certain and value in (declaration.domain.low, declaration.domain.high)
            if value in declaration.domain and not certain:
                assert str(carried) in refused(declaration, value)

    def test_no_finite_number(self, declaration):
        """What is no number is refused, not converted; so are nan and the infinities, alone or inside an array."""
        for value in () if declaration.choices else (*NOT_NUMBERS, *NOT_FINITE):
            if declaration.read is read_some_looks and isinstance(value, str) and value == "0.5":
                continue  # one look, as a command line writes it
            refused(declaration, value)

    def test_none(self, declaration):
        """None is refused where a parameter is not optional."""
        if not declaration.optional:
            refused(declaration, None)

    def test_a_percentage(self, declaration):
        """A share that is written as a percentage is refused with the way to write it, and so is any per cent sign.

        An outcome may itself be measured in per cent, so nothing is said of what has its unit.
        """
        if declaration.unit == "proportion" or declaration.domain in (PROPORTION, RATE):
            advice = "write 60 % as 0.6" if declaration.likely > 0.6 else "it is small, as in "  # no level is 60 %
            assert advice in refused(declaration, 60)
        if isinstance(declaration.domain, Interval) and not in_units_of_the_outcome(declaration.unit):
            assert "write 60 % as 0.6" in refused(declaration, "60%")

    def test_no_choice(self, declaration):
        """What is not among the choices is refused with the choices."""
        for value in NO_CHOICE if declaration.choices else ():
            if value is not None or not declaration.optional:
                sentence = refused(declaration, value)
                assert all(str(choice) in sentence for choice in declaration.choices)


class TestDeclarations:
    def test_says_what_it_means(self, any_class):
        """Every parameter says what it means, and every needed number has a typical range inside its domain."""
        for parameter in parameters(any_class).values():
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
        rates = core.declared("comparator") is not None and core.effect_domain() == RATE
        if not rates or core.margin is None or core.scale != "difference":
            pytest.skip("no margin on a difference of rates")
        with pytest.raises(ParameterError, match="margin"):
            design.replace(margin=1.5)
