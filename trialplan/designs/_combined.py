"""The largest of several correlated weighted log-rank tests, by their joint normal law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trialplan.designs._risk_sets import Law
from trialplan.numerics.elementary import upper_normal_quantile
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np
from trialplan.numerics.multinormal import multivariate_cdf
from trialplan.numerics.search import increasing_root

_STEP = 500
"""Trials or sizes at once: each takes up to thousands of nodes of the quadrature."""

_NODES, _FAR = 48, 8.0
"""On each side of the kink, and standard deviations beyond which there is nothing."""

_LEAST = 1e-9
"""Stands for no error, and no share of a sum: trials with one or two events have tests that are one and the same."""

_INDEPENDENT = 1e-9
"""Least singular value of weights, over the largest, from which on none is a sum of the others."""

Sum = tuple[int, int, int]
"""The places of a weight and of the two that add up to it."""


def sum_among(rho: Sequence[float], gamma: Sequence[float]) -> Sum | None:
    """The weight that is the sum of two others: S^rho (1-S)^gamma times S and times 1-S add up to itself.

    As 0,0 of 1,0 and 0,1, which are combined more often than not: their statistics add up, too.
    """
    there = {powers: at for at, powers in enumerate(zip(rho, gamma, strict=True))}
    for (first, second), whole in there.items():
        parts = there.get((first + 1, second)), there.get((first, second + 1))
        if parts[0] is not None and parts[1] is not None:
            return whole, parts[0], parts[1]
    return None


def independent(rho: Sequence[float], gamma: Sequence[float]) -> bool:
    """Whether no weight is the sum of others, but for the one that `sum_among` knows."""
    known = sum_among(rho, gamma)
    curve = np.linspace(0.01, 0.99, 60)
    values = [curve**a * (1 - curve) ** b for a, b in zip(rho, gamma, strict=True)]
    if known is not None:
        del values[known[0]]
    sizes = np.linalg.svd(np.array([one / np.linalg.norm(one) for one in values]), compute_uv=False)
    return bool(sizes[-1] > _INDEPENDENT * sizes[0])


def all_below(limits: Sequence[Any], correlations: Any, total: Sum | None) -> Any:
    """P(every statistic lies below its limit), where one may be the sum of two others, up to factors.

    One of the two is integrated out; given it, the sum sets the other a second limit, which takes over at a kink.
    """
    if total is None:
        return multivariate_cdf(limits, correlations)
    whole, first, second = total
    both = np.maximum(1 - correlations[first][second] ** 2, _LEAST)
    own = [
        np.maximum((correlations[whole][one] - correlations[whole][other] * correlations[first][second]) / both, _LEAST)
        for one, other in ((first, second), (second, first))
    ]
    top = np.clip(limits[first], -_FAR, _FAR)
    kink = np.clip((limits[whole] - own[1] * limits[second]) / own[0], -_FAR, top)
    x, w = gauss_legendre(_NODES)
    rest = [one for one in range(len(limits)) if one not in (whole, first)]

    def column(value: Any) -> Any:
        return np.asarray(value, dtype=float)[..., None]

    left = {one: np.sqrt(np.maximum(1 - column(correlations[first][one]) ** 2, _LEAST)) for one in rest}

    def partial(one: int, other: int) -> Any:
        through = column(correlations[first][one] * correlations[first][other])
        return np.clip((column(correlations[one][other]) - through) / (left[one] * left[other]), -1.0, 1.0)

    given_first = [[partial(one, other) for other in rest] for one in rest]
    found = 0.0
    for low, high in ((-_FAR, kink), (kink, top)):
        length = column(high - low)
        z = column(low) + length * x
        bounds = {one: column(limits[one]) for one in rest}
        bounds[second] = np.minimum(bounds[second], (column(limits[whole]) - column(own[0]) * z) / column(own[1]))
        given = [(bounds[one] - column(correlations[first][one]) * z) / left[one] for one in rest]
        density = w * length * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        found = found + (density * multivariate_cdf(given, given_first)).sum(axis=-1)
    return np.clip(found, 0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Combined:
    """The largest test, against the value that the largest of several exceeds with probability `level` under the null.

    `law` is that of one trial's plan, without cells. The trial shows an effect in a direction where its largest
    statistic that way exceeds the critical value; that the tests contradict each other, and two of them exceed it on
    opposite sides, is counted in neither.

    Source: Karrison (2016), Stata Journal 16:678; Lin et al. (2020), Statistics in Biopharmaceutical Research 12:187.
    """

    law: Law
    level: float
    sign: int
    total: Sum | None

    @cached_property
    def critical(self) -> float:
        """At the correlations that are expected under the null's variance."""
        correlations = _correlations(self.law.nulls)
        count = len(correlations)

        def surplus(z: float) -> float:
            return float(all_below([z] * count, correlations, self.total)) - (1 - self.level)

        low = float(upper_normal_quantile(self.level))
        return low if surplus(low) >= 0 else float(increasing_root(surplus, low, self._most(count)))

    def _most(self, count: int) -> float:
        """Bonferroni's value, which is never too low."""
        return float(upper_normal_quantile(self.level / count))

    def tail(self, n: Any, direction: int) -> Any:
        """P(the largest exceeds the critical value) in the treatment's favour, 1, or against it, -1."""
        null = np.sqrt(np.diagonal(self.law.nulls))
        true = np.maximum(np.sqrt(np.diagonal(self.law.truths)), _LEAST * null)
        correlations = np.clip(self.law.truths / true[:, None] / true, -1.0, 1.0)
        sizes = np.ravel(np.asarray(n, dtype=float))
        found = []
        for first in range(0, len(sizes), _STEP):
            root = np.sqrt(sizes[first : first + _STEP])
            way = direction * self.sign * self.law.means
            below = [
                (self.critical * one - mean * root) / other for one, mean, other in zip(null, way, true, strict=True)
            ]
            found.append(1 - all_below(below, correlations, self.total))
        return np.concatenate(found).reshape(np.shape(n))[()]

    def decide(self, statistics: Any, correlations: Any, two_tailed: bool) -> tuple[Any, Any]:
        """The largest statistic either way, positive in favour, and whether it rejects at the trial's own correlations.

        Weights are on the first axes, trials on the last. Most trials lie beyond Bonferroni's value or below that of a
        single test, and need no joint law.
        """
        towards = self.sign * statistics
        favour, against = towards.max(axis=0), (-towards).max(axis=0)
        for_it = favour >= against
        largest = np.where(for_it, favour, against)
        rejects = largest >= self._most(len(statistics))
        unclear = np.flatnonzero(~rejects & (largest >= float(upper_normal_quantile(self.level))))
        for first in range(0, len(unclear), _STEP):
            at = unclear[first : first + _STEP]
            below = all_below([largest[at]] * len(statistics), correlations[..., at], self.total)
            rejects[at] = below >= 1 - self.level
        return np.where(for_it, largest, -largest), rejects & (for_it | two_tailed)


def _correlations(covariances: Any) -> Any:
    error = np.sqrt(np.diagonal(covariances))
    return covariances / (error[:, None] * error)
