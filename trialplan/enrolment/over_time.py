"""Recruitment over time as a distribution: when the n-th participant is randomised, and how many are by a month.

At known rates participants come by a Poisson process. Where each site's rate is drawn from a gamma distribution, the
count of a site is negative binomial, and that of all sites a sum of such counts (Anisimov & Fedorov 2007, Statistics
in Medicine 26:4958). What has a closed form is computed by it; a sum is computed exactly by its recursion, and only
where that would take too long are rates drawn.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trialplan.enrolment.sites import Component, Sites, as_many, at_rate, expected
from trialplan.errors import ParameterError
from trialplan.numerics.accrual import LATEST, Accrual
from trialplan.numerics.lazy import np, special
from trialplan.numerics.negative_binomials import probabilities
from trialplan.numerics.search import increasing_root
from trialplan.numerics.secant import fanned_root

_EXACT = 2_000
"""Participants up to which the recursion, whose work grows with their square, answers within a second."""

_DRAWS, _SEED = 20_000, 20_071_026
"""Recruitments drawn beyond that, and their seed: a fixed one, so that the same plan gives the same answer."""

_ROUNDING = 1e-11
"""What arithmetic may take from a probability: a number of participants comes back from its own month."""

_APART = 1.25
"""Steps by which a bracket widens: eight of ten recruitments lie within one or two of the expected month."""

_FAN = (-0.3, 0.3)
"""Where the logarithm of a month is sought, about that of the expected one: it lies there, or not far outside."""

_CLOSE = 1e-11
"""How near a month is found, as a share of itself: far nearer than a month can be told."""

LEVELS = (0.1, 0.5, 0.9)
"""The probabilities that a page tells: an even chance, and one in ten on either side."""


class Recruits:
    """What is asked of recruitment over time, whatever its law.

    `chance(n, month)` is the probability that n are randomised by a month; the months and counts at a level are its
    inverses.
    """

    groups: tuple[Sites, ...] = ()
    """The sites as they are stated, in groups; none where only a rate is."""

    @property
    def accrual(self) -> Accrual:
        """The expected number by month, on which a calendar of looks stands."""
        raise NotImplementedError

    def method(self, n: int) -> str:
        """How the answers about n participants are computed."""
        raise NotImplementedError

    @property
    def sites(self) -> int | None:
        """How many sites recruit; None where only a rate is stated."""
        return None

    def chance(self, n: int, month: float) -> float:
        """The probability that n or more are randomised by a month."""
        raise NotImplementedError

    def month(self, n: int, level: float) -> float:
        """The month by which n are randomised with this probability."""
        raise NotImplementedError

    def at_rate(self, share: float) -> Recruits:
        """The same recruitment at this share of its mean rate."""
        raise NotImplementedError

    def with_sites(self, number: int) -> Recruits | None:
        """The same with so many sites in all; None where no sites are stated."""
        return None

    def expected(self, month: float) -> float:
        """The participants randomised by a month, on average."""
        return self.accrual.randomised(month)

    def chances(self, n: int, month: float) -> Any:
        """The probability of k or more by a month for k = 1, …, n, shape (n,); None where that takes too long."""
        return None

    def counts(self, month: float, n: int, levels: Sequence[float] = LEVELS) -> list[int]:
        """The same as `count` at each level, of a recruitment that ends with n."""
        chances = self.chances(n, month)
        if chances is None:
            return [min(self.count(month, level), n) for level in levels]
        return [int((chances >= level - _ROUNDING).sum()) for level in levels]

    def count(self, month: float, level: float) -> int:
        """The most of whom it is this probable, or more, that they are randomised by a month."""
        low, high = 0, 1
        while self.chance(high, month) >= level - _ROUNDING:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.chance(middle, month) >= level - _ROUNDING else (low, middle)
        return low


@dataclass(frozen=True, kw_only=True)
class KnownRate(Recruits):
    """Participants come by a Poisson process whose rate is known: the count is Poisson, the time to n is gamma.

    >>> even = KnownRate(known=Accrual(steps=((0, 8),)))
    >>> round(even.chance(120, 16), 4), [round(even.month(120, level), 2) for level in (0.1, 0.5, 0.9)]
    (0.7718, [13.27, 14.96, 16.78])
    """

    known: Accrual
    groups: tuple[Sites, ...] = ()

    @property
    def accrual(self) -> Accrual:
        """The rate itself."""
        return self.known

    def method(self, n: int) -> str:
        """Always in closed form."""
        return "Poisson count and gamma time at known rates, in closed form"

    @property
    def sites(self) -> int | None:
        """The sites whose rates add up to it, where these are stated."""
        return sum(group.number for group in self.groups) or None

    def chance(self, n: int, month: float) -> float:
        """P(N >= n) = P(a gamma of shape n is below the expected count)."""
        return float(special.gammainc(n, self.accrual.randomised(month))) if n > 0 else 1.0

    def chances(self, n: int, month: float) -> Any:
        """The same for each number up to n."""
        return special.gammainc(np.arange(1, n + 1), self.accrual.randomised(month))

    def month(self, n: int, level: float) -> float:
        """When the expected count reaches the gamma's quantile."""
        return self.accrual.month(float(special.gammaincinv(n, level))) if n > 0 else 0.0

    def at_rate(self, share: float) -> KnownRate:
        """Every step at this share."""
        steps = tuple((month, rate * share) for month, rate in self.known.steps)
        return KnownRate(known=Accrual(steps=steps, ramp_up=self.known.ramp_up), groups=at_rate(self.groups, share))

    def with_sites(self, number: int) -> Recruits | None:
        """Sites are stated where the rate is made of theirs."""
        return of_sites(as_many(self.groups, number)) if self.groups else None


