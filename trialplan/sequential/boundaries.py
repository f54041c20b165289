"""Efficacy boundaries on the z scale, by their authors' names."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from trialplan.numerics.crossing import crossing
from trialplan.numerics.lazy import np
from trialplan.numerics.search import increasing_root


@lru_cache(maxsize=256)
def obrien_fleming(information: tuple[float, ...], alpha: float, sides: int) -> tuple[float, ...]:
    """The O'Brien–Fleming boundary: a constant over the root of the information fraction.

    The exact design (O'Brien & Fleming 1979, Biometrics 35:549), not the spending function of that
    name. Two-sided tests spend alpha on both boundaries together.
    """

    def shape(constant: Any) -> Any:
        return constant / np.sqrt(information)

    def unspent(constant: Any) -> Any:
        upper = shape(float(constant))
        above, below = crossing(upper, -upper if sides == 2 else np.full(len(upper), -np.inf), information, 0.0)
        return np.asarray(alpha - above.sum() - below.sum())

    return tuple(map(float, shape(float(increasing_root(unspent, 0.5, 12.0)))))


EFFICACY = {"obrien-fleming": obrien_fleming}
"""Name on the command line and in plan files: the z boundary for (information, alpha, sides)."""
