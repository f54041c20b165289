"""Belief: what every distribution over an assumption answers, derived from its cdf and quantiles."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any, ClassVar, Self

from trialplan.errors import ParameterError
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special
from trialplan.parameter import Interval, Numbers
from trialplan.text import quoted

REACH = 8.0
"""Normal scores that the nodes cover: what lies beyond weighs 1e-15."""

_NODES = 256
"""Of means and standard deviations: those of Beta(1/2, 1/2) and Beta(1/5, 3) are those by 4,096 nodes to 1e-15."""

RATE, POSITIVE, REAL = Interval(0, 1), Interval(0), Interval()


class Belief:
    """A distribution over one number; a family writes `cdf`, `quantile` and `log_density`."""

    support: ClassVar[Interval] = REAL

    def cdf(self, x: Numbers) -> Numbers:
        """The probability that the number is at most x."""
        raise NotImplementedError

    def quantile(self, p: Numbers) -> Numbers:
        """The x below which the number lies with probability p."""
        raise NotImplementedError

    def log_density(self, x: Numbers) -> Numbers:
        """The logarithm of the density at x."""
        raise NotImplementedError

    def density(self, x: Numbers) -> Numbers:
        """The density at x."""
        return np.exp(self.log_density(x))

    def mean(self) -> Numbers:
        """The expected value."""
        values, weights = self.nodes(_NODES)
        return _plain((weights * values).sum(axis=-1))

    def sd(self) -> Numbers:
        """The standard deviation."""
        values, weights = self.nodes(_NODES)
        middle = (weights * values).sum(axis=-1, keepdims=True)
        return _plain(np.sqrt((weights * (values - middle) ** 2).sum(axis=-1)))

    def interval(self, level: float = 0.95) -> tuple[Numbers, Numbers]:
        """The equal-tailed interval that holds the number with probability `level`."""
        if not 0 < level < 1:
            raise ParameterError(f"level must lie in (0, 1), not {level:g}; write 95 % as 0.95")
        tail = (1 - level) / 2
        return self.quantile(tail), self.quantile(1 - tail)

    def nodes(self, n: int, split: Numbers | None = None) -> tuple[Any, Any]:
        """n values and their weights, last axis, that turn an expectation over the belief into a sum.

        Gauss–Legendre over the normal score z of the value, u = Φ(z), where smooth integrands decay like the
        normal density. With `split`, half of the nodes lie on each side of that value, so that a function with
        a step there loses no accuracy.
        """
        lifted = self.lifted()
        score, weight = _panels(n, None if split is None else self.score(split))
        return lifted.at_score(score), weight

    def at_score(self, z: Numbers) -> Numbers:
        """The value whose cdf is Φ(z)."""
        return self.quantile(special.ndtr(z))

    def score(self, x: Numbers) -> Numbers:
        """The z with Φ(z) = cdf(x), kept within the reach of the nodes."""
        return np.clip(special.ndtri(self.cdf(x)), -REACH, REACH)

    def lifted(self) -> Self:
        """The same beliefs with a new last axis, for values along it."""
        arrays = {part.name: getattr(self, part.name) for part in fields(self)}  # type: ignore[arg-type]
        return replace(self, **{name: lift(value) for name, value in arrays.items()})  # type: ignore[type-var]

    def draw(self, n: int, rng: Any) -> Any:
        """n random values."""
        return self.quantile(rng.random(n))

    def update(self, *data: float) -> Belief:
        """The belief after the data, where that is again of the same family."""
        raise ParameterError("has no closed-form update", owner=self, way_out="use a Beta, a Normal or their mixture")

    def log_evidence(self, *data: float) -> float:
        """The log of the probability of the data under the belief, without the part that all beliefs share."""
        raise ParameterError("has no closed-form update", owner=self, way_out="use a Beta, a Normal or their mixture")

    def ess(self, sd: float | None = None) -> Numbers:
        """How many participants the belief is worth, by its moments (Neuenschwander et al. 2020, Biometrics 76:578).

        For a rate m(1 − m)/variance − 1; for a mean `sd`²/variance, with the SD of one participant.
        """
        if sd is None and self.support != RATE:
            raise ParameterError(
                "an effective sample size of a mean needs the SD of one participant", owner=self, way_out="give sd"
            )
        if sd is not None and self.support == RATE:
            raise ParameterError("a rate has no sd of its own", owner=self, way_out="leave sd out")
        mean, spread = self.mean(), self.sd()
        return mean * (1 - mean) / spread**2 - 1 if sd is None else (sd / spread) ** 2


def exceeds(first: Belief, second: Belief, by: float = 0.0, nodes: int = 128) -> Numbers:
    """The probability that the first number exceeds the second, independent one by more than `by`."""
    values, weights = second.nodes(nodes)
    return _plain((weights * (1 - first.lifted().cdf(values + by))).sum(axis=-1))


def positive(owner: object, **values: Numbers) -> None:
    """Raise unless all values are finite and above 0."""
    for name, value in values.items():
        plain = isinstance(value, (int, float))
        if not (0 < value < float("inf") if plain else np.all(np.isfinite(value) & (np.asarray(value) > 0))):
            raise ParameterError(f"must lie in (0, ∞), not {quoted(value)}", owner=owner, parameter=name)


def finite(owner: object, **values: Numbers) -> None:
    """Raise unless all values are finite."""
    for name, value in values.items():
        plain = isinstance(value, (int, float))
        if not (abs(value) < float("inf") if plain else np.all(np.isfinite(value))):
            raise ParameterError(f"must be a finite number, not {quoted(value)}", owner=owner, parameter=name)


def inside(support: Interval, x: Numbers, log_density: Callable[[Any], Any]) -> Numbers:
    """The logarithm of a density that is 0 outside a support; `log_density` is asked of values in it only."""
    value, low, high = np.asarray(x, float), support.low, support.high
    above = value >= low if "left" in support.closed else value > low
    there = above & (value <= high if "right" in support.closed else value < high)
    # what lies outside has no logarithm: any value in the support stands in for it
    middle = low + 1 if math.isinf(high) else high - 1 if math.isinf(low) else (low + high) / 2
    found = log_density(np.where(there, value, middle))
    return np.where(there, found, -np.inf)[()]


def lift(value: Any) -> Any:
    """A number as it is; an array with a new last axis; a belief lifted."""
    if isinstance(value, Belief):
        return value.lifted()
    return value if isinstance(value, (int, float)) or np.ndim(value) == 0 else np.asarray(value)[..., None]


def _panels(n: int, split: Numbers | None) -> tuple[Any, Any]:
    """Normal scores and normalised weights: one panel, or one on each side of the score `split`."""
    ends: list[Any] = [-REACH, REACH] if split is None else [-REACH, np.asarray(split), REACH]
    x, w = gauss_legendre(n // (len(ends) - 1))
    panels = list(pairwise(ends))
    score = np.concatenate([lift(np.asarray(low)) + lift(np.asarray(high - low)) * x for low, high in panels], axis=-1)
    width = np.concatenate([np.asarray(high - low)[..., None] * w for low, high in panels], axis=-1)
    weight = width * np.exp(-(score**2) / 2)
    return score, weight / weight.sum(axis=-1, keepdims=True)


def _plain(value: Any) -> Numbers:
    return float(value) if np.ndim(value) == 0 else value
