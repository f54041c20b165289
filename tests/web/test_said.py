"""What a page says of a plan or of a design is true of it, and in words for people."""

import pytest

import trialplan
from trialplan import read_plan
from trialplan.errors import PlanError
from trialplan.plan.beliefs import NOT_JOINED

SHIPPED, FAMILY = "msc-lupus-nephritis", "msc-lupus-nephritis-doses"


def test_what_is_taken_off(pages):
    """A plan whose rates are bridged is not told that nothing is taken off, be its endpoint one of several."""
    told = pages("bridge", f"plan={FAMILY}")
    assert "Nothing to take off" not in told
    assert "n is not varied over what is believed of one of them" in told
    assert "Nothing to take off" in pages("bridge", "plan=warfarin-stroke")


def test_why_a_family_has_no_assurance(pages):
    """The true reason stands on the page and in the verb's sentence, as it does in the protocol."""
    assert NOT_JOINED in pages.wrong(f"plan={FAMILY}", "assurance", live=False)[0]
    with pytest.raises(PlanError, match=NOT_JOINED):
        trialplan.assurance(trialplan.build(read_plan(FAMILY)))


@pytest.mark.parametrize("name", [SHIPPED, FAMILY])
def test_a_plan_that_is_not_whole_keeps_its_number(name, pages):
    """The number stands first, then what it rests on, although no document can be made of the plan."""
    told = pages("design", f"plan={name}&endpoint.0.assumptions.treatment.value=0.4")
    assert (
        told.index("The number</h2>") < told.index("What the number rests on") < told.index("This cannot be answered")
    )
