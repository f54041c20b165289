"""Looks at several treatments or hypotheses: what is refused of all of them."""

import pytest

from trialplan import FamilyWithLooks, Holm, TwoMeans, monitor
from trialplan.errors import ParameterError


def test_no_look_comes_after_the_end():
    """Both hypotheses are shown at the first look, which ended the trial."""
    family = Holm(members=(TwoMeans(difference=0.4, sd=1), TwoMeans(difference=0.3, sd=1)))
    with pytest.raises(ParameterError, match=r"the trial ended for efficacy at look 1; leave the later looks out$"):
        monitor(FamilyWithLooks(design=family, looks=(0.5, 1.0)), n=200, z=("5,5", "1,1"))
