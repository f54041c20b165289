"""P(every one of several correlated normal variables lies below its limit), for arrays at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special

MOST = 6
"""Variables beyond which the nodes of the quadrature are too many."""

_NODES = {3: 96, 4: 64, 5: 40, 6: 24}
"""For each number of variables the nodes along each that is integrated out; the last two need none."""

_FAR = 8.0
"""Standard deviations beyond which a normal variable has no probability that a double could hold beside 1."""

_LEAST = 1e-9
"""Stands for a correlation of 0 or below, by which nothing changes near the first limit."""


def bivariate_cdf(h: Any, k: Any, correlation: Any) -> Any:
    """P(X <= h and Y <= k), by Owen's T (Owen 1956, Annals of Mathematical Statistics 27:1075)."""
    h, k, r = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (h, k, correlation)))
    h, k = (np.where(limit == 0, 1e-15, np.clip(limit, -36.0, 36.0)) for limit in (h, k))  # the limit at 0
    inside = np.clip(r, -1 + 1e-15, 1 - 1e-15)
    rest = np.sqrt((1 - inside) * (1 + inside))
    wedge = special.owens_t(h, (k / h - inside) / rest) + special.owens_t(k, (h / k - inside) / rest)
    both, halves = special.ndtr(h), special.ndtr(k)
    below = (both + halves) / 2 - wedge - np.where(h * k < 0, 0.5, 0.0)
    below = np.where(r >= 1, np.minimum(both, halves), np.where(r <= -1, both + halves - 1, below))
    return np.clip(below, 0.0, 1.0)[()]


def multivariate_cdf(limits: Sequence[Any], correlations: Sequence[Sequence[Any]]) -> Any:
    """P(every variable lies below its limit), given the correlation of each pair: `correlations[i][j]`.

    From three variables on, the one with the lowest limit is integrated out: given it, the others are normal with one
    fewer.
    """
    if len(limits) == 1:
        return special.ndtr(limits[0])
    alone = np.minimum.reduce([special.ndtr(limit) for limit in np.broadcast_arrays(*limits)])
    if len(limits) == 2:
        found = bivariate_cdf(limits[0], limits[1], correlations[0][1])
    else:
        found = _conditioned(*_ascending(limits, correlations), _NODES[len(limits)])
    # all together is no likelier than each: what is left of the quadrature's error near a correlation of 1 is cut there
    return np.minimum(found, alone)


def _ascending(limits: Sequence[Any], correlations: Sequence[Sequence[Any]]) -> tuple[Any, Any]:
    """Limits in ascending order, with their correlations, as arrays whose first axes are the variables."""
    every = np.broadcast_arrays(*limits, *(one for row in correlations for one in row))
    values = np.stack(every).astype(float)
    k = len(limits)
    order = np.argsort(values[:k], axis=0)
    matrix = values[k:].reshape(k, k, *values.shape[1:])
    matrix = np.take_along_axis(np.take_along_axis(matrix, order[:, None], axis=0), order[None], axis=1)
    return np.take_along_axis(values[:k], order, axis=0), matrix


def _conditioned(limits: Any, correlations: Any, nodes: int) -> Any:
    """P(every variable lies below its limit), the first one integrated out until two are left.

    Given the first at z, a variable that is correlated with it changes from possible to impossible where z comes near
    its limit, over `width` at most: nodes are close there and ever farther apart below, by a hyperbolic sine. A limit
    beyond one standard deviation has less of its distribution near it, and needs no nodes that are as close.
    """
    if len(limits) == 2:
        return bivariate_cdf(limits[0], limits[1], correlations[0, 1])
    limits, correlations = limits[..., None], correlations[..., None]
    first, own = np.clip(limits[0], -_FAR, _FAR), correlations[0, 1:]
    left = np.sqrt(1 - own**2)
    width = np.maximum((left / np.maximum(own, _LEAST)).min(axis=0), first - 1)
    x, w = gauss_legendre(nodes)
    span = np.arcsinh((first + _FAR) / width)
    z = first - width * np.sinh(span * x)
    weight = w * span * width * np.cosh(span * x) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    partial = (correlations[1:, 1:] - own[:, None] * own) / (left[:, None] * left)
    return (weight * _conditioned((limits[1:] - own * z) / left, partial, nodes)).sum(axis=-1)
