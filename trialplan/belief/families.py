"""The families of beliefs: Beta, normal and logit-normal, one moved and scaled, one known at points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Self

from trialplan.belief.base import POSITIVE, RATE, REACH, Belief, finite, inside, positive
from trialplan.belief.elicit import Quantile, beta_from_quantiles, line_through
from trialplan.numerics.lazy import np, special
from trialplan.numerics.splines import along
from trialplan.parameter import Interval, Numbers

_MANY, _KNOTS = 6000, 2049
"""Values of one Beta asked for at once from which they are read off its curve, and the points that the curve goes
through: its inverse costs a microsecond a value, and between points so near the curve is true to 1e-12."""

_TINY = 1e-290
"""A value nearer to 0 than this has no logit that is to be trusted."""

_WITH_ENDS = Interval(0, 1, "left right")
"""A Beta has a density at 0 and at 1, too, be it infinite."""


@dataclass(frozen=True)
class Beta(Belief):
    """A rate, as if a events and b non-events had been seen.

    >>> Beta(1, 1).update(16, 30)
    Beta(a=17, b=15)
    """

    a: Numbers
    b: Numbers

    support: ClassVar[Interval] = RATE

    def __post_init__(self) -> None:
        positive(self, a=self.a, b=self.b)

    @classmethod
    def from_quantiles(cls, first: Quantile, second: Quantile) -> Self:
        """The Beta with these two quantiles, each a pair (probability, value)."""
        return cls(*beta_from_quantiles(first, second))

    def mean(self) -> Numbers:
        """The expected rate, a/(a + b)."""
        return self.a / (self.a + self.b)

    def sd(self) -> Numbers:
        """The standard deviation."""
        mean = self.mean()
        return (mean * (1 - mean) / (self.a + self.b + 1)) ** 0.5

    def cdf(self, x: Numbers) -> Numbers:
        """The incomplete beta ratio; 0 and 1 outside (0, 1)."""
        return special.betainc(self.a, self.b, np.clip(x, 0.0, 1.0))

    def quantile(self, p: Numbers) -> Numbers:
        """The inverse of the incomplete beta ratio."""
        return special.betaincinv(self.a, self.b, p)

    def at_score(self, z: Numbers) -> Numbers:
        """From the nearer tail, so that both keep their digits; strictly inside (0, 1)."""
        if np.size(z) > _MANY and np.ndim(self.a) == np.ndim(self.b) == 0 and np.abs(z).max() <= REACH:
            curve = _logits(float(self.a), float(self.b))
            if curve is not None:
                return special.expit(along(*curve, z))
        below, distance = self._from_nearer_end(z)
        return np.clip(np.where(below, distance, 1 - distance), 1e-300, 1 - 2**-53)

    def _from_nearer_end(self, z: Numbers) -> tuple[Any, Any]:
        """Whether each value lies nearer to 0 than to 1, in probability, and how far it is from that end."""
        below = np.asarray(z) < 0
        near, far = np.where(below, self.a, self.b), np.where(below, self.b, self.a)
        return below, special.betaincinv(near, far, special.ndtr(-np.abs(z)))

    def log_density(self, x: Numbers) -> Numbers:
        """(a − 1) log x + (b − 1) log(1 − x) − log B(a, b)."""

        def within(rate: Any) -> Any:
            return special.xlogy(self.a - 1, rate) + special.xlog1py(self.b - 1, -rate)

        return inside(_WITH_ENDS, x, within) - special.betaln(self.a, self.b)

    def draw(self, n: int, rng: Any) -> Any:
        """n random rates."""
        return rng.beta(self.a, self.b, n)

    def update(self, *data: float) -> Beta:
        """The belief after `events` of `of` participants."""
        events, of = data
        return Beta(self.a + events, self.b + of - events)

    def log_evidence(self, *data: float) -> float:
        """The log of the beta-binomial probability, without the binomial coefficient."""
        events, of = data
        return float(special.betaln(self.a + events, self.b + of - events) - special.betaln(self.a, self.b))


@lru_cache(maxsize=64)
def _logits(a: float, b: float) -> tuple[Any, Any, Any] | None:
    """The logit of a Beta's value at normal scores, and its slope there; None where a value is 0 or 1 to a computer."""
    z = np.linspace(-REACH, REACH, _KNOTS)
    below, distance = Beta(a, b)._from_nearer_end(z)
    if not np.all((distance > _TINY) & (distance < 1 - _TINY)):
        return None
    sign, far = np.where(below, 1.0, -1.0), np.log1p(-distance)
    logit = sign * (np.log(distance) - far)
    up, down = np.where(below, np.log(distance), far), np.where(below, far, np.log(distance))
    # dp/dz is φ(z) over the density, and d logit/dp is 1/(p (1 − p))
    slope = np.exp(special.betaln(a, b) - a * up - b * down - z**2 / 2) / math.sqrt(2 * math.pi)
    return z, logit, slope


