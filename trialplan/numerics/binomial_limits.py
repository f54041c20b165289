"""Confidence limits of a proportion, for counts that need not be whole: arrays at once."""

from __future__ import annotations

from typing import Any

from trialplan.numerics.lazy import np, special


def wald_limits(p: Any, n: Any, confidence: Any) -> tuple[Any, Any]:
    """Estimate plus and minus z standard errors; not clipped to [0, 1]."""
    half = special.ndtri(0.5 + confidence / 2) * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


def wilson_limits(p: Any, n: Any, confidence: Any) -> tuple[Any, Any]:
    """Wilson (1927, JASA 22:209): the score interval."""
    z = special.ndtri(0.5 + confidence / 2)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return centre - half, centre + half


def clopper_pearson_limits(p: Any, n: Any, confidence: Any) -> tuple[Any, Any]:
    """Clopper & Pearson (1934, Biometrika 26:404): the exact interval, from beta quantiles."""
    x, tail = p * n, (1 - confidence) / 2
    return special.betaincinv(x, n - x + 1, tail), special.betaincinv(x + 1, n - x, 1 - tail)


LIMITS = {"wald": wald_limits, "wilson": wilson_limits, "clopper-pearson": clopper_pearson_limits}
"""The intervals by name: limits for an estimate p of n participants."""
