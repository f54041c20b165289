"""Trials as they are analysed, look by look, until a boundary stops them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.design import Design
from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np


def stopped(design: Design, data: Any, looks: Sequence[tuple[float, float, float]]) -> tuple[Any, Any, Any]:
    """The fixed design's statistic at the look that stops each trial, whether it rejects, and which look that is.

    A look is the fraction of the participants that it sees, and the z of its upper and of its lower boundary.
    A trial that nothing stops ends at the last look. One that stopped for futility does not reject later.
    """
    seen = zip(design.z_at(data, [fraction for fraction, _, _ in looks]), looks, strict=True)
    statistic, rejects, ended = _looked(design, *next(seen))
    at = np.zeros(np.shape(statistic), dtype=int)
    for number, (z, look) in enumerate(seen, 1):
        _, crossed, stops = _looked(design, z, look)
        statistic, at = np.where(ended, statistic, z), np.where(ended, at, number)
        rejects, ended = np.where(ended, rejects, crossed), ended | stops
    return statistic, rejects, at


def _looked(design: Design, z: Any, look: tuple[float, float, float]) -> tuple[Any, Any, Any]:
    """z, whether it rejects, and whether it stops."""
    _, upper, lower = look
    crossed = (np.abs(z) if design.two_tailed else z) >= upper
    return z, crossed, crossed | (z <= lower)


def participants(data: Any) -> int:
    """How many participants the arms have together."""
    arms = data if isinstance(data, tuple) else (data,)
    if not all(hasattr(arm, "shape") and len(arm.shape) >= 2 for arm in arms):
        reason = "the data must be one array an arm, a row a trial and a column a participant"
        raise ParameterError(reason, owner="GroupSequential")
    return sum(arm.shape[1] for arm in arms)
