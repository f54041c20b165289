"""Two rates whose difference is held at a given value: restricted maximum likelihood."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np


def restricted_rates(first: Any, second: Any, ratio: float, difference: Any) -> tuple[Any, Any]:
    """The maximum likelihood rates (p1, p2) under p1 - p2 = `difference`, given observed rates.

    `ratio` is n1/n2. At a difference of 0 they are the pooled rate. Otherwise p1 solves the cubic
    of Farrington & Manning (1990, Statistics in Medicine 9:1447, appendix), by its trigonometric
    solution; rounding is kept from leaving the simplex in which both lie in [0, 1].
    """
    if isinstance(difference, (int, float)) and difference == 0:
        pooled = (ratio * first + second) / (1 + ratio)
        return pooled, pooled
    theta = 1 / ratio
    a = 1 + theta
    b = -(1 + theta + first + theta * second + difference * (theta + 2))
    c = difference**2 + difference * (2 * first + theta + 1) + first + theta * second
    d = -first * difference * (1 + difference)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = np.where(v < 0, -1.0, 1.0) * np.sqrt(np.maximum(b**2 / (3 * a) ** 2 - c / (3 * a), 0))
    with np.errstate(all="ignore"):
        cosine = np.where(u == 0, 0.0, v / u**3)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    root = 2 * u * np.cos(angle) - b / (3 * a)
    p1 = np.clip(root, np.maximum(0, difference), np.minimum(1, 1 + difference))
    return p1, p1 - difference
