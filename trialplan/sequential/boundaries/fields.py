"""Looks and boundaries as they are given and shown: read, refused, written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np
from trialplan.text import with_commas


def refused(parameter: str, reason: str, way_out: str = "") -> ParameterError:
    """The error about a rule that is fine alone and does not suit its looks, its level or its design."""
    return ParameterError(reason, owner="GroupSequential", parameter=parameter, way_out=way_out)


def rising(numbers: Sequence[float], above: float = 0.0) -> bool:
    """Whether each is larger than the one before, the first than `above`."""
    return all(a < b for a, b in zip((above, *numbers), numbers, strict=False))


def read_looks(value: Any) -> tuple[float, ...]:
    """Information fractions, increasing, the last one 1."""
    looks = _fractions(value)
    beyond = [look for look in looks if look > 1]
    if beyond:
        end = "1 is the planned end, as in 0.5,1"
        raise ParameterError(f"must be information fractions up to 1, not {beyond[0]:g}", way_out=end)
    if len(looks) < 2 or not rising(looks) or looks[-1] != 1:
        raise ParameterError(f"must be increasing information fractions that end at 1, as in 0.5,1, not {value!r}")
    if len(looks) > _MOST:
        reason = f"must be {_MOST} information fractions at most, not {len(looks)}"
        raise ParameterError(reason, way_out="look less often")
    return looks


_MOST = 20
"""Looks beyond which boundaries take many seconds; no committee meets as often."""


def _fractions(value: Any) -> tuple[float, ...]:
    try:
        numbers = isinstance(value, (tuple, list)) and not any(isinstance(one, (str, bool)) for one in value)
        return tuple(map(float, value)) if numbers else ()
    except (TypeError, ValueError):
        return ()


def read_some_looks(value: Any) -> tuple[float, ...]:
    """Some of the looks, by their information fractions."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    some = _fractions((value,) if plain else value)
    if not some or not all(0 < one <= 1 for one in some):
        raise ParameterError(f"must be some of the looks, by their information fractions, as in 0.5,1, not {value!r}")
    return some


def as_z(bounds: Any) -> str:
    """Bounds as a rule that gives them, none where they are infinite."""
    return f"z({','.join(repr(float(one)) if np.isfinite(one) else 'none' for one in bounds)})"


def shown(rule: Any) -> str:
    """A rule as a sentence names it."""
    return rule if isinstance(rule, str) else f"spending {with_commas(rule)}"
