"""The beta-binomial model of counts: rates that differ between studies, zeros in both arms taken as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np, special
from trialplan.numerics.search import increasing_root

_LEAST, _MOST = math.log(1e-2), math.log(1e6)
"""Of the log precision: beyond the one a rate is 0 or 1 in a study, beyond the other it is the same in all."""
_CANDIDATES, _ZOOMS = 41, 8
"""Each zoom narrows the range twentyfold: after eight it is narrower than 1e-8."""
_STEP = 1e-3
"""Of the log precision in the differences that give the curvature: their error is its square."""

Counts = tuple[Any, Any]
"""Events and participants of the studies in one arm."""


def beta_binomial(arms: Sequence[Counts]) -> tuple[list[float], Any, float, float]:
    """Each arm's mean rate, their covariance, the correlation between participants of a study, the log likelihood.

    A study's rate in arm j has a beta distribution with mean μⱼ and the same correlation ρ = 1/(1 + precision) in all
    arms (Kuss 2015, Statistics in Medicine 34:1097, with a common ρ); by maximum likelihood, the covariance from the
    observed information. The arms of a study are taken as independent: what they share is not used.
    """
    arms = [(np.asarray(events, dtype=float), np.asarray(of, dtype=float)) for events, of in arms]
    for events, of in arms:
        if not 0 < events.sum() < of.sum():
            raise ParameterError(
                "an arm has the event in nobody or in everybody, so a beta-binomial rate has no standard error; "
                "use mantel-haenszel with risk-difference"
            )
    low, high = _LEAST, _MOST
    for _ in range(_ZOOMS):
        precisions = np.linspace(low, high, _CANDIDATES)
        heights = sum(_profile(*arm, precisions)[1] for arm in arms)
        at = int(np.argmax(heights))
        low, high = precisions[max(at - 1, 0)], precisions[min(at + 1, _CANDIDATES - 1)]
    best, height = float(precisions[at]), float(heights[at])
    crude = [float(events.sum() / of.sum()) for events, of in arms]
    limit = sum(
        float((special.xlogy(x, rate) + special.xlog1py(n - x, -rate)).sum())
        for (x, n), rate in zip(arms, crude, strict=True)
    )
    # the likelihood of equal rates is the limit of the others, and numbers cannot tell them apart close to it
    if limit >= height - 1e-7:
        spread = [rate * (1 - rate) / float(of.sum()) for rate, (_, of) in zip(crude, arms, strict=True)]
        return crude, np.diag(spread), 0.0, limit + _coefficients(arms)
    rates = [float(_profile(*arm, np.array([best]))[0][0]) for arm in arms]
    return rates, _covariance(arms, rates, best), 1 / (1 + math.exp(best)), height + _coefficients(arms)


def _coefficients(arms: Sequence[Counts]) -> float:
    """The binomial coefficients, which no parameter moves."""
    return -sum(float((special.betaln(n - x + 1, x + 1) + np.log1p(n)).sum()) for x, n in arms)


def _profile(events: Any, of: Any, precisions: Any) -> tuple[Any, Any]:
    """For each log precision the likeliest mean rate of an arm, and the log likelihood there.

    It is concave in the mean: a sum of logs of what rises or falls linearly with it.
    """
    ends = np.zeros(precisions.shape), np.ones(precisions.shape)
    edge = 1e-12  # where the slope is beyond any doubt, since some had the event and some had not
    rates = increasing_root(lambda rate: -_slope(events, of, rate, precisions), ends[0] + edge, ends[1] - edge, 1e-13)
    return rates, _height(events, of, rates, precisions)


def _shapes(rates: Any, precisions: Any) -> tuple[Any, Any]:
    precision = np.exp(precisions)[:, None]
    return rates[:, None] * precision, (1 - rates[:, None]) * precision


def _height(events: Any, of: Any, rates: Any, precisions: Any) -> Any:
    a, b = _shapes(rates, precisions)
    return (special.betaln(events + a, of - events + b) - special.betaln(a, b)).sum(axis=1)


def _slope(events: Any, of: Any, rates: Any, precisions: Any) -> Any:
    """The derivative of the log likelihood by the mean rate."""
    a, b = _shapes(rates, precisions)
    gained = special.psi(events + a) - special.psi(a) - special.psi(of - events + b) + special.psi(b)
    return np.exp(precisions) * gained.sum(axis=1)


def _covariance(arms: Sequence[Counts], rates: list[float], precision: float) -> Any:
    """Of the mean rates, by the observed information in them and in the log precision."""
    k = len(arms)
    information = np.zeros((k + 1, k + 1))
    nearby = np.array([precision - _STEP, precision, precision + _STEP])
    for at, ((events, of), rate) in enumerate(zip(arms, rates, strict=True)):
        same = np.full(3, rate)
        below, middle, above = _height(events, of, same, nearby)
        slopes = _slope(events, of, same, nearby)
        a, b = _shapes(same[:1], nearby[1:2])
        bent = special.polygamma(1, events + a) - special.polygamma(1, a)
        bent = bent + special.polygamma(1, of - events + b) - special.polygamma(1, b)
        information[at, at] = -math.exp(2 * precision) * bent.sum()
        information[at, k] = information[k, at] = -(slopes[2] - slopes[0]) / (2 * _STEP)
        information[k, k] -= (above - 2 * middle + below) / _STEP**2
    return np.linalg.inv(information)[:k, :k]
