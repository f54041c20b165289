"""Critical values of several treatments against one control, as Dunnett's tables print them."""

import pytest
from reference_cases import ReferenceCases

from trialplan.numerics import dunnett

CASES = ReferenceCases("dunnett_tables")


def printed(given):
    """Of arms of one size, by t or by the normal."""
    df = None if given["df"] == "Inf" else given["df"]
    shared = (0.5**0.5,) * given["number_of_treatments"]
    return {"critical_value": float(dunnett.critical_value(shared, given["alpha"], df, given["sides"] == 2))}


ADAPTERS = {"multiplicity.dunnett.critical_value": printed}


@CASES.each
def test_agrees(case):
    """To the two digits that are printed."""
    CASES.agrees_or_is_listed(case, ADAPTERS)


def test_one_treatment_is_a_plain_test():
    """The table's first column is Student's."""
    assert dunnett.critical_value((0.5**0.5,), 0.05, None, True) == pytest.approx(1.959964, abs=1e-6)
