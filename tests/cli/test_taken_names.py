"""A design's own number may not bear the name of a verb's option."""

from dataclasses import make_dataclass

import click
import pytest

from trialplan import catalogue
from trialplan.cli import root
from trialplan.cli.options.design import TAKEN, of_design
from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.parameter import PROPORTION, parameter, parameters


def options_of_verbs():
    """The options of every verb with a design, that are not a number of some design."""
    context = click.Context(root)
    own = {name for cls in catalogue.designs().values() for name in parameters(cls)}
    found = set()
    for verb in root.list_commands(context):
        group = root.get_command(context, verb)
        for slug in group.list_commands(context) if isinstance(group, click.Group) else ():
            command = group.get_command(context, slug)
            found |= {flag[2:].replace("-", "_") for one in command.params for flag in one.opts if flag[:2] == "--"}
    return found - own


EFFECTS_AS_PUBLISHED = {"hazard_ratio", "odds_ratio"}
"""What `reproduce` takes of any design may be a design's own number, too: they mean the same."""


def test_every_option_is_known():
    """The list holds all of them."""
    assert options_of_verbs() - EFFECTS_AS_PUBLISHED <= set(TAKEN)


@pytest.mark.parametrize("name", ["n", "power", "output", "json", "look", "vary", "arms"])
def test_such_a_number_is_refused_in_one_sentence(name):
    """It names the class, where it is, and the option."""
    number = parameter("a chance", PROPORTION, role="effect")
    cls = make_dataclass("Clash", [(name, float, number)], bases=(Design,), frozen=True, kw_only=True)
    with pytest.raises(ParameterError) as error:
        of_design(cls)
    assert f"Clash: its number {name} would be the option --{name}" in str(error.value)
    assert cls.__module__ in str(error.value)
