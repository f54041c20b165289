"""P(every one of several correlated normal variables lies below its limit), for arrays at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special

MOST = 6
"""Variables beyond which the nodes of the quadrature are too many."""

_NODES = {2: 1, 3: 96, 4: 64, 5: 40, 6: 20}
"""For each number of variables the nodes along each that is integrated out; the last two need none."""
_FAR = 9.0
"""Standard deviations beyond which a normal variable has no probability that a double could hold beside 1."""


def bivariate_cdf(h: Any, k: Any, correlation: Any) -> Any:
    """P(X <= h and Y <= k), by Owen's T (Owen 1956, Annals of Mathematical Statistics 27:1075)."""
    h, k, r = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (h, k, correlation)))
    h, k = (np.where(limit == 0, 1e-15, np.clip(limit, -4 * _FAR, 4 * _FAR)) for limit in (h, k))  # the limit at 0
    inside = np.clip(r, -1 + 1e-15, 1 - 1e-15)
    rest = np.sqrt((1 - inside) * (1 + inside))
    wedge = special.owens_t(h, (k / h - inside) / rest) + special.owens_t(k, (h / k - inside) / rest)
    both, halves = special.ndtr(h), special.ndtr(k)
    below = (both + halves) / 2 - wedge - np.where(h * k < 0, 0.5, 0.0)
    below = np.where(r >= 1, np.minimum(both, halves), np.where(r <= -1, both + halves - 1, below))
    return np.clip(below, 0.0, 1.0)[()]


def multivariate_cdf(limits: Sequence[Any], correlations: Sequence[Sequence[Any]]) -> Any:
    """P(every variable lies below its limit), given the correlation of each pair: `correlations[i][j]`.

    From three variables on, the first one is integrated out: given it, the others are normal with one fewer.
    """
    if len(limits) == 1:
        return special.ndtr(limits[0])
    found = _conditioned(limits, correlations, _NODES[len(limits)])
    # all together is no likelier than each: what quadrature errs by near a correlation of 1 is cut there
    return np.minimum(found, np.minimum.reduce([special.ndtr(limit) for limit in np.broadcast_arrays(*limits)]))


def _conditioned(limits: Sequence[Any], correlations: Sequence[Sequence[Any]], nodes: int) -> Any:
    if len(limits) == 2:
        return bivariate_cdf(limits[0], limits[1], correlations[0][1])
    x, w = gauss_legendre(nodes)
    first, own = np.clip(_wider(limits[0]), -_FAR, _FAR), [_wider(r) for r in correlations[0][1:]]
    z = -_FAR + (first + _FAR) * x
    left = [np.sqrt(1 - r**2) for r in own]
    others = [(_wider(limit) - r * z) / sd for limit, r, sd in zip(limits[1:], own, left, strict=True)]
    places = range(len(own))
    partial = [
        [(_wider(correlations[i + 1][j + 1]) - own[i] * own[j]) / (left[i] * left[j]) for j in places] for i in places
    ]
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return ((first + _FAR) * w * density * _conditioned(others, partial, nodes)).sum(axis=-1)


def _wider(values: Any) -> Any:
    """With an axis more, for the nodes."""
    return np.asarray(values, dtype=float)[..., None]
