"""Weighted log-rank statistics along the risk sets that are expected of two curves, entry and dropout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trialplan.designs._course import _Course, height
from trialplan.designs._survival import Curve, Entry, Seen
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np
from trialplan.parameter import Numbers

_NODES = 24
"""In each stretch of time without a kink: exponentials over 20 times their mean then have twelve digits."""

_BY_THEN = 12.0
"""Mean times by which all but 6e-6 have had the event: the rest may lie between nodes."""

_CELLS = 2000
"""Cells of a grid at once: some ten megabytes for each array along the time."""


@dataclass(frozen=True)
class FlemingHarrington:
    """The weight S^rho (1 - S)^gamma of the pooled curve; 1 where both are 0, the log-rank test.

    Source: Fleming & Harrington (1991), Counting Processes and Survival Analysis, ch. 7.
    """

    rho: Numbers = 0.0
    gamma: Numbers = 0.0

    @property
    def numbers(self) -> tuple[Numbers, ...]:
        """What may be an array."""
        return self.rho, self.gamma

    def __call__(self, curve: Any, at_time: Callable[[Any], Any]) -> Any:
        """The weights where the pooled curve is at `curve`; rows are trials or cells."""
        rho, gamma = (_column(one) for one in self.numbers)
        return _power(curve, rho) * _power(1 - curve, gamma)


@dataclass(frozen=True)
class Modest:
    """The weight 1/S of the pooled curve that grows up to a time, and stays.

    Source: Magirr & Burman (2019), Statistics in Medicine 38:3782.
    """

    time: Numbers

    @property
    def numbers(self) -> tuple[Numbers, ...]:
        """What may be an array."""
        return (self.time,)

    def __call__(self, curve: Any, at_time: Callable[[Any], Any]) -> Any:
        """The weights where the pooled curve is at `curve`; `at_time` reads it off at times, one a row."""
        return 1 / np.maximum(curve, at_time(_column(self.time)))


Weight = FlemingHarrington | Modest


def _column(value: Any) -> Any:
    return value if np.ndim(value) == 0 else np.reshape(value, (-1, 1))


def _power(base: Any, exponent: Any) -> Any:
    return 1.0 if np.ndim(exponent) == 0 and exponent == 0 else np.power(base, exponent)


@dataclass(frozen=True)
class Law:
    """What weighted log-rank statistics of one participant have, weight by weight on the first axes.

    `means` of the surplus of events under treatment, `nulls` the covariances that the tests estimate, `truths` those
    that the statistics have, `slopes` how fast the means grow with the logarithm of the effect where there is none.
    """

    means: Any
    nulls: Any
    truths: Any
    slopes: Any


def along_risk_sets(design: _Course, weights: Sequence[Weight], ratio: Numbers = 1.0) -> Law:
    """The law of the statistics against a hazard ratio of the null, for every cell of the design.

    Allocation is by blocks. Source: Yung & Liu (2020), Biometrics 76:939.
    """
    shape = design.shape()
    cells = int(np.prod(shape))
    parts = []
    for first in range(0, cells, _CELLS):

        def column(value: Numbers, first: int = first) -> Any:
            return np.broadcast_to(value, shape).reshape(-1, 1)[first : first + _CELLS]

        parts.append(_part(design, weights, ratio, column))
    joined = (np.concatenate(one, axis=-1) for one in zip(*parts, strict=True))
    return Law(*(one.reshape(*one.shape[:-1], *shape)[()] for one in joined))


def _part(
    design: _Course, weights: Sequence[Weight], ratio: Numbers, column: Callable[[Numbers], Any]
) -> tuple[Any, ...]:
    """Means, both covariances and slopes of some cells, the last axis."""
    curves = [_in_cells(curve, column) for curve in design.curves]
    share_of_effect = _in_cells(design.course, column)
    shares = [column(one) for one in design.split(1.0)]
    seen = [_seen_in_cells(one, column) for one in design.seen]
    weighing = [type(one)(*map(column, one.numbers)) for one in weights]
    calendar, against = column(design.duration), column(ratio)
    turns = [turn for curve in (*curves, share_of_effect) for turn in curve.changes]
    with np.errstate(divide="ignore"):
        # where nearly all events come at once, the nodes lie where they do
        turns += [start + _BY_THEN / hazard for curve in curves for start, _, hazard in curve.pieces()]
    turns += [number for one in weighing if isinstance(one, Modest) for number in one.numbers]
    time = _Time.between(seen[0], calendar, turns)

    reach = seen[0].entry.enrolled(calendar - time.at)
    treated, control = (
        share * np.exp(-curve.cumulative(time.at) - one.dropout * time.at) * reach
        for share, curve, one in zip(shares, curves, seen, strict=True)
    )
    rates = [height(curve, time.at) for curve in curves]
    events = treated * rates[0] + control * rates[1]
    hazard = _over(events, treated + control)
    gone = time.up_to(hazard)
    pooled, total = np.exp(-gone), time.in_pieces(hazard)

    def pooled_at(when: Any) -> Any:
        return np.exp(-np.where(time.ends <= when, total, 0.0).sum(axis=1, keepdims=True))

    values = [np.broadcast_to(one(pooled, pooled_at), pooled.shape) for one in weighing]
    expected = _over(against * treated, against * treated + control)
    base = _over(events, against * treated + control)
    spread = expected * (1 - expected) * events
    means = [time.whole(one * (treated * rates[0] - expected * events)) for one in values]
    slopes = [time.whole(one * spread * height(share_of_effect, time.at)) for one in values]
    nulls = [[time.whole(one * other * spread) for other in values] for one in values]

    truths = np.zeros((len(values), len(values), len(calendar)))
    arms = zip((1.0, 0.0), (against, 1.0), shares, rates, (treated, control), strict=True)
    for is_treated, factor, share, rate, at_risk in arms:
        # of one participant: weight times (arm - expected share), summed over his events less what was expected of him
        away = [one * (is_treated - expected) for one in values]
        before = [time.up_to(one * factor * base) for one in away]
        surplus = factor * base - rate
        own = [-time.whole(one * surplus * at_risk) / share[:, 0] for one in away]
        for i in range(len(values)):
            for j in range(len(values)):
                both = away[i] * away[j] * rate + (away[i] * before[j] + away[j] * before[i]) * surplus
                truths[i, j] += time.whole(both * at_risk) - share[:, 0] * own[i] * own[j]
    for i in range(len(values)):
        # what rounding leaves of no variance
        truths[i, i] = np.maximum(truths[i, i], 0.0)
    return np.array(means), np.array(nulls), truths, np.array(slopes)


def _in_cells(curve: Curve, column: Callable[[Numbers], Any]) -> Curve:
    return Curve([column(one) for one in curve.hazards], [column(one) for one in curve.changes])


def _seen_in_cells(seen: Seen, column: Callable[[Numbers], Any]) -> Seen:
    entry = Entry(
        accrual_time=column(seen.entry.accrual_time),
        rates=[column(one) for one in seen.entry.rates],
        changes=[column(one) for one in seen.entry.changes],
        ramp_up=None if seen.entry.ramp_up is None else column(seen.entry.ramp_up),
    )
    longest = None if seen.longest is None else column(seen.longest)
    return Seen(entry=entry, dropout=column(seen.dropout), longest=longest)


def _over(above: Any, below: Any) -> Any:
    """The quotient; 0 where nobody is left."""
    return np.divide(above, below, out=np.zeros(np.broadcast_shapes(above.shape, below.shape)), where=below > 0)


@lru_cache(maxsize=4)
def _integrals(nodes: int) -> Any:
    """The weights by which values at the nodes of Gauss and Legendre give the integral up to each of them."""
    x, _ = gauss_legendre(nodes)
    y = 2 * x - 1
    values = np.polynomial.legendre.legvander(y, nodes)
    orders = np.arange(1, nodes)
    # the integral of the Legendre polynomial of order k is (P[k+1] - P[k-1]) / (2k + 1)
    up_to = np.column_stack([y + 1, (values[:, 2:] - values[:, :-2]) / (2 * orders + 1)])
    return up_to @ np.linalg.inv(values[:, :nodes]) / 2


@dataclass(frozen=True)
class _Time:
    """Times of follow-up at which functions without a kink in between are integrated; a row a cell."""

    at: Any
    ends: Any
    lengths: Any

    @classmethod
    def between(cls, seen: Seen, calendar: Any, turns: Sequence[Any]) -> _Time:
        """From enrolment to the end of the longest follow-up, in pieces."""
        last = calendar if seen.longest is None else np.minimum(calendar, seen.longest)
        kinks = [0.0 * last, last, *turns, *_kinks(seen, calendar)]
        knots = np.sort(np.concatenate([np.clip(one, 0.0, last) for one in kinks], axis=1), axis=1)
        x, _ = gauss_legendre(_NODES)
        lengths = np.diff(knots, axis=1)
        at = (knots[:, :-1, None] + lengths[..., None] * x).reshape(len(knots), -1)
        return cls(at, knots[:, 1:], lengths)

    def _pieces(self, values: Any) -> Any:
        return np.broadcast_to(values, self.at.shape).reshape(*self.lengths.shape, _NODES)

    def in_pieces(self, values: Any) -> Any:
        """The integral over each piece."""
        _, w = gauss_legendre(_NODES)
        return (self._pieces(values) @ w) * self.lengths

    def whole(self, values: Any) -> Any:
        """The integral over the whole time."""
        return self.in_pieces(values).sum(axis=1)

    def up_to(self, values: Any) -> Any:
        """The integral up to each time."""
        pieces = self.in_pieces(values)
        inside = (self._pieces(values) @ _integrals(_NODES).T) * self.lengths[..., None]
        return ((pieces.cumsum(axis=1) - pieces)[..., None] + inside).reshape(self.at.shape)


def _kinks(seen: Seen, calendar: Any) -> Iterator[Any]:
    for low, high, *_ in seen.stretches(calendar):
        yield low + 0.0 * calendar
        yield high
