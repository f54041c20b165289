"""A state travels in an address, whole, and a hostile address is one sentence."""

from urllib.parse import parse_qsl

import pytest

from trialplan.errors import ParameterError
from trialplan.web.state import LONGEST, MOST, State, of_query


def of(text):
    return of_query(parse_qsl(text, keep_blank_values=True))


def test_there_and_back():
    """What is written into an address is read out of it, be it what it may."""
    state = State("plan", "a b&c", (("endpoint.0.power", "0.9"), ("x", "=1+1 ü")), (("x", "control"),))
    assert of(state.query()) == state


def test_one_address():
    """The order in which somebody changed things does not make another address."""
    one = State().changed("b", "1").changed("a", "2")
    assert one == State().changed("a", "2").changed("b", "1")
    assert one.changed("a", None).changed("b", None) == State()


def test_ticked_several_times():
    """Boxes of one name are one entry; entries that say nothing are none."""
    assert of("plan=p&studies=a&studies=b&dropout=").changes == (("studies", "a,b"),)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("plan=a&design=b", "a plan and a design"),
        ("&".join(f"a{i}=1" for i in range(MOST + 1)), "entries"),
        (f"a={'x' * LONGEST}", "characters"),
    ],
)
def test_too_much(address, why):
    """More than a person would change is refused."""
    with pytest.raises(ParameterError, match=why):
        of(address)


def test_a_whole_state_beside_it():
    """What is put aside is as long as what was changed; entries that are empty, as a form sends them, do not count."""
    aside = State("plan", "p", tuple((f"endpoint.{at:02}.assumptions.control.value", "0.1") for at in range(20)))
    assert len(aside.query()) > LONGEST
    assert of(State("plan", "p").seen(beside=aside.query()).query()).looked_at["beside"] == aside.query()
    assert of(f"plan=p&{'&'.join(f'a{at}=' for at in range(MOST + 1))}&b=1").changes == (("b", "1"),)
