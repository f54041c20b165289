"""Looks at several treatments or hypotheses: what is refused of all of them."""

import pytest

from trialplan import FamilyWithLooks, Holm, TwoMeans, monitor
from trialplan.errors import ParameterError


def test_no_look_comes_after_the_end():
    """Both hypotheses are shown at the first look, which ended the trial."""
    family = Holm(members=(TwoMeans(difference=0.4, sd=1), TwoMeans(difference=0.3, sd=1)))
    with pytest.raises(ParameterError, match=r"the trial ended for efficacy at look 1; leave the later looks out$"):
        monitor(FamilyWithLooks(design=family, looks=(0.5, 1.0)), n=200, z=("5,5", "1,1"))


def test_a_look_with_a_number_too_few():
    """At the first look nothing has ended; of what has, its number stands for nothing."""
    family = Holm(members=(TwoMeans(difference=0.4, sd=1), TwoMeans(difference=0.3, sd=1)))
    design = FamilyWithLooks(design=family, looks=(0.5, 1.0))
    with pytest.raises(ParameterError, match=r"must be 2 numbers a look, of .*, not 1; write z 0,0$"):
        monitor(design, n=200, z="5")
    with pytest.raises(ParameterError, match=r"not 1; write z 0,0; endpoint 1 ended before, and any number may stand"):
        monitor(design, n=200, z=("5,0", "5"))
