"""Participants by stratum and arm: whole sizes, drawn in permuted blocks or as planned, and their responses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np, special
from trialplan.parameter import Numbers

_LARGE, _REACH = 1e5, 12.0
"""Participants expected in a stratum beyond which only the last of many blocks matters, however long that is; and
standard deviations of their Poisson number that are summed over: what lies beyond weighs < 1e-30."""

_LONGEST = 100
"""Participants of a permuted block: longer ones are no blocks, and the sum above needs them short."""


def read_block_size(value: Any) -> int:
    """A whole number from 2 to 100."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value not in range(2, 101):
        raise ParameterError(f"must be a whole number of participants from 2 to {_LONGEST}, not {value!r}")
    return int(value)


def read_strata(value: Any) -> int:
    """A whole number from 1 to 1000."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value not in range(1, 1001):
        raise ParameterError(f"must be a whole number of strata from 1 to 1000, not {value!r}")
    return int(value)


def apportioned(total: int, shares: Sequence[float]) -> list[int]:
    """Whole participants of each stratum, by the largest remainder (Hamilton)."""
    quotas = [total * share for share in shares]
    whole = [math.floor(quota + 1e-9) for quota in quotas]
    by_remainder = sorted(range(len(shares)), key=lambda j: (whole[j] - quotas[j], j))
    for j in by_remainder[: total - sum(whole)]:
        whole[j] += 1
    return whole


def informative(expected: Numbers, block: int) -> Numbers:
    """Participants of a stratum less what the last, unfinished permuted block leaves without a counterpart.

    With m in the stratum, r of them in an unfinished block of length b, the Mantel–Haenszel weight is on average that
    of m - r(b - r)/((b - 1)m) participants in the ratio of the allocation: those of the block in one arm are
    hypergeometric. m is Poisson about what is expected.
    """
    if isinstance(expected, (int, float)):
        return _informative(float(expected), block)
    distinct, back = np.unique(expected, return_inverse=True)
    return np.array([_informative(float(one), block) for one in distinct])[back].reshape(np.shape(expected))


def _informative(expected: float, block: int) -> float:
    if not expected < _LARGE:  # nan too
        return expected - (block + 1) / (6 * expected)  # every r as often
    reach = _REACH * math.sqrt(expected) + 30
    m = np.arange(max(1, math.floor(expected - reach)), math.ceil(expected + reach) + 1)
    chance = np.exp(m * math.log(expected) - expected - special.gammaln(m + 1))
    left = m % block
    return expected - float((chance * left * (block - left) / ((block - 1) * m)).sum())


def drawn(shares: Sequence[float], shape: tuple[int, int], blocks: tuple[int, int], rng: Any) -> tuple[Any, Any]:
    """Stratum and arm (1 the treatment) of participants, a row a trial: they come at random, and join permuted blocks.

    `blocks` are the participants of the treatment in a block, and of both arms.
    """
    treated, length = blocks
    trials, n = shape
    edges = np.cumsum(shares)[:-1]
    stratum = np.searchsorted(edges, rng.random(shape), side="right")
    queue = (stratum + len(shares) * np.arange(trials)[:, None]).ravel()
    order = np.argsort(queue, kind="stable")
    sizes = np.bincount(queue, minlength=trials * len(shares))
    place = np.empty(trials * n, dtype=np.int64)
    place[order] = np.arange(trials * n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    begun = -(-sizes // length)
    permuted = np.argsort(rng.random((int(begun.sum()), length)), axis=1) < treated
    arm = permuted[(np.cumsum(begun) - begun)[queue] + place // length, place % length]
    return stratum, arm.reshape(shape).astype(np.int64)
