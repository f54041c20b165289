"""A belief of which only a part is possible: what lies beyond is left out, and not moved to the ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from trialplan.belief.base import Belief, inside, lift
from trialplan.numerics.lazy import np
from trialplan.parameter import Interval, Numbers


@dataclass(frozen=True)
class Within(Belief):
    """Another belief, given that the number lies between `low` and `high`.

    >>> from trialplan.belief import Normal
    >>> possible = Within(Normal(0.9, 0.1), 0.0, 1.0)
    >>> round(float(possible.outside), 3), round(float(possible.mean()), 3)
    (0.159, 0.871)
    """

    of: Belief
    low: float
    high: float

    @property
    def support(self) -> Interval:  # type: ignore[override]
        """Between the two values."""
        return Interval(self.low, self.high)

    @property
    def outside(self) -> Numbers:
        """How much of the other belief is left out."""
        return 1 - self._span()[1]

    def cdf(self, x: Numbers) -> Numbers:
        """The other's, from 0 at the low end to 1 at the high one."""
        below, span = self._span()
        return np.clip((self.of.cdf(np.clip(x, self.low, self.high)) - below) / span, 0.0, 1.0)

    def quantile(self, p: Numbers) -> Numbers:
        """The other's quantile at the probability that this is there."""
        below, span = self._span()
        return np.clip(self.of.quantile(below + p * span), self.low, self.high)

    def log_density(self, x: Numbers) -> Numbers:
        """The other's, over what is possible."""
        possible = Interval(self.low, self.high, "left right")
        return inside(possible, x, self.of.log_density) - np.log(self._span()[1])

    def lifted(self) -> Within:
        """The other belief with a new last axis; the ends are the same for all."""
        return replace(self, of=lift(self.of))

    def _span(self) -> tuple[Any, Any]:
        below = self.of.cdf(self.low)
        return below, self.of.cdf(self.high) - below