@dataclass(frozen=True, kw_only=True)
class UncertainRates(Recruits):
    """Each site's rate is drawn from its gamma distribution: the count is a sum of negative binomial counts.

    >>> sites = Sites(number=12, per_year=9.6, shape=1.5, opens_to=5.5)
    >>> law = of_sites([sites])
    >>> [round(law.month(120, level), 3) for level in (0.1, 0.5, 0.9)]
    [11.994, 15.457, 20.62]
    """

    components: tuple[Component, ...]
    groups: tuple[Sites, ...] = ()

    def method(self, n: int) -> str:
        """In closed form where sites are alike, else exactly by recursion as far as that reaches."""
        if self._alike is not None:
            return "negative binomial count and its inverse at gamma rates, in closed form"
        if n > _EXACT:
            return f"Poisson counts at gamma rates, {_DRAWS:,} drawn recruitments (seed {_SEED})"
        return "sum of the sites' negative binomial counts at gamma rates, exactly, by recursion"

    @cached_property
    def accrual(self) -> Accrual:
        """The mean rates of the sites that are open."""
        return expected(self.groups) if self.groups else _together(self.components)

    @property
    def sites(self) -> int | None:
        """All of them."""
        return len(self.components)

    @cached_property
    def _alike(self) -> Component | None:
        """All sites as one, where they open together at one scale: the shapes of independent gamma rates add up."""
        first = self.components[0]
        if any((one.scale, one.opens) != (first.scale, first.opens) for one in self.components):
            return None
        shape = sum(one.shape for one in self.components)
        return Component(shape=shape, rate=shape * first.scale, opens=first.opens)

    def chance(self, n: int, month: float) -> float:
        """P(N >= n): an incomplete beta where sites are alike, else one minus the terms below n, or an average."""
        if n <= 0:
            return 1.0
        one = self._alike
        if one is not None:
            exposure = one.scale * max(month - one.opens, 0.0)
            return float(special.betainc(n, one.shape, exposure / (1 + exposure)))
        if n > _EXACT:
            return _gamma_below(n, self._drawn_counts(month))
        below = self._probabilities(n, month)
        return max(1 - float(below.sum()), 0.0)

    def month(self, n: int, level: float) -> float:
        """The closed form's inverse, or the month between two that the chance crosses the level in."""
        if n <= 0:
            return 0.0
        one = self._alike
        if one is not None:
            share = float(special.betaincinv(n, one.shape, level))
            return _in_time(n, one.opens + share / (1 - share) / one.scale if share < 1 else math.inf)

        wanted = float(special.ndtri(level))

        def above(month: float) -> float:  # as normal scores, which months make nearly a straight line
            return float(special.ndtri(self.chance(n, month))) - wanted

        if n <= _EXACT:
            middle = self.accrual.month(n)
            found = fanned_root(lambda at: self._scores(n, middle * np.exp(at)) - wanted, *_FAN)
            if math.isfinite(found):
                return _in_time(n, middle * math.exp(found))
        high = low = self.accrual.month(n)  # near the median: half of all levels lie on either side
        while above(high) < 0:
            high = _in_time(n, high * _APART)
        while above(low) >= 0 and low > _CLOSE:
            low /= _APART
        return float(increasing_root(above, low, high, _CLOSE))

    def chances(self, n: int, month: float) -> Any:
        """The same for each number up to n, as far as the recursion reaches."""
        one = self._alike
        if one is not None:
            exposure = one.scale * max(month - one.opens, 0.0)
            return special.betainc(np.arange(1, n + 1), one.shape, exposure / (1 + exposure))
        return None if n > _EXACT else 1 - self._probabilities(n, month).cumsum()

    def count(self, month: float, level: float) -> int:
        """The same, from the chances of all numbers at once as far as the recursion reaches."""
        size = 2 * math.ceil(self.expected(month)) + 1
        while (chances := self.chances(size, month)) is not None:
            enough = chances >= level - _ROUNDING
            if not enough[-1]:
                return int(enough.sum())
            size *= 2
        return super().count(month, level)

    def at_rate(self, share: float) -> UncertainRates:
        """Every site at this share of its mean."""
        slower = (Component(shape=one.shape, rate=one.rate * share, opens=one.opens) for one in self.components)
        return UncertainRates(components=tuple(slower), groups=at_rate(self.groups, share))

    def with_sites(self, number: int) -> Recruits | None:
        """The groups with so many sites."""
        return of_sites(as_many(self.groups, number)) if self.groups else None

    def _scores(self, n: int, months: Any) -> Any:
        """The chance that n are randomised by each of some months, as a normal score."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return special.ndtri(1 - self._probabilities(n, months).sum(axis=0))

    def _probabilities(self, size: int, month: Any) -> Any:
        """The probabilities of the counts below `size` by a month, shape (size,); by several, (size, months)."""
        mean: Any = 0.0
        shapes: dict[tuple[float, float], float] = {}
        for one in self.components:
            if math.isinf(one.shape):
                mean = mean + one.rate * np.maximum(month - one.opens, 0.0)
            else:
                alike = (one.scale, one.opens)
                shapes[alike] = shapes.get(alike, 0.0) + one.shape
        exposures = [scale * np.maximum(month - opens, 0.0) for scale, opens in shapes]
        shares = [exposure / (1 + exposure) for exposure in exposures]
        return probabilities(size, list(shapes.values()), shares or np.zeros((0, *np.shape(month))), mean)

    def _drawn_counts(self, month: float) -> Any:
        """The expected count by a month in each drawn recruitment, shape (draws,)."""
        opened = bisect.bisect_right(self._opening, month)
        if not opened:
            return np.zeros(_DRAWS)
        rate, before = self._drawn
        return month * rate[opened - 1] - before[opened - 1]

    @cached_property
    def _opening(self) -> list[float]:
        """The months in which sites open, in their order."""
        return sorted(one.opens for one in self.components)

    @cached_property
    def _drawn(self) -> tuple[Any, Any]:
        """By site, in the order of opening, and draw: the rates of those open together, and these times their months.

        A count is a sum of rate × (month - opening) over the sites that are open, so these two sums say it.
        """
        rng = np.random.default_rng(_SEED)
        ordered = sorted(self.components, key=lambda one: one.opens)
        rates = [
            rng.gamma(one.shape, one.scale, _DRAWS) if math.isfinite(one.shape) else np.full(_DRAWS, one.rate)
            for one in ordered
        ]
        months = np.array([[one.opens] for one in ordered])
        return np.cumsum(rates, axis=0), np.cumsum(rates * months, axis=0)


def of_sites(groups: Sequence[Sites]) -> Recruits:
    """The law of these groups of sites: a Poisson process where every rate is known."""
    if all(group.shape is None for group in groups):
        return KnownRate(known=expected(groups), groups=tuple(groups))
    components = tuple(one for group in groups for one in group.components())
    return UncertainRates(components=components, groups=tuple(groups))


def sites_needed(law: Recruits, n: int, month: float, level: float, most: int) -> int | None:
    """The fewest sites, in the shares of the plan's, of whom n come by a month with this probability; None beyond."""
    asked = law.with_sites(1)
    if asked is None:
        return None
    low, high = 0, 1
    while (asked := law.with_sites(high)) is not None and asked.chance(n, month) < level:
        low, high = high, 2 * high
        if high > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        tried = law.with_sites(middle)
        low, high = (low, middle) if tried is not None and tried.chance(n, month) >= level else (middle, high)
    return high


def _gamma_below(n: int, counts: Any) -> float:
    """The average P(a gamma of shape n is below the count), by the cube root (Wilson & Hilferty 1931, PNAS 17:684).

    At the thousands for which rates are drawn its error is below a thousandth, that of the draws.
    """
    z = 3 * math.sqrt(n) * (np.cbrt(counts / n) - 1 + 1 / (9 * n))
    return float(special.ndtr(z).mean())


def _in_time(n: int, month: float) -> float:
    if month > LATEST:
        when = f"in month {month:,.4g} or later" if math.isfinite(month) else "after more months than can be written"
        raise ParameterError(
            f"participant {n:,} would be randomised {when}, and a trial may take {LATEST:,}; recruit faster"
        )
    return month


def _together(components: Sequence[Component]) -> Accrual:
    """The expected recruitment of components that are in no group."""
    months = sorted({0.0, *(one.opens for one in components)})
    return Accrual(steps=tuple((month, sum(one.rate for one in components if one.opens <= month)) for month in months))
