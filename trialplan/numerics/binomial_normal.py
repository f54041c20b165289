"""The binomial–normal marginal likelihood: a count whose logit rate varies normally between studies."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.integrate import gauss_hermite
from trialplan.numerics.lazy import np, special

_NODES = 40
"""Log likelihoods then err by less than 1e-9 up to an SD of 1, and 2e-5 at 3 where no event was seen."""

_STEPS = 12
"""Newton's steps to the mode from a start that is off by a few of its standard deviations."""


def marginal(events: Any, of: Any, mean: Any, sd: Any, nodes: int = _NODES) -> tuple[Any, Any]:
    """The log of E[p^events (1 − p)^(of − events)] over logit p ~ N(mean, sd²), and its derivative by `mean`.

    Adaptive Gauss–Hermite quadrature (Pinheiro & Bates 1995, J Comput Graph Stat 4:12): the nodes are centred
    at the mode of the integrand and scaled by its curvature, so that few suffice at any `of` and any `sd`,
    0 included. Arguments broadcast; the binomial coefficient is left out.
    """
    events, of, mean, sd = (np.asarray(one, dtype=float)[..., None] for one in (events, of, mean, sd))
    centre, spread = _laplace(events, of, mean, sd)
    x, weight = gauss_hermite(nodes)
    u = centre + spread * x
    logit = mean + sd * u
    exponent = events * logit - of * np.logaddexp(0, logit) - (u**2 - x**2) / 2
    highest = exponent.max(axis=-1, keepdims=True)
    mass = weight * np.exp(exponent - highest)
    total = mass.sum(axis=-1)
    slope = (mass * (events - of * special.expit(logit))).sum(axis=-1) / total
    return highest[..., 0] + np.log(total * spread[..., 0]), slope


def log_coefficient(events: Any, of: Any) -> Any:
    """The log of the binomial coefficient "`of` choose `events`"."""
    return -special.betaln(events + 1, of - events + 1) - np.log1p(of)


def _laplace(events: Any, of: Any, mean: Any, sd: Any) -> tuple[Any, Any]:
    """Mode and standard deviation, in units of `sd` from `mean`, of the normal that osculates the integrand."""
    rate = (events + 0.5) / (of + 1)
    noise = 1 / (of * rate * (1 - rate))
    u = sd * (special.logit(rate) - mean) / (sd**2 + noise)
    for _ in range(_STEPS):
        rate = special.expit(mean + sd * u)
        u = u + (sd * (events - of * rate) - u) / (sd**2 * of * rate * (1 - rate) + 1)
    rate = special.expit(mean + sd * u)
    return u, 1 / np.sqrt(sd**2 * of * rate * (1 - rate) + 1)