@dataclass(frozen=True)
class _Gaussian(Belief):
    """What normal and logit-normal share: a mean and an SD on the scale where the number is normal.

    Methods `mean` and `sd` would shadow fields of those names, so the fields are `location` and `scale`.
    """

    location: Numbers
    scale: Numbers

    def __post_init__(self) -> None:
        finite(self, mean=self.location)
        positive(self, sd=self.scale)

    @classmethod
    def from_quantiles(cls, first: Quantile, second: Quantile) -> Self:
        """The belief with these two quantiles, each a pair (probability, value)."""
        return cls(*line_through(cls.__name__, first, second, cls.support))

    def quantile(self, p: Numbers) -> Numbers:
        """The inverse of the cdf."""
        return self.at_score(special.ndtri(p))


@dataclass(frozen=True)
class Normal(_Gaussian):
    """A number on the whole line: a difference, a log ratio.

    >>> [round(float(limit), 3) for limit in Normal(0.3, 0.3).interval()]
    [-0.288, 0.888]
    """

    def mean(self) -> Numbers:
        """The expected value."""
        return self.location

    def sd(self) -> Numbers:
        """The standard deviation."""
        return self.scale

    def cdf(self, x: Numbers) -> Numbers:
        """Φ of the standardised value."""
        return special.ndtr((x - self.location) / self.scale)

    def at_score(self, z: Numbers) -> Numbers:
        """Mean + z SD."""
        return self.location + self.scale * z

    def log_density(self, x: Numbers) -> Numbers:
        """Of the normal distribution."""
        z = (x - self.location) / self.scale
        return -(z**2) / 2 - np.log(self.scale * math.sqrt(2 * math.pi))

    def draw(self, n: int, rng: Any) -> Any:
        """n random values."""
        return rng.normal(self.location, self.scale, n)

    def update(self, *data: float) -> Normal:
        """The belief after an estimate with its standard error."""
        estimate, error = data
        precision, seen = self.scale**-2.0, error**-2.0
        return Normal((precision * self.location + seen * estimate) / (precision + seen), (precision + seen) ** -0.5)

    def log_evidence(self, *data: float) -> float:
        """The log of the predictive density of an estimate with its standard error."""
        estimate, error = data
        return float(Normal(self.location, math.hypot(self.scale, error)).log_density(estimate))


@dataclass(frozen=True)
class LogitNormal(_Gaussian):
    """A rate whose logit is normal with the given mean and SD."""

    support: ClassVar[Interval] = RATE

    def cdf(self, x: Numbers) -> Numbers:
        """Φ of the standardised logit; 0 and 1 outside (0, 1)."""
        return special.ndtr((special.logit(np.clip(x, 0.0, 1.0)) - self.location) / self.scale)

    def at_score(self, z: Numbers) -> Numbers:
        """The inverse logit of mean + z SD, strictly inside (0, 1)."""
        return np.clip(special.expit(self.location + self.scale * z), 1e-300, 1 - 2**-53)

    def log_density(self, x: Numbers) -> Numbers:
        """Of the logit-normal distribution."""

        def within(rate: Any) -> Any:
            z = (special.logit(rate) - self.location) / self.scale
            return -(z**2) / 2 - np.log(self.scale * math.sqrt(2 * math.pi) * rate * (1 - rate))

        return inside(RATE, x, within)


