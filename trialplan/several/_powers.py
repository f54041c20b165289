"""Where the power of any and of all stand among the powers of several tests, and the normal score of a power."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.elementary import between, normal_quantile
from trialplan.parameter import Numbers

ANY, ALL = -2, -1
"""The places of any and of all among the powers, behind those of each."""

FAR = 36.0
"""Where a normal variable has no probability left."""


def score(power: Numbers) -> Any:
    """The normal score of a power, within what a normal variable reaches."""
    return between(-FAR, normal_quantile(power), FAR)
