"""A number that is one for each place: strata, visits, stretches of time."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np
from trialplan.parameter import Numbers


def places(values: Any) -> list[Numbers]:
    """What a vector holds for each of its places: numbers, or arrays of the cells."""
    if isinstance(values, tuple):
        return list(values)
    return [values] if np.ndim(values) == 0 else [values[..., j] for j in range(values.shape[-1])]
