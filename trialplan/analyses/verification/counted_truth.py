"""What the analysis of a trial of counts truly does: put to every outcome, each weighed by its binomial probability.

Nothing here is shared with a formula for power: outcomes are judged by the analysis test itself, and their
probabilities are differences of the binomial distribution function.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

from trialplan.analyses.compare import largest_type_one_error
from trialplan.design import Design
from trialplan.numerics.lazy import np, special
from trialplan.outcome import Counts

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

    >>> from trialplan import TwoProportions
    >>> truth = enumerated(TwoProportions(control=0.3, treatment=0.5), 186)
    >>> round(truth.power, 4)
    0.7991
    """
    counts = _counts(design, n)
    if counts is None or outcomes(design, n) > _OUTCOMES:
        return None
    groups = list(zip(counts.sizes, map(float, counts.rates), strict=True))
    spans = [_window(size, rate) for size, rate in groups]
    grid = np.meshgrid(*(np.arange(low, high + 1) for low, high in spans), indexing="ij")
    masses = [_mass(size, rate, span) for (size, rate), span in zip(groups, spans, strict=True)]
    weights = functools.reduce(np.multiply.outer, masses)
    statistic, rejects = design.judge(tuple(along.ravel() for along in grid), counts.sizes)
    power, favoured = (float(weights.ravel() @ counted) for counted in (rejects, rejects & (statistic > 0)))
    return CountedTruth(power=power, favoured=favoured)


def outcomes(design: Design, n: int) -> float:
    """How many outcomes are judged for the truth at n: what it costs; infinite for what is no count."""
    counts = _counts(design, n)
    if counts is None:
        return np.inf
    spans = [_window(size, float(rate)) for size, rate in zip(counts.sizes, counts.rates, strict=True)]
    return float(np.prod([high - low + 1.0 for low, high in spans]))


def true_size(design: Design, n: int) -> float | None:
    """The largest type I error over the nuisance rate, every outcome counted; None where that is too much."""
    counts = _counts(design, n)
    if counts is None:
        return None
    along = design.outcome.rates_on_null(design, 0)
    if along is None:
        truths = [enumerated(null, n) for null in design.at_null()]
        return max((truth.power for truth in truths if truth is not None), default=None)
    if math.prod(size + 1 for size in counts.sizes) > _SIZED:
        return None
    return largest_type_one_error(design, design.rejections(n))[0]


def _counts(design: Design, n: int) -> Counts | None:
    """What is counted once, at the end; with looks the outcomes are paths, which are counted elsewhere."""
    return None if design.looks else design.counted(n)


def _window(n: int, rate: float) -> tuple[int, int]:
    """The counts between which a binomial one lies, but for 1e-12 (Bernstein's inequality)."""
    reach = 9.3 + np.sqrt(85 + 55.3 * n * rate * (1 - rate))
    return max(0, int(n * rate - reach)), min(n, int(n * rate + reach) + 1)


def _mass(n: int, rate: float, span: tuple[int, int]) -> Any:
    """P(X = k) for every k of the span, as differences of the distribution function from the nearer end."""
    k = np.arange(span[0], span[1] + 1)
    edges = np.append(k[0] - 1, k)
    below = np.diff(np.where(edges < 0, 0.0, special.bdtr(np.maximum(edges, 0), n, rate)))
    above = -np.diff(np.append(special.bdtrc(np.maximum(k - 1, 0), n, rate), special.bdtrc(k[-1], n, rate)))
    if k[0] == 0:
        above[0] = below[0]
    return np.where(k > n * rate, above, below)