@dataclass(frozen=True)
class LogNormal(_Gaussian):
    """A number above 0 whose logarithm is normal with the given mean and SD: a ratio, a standard deviation.

    >>> [round(float(limit), 3) for limit in LogNormal(math.log(0.75), 0.2).interval()]
    [0.507, 1.11]
    """

    support: ClassVar[Interval] = POSITIVE

    def mean(self) -> Numbers:
        """The expected value, exp(mean of the log + half its variance)."""
        return np.exp(self.location + self.scale**2 / 2)

    def sd(self) -> Numbers:
        """The standard deviation."""
        return self.mean() * np.sqrt(np.expm1(self.scale**2))

    def cdf(self, x: Numbers) -> Numbers:
        """Φ of the standardised log; 0 at and below 0."""
        with np.errstate(divide="ignore"):
            return special.ndtr((np.log(np.maximum(x, 0.0)) - self.location) / self.scale)

    def at_score(self, z: Numbers) -> Numbers:
        """exp of mean + z SD of the log."""
        return np.exp(self.location + self.scale * z)

    def log_density(self, x: Numbers) -> Numbers:
        """Of the log-normal distribution."""

        def within(value: Any) -> Any:
            z = (np.log(value) - self.location) / self.scale
            return -(z**2) / 2 - np.log(self.scale * math.sqrt(2 * math.pi) * value)

        return inside(POSITIVE, x, within)


@dataclass(frozen=True)
class Affine(Belief):
    """Another belief, times `scale` plus `shift`: what remains of an observed rate after a discount.

    >>> observed = Beta(16.5, 14.5)
    >>> Affine(observed, scale=0.5, shift=0.5 * 0.25).mean().__round__(3)
    0.391
    """

    of: Belief
    scale: Numbers = 1.0
    shift: Numbers = 0.0

    def __post_init__(self) -> None:
        positive(self, scale=self.scale)
        finite(self, shift=self.shift)

    def mean(self) -> Numbers:
        """The mean, moved and scaled."""
        return self.shift + self.scale * self.of.mean()

    def sd(self) -> Numbers:
        """The standard deviation, scaled."""
        return self.scale * self.of.sd()

    def cdf(self, x: Numbers) -> Numbers:
        """Of the value moved back."""
        return self.of.cdf((x - self.shift) / self.scale)

    def quantile(self, p: Numbers) -> Numbers:
        """The quantile, moved and scaled."""
        return self.shift + self.scale * self.of.quantile(p)

    def at_score(self, z: Numbers) -> Numbers:
        """The value at a normal score, moved and scaled."""
        return self.shift + self.scale * self.of.at_score(z)

    def log_density(self, x: Numbers) -> Numbers:
        """Of the value moved back."""
        return self.of.log_density((x - self.shift) / self.scale) - np.log(self.scale)


@dataclass(frozen=True, eq=False)
class Tabulated(Belief):
    """A rate whose cdf is known at points, and straight between them."""

    points: Any
    cumulative: Any

    support: ClassVar[Interval] = RATE

    def __repr__(self) -> str:
        """Where it lies; its points are in the thousands."""
        low, high = self.interval()
        return (
            f"<Tabulated: mean {self.mean():.3f}, 95 % interval {low:.3f} to {high:.3f}, {len(self.points):,} points>"
        )

    def cdf(self, x: Numbers) -> Numbers:
        """By linear interpolation."""
        return np.interp(x, self.points, self.cumulative)

    def quantile(self, p: Numbers) -> Numbers:
        """By linear interpolation."""
        return np.interp(p, self.cumulative, self.points)

    def mean(self) -> float:
        """The sum over the cells."""
        return float((self.masses() * self._middles()).sum())

    def sd(self) -> float:
        """The root of the variance between the cells plus that within them."""
        within = np.diff(self.points) ** 2 / 12
        return float(np.sqrt((self.masses() * ((self._middles() - self.mean()) ** 2 + within)).sum()))

    def log_density(self, x: Numbers) -> Numbers:
        """Constant within each cell."""

        def within(value: Any) -> Any:
            cell = np.clip(np.searchsorted(self.points, value) - 1, 0, len(self.points) - 2)
            with np.errstate(divide="ignore"):
                return np.log((self.masses() / np.diff(self.points))[cell])

        return inside(Interval(float(self.points[0]), float(self.points[-1]), "left right"), x, within)

    def lifted(self) -> Self:
        """Itself: its points are not one belief each."""
        return self

    def masses(self) -> Any:
        """The probability of each cell."""
        return np.diff(self.cumulative)

    def _middles(self) -> Any:
        return (self.points[1:] + self.points[:-1]) / 2
