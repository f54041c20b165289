"""The probability that a drifting Brownian motion, looked at now and then, crosses its boundaries."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.distributions import normal_cdf
from trialplan.numerics.integrate import gauss_legendre
from trialplan.numerics.lazy import np

_NODES = 96
_REACH = 9.0
"""Standard deviations kept where a boundary is infinite: what lies beyond weighs < 1e-18."""


def crossing(upper: Any, lower: Any, information: Any, drift: float) -> tuple[Any, Any]:
    """P(first crossing above `upper`) and P(first crossing below `lower`), look by look.

    Boundaries are on the z scale; `drift` is the expected z at full information; -inf in `lower`
    means that nothing stops there. Recursive integration over the score process (Armitage, McPherson
    & Rowe 1969, JRSS A 132:235; Jennison & Turnbull 2000, ch. 19), the last step by the normal cdf.
    """
    root = np.sqrt(information)
    b, a = np.asarray(upper) * root, np.asarray(lower) * root
    above, below = np.zeros(len(root)), np.zeros(len(root))
    nodes, weight = np.zeros(1), np.ones(1)
    before = 0.0
    for look, now in enumerate(information):
        mean, sd = nodes + drift * (now - before), np.sqrt(now - before)
        above[look] = np.sum(weight * normal_cdf((mean - b[look]) / sd))
        below[look] = np.sum(weight * normal_cdf((a[look] - mean) / sd))
        if look + 1 < len(root):
            nodes, weight = _continue(mean, sd, weight, _region(a[look], b[look], drift * now, root[look]))
        before = now
    return above, below


def _region(low: float, high: float, centre: float, sd: float) -> tuple[float, float]:
    """The part of the continuation region that carries probability."""
    return max(low, centre - _REACH * sd), max(min(high, centre + _REACH * sd), max(low, centre - _REACH * sd))


def _continue(mean: Any, sd: float, weight: Any, region: tuple[float, float]) -> tuple[Any, Any]:
    """Nodes inside the region, each with the probability that it stands for."""
    x, w = gauss_legendre(_NODES)
    nodes = region[0] + (region[1] - region[0]) * x
    density = np.exp(-(((nodes[:, None] - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
    return nodes, (region[1] - region[0]) * w * (density @ weight)
