"""How far arms come apart: minimisation, permuted blocks in strata and plain chance, simulated side by side."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trialplan.numerics.lazy import np

TRIALS, SEED = 1_000, 19_750_301
"""Trials that are drawn, enough for a mean to two digits, and their seed: the same question has the same answer."""

_BLOCKS = (2, 3)
"""Allocation blocks in a permuted block: those that lists are made of where none are named."""

_MOST_CELLS = 50_000_000
"""Strata, trials and arms beyond which permuted blocks are left out: their memory would not do."""

_OFTEN = 0.95
"""The share of trials whose largest imbalance is no larger than the one that is printed beside its mean."""

Chooser = Callable[[Any, Any], Any]
"""The arm of the next participant of each trial, shape (trials,), from the levels that they have and the generator."""


@dataclass(frozen=True, kw_only=True)
class Imbalance:
    """By one method: the largest difference of two arms' counts at any level of any factor, and that in all.

    mean: the average of the largest difference over trials; often: what one trial in twenty exceeds; overall: the
    average difference between the arms' totals.
    """

    method: str
    mean: float
    often: float
    overall: float
    trials: int

    def as_record(self) -> dict[str, Any]:
        """The numbers by name."""
        return asdict(self)


def imbalances(levels: Sequence[int], arms: int, n: int, probability: float) -> tuple[Imbalance, ...]:
    """The three methods at factors with so many levels each, all equally likely, in trials of n participants."""
    crossed = math.prod(levels)
    made = [(f"minimisation, probability {probability:g}", _minimised(levels, arms, probability))]
    if crossed * arms * TRIALS <= _MOST_CELLS:
        within = f" in {crossed:,} strata" if crossed > 1 else ""
        made.append((f"permuted blocks{within}", _blocked(levels, arms)))
    made.append(("plain chance", lambda at, rng: rng.integers(arms, size=TRIALS)))
    return tuple(_simulated(method, levels, arms, n, choose) for method, choose in made)


def _simulated(method: str, levels: Sequence[int], arms: int, n: int, choose: Chooser) -> Imbalance:
    """Participants one after the other in all trials at once."""
    rng = np.random.default_rng(SEED)
    every = np.arange(TRIALS)
    counts = [np.zeros((TRIALS, many, arms), dtype=int) for many in levels]
    for _ in range(n):
        at = [rng.integers(many, size=TRIALS) for many in levels]
        arm = choose(at, rng)
        for count, level in zip(counts, at, strict=True):
            count[every, level, arm] += 1
    largest = np.max([np.ptp(count, axis=2).max(axis=1) for count in counts], axis=0)
    return Imbalance(
        method=method,
        mean=float(largest.mean()),
        often=float(np.quantile(largest, _OFTEN, method="higher")),
        overall=float(np.ptp(counts[0].sum(axis=1), axis=1).mean()),
        trials=TRIALS,
    )


def _minimised(levels: Sequence[int], arms: int, probability: float) -> Chooser:
    """Pocock and Simon's rule with the range; it keeps counts of its own."""
    every = np.arange(TRIALS)
    counts = [np.zeros((TRIALS, many, arms), dtype=int) for many in levels]

    def choose(at: Any, rng: Any) -> Any:
        sums = np.zeros((TRIALS, arms), dtype=int)
        for count, level in zip(counts, at, strict=True):
            here = count[every, level]
            for arm in range(arms):
                after = here.copy()
                after[:, arm] += 1
                sums[:, arm] += np.ptp(after, axis=1)
        best = sums == sums.min(axis=1, keepdims=True)
        many = best.sum(axis=1, keepdims=True)
        shares = np.where(best, probability / many, (1 - probability) / np.maximum(arms - many, 1))
        shares = np.where(many == arms, 1 / arms, shares)
        arm = _drawn(shares, rng)
        for count, level in zip(counts, at, strict=True):
            count[every, level, arm] += 1
        return arm

    return choose


def _blocked(levels: Sequence[int], arms: int) -> Chooser:
    """Permuted blocks of randomly varying size in each crossing of the levels."""
    every = np.arange(TRIALS)
    left = np.zeros((TRIALS, math.prod(levels), arms), dtype=np.int8)
    steps = list(itertools.accumulate((1, *levels[:-1]), lambda a, b: a * b))

    def choose(at: Any, rng: Any) -> Any:
        stratum = sum(level * step for level, step in zip(at, steps, strict=True))
        here = left[every, stratum]
        opened = rng.choice(_BLOCKS, size=(TRIALS, 1)).astype(np.int8)
        here = np.where(here.sum(axis=1, keepdims=True) == 0, opened, here)
        arm = _drawn(here / here.sum(axis=1, keepdims=True), rng)
        here[every, arm] -= 1
        left[every, stratum] = here
        return arm

    return choose


def _drawn(shares: Any, rng: Any) -> Any:
    """An arm for each trial, by its shares, shape (trials, arms)."""
    return (rng.random((len(shares), 1)) >= shares.cumsum(axis=1)[:, :-1]).sum(axis=1)
