"""The one-stage binomial–normal model: rates pooled as counts, without a transformation or a correction of zeros."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.binomial_normal import log_coefficient, marginal
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root

_LARGEST = 8.0
"""The SD between logits beyond which none is sought: rates then lie at 0 or 1."""
_CANDIDATES, _ZOOMS = 41, 8
"""Each zoom narrows the range twentyfold: after eight it is narrower than 1e-9."""
_STEP = 1e-3
"""Of the differences that give the curvature: their error is its square, and rounding stays below that."""


def binomial_normal(events: Any, of: Any) -> tuple[float, float, float, float]:
    """Mean logit, its standard error, τ² and the log likelihood, by maximum likelihood.

    A random-intercept logistic model without covariates (Stijnen, Hamza & Özdemir 2010, Statistics in Medicine
    29:3046); the likelihood by adaptive Gauss–Hermite quadrature, the mean as the root of its slope, τ by
    narrowing a grid, the standard error from the curvature in both.
    """
    events, of = np.asarray(events, dtype=float), np.asarray(of, dtype=float)
    low, high = 0.0, _LARGEST
    for _ in range(_ZOOMS):
        tau = np.linspace(low, high, _CANDIDATES)
        at = int(np.argmax(_profile(events, of, tau)[1]))
        low, high = tau[max(at - 1, 0)], tau[min(at + 1, _CANDIDATES - 1)]
    best = tau[at : at + 1] if tau[at] > 1e-4 else np.zeros(1)
    (mean,), (height,) = _profile(events, of, best)
    error = _standard_error(events, of, float(mean), float(best[0]))
    return float(mean), error, float(best[0] ** 2), float(height + log_coefficient(events, of).sum())


def _profile(events: Any, of: Any, tau: Any) -> tuple[Any, Any]:
    """For each τ the likeliest mean, and the log likelihood there."""

    def likelihood(mean: Any) -> tuple[Any, Any]:
        log, slope = marginal(events, of, mean[:, None], tau[:, None])
        return log.sum(axis=1), slope.sum(axis=1)

    reach = np.full(tau.shape, 20.0)
    mean = increasing_root(lambda m: -likelihood(m)[1], -reach, reach, 1e-11)
    return mean, likelihood(mean)[0]


def _standard_error(events: Any, of: Any, mean: float, tau: float) -> float:
    """From the observed information on (mean, τ); on the mean alone where τ is 0."""

    def at(m: float, t: float) -> Any:
        """Height and slope of the log likelihood."""
        return np.array([part.sum() for part in marginal(events, of, np.array(m), np.array(t))])

    h = _STEP
    information = (at(mean - h, tau) - at(mean + h, tau))[1] / (2 * h)
    if tau > 2 * h:
        below, above = at(mean, tau - h), at(mean, tau + h)
        mixed = (below - above)[1] / (2 * h)
        spread = (2 * at(mean, tau) - below - above)[0] / h**2
        information = information - mixed**2 / spread
    return float(information**-0.5)
