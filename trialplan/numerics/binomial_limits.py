"""Confidence limits of a proportion, for counts that need not be whole: plain numbers, or arrays at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.numerics.elementary import hypot, sqrt
from trialplan.numerics.lazy import special


def wald_limits(p: Any, n: Any, z: Any) -> tuple[Any, Any]:
    """Estimate plus and minus z standard errors; not clipped to [0, 1]."""
    half = z * sqrt(p * (1 - p) / n)
    return p - half, p + half


def wilson_limits(p: Any, n: Any, z: Any) -> tuple[Any, Any]:
    """The rates that a score test at z does not reject (Wilson 1927, JASA 22:209)."""
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return centre - half, centre + half


def agresti_coull_limits(p: Any, n: Any, z: Any) -> tuple[Any, Any]:
    """Wald's about Wilson's centre, of n + z² participants; not clipped to [0, 1].

    Agresti & Coull (1998), The American Statistician 52:119.
    """
    more = n + z**2
    centre = (p * n + z**2 / 2) / more
    half = z * (centre * (1 - centre) / more) ** 0.5
    return centre - half, centre + half


def clopper_pearson_limits(p: Any, n: Any, z: Any) -> tuple[Any, Any]:
    """The exact limits, each tail that of z (Clopper & Pearson 1934, Biometrika 26:404)."""
    x, tail = p * n, special.ndtr(-z)
    return special.betaincinv(x, n - x + 1, tail), special.betaincinv(x + 1, n - x, 1 - tail)


def newcombe_width(rates: tuple[Any, Any], sizes: tuple[Any, Any], z: Any) -> Any:
    """How wide the interval of the difference of two rates is that is made of Wilson's.

    Method 10 of Newcombe (1998), Statistics in Medicine 17:873, without continuity correction.
    """
    below, above = square_and_add(rates, [wilson_limits(p, m, z) for p, m in zip(rates, sizes, strict=True)])
    return below + above


def square_and_add(rates: tuple[Any, Any], limits: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    """How far the interval of a difference reaches below and above it, made of the limits of either rate."""
    (first, second), ((low_1, high_1), (low_2, high_2)) = rates, limits
    sides = (first - low_1, high_2 - second), (high_1 - first, second - low_2)
    below, above = (hypot(*pair) for pair in sides)
    return below, above


LIMITS = {
    "wald": wald_limits,
    "wilson": wilson_limits,
    "agresti-coull": agresti_coull_limits,
    "clopper-pearson": clopper_pearson_limits,
}
"""The intervals by name: limits for an estimate p of n participants at the critical value z."""
