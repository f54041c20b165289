"""How probable it is that one Beta variable exceeds another by more than a given amount."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special

_NODES = 128
_BEYOND = 1e-17
"""Probability in each tail of the second variable that the integral leaves out."""


def exceeds_by(first: tuple[Any, Any], second: tuple[Any, Any], difference: float) -> Any:
    """P(X - Y > difference) for independent X ~ Beta(first) and Y ~ Beta(second); parameters broadcast.

    The integral of the density of Y times the tail of X, on the angle asin(√y), where a density that is
    infinite at 0 or 1 is bounded from parameters of a half on; Gauss–Legendre between the quantiles of Y
    that matter, once for each distinct Y. Beyond y = 1 - difference X cannot follow; below -difference it always does.
    """
    a, b = np.broadcast_arrays(*(np.asarray(one, dtype=float) for one in second))
    y, weight, certain = _nodes(a, b, difference)
    x_a, x_b = (np.asarray(one, dtype=float)[..., None] for one in first)
    tail = special.betaincc(x_a, x_b, np.clip(y + difference, 0.0, 1.0))
    return np.clip((tail * weight).sum(axis=-1) + certain, 0.0, 1.0)[()]


def _nodes(a: Any, b: Any, difference: float) -> tuple[Any, Any, Any]:
    """Points y, each with the probability that it stands for (last axis), and P(Y <= -difference)."""
    least, most = max(0.0, -difference), min(1.0, 1.0 - difference)
    low = np.arcsin(np.sqrt(np.clip(special.betaincinv(a, b, _BEYOND), least, most)))
    high = np.arcsin(np.sqrt(np.clip(special.betainccinv(a, b, _BEYOND), least, most)))
    x, w = gauss_legendre(_NODES)
    angles = low[..., None] + (high - low)[..., None] * x
    a, b = a[..., None], b[..., None]
    with np.errstate(divide="ignore"):
        log_density = (2 * a - 1) * np.log(np.sin(angles)) + (2 * b - 1) * np.log(np.cos(angles)) - special.betaln(a, b)
    weight = 2 * np.exp(log_density) * w * (high - low)[..., None]
    return np.sin(angles) ** 2, weight, special.betainc(a, b, least)[..., 0]
