"""What a trial that was looked at may say of its effect: intervals, P value and estimate that allow for the looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.crossing import stops
from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.secant import secant_root
from trialplan.sequential.boundaries.fields import rising

_FARTHEST = 8.0
"""Normal scores of a tail beyond which it has no digits."""


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A trial that stopped: its z at the last look taken, and the looks so far with their boundaries on the z scale.

    `lower` is the boundary that stops below: the mirrored one of a two-sided test, a futility boundary if it is
    binding, -inf elsewhere. `information` is on any scale; the drift below is the expected z where it is 1.
    """

    z: float
    information: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float, ...]

    def __post_init__(self) -> None:
        """The looks increase, and each has both boundaries."""
        if not rising(self.information) or not len(self.information) == len(self.upper) == len(self.lower) > 0:
            reason = "must increase from above 0, with one upper and one lower z for each look"
            raise ParameterError(reason, owner=self, parameter="information", value=self.information)

    def tail(self, drift: Any) -> Any:
        """P(a result at least as far up), ordered by stage: first the look, then z there.

        Stopping above earlier is farther up, stopping below earlier farther down (Tsiatis, Rosner & Mehta 1984,
        Biometrics 40:797; Jennison & Turnbull 2000, ch. 8).
        """
        upper = np.array([*self.upper[:-1], self.z])
        return stops(upper, np.asarray(self.lower), self.information, drift)[0].sum(axis=-1)

    def p_value(self, sides: int = 1) -> float:
        """The P value of the stage-wise ordering; two-sided it is twice the smaller tail."""
        p = float(self.tail(0.0))
        return p if sides == 1 else min(2 * min(p, 1 - p), 1.0)

    def drift_at(self, tail: float) -> float:
        """The drift at which `tail` of all trials are as far up: 0.5 gives the median-unbiased estimate."""
        wanted, root = normal_quantile(tail), math.sqrt(self.information[-1])

        def surplus(z: Any) -> Any:
            p = self.tail(z / root)
            with np.errstate(all="ignore"):
                return np.clip(normal_quantile(p), -_FARTHEST, _FARTHEST) - wanted

        # as the z expected at this look: one unit is one of the score, however little of the information there is
        return float(secant_root(surplus, self.z)) / root

    def estimate(self) -> float:
        """The median-unbiased estimate, as a drift."""
        return self.drift_at(0.5)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """The equal-tailed interval of the stage-wise ordering, as drifts."""
        tail = (1 - confidence) / 2
        return self.drift_at(tail), self.drift_at(1 - tail)
