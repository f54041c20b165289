"""A few Beta components that stand for a belief about a rate, with the error that this makes."""

from __future__ import annotations

from typing import Any

from trialplan.belief.families import Beta, Tabulated
from trialplan.belief.mixture import Mixture
from trialplan.numerics.lazy import np, special

_GOOD = 0.002
"""The largest difference of cdfs below which no further component is added."""

_ROUNDS, _NEWTON = 400, 6
"""Rounds of EM, which creeps near its end; in each a few Newton steps, which the next round takes up."""
_STILL = 1e-7
"""A step in log a and log b after which Newton's next one is lost in rounding."""
_STARTS = ((1.0,), (2.5, 0.4), (4.0, 1.0, 0.25))
"""How concentrated each component starts, against the single Beta of the same moments."""


def beta_mixture(belief: Tabulated) -> tuple[Mixture, float]:
    """The mixture of one to three Betas nearest to `belief`, and the largest difference of their cdfs.

    Nearest is the least Kullback–Leibler divergence, by the EM algorithm (Dempster, Laird & Rubin 1977, JRSS B
    39:1-38) over the belief's cells; a component is added while the error is above 0.002.
    """
    x, mass = _cells(belief)
    best: tuple[Mixture, float] | None = None
    for start in _STARTS:
        mixture = _fit(belief, x, mass, start)
        error = float(np.max(np.abs(mixture.cdf(belief.points) - belief.cumulative)))
        if best is None or error < best[1]:
            best = mixture, error
        if error <= _GOOD:
            break
    assert best is not None
    return best


def _cells(belief: Tabulated) -> tuple[Any, Any]:
    """The middles of the cells that hold anything, and their masses; the two open ends are left out.

    So is what lies nearer to 1 than a number can: there is no log of its distance.
    """
    middle, mass = (belief.points[1:] + belief.points[:-1]) / 2, belief.masses()
    kept = (mass > 0) & (middle > 0) & (middle < 1)
    kept[[0, -1]] = False
    return middle[kept], mass[kept] / mass[kept].sum()


def _fit(belief: Tabulated, x: Any, mass: Any, start: tuple[float, ...]) -> Mixture:
    mean, total = belief.mean(), float(belief.ess())
    a = np.array([mean * total * times for times in start])
    b = np.array([(1 - mean) * total * times for times in start])
    weight = np.full(len(start), 1 / len(start))
    logs = np.log(x), np.log1p(-x)
    for _ in range(_ROUNDS):
        density = np.log(weight) - special.betaln(a, b) + np.outer(logs[0], a - 1) + np.outer(logs[1], b - 1)
        share = np.exp(density - density.max(axis=1, keepdims=True))
        share *= (mass / share.sum(axis=1))[:, None]
        weight = share.sum(axis=0)
        a, b = _likeliest(a, b, *(log @ share / weight for log in logs))
    return Mixture(
        tuple(Beta(float(p), float(q)) for p, q in zip(a, b, strict=True)), tuple(map(float, weight / weight.sum()))
    )


def _likeliest(a: Any, b: Any, log_up: Any, log_down: Any) -> tuple[Any, Any]:
    """Maximum likelihood Betas given the means of log x and log(1 − x): Newton on ψ(a) − ψ(a + b), in log a, log b."""
    for _ in range(_NEWTON):
        # ψ′(x) is the zeta function ζ(2, x)
        shared = special.zeta(2, a + b)
        gap = log_up - special.digamma(a) + special.digamma(a + b)
        hole = log_down - special.digamma(b) + special.digamma(a + b)
        first, second = special.zeta(2, a) - shared, special.zeta(2, b) - shared
        determinant = first * second - shared**2
        step_a = (second * gap + shared * hole) / determinant / a
        step_b = (first * hole + shared * gap) / determinant / b
        a, b = a * np.exp(np.clip(step_a, -1, 1)), b * np.exp(np.clip(step_b, -1, 1))
        if max(np.abs(step_a).max(), np.abs(step_b).max()) < _STILL:
            break
    return a, b
