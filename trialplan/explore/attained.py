"""The power that a given number of participants attains, for any design."""

from __future__ import annotations

import math

from trialplan.answers import SampleSize
from trialplan.design import Design
from trialplan.sizing import number


def attained(design: Design, n: int) -> SampleSize:
    """The answer for n participants in all: no target was asked for, so there is none to round from."""
    design.check_n(n)
    power = number(design.power(n))
    return SampleSize(
        design=design, target=math.nan, n=n, arms=design.arms(n), power=power, extra=design.details(n, power)
    )
