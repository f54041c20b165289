"""How much true effects differ between studies: the estimators of τ², and what is derived from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from trialplan.numerics.lazy import np
from trialplan.numerics.search import bracket, increasing_root

_GRID = 400
"""Candidates of τ² among which the highest restricted likelihood is sought before it is refined."""


def weighted_mean(values: Any, weights: Any) -> float:
    """The inverse-variance mean."""
    return float((weights * values).sum() / weights.sum())


def q_statistic(values: Any, variances: Any, tau2: float = 0.0, around: float | None = None) -> float:
    """The weighted sum of squares around the mean, or another (Cochran 1954, Biometrics 10:101), at a given τ²."""
    weights = 1 / (variances + tau2)
    centre = weighted_mean(values, weights) if around is None else around
    return float((weights * (values - centre) ** 2).sum())


def typical_variance(variances: Any) -> float:
    """The sampling variance of a typical study (Higgins & Thompson 2002, Statistics in Medicine 21:1539)."""
    weights = 1 / variances
    return float((len(weights) - 1) * weights.sum() / (weights.sum() ** 2 - (weights**2).sum()))


def dersimonian_laird(values: Any, variances: Any) -> float:
    """By the moments of Q, cut at 0 (DerSimonian & Laird 1986, Control Clin Trials 7:177)."""
    weights = 1 / variances
    surplus = q_statistic(values, variances) - (len(values) - 1)
    return max(0.0, float(surplus / (weights.sum() - (weights**2).sum() / weights.sum())))


def paule_mandel(values: Any, variances: Any) -> float:
    """Where the generalised Q equals its expectation k − 1, or 0 (Paule & Mandel 1982, J Res NBS 87:377)."""
    unit = float(variances.mean())
    return unit * _matching(values / math.sqrt(unit), variances / unit)


def _matching(values: Any, variances: Any) -> float:
    """The τ² of Paule and Mandel, of variances about 1, where the search's absolute tolerance is a relative one."""

    def shortage(tau2: Any) -> Any:
        return np.array([len(values) - 1 - q_statistic(values, variances, float(at)) for at in np.ravel(tau2)])

    if shortage(0.0)[0] >= 0:
        return 0.0
    return float(increasing_root(shortage, [0.0], bracket(shortage, [float(variances.max())]))[0])


def hedges(values: Any, variances: Any) -> float:
    """The spread of the values less their mean variance, cut at 0 (Hedges & Olkin 1985, p. 194)."""
    return max(0.0, float(values.var(ddof=1) - variances.mean()))


def hunter_schmidt(values: Any, variances: Any) -> float:
    """By the moments of Q against k, not k − 1, cut at 0 (Hunter & Schmidt 1990; Viechtbauer 2005, eq. 9)."""
    weights = 1 / variances
    return max(0.0, float((q_statistic(values, variances) - len(values)) / weights.sum()))


def sidik_jonkman(values: Any, variances: Any) -> float:
    """The spread about the mean weighted by a first guess, never 0 (Sidik & Jonkman 2005, Appl Stat 54:367)."""
    crude = float(values.var())
    if crude == 0:  # all studies have the same value
        return 0.0
    return crude * q_statistic(values, variances, crude) / (len(values) - 1)


def reml(values: Any, variances: Any) -> float:
    """The maximum of the restricted likelihood over τ² ≥ 0 (Viechtbauer 2005, J Educ Behav Stat 30:261)."""
    return _in_unit(values, variances, restricted=True)


def maximum_likelihood(values: Any, variances: Any) -> float:
    """The maximum of the likelihood over τ² ≥ 0 (Hardy & Thompson 1996, Statistics in Medicine 15:619)."""
    return _in_unit(values, variances, restricted=False)


def _in_unit(values: Any, variances: Any, restricted: bool) -> float:
    """The likeliest τ², found among variances about 1, as in `_matching`."""
    unit = float(variances.mean())
    return unit * _likeliest(values / math.sqrt(unit), variances / unit, restricted)


def _likeliest(values: Any, variances: Any, restricted: bool) -> float:
    """The τ² of the highest (restricted) likelihood.

    It may have more than one maximum: the highest of a grid up to well beyond the spread of the values is refined by
    the root of the slope next to it.
    """
    far = 10 * float(((values - values.mean()) ** 2).sum() + variances.max())
    grid = np.concatenate([[0.0], far * np.geomspace(1e-9, 1, _GRID)])
    weights, squares = _at(values, variances, grid)
    # twice the log likelihood, up to a constant
    height = np.log(weights).sum(axis=1) - restricted * np.log(weights.sum(axis=1)) - (weights * squares).sum(axis=1)
    at = int(np.argmax(height))
    low, high = grid[max(at - 1, 0)], grid[min(at + 1, _GRID)]
    if _slope(values, variances, np.array([low]), restricted)[0] <= 0:
        return float(low)
    return float(increasing_root(lambda tau2: -_slope(values, variances, tau2, restricted), [low], [high])[0])


ESTIMATORS: dict[str, Callable[[Any, Any], float]] = {
    "dersimonian-laird": dersimonian_laird,
    "paule-mandel": paule_mandel,
    "reml": reml,
    "hedges": hedges,
    "maximum-likelihood": maximum_likelihood,
    "sidik-jonkman": sidik_jonkman,
    "hunter-schmidt": hunter_schmidt,
    # the empirical Bayes equation is that of Paule & Mandel (Viechtbauer et al. 2015, Psychol Methods 20:360)
    "empirical-bayes": paule_mandel,
}


def _at(values: Any, variances: Any, tau2: Any) -> tuple[Any, Any]:
    """Weights and squared residuals for each τ², studies along the last axis."""
    weights = 1 / (variances + np.asarray(tau2)[:, None])
    mean = (weights * values).sum(axis=1) / weights.sum(axis=1)
    return weights, (values - mean[:, None]) ** 2


def _slope(values: Any, variances: Any, tau2: Any, restricted: bool) -> Any:
    """Twice the derivative of the (restricted) log likelihood by τ²."""
    weights, squares = _at(values, variances, tau2)
    trace = weights.sum(axis=1) - restricted * (weights**2).sum(axis=1) / weights.sum(axis=1)
    return (weights**2 * squares).sum(axis=1) - trace
