"""What the analysis of a trial of counts truly does: put to every outcome, each weighed by its binomial probability.

Nothing here is shared with a formula for power: outcomes are judged by the analysis test itself, and their
probabilities are differences of the binomial distribution function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trialplan.analyses.compare import rejection_table
from trialplan.design import Design
from trialplan.designs.one_proportion import OneProportion
from trialplan.designs.two_proportions import TwoProportions
from trialplan.designs.two_stage import TwoStage
from trialplan.numerics.enumeration import largest_size
from trialplan.numerics.lazy import np, special

_OUTCOMES = 4_000_000
"""Outcomes beyond which they are not enumerated for one pair of rates."""

_SIZED = 1_000_000
"""Pairs of counts beyond which the type I error is not sought over every nuisance rate: two arms of 1000."""


@dataclass(frozen=True, kw_only=True)
class CountedTruth:
    """P(reject), and P(reject in the treatment's favour), at the design's own rates."""

    power: float
    favoured: float


def enumerated(design: Design, n: int) -> CountedTruth | None:
    """The truth with n participants; None where the outcome is no count, or there are too many.

    >>> truth = enumerated(TwoProportions(control=0.3, treatment=0.5), 186)
    >>> round(truth.power, 4)
    0.7991
    """
    if outcomes(design, n) > _OUTCOMES:
        return None
    if isinstance(design, TwoProportions):
        return _two_arms(design, n)
    if isinstance(design, OneProportion):
        return _one_arm(design, n)
    return _two_stages(design, n) if isinstance(design, TwoStage) else None


def outcomes(design: Design, n: int) -> float:
    """How many outcomes are judged for the truth at n: what it costs; infinite for what is no count."""
    if isinstance(design, TwoProportions):
        sizes = design.arms(n).values()
        rates = (design.treatment, design.control)
        spans = [_window(size, float(rate)) for size, rate in zip(sizes, rates, strict=True)]
        return float(np.prod([high - low + 1.0 for low, high in spans]))
    if isinstance(design, OneProportion):
        return n + 1.0
    if isinstance(design, TwoStage):
        (_, first), (_, both) = design.counts
        return (first + 1.0) * (both - first + 1.0) * both
    return np.inf


def true_size(design: Design, n: int) -> float | None:
    """The largest type I error over the nuisance rate, every outcome counted; None where that is too much."""
    if isinstance(design, (OneProportion, TwoStage)):
        found = [enumerated(null, n) for null in design.at_null()]
        return max((one.power for one in found if one is not None), default=None)
    if not isinstance(design, TwoProportions):
        return None
    n_t, n_c = design.arms(n).values()
    if (n_t + 1) * (n_c + 1) > _SIZED:
        return None
    rejects = rejection_table(design, n_t, n_c)
    return max(largest_size(rejects, _along(design, at)) for at in range(len(design.null_values())))


def _along(design: TwoProportions, at: int) -> Any:
    """Both rates on one limit of the null, for an array of control rates."""
    return lambda control: (design.replace(control=control).null_values()[at], control)


def _two_arms(design: TwoProportions, n: int) -> CountedTruth:
    (n_t, n_c), rates = design.arms(n).values(), (float(design.treatment), float(design.control))
    spans = [_window(size, rate) for size, rate in zip((n_t, n_c), rates, strict=True)]
    pairs = np.meshgrid(*(np.arange(low, high + 1) for low, high in spans), indexing="ij")
    weights = [_mass(size, rate, span) for size, rate, span in zip((n_t, n_c), rates, spans, strict=True)]
    statistic, rejects = design.analysis.statistic(design, pairs[0].ravel(), n_t, pairs[1].ravel(), n_c)
    return _weighed(np.outer(*weights).ravel(), statistic, rejects)


def _one_arm(design: OneProportion, n: int) -> CountedTruth:
    statistic, rejects = design.analysis.statistic(design, np.arange(n + 1), n)
    return _weighed(_mass(n, float(design.expected), (0, n)), statistic, rejects)


def _two_stages(design: TwoStage, n: int) -> CountedTruth:
    """Participants of each stage with the responders first: the analysis sees counts only."""
    (_, first), _ = design.counts
    sizes = (first, n - first)
    counts = [one.ravel() for one in np.meshgrid(*(np.arange(size + 1) for size in sizes), indexing="ij")]
    people = [np.arange(size) < count[:, None] for size, count in zip(sizes, counts, strict=True)]
    weights = [_mass(size, float(design.expected), (0, size)) for size in sizes]
    return _weighed(np.outer(*weights).ravel(), *design.analyse(np.concatenate(people, axis=1)))


def _weighed(weights: Any, statistic: Any, rejects: Any) -> CountedTruth:
    return CountedTruth(power=float(weights @ rejects), favoured=float(weights @ (rejects & (statistic > 0))))


def _window(n: int, rate: float) -> tuple[int, int]:
    """The counts between which a binomial one lies, but for 1e-12 (Bernstein's inequality)."""
    reach = 9.3 + np.sqrt(85 + 55.3 * n * rate * (1 - rate))
    return max(0, int(n * rate - reach)), min(n, int(n * rate + reach) + 1)


def _mass(n: int, rate: float, span: tuple[int, int]) -> Any:
    """P(X = k) for every k of the span, as differences of the distribution function from the nearer end."""
    k = np.arange(span[0], span[1] + 1)
    below = np.diff(
        np.where(np.append(k[0] - 1, k) < 0, 0.0, special.bdtr(np.maximum(np.append(k[0] - 1, k), 0), n, rate))
    )
    above = -np.diff(np.append(special.bdtrc(np.maximum(k - 1, 0), n, rate), special.bdtrc(k[-1], n, rate)))
    if k[0] == 0:
        above[0] = below[0]
    return np.where(k > n * rate, above, below)
