"""What a rejection rule does, counted over every table of two arms: for any rule that is a table of booleans."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from trialplan.numerics.lazy import np
from trialplan.numerics.nuisance import binomial_pmf

Pair = Callable[[Any], tuple[Any, Any]]
"""The treatment's and the control's rates on a null's boundary, for each nuisance; outside (0, 1) if there are none."""

_GRID = 800
"""Nuisance rates of the first pass: at least six per standard deviation in arms up to 20 000."""

_FINER, _PASSES, _PEAKS = 17, 4, 6
"""Each pass makes the grid around a peak eight times finer; a region has few peaks as high as the highest."""


def rejection_probability(rejects: Any, treatment: Any, control: Any) -> Any:
    """P(reject) at one rate, or array of rates, in each arm; `rejects` has a row for each count of the treatment."""
    rows, columns = (size - 1 for size in rejects.shape)
    table = rejects.astype(float)
    return ((binomial_pmf(rows, treatment) @ table) * binomial_pmf(columns, control)).sum(axis=-1)


def largest_size(rejects: Any, pair: Pair) -> tuple[float, float]:
    """The largest P(reject) along a null's boundary and the nuisance rate where it is; 0 and nan without a boundary.

    A grid on the angle of the rate comes first, then its highest peaks are refined.

    A grid alone finds the flanks of the peaks and is anti-conservative.
    """
    angles = np.pi / 2 * (np.arange(_GRID) + 0.5) / _GRID
    values = _along(rejects, pair, angles)
    padded = np.concatenate([[-1.0], values, [-1.0]])
    local = np.flatnonzero((values >= padded[:-2]) & (values >= padded[2:]) & (values >= 0))
    highest = local[np.argsort(values[local])[-_PEAKS:]]
    return max((_refined(rejects, pair, angles[peak]) for peak in highest), default=(0.0, math.nan))


def _refined(rejects: Any, pair: Pair, centre: float) -> tuple[float, float]:
    """The top of one peak and its nuisance rate: ever finer grids around the best point so far."""
    best, at, width = 0.0, centre, np.pi / 2 / _GRID
    for _ in range(_PASSES):
        around = np.clip(centre + width * np.linspace(-1, 1, _FINER), 1e-6, np.pi / 2 - 1e-6)
        values = _along(rejects, pair, around)
        centre = float(around[values.argmax()])
        if values.max() > best:
            best, at = float(values.max()), centre
        width *= 2 / (_FINER - 1)
    return best, float(np.sin(at) ** 2)


def _along(rejects: Any, pair: Pair, angles: Any) -> Any:
    """P(reject) at the nuisance rates sin²(angle); -1 where the boundary has no rates."""
    treatment, control = np.broadcast_arrays(*pair(np.sin(angles) ** 2))
    inside = (treatment > 0) & (treatment < 1) & (control > 0) & (control < 1)
    values = np.full(len(angles), -1.0)
    values[inside] = rejection_probability(rejects, treatment[inside], control[inside])
    return values
