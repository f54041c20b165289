"""Looks and boundaries as they are given and shown: read, refused, written down."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from trialplan.errors import ParameterError
from trialplan.numerics.lazy import np
from trialplan.parameter import of_percent
from trialplan.text import with_commas


def refused(parameter: str, reason: str, way_out: str = "") -> ParameterError:
    """The error about a rule that is fine alone and does not suit its looks, its level or its design."""
    return ParameterError(reason, owner="GroupSequential", parameter=parameter, way_out=way_out)


def rising(numbers: Sequence[float], above: float = 0.0) -> bool:
    """Whether each is larger than the one before, the first than `above`."""
    return all(a < b for a, b in zip((above, *numbers), numbers, strict=False))


def read_looks(value: Any) -> tuple[float, ...]:
    """Information fractions, increasing, the last one 1; a whole number is of so many looks at equal distances.

    >>> read_looks(4), read_looks("1/4,1/2,1")
    ((0.25, 0.5, 0.75, 1.0), (0.25, 0.5, 1.0))
    """
    number = value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value
    if isinstance(number, (int, float)) and not isinstance(number, bool) and number % 1 == 0 and number > 1:
        if number > _MOST:
            raise _too_many(f"{number:.10g}")
        looks = tuple(look / number for look in range(1, round(number) + 1))
    else:
        looks = _fractions(value)
    beyond = [look for look in looks if look > 1]
    if beyond:
        end = "1 is the planned end, as in 0.5,1"
        raise ParameterError(f"must be information fractions up to 1, not {beyond[0]:g}", way_out=end)
    if len(looks) < 2 or not rising(looks) or looks[-1] != 1:
        numbers = isinstance(value, tuple) and all(isinstance(look, (int, float)) for look in value)
        written = value if isinstance(value, str) else with_commas(value) if numbers else repr(value)
        raise ParameterError(
            "must be increasing information fractions that end at 1, as in 0.5,1 or 1/3,2/3,1, or the number of looks, "
            f"as in 3, not {written or 'nothing'}",
            way_out=of_percent(str(written).partition(",")[0]),
        )
    if looks[0] < _EARLIEST:
        raise ParameterError(f"must be information fractions in [{_EARLIEST:g}, 1], not {looks[0]:g}")
    if len(looks) > _MOST:
        raise _too_many(str(len(looks)))
    return looks


_MOST = 20
"""Looks beyond which boundaries take many seconds; no committee meets as often."""


_EARLIEST = 0.001
"""The fraction before which a trial of a thousand has not a single participant to look at."""


def _too_many(looks: str) -> ParameterError:
    return ParameterError(f"must be {_MOST} information fractions at most, not {looks}", way_out="look less often")


def _fractions(value: Any) -> tuple[float, ...]:
    try:
        if isinstance(value, str):
            return tuple(float(Fraction(part.strip())) for part in value.split(","))
        numbers = isinstance(value, (tuple, list)) and not any(isinstance(one, (str, bool)) for one in value)
        return tuple(map(float, value)) if numbers else ()
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
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
