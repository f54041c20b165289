"""Recruitment over time: how many are randomised by a month, and in which month the n-th comes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError
from trialplan.text import quoted

FASTEST, LATEST = 1_000_000_000, 12_000
"""Participants a month, and months, beyond which a number is a slip of the pen: a thousand years."""

_CLOSE = 1e-9
"""Participants by which rounding may leave a stretch of months short of the one who ends it."""


@dataclass(frozen=True, kw_only=True)
class Accrual:
    """In which month is the n-th participant randomised, and how many are by a month?

    `steps` are (month, participants a month from then on), the first from month 0. Over the first `ramp_up` months the
    rate rises in a straight line from nothing to that of the first step. Numbers are those expected: if participants
    come at random (a Poisson process), so many do on average.

    >>> Accrual(steps=((0, 4),)).month(130), Accrual(steps=((0, 4),)).randomised(44.5)
    (32.5, 178.0)
    >>> slow = Accrual(steps=((0, 2), (12, 5)), ramp_up=6)
    >>> slow.randomised(6), slow.randomised(12), slow.month(28)
    (6.0, 18.0, 14.0)
    """

    steps: tuple[tuple[float, float], ...]
    ramp_up: float = 0.0

    def __post_init__(self) -> None:
        """Months increase from 0, rates are not negative, and recruitment does not end with a rate of nothing."""
        for sentence in self._complaints():
            raise ParameterError(sentence, owner="accrual")

    def _complaints(self) -> Iterator[str]:
        if not self.steps or self.steps[0][0] != 0:
            yield "the first rate must hold from month 0"
            return
        for month, rate in self.steps:
            if not 0 <= rate <= FASTEST:
                yield f"participants per month must lie in [0, {FASTEST:,}], not {rate:g}"
            if not 0 <= month <= LATEST:
                yield f"a rate must hold from a month in [0, {LATEST:,}], not {month:g}"
        for (before, _), (after, _) in itertools.pairwise(self.steps):
            if not before < after:
                yield f"the months from which rates hold must increase, not go from {before:g} to {after:g}"
        if not self.steps[-1][1] > 0:
            yield "the last rate must lie above 0, or recruitment never ends"
        later = [month for month, _ in self.steps[1:]]
        if not 0 <= self.ramp_up <= LATEST or (later and self.ramp_up > later[0]):
            latest = f", before the second rate begins at {later[0]:g}" if later else ""
            yield f"the ramp-up must take 0 months or more{latest}, not {self.ramp_up:g}"

    def randomised(self, month: float) -> float:
        """The participants randomised by a month, if recruitment goes on."""
        pieces = [piece for piece in self._pieces() if piece.start <= month]
        return pieces[-1].randomised(month) if pieces else 0.0

    def month(self, n: float) -> float:
        """The month in which the n-th participant is randomised; an error where that is past any trial's end."""
        pieces = [piece for piece in self._pieces() if piece.end_count >= n - _CLOSE]
        month = pieces[0].month(n) if n > 0 else 0.0
        if month > LATEST:
            raise ParameterError(
                f"participant {n:,.0f} would be randomised in month {month:,.4g}, and a trial may take {LATEST:,}; "
                "recruit faster"
            )
        return month

    def _pieces(self) -> Iterator[_Piece]:
        count, ramp_up = 0.0, self.ramp_up
        if ramp_up:
            rising = _Piece(start=0.0, end=ramp_up, count=count, rate=0.0, slope=self.steps[0][1] / ramp_up)
            count = rising.end_count
            yield rising
        ends = [month for month, _ in self.steps[1:]] + [math.inf]
        for (start, rate), end in zip(self.steps, ends, strict=True):
            if max(start, ramp_up) < end:
                level = _Piece(start=max(start, ramp_up), end=end, count=count, rate=rate, slope=0.0)
                count = level.end_count
                yield level


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """A stretch of months in which the rate is constant or rises evenly."""

    start: float
    end: float
    count: float
    rate: float
    slope: float

    @property
    def end_count(self) -> float:
        return math.inf if math.isinf(self.end) else self.randomised(self.end)

    def randomised(self, month: float) -> float:
        after = month - self.start
        return self.count + self.rate * after + self.slope * after**2 / 2

    def month(self, n: float) -> float:
        more = max(n - self.count, 0.0)
        if not self.slope:
            return self.start + (more / self.rate if more else 0.0)
        return self.start + (math.sqrt(self.rate**2 + 2 * self.slope * more) - self.rate) / self.slope


def read_accrual(value: Any, ramp_up: Any = 0.0) -> Accrual:
    """A rate, or rates with the months from which they hold, as typed: 4, or 2@0,5@6.

    >>> read_accrual("2@0,5@6").steps
    ((0.0, 2.0), (6.0, 5.0))
    """
    parts = [f"{value}@0"] if "@" not in str(value) else str(value).split(",")
    try:
        pairs = [tuple(map(float, part.split("@"))) for part in parts]
        steps = tuple((month, rate) for rate, month in pairs)
        slowly = float(ramp_up)
    except (TypeError, ValueError):
        raise ParameterError(
            "must be participants per month, as in 4, or rates with the months from which they hold, as in 2@0,5@6, "
            f"and the ramp-up a number of months, not {quoted(value)} and {quoted(ramp_up)}",
            parameter="accrual",
            value=value,
        ) from None
    return Accrual(steps=steps, ramp_up=slowly)
