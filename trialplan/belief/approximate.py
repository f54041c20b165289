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
_SAME = 1e-14
"""A change, as a share of what changes, that is rounding."""
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
    logs = np.stack([np.log(x), np.log1p(-x)])
    for _ in range(_ROUNDS):
        density = np.stack([a - 1, b - 1], axis=1) @ logs + (np.log(weight) - special.betaln(a, b))[:, None]
        share = np.exp(density - density.max(axis=0))
        share *= mass / share.sum(axis=0)
        weight = share.sum(axis=1)
        before = a, b
        a, b = _likeliest(a, b, *(logs @ share.T / weight))
        if len(start) == 1 and _apart(before, (a, b)) <= _SAME:  # a single component has all of the mass at once
            break
    return Mixture(
        tuple(Beta(float(p), float(q)) for p, q in zip(a, b, strict=True)), tuple(map(float, weight / weight.sum()))
    )


def _apart(before: tuple[Any, Any], now: tuple[Any, Any]) -> float:
    """The largest change, as a share of what changed."""
    return max(float(np.abs(new / old - 1).max()) for old, new in zip(before, now, strict=True))


def _likeliest(a: Any, b: Any, log_up: Any, log_down: Any) -> tuple[Any, Any]:
    """Maximum likelihood Betas given the means of log x and log(1 − x): Newton on ψ(a) − ψ(a + b), in log a, log b."""
    for _ in range(_NEWTON):
        all_three = np.stack([a, b, a + b])
        of_a, of_b, of_both = special.digamma(all_three)
        # ψ′(x) is the zeta function ζ(2, x)
        first, second, shared = special.zeta(2, all_three)
        gap, hole = log_up - of_a + of_both, log_down - of_b + of_both
        first, second = first - shared, second - shared
        determinant = first * second - shared**2
        steps = np.stack([(second * gap + shared * hole) / a, (first * hole + shared * gap) / b]) / determinant
        a, b = np.stack([a, b]) * np.exp(steps.clip(-1, 1))
        if np.abs(steps).max() < _STILL:
            break
    return a, b
