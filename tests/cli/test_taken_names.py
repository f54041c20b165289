"""A design's own number may not bear the name of a verb's option, nor of a question that every design answers."""

from dataclasses import make_dataclass

import pytest

from trialplan.cli.options.design import of_design
from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.parameter import PROPORTION, parameter


def options_of(name):
    """The options of a design whose effect has this name."""
    number = parameter("a chance", PROPORTION, role="effect")
    return of_design(make_dataclass("Clash", [(name, float, number)], bases=(Design,), frozen=True, kw_only=True))


@pytest.mark.parametrize("name", ["n", "output", "json", "look", "vary", "discount"])
def test_an_option_is_refused_in_one_sentence(name):
    """It names the class, the option, and where to change it."""
    with pytest.raises(ParameterError, match=rf"Clash: its number {name} would be the option --{name}, .* in \S+"):
        options_of(name)


@pytest.mark.parametrize("name", ["power", "arms"])
def test_a_question_is_refused_in_one_sentence(name):
    """It would hide what every design answers."""
    with pytest.raises(ParameterError, match=f"Clash: its field {name} bears the name of a question"):
        options_of(name)
