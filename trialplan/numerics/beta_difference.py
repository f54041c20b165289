"""How probable it is that one Beta variable exceeds another by more than a given amount."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np, special

_NODES = 128
"""On the arsinh of the logit, where densities fall doubly exponentially, a rule of this size is enough."""
_BEYOND = 1e-17
"""Probability in each tail of the second variable that the integral leaves out."""

_SMALLEST = 1e-300
"""Stands for a quantile that a double cannot hold, so that it has a logit."""


def exceeds_by(first: tuple[Any, Any], second: tuple[Any, Any], difference: float) -> Any:
    """P(X - Y > difference) for independent X ~ Beta(first) and Y ~ Beta(second); parameters broadcast.

    The integral of the density of Y times the tail of X, by Gauss–Legendre over arsinh(logit(y)), on which the
    density is smooth and falls doubly exponentially however small its parameters (as in Takahasi & Mori 1974, Publ
    RIMS Kyoto 9:721); between the quantiles of Y that matter. Beyond y = 1 - difference X cannot follow, and below
    -difference it always does.
    """
    a, b = np.broadcast_arrays(*(np.asarray(parameter, dtype=float) for parameter in second))
    y, weight, certain = _nodes(a, b, difference)
    x_a, x_b = (np.asarray(parameter, dtype=float)[..., None] for parameter in first)
    tail = special.betaincc(x_a, x_b, np.clip(y + difference, 0.0, 1.0))
    return np.clip((tail * weight).sum(axis=-1) + certain, 0.0, 1.0)[()]


def _nodes(a: Any, b: Any, difference: float) -> tuple[Any, Any, Any]:
    """Points y, each with the probability that it stands for (last axis), and P(Y <= -difference)."""
    least, most = max(0.0, -difference), min(1.0, 1.0 - difference)
    low = np.maximum(_logit_of_tail(a, b), special.logit(least))
    high = np.maximum(np.minimum(-_logit_of_tail(b, a), special.logit(most)), low)
    x, w = gauss_legendre(_NODES)
    start, width = np.arcsinh(low)[..., None], (np.arcsinh(high) - np.arcsinh(low))[..., None]
    logit, stretch = np.sinh(start + width * x), np.cosh(start + width * x)
    a, b = a[..., None], b[..., None]
    log_density = a * logit - (a + b) * np.logaddexp(0.0, logit) - special.betaln(a, b)
    weight = np.exp(log_density) * stretch * width * w
    return special.expit(logit), weight, special.betainc(a, b, least)[..., 0]


def _logit_of_tail(a: Any, b: Any) -> Any:
    """The logit below which a Beta(a, b) variable hardly lies."""
    quantile = np.maximum(special.betaincinv(a, b, _BEYOND), _SMALLEST)
    return np.log(quantile) - np.log1p(-quantile)
