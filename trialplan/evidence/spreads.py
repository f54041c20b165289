"""The SD behind the standard error, or the interval, of one mean (Cochrane Handbook 6.5.2.2)."""

from __future__ import annotations

import math

from trialplan.numerics.lazy import special

CONFIDENCE = 0.95
"""Of an interval that does not say: nearly every journal's."""


def sd_of_standard_error(error: float, *, n: int) -> float:
    """The SD of n values whose mean has this standard error: SE × √n.

    >>> sd_of_standard_error(0.5, n=49)
    3.5
    """
    return error * math.sqrt(n)


def sd_of_interval(lower: float, upper: float, *, n: int, confidence: float = CONFIDENCE) -> float:
    """The SD of n values whose mean has this interval by Student's t: its half width over t, times √n.

    >>> round(sd_of_interval(30.0, 34.2, n=25), 2)
    5.09
    """
    half = float(special.stdtrit(n - 1, 0.5 + confidence / 2))
    return (upper - lower) / (2 * half) * math.sqrt(n)
