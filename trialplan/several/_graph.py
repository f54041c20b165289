"""Graphical test procedures on P values: who is rejected, adjusted P values, and levels that are handed on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from trialplan.numerics.elementary import normal_quantile
from trialplan.numerics.lazy import np
from trialplan.numerics.multinormal import multivariate_cdf

_NOTHING = 1e-14
"""A share below which rounding is all that is left."""


def complete(k: int) -> tuple[tuple[float, ...], ...]:
    """Everyone hands his level on to all others evenly: Holm's procedure where the weights are equal."""
    return tuple(tuple(0.0 if i == j else 1 / (k - 1) for j in range(k)) for i in range(k))


def without(weights: Any, transitions: Any, gone: int) -> tuple[Any, Any]:
    """The graph when a hypothesis is rejected: its level goes along its arrows, and the arrows are joined.

    Bretz, Maurer, Brannath & Posch (2009), Statistics in Medicine 28:586, algorithm 1.
    """
    w = weights + weights[gone] * transitions[gone]
    w[gone] = 0.0
    back = transitions[:, gone, None] * transitions[None, gone, :]
    round_trip = transitions[:, gone] * transitions[gone, :]
    left = np.where(round_trip < 1 - _NOTHING, 1 - round_trip, np.inf)[:, None]
    g = (transitions + back) / left
    np.fill_diagonal(g, 0.0)
    g[gone] = 0.0
    g[:, gone] = 0.0
    return w, g


def closure(weights: Sequence[float], transitions: Any) -> dict[tuple[int, ...], Any]:
    """The weights of every intersection of hypotheses that are left, by their places: all others are taken out."""
    k = len(weights)
    everyone = tuple(range(k))
    graphs = {everyone: (np.array(weights, dtype=float), np.array(transitions, dtype=float))}
    for size in range(k, 1, -1):
        for left in itertools.combinations(range(k), size):
            for gone in left:
                fewer = tuple(one for one in left if one != gone)
                if fewer not in graphs:
                    graphs[fewer] = without(*graphs[left], gone)
    return {left: w for left, (w, _) in graphs.items()}


def adjusted(p: Any, weights: Sequence[float], transitions: Any) -> Any:
    """Adjusted P values of weighted Bonferroni tests, for P values of shape (trials, hypotheses).

    The closure's, which are those of the sequentially rejective procedure (Bretz et al. 2009, algorithm 2): one trial's
    are found step by step, those of many by all intersections at once.
    """
    values = np.asarray(p, dtype=float)
    return (
        _largest(values, weights, transitions, _bonferroni)
        if values.ndim > 1
        else _in_steps(values, weights, transitions)
    )


def _in_steps(p: Any, weights: Sequence[float], transitions: Any) -> Any:
    """The smallest P value beside its weight is rejected first, at no smaller a level than those before it."""
    w, g = np.array(weights, dtype=float), np.array(transitions, dtype=float)
    found, least, left = np.ones(len(p)), 0.0, list(range(len(p)))
    while left:
        ratios = {one: p[one] / w[one] for one in left if w[one] > _NOTHING}
        if not ratios:
            break
        first = min(ratios, key=ratios.__getitem__)
        least = max(least, ratios[first])
        found[first] = min(least, 1.0)
        w, g = without(w, g, first)
        left.remove(first)
    return found


def simes(p: Any, weights: Sequence[float], transitions: Any) -> Any:
    """Of weighted Simes tests (Hochberg & Liberman 1994), valid where statistics are positively dependent.

    Bretz, Posch, Glimm, Klinglmueller, Maurer & Rohmeyer (2011), Biometrical Journal 53:894, section 3.3.
    """
    return _largest(p, weights, transitions, _simes)


def parametric(p: Any, weights: Sequence[float], transitions: Any, correlations: Any) -> Any:
    """Of tests that know the correlation of the statistics, one-sided (Bretz et al. 2011, section 3.2)."""
    joint = np.asarray(correlations, dtype=float)

    def tests(values: Any, share: Any, places: list[int]) -> Any:
        return _parametric(values, share, joint[np.ix_(places, places)])

    return _largest(p, weights, transitions, tests)


def _largest(p: Any, weights: Sequence[float], transitions: Any, test: Any) -> Any:
    """Of every hypothesis the largest P value of the intersections that it is part of."""
    p = np.asarray(p, dtype=float)
    found = np.zeros_like(p)
    for left, w in closure(weights, transitions).items():
        used = [one for one in left if w[one] > _NOTHING]
        whole = test(p[..., used], w[used], used) if used else np.ones(p.shape[:-1])
        for one in left:
            found[..., one] = np.maximum(found[..., one], np.minimum(whole, 1.0))
    return found


def _bonferroni(p: Any, weights: Any, _: list[int]) -> Any:
    return (p / weights).min(axis=-1)


def _simes(p: Any, weights: Any, _: list[int]) -> Any:
    order = np.argsort(p, axis=-1)
    ranked = np.take_along_axis(p, order, axis=-1)
    return (ranked / np.cumsum(weights[order], axis=-1)).min(axis=-1)


def _parametric(p: Any, weights: Any, correlations: Any) -> Any:
    """P(some P value is at most its weight's share of what is seen), all nulls true.

    Weights that sum to less than 1 keep the rest of the level for others: it is held against their sum of it.
    """
    least = (p / weights).min(axis=-1)
    levels = np.minimum(least[..., None] * weights, 1 - 1e-15)
    limits = [-normal_quantile(levels[..., one]) for one in range(len(weights))]
    return (1 - multivariate_cdf(limits, correlations.tolist())) / weights.sum()


def stepwise_levels(k: int, truncation: float) -> tuple[float, ...]:
    """The shares of the level of Holm's and Hochberg's steps, the smallest P value first.

    Truncated ones keep something of the level for others where not all are rejected: a share `truncation` of the step's
    own, the rest of Bonferroni's (Dmitrienko, Tamhane & Wiens 2008, Biometrical Journal 50:667).
    """
    return tuple(truncation / (k - i) + (1 - truncation) / k for i in range(k))


def holm_adjusted(p: Any, truncation: float = 1.0) -> Any:
    """Adjusted P values of Holm's procedure, step down, for P values of shape (trials, hypotheses)."""
    return _stepwise(p, truncation, down=True)


def hochberg_adjusted(p: Any, truncation: float = 1.0) -> Any:
    """The same of Hochberg's (1988, Biometrika 75:800), step up."""
    return _stepwise(p, truncation, down=False)


def _stepwise(p: Any, truncation: float, down: bool) -> Any:
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, axis=-1)
    ranked = np.take_along_axis(p, order, axis=-1) / np.array(stepwise_levels(p.shape[-1], truncation))
    if down:
        ranked = np.maximum.accumulate(ranked, axis=-1)
    else:
        ranked = np.minimum.accumulate(ranked[..., ::-1], axis=-1)[..., ::-1]
    found = np.empty_like(p)
    np.put_along_axis(found, order, np.minimum(ranked, 1.0), axis=-1)
    return found
