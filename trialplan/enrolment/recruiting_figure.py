"""Recruitment as a picture: a fan of the number randomised over the months, with the looks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trialplan.figures import Fan, LookMark

if TYPE_CHECKING:
    from trialplan.enrolment.recruiting import Recruiting

_POINTS = 60
"""Months that are asked, at the most: enough for a line without corners."""

_FEW = 12
"""Months of a recruitment that is asked about more often than monthly."""

_ROOM = 1.05
"""How far beyond the month by which nine in ten are full."""


def figure(answer: Recruiting) -> Fan:
    """The months until nine in ten recruitments are full, or the deadline where that is later."""
    last = _ROOM * max(answer.full.late, answer.by.month if answer.by else 0.0)
    step = math.ceil(last / _POINTS)  # whole months, so that the table beside the picture reads well
    months: list[float] = [*range(0, math.ceil(last) + step, step)]
    if last < _FEW:
        months = [last * position / _POINTS for position in range(_POINTS + 1)]
    upper, middle, lower = zip(*(answer.law.counts(month, answer.n) for month in months), strict=True)
    marks = [
        LookMark(
            label="the end" if look.final else f"look {look.number}",
            early=look.completion.early,
            middle=look.completion.median,
            late=look.completion.late,
        )
        for look in answer.looks
    ]
    return Fan(
        months=months,
        lower=lower,
        middle=middle,
        upper=upper,
        target=answer.n,
        deadline=answer.by.month if answer.by else None,
        looks=marks,
    )
