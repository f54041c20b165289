"""A rate whose odds are another's, divided by a ratio that is itself uncertain: a bias taken off a belief."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from trialplan.belief.base import RATE, Belief, finite, inside, lift
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np, special
from trialplan.numerics.search import increasing_root
from trialplan.parameter import Interval, Numbers
from trialplan.text import quoted

_FEW, _MANY = 8, 24
_SMALL, _RATES = 0.25, 32
"""Gauss–Hermite nodes over the bias for what is averaged over the rate first, few up to a small SD, and the fewest over
the rate at each: assurance moves by less than 2e-6 with more."""
_FINE = 48
"""Nodes over the bias for the distribution function, which may be steep, and the density: neither is averaged over the
rate first."""
_ENDS = (-40.0, 40.0)
"""Log odds between which a quantile is sought: beyond, a rate is 0 or 1 to a computer."""


@dataclass(frozen=True)
class OddsShifted(Belief):
    """Another belief about a rate, with a normal bias of this mean and SD taken off its log odds.

    >>> from trialplan.belief import LogitNormal
    >>> shifted = OddsShifted(LogitNormal(0.0, 0.3), bias_mean=0.14, bias_sd=0.1)
    >>> [round(float(shifted.quantile(p)), 3) for p in (0.025, 0.5, 0.975)]
    [0.319, 0.465, 0.618]
    """

    of: Belief
    bias_mean: float
    bias_sd: float = 0.0

    support: ClassVar[Interval] = RATE

    def __post_init__(self) -> None:
        finite(self, bias_mean=self.bias_mean)
        if not 0 <= self.bias_sd < math.inf:
            raise ParameterError(f"must lie in [0, ∞), not {quoted(self.bias_sd)}", owner=self, parameter="bias_sd")

    def cdf(self, x: Numbers) -> Numbers:
        """The other's cdf where the bias is put back, averaged over the bias."""
        biases, weights = self._biases(_FINE)
        logit = np.asarray(special.logit(np.clip(x, 0.0, 1.0)))[..., None] + biases
        return (weights * self.of.lifted().cdf(special.expit(logit))).sum(axis=-1)

    def quantile(self, p: Numbers) -> Numbers:
        """The root of the cdf over the log odds."""
        shape = np.broadcast_shapes(np.shape(p), np.shape(self.of.mean()))
        low, high = (np.full(shape, end) for end in _ENDS)
        root = special.expit(increasing_root(lambda logit: self.cdf(special.expit(logit)) - p, low, high))
        return float(root) if np.ndim(root) == 0 else root

    def log_density(self, x: Numbers) -> Numbers:
        """Of the other where the bias is put back, times the change of scale, averaged over the bias."""
        biases, weights = self._biases(_FINE)

        def within(value: Any) -> Any:
            rate = value[..., None]
            before = special.expit(special.logit(rate) + biases)
            change = np.log(before * (1 - before)) - np.log(rate * (1 - rate))
            return special.logsumexp(self.of.lifted().log_density(before) + change, b=weights, axis=-1)

        return inside(RATE, x, within)

    def nodes(self, n: int, split: Numbers | None = None) -> tuple[Any, Any]:
        """Those of the other belief at each node of the bias, a quarter as many; a split is put back with it."""
        biases, weights = self._biases(_FEW if self.bias_sd <= _SMALL else _MANY)
        back = None if split is None else special.expit(np.asarray(special.logit(split))[..., None] + biases)
        values, within = self.of.lifted().nodes(max(n // 4, _RATES), back)
        moved = special.expit(special.logit(values) - biases[:, None])
        weight = weights[:, None] * within
        shape = np.broadcast_shapes(moved.shape, weight.shape)
        flat = (*shape[:-2], shape[-2] * shape[-1])
        return np.broadcast_to(moved, shape).reshape(flat), np.broadcast_to(weight, shape).reshape(flat)

    def draw(self, n: int, rng: Any) -> Any:
        """n random rates: one of the other belief, and one bias taken off each."""
        return special.expit(special.logit(self.of.draw(n, rng)) - rng.normal(self.bias_mean, self.bias_sd, n))

    def lifted(self) -> OddsShifted:
        """The other belief with a new last axis; the bias is one for all."""
        return OddsShifted(lift(self.of), self.bias_mean, self.bias_sd)

    def _biases(self, n: int) -> tuple[Any, Any]:
        """n values of the bias and their weights."""
        if self.bias_sd == 0:
            return np.array([self.bias_mean]), np.ones(1)
        x, w = np.polynomial.hermite_e.hermegauss(n)
        return self.bias_mean + self.bias_sd * x, w / w.sum()
