"""Quadrature over a fixed number of nodes, for arrays at once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from trialplan.numerics.lazy import np, special


@lru_cache(maxsize=256)
def gauss_legendre(nodes: int) -> tuple[Any, Any]:
    """Nodes and weights of the Gauss–Legendre rule on [0, 1]."""
    x, w = special.roots_legendre(nodes)
    return (x + 1) / 2, w / 2


@lru_cache(maxsize=256)
def gauss_hermite(nodes: int) -> tuple[Any, Any]:
    """Nodes and weights of the Gauss–Hermite rule for the expectation over a standard normal variable."""
    x, w = special.roots_hermitenorm(nodes)
    return x, w / np.sqrt(2 * np.pi)
