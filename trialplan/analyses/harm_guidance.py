"""Guidance for harm: from how many cases on treatment a harm is more likely there, and how often that misleads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from trialplan.numerics.beta_inequalities import probability_larger
from trialplan.numerics.lazy import np
from trialplan.numerics.nuisance import binomial_pmf

REFERENCE = "Altham 1969, J R Stat Soc B 31:261"
"""Of the posterior probability that one rate is larger than another."""

Sizes = tuple[int, int]
"""Participants on treatment and on control."""

_NEVER = 1e-15
"""Probability of a count, and of all beyond it, that is left out: far below what is printed."""


@lru_cache(maxsize=4096)
def least_cases(sizes: Sizes, on_control: int, certainty: float) -> int | None:
    """The fewest cases on treatment at which the harm is more likely there with this probability; None where none is.

    The probability is that of uniform priors, before which no rate is likelier than another.
    """
    treated, controls = sizes
    low, high = 0, treated + 1  # it rises with every case
    while low < high:
        middle = (low + high) // 2
        enough = middle <= treated and probability_larger(middle, treated, on_control, controls) >= certainty
        low, high = (low, middle) if enough or middle > treated else (middle + 1, high)
    return low if low <= treated else None


def chance_raised(looks: Sequence[Sizes], rates: tuple[float, float], certainty: float) -> float:
    """The probability that the guidance is met at one look or another, if these are the true rates of both arms.

    Counted over every outcome: cases are added from look to look, and a trial in which it was met is not counted again.
    """
    state, before, met = np.ones((1, 1)), (0, 0), 0.0
    for sizes in looks:
        for axis in (0, 1):
            state = _added(state, axis, sizes[axis] - before[axis], rates[axis])
        least = [least_cases(sizes, cases, certainty) for cases in range(state.shape[1])]
        bounds = np.array([sizes[0] + 1 if one is None else one for one in least])
        crossed = np.arange(state.shape[0])[:, None] >= bounds[None, :]
        met += float(state[crossed].sum())
        state, before = np.where(crossed, 0.0, state), sizes
    return met


def _added(state: Any, axis: int, further: int, rate: float) -> Any:
    """The distribution of cases after so many further participants of one arm."""
    chances = binomial_pmf(further, rate)
    last = int(np.flatnonzero(chances > _NEVER)[-1])
    return np.apply_along_axis(np.convolve, axis, state, chances[: last + 1])
