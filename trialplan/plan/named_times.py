"""The durations that a text names, in months."""

from __future__ import annotations

import re

_MONTHS = {"day": 12 / 365.25, "week": 7 * 12 / 365.25, "month": 1.0, "year": 12.0}
"""A year has 365.25 days, and a month is a twelfth of it."""

_BEFORE = r"\b(\d+(?:\.\d+)?)[\s-]*(day|week|month|year)s?\b"
_BEHIND = r"\b(day|week|month|year)\s+(\d+(?:\.\d+)?)"
"""The number stands before its unit, as in 12 months, or behind it, as in month 12."""


def durations(text: str) -> list[float]:
    """Those whose number stands before its unit, in months, each once.

    >>> durations("24 weeks, or 1-year follow-up, 12 months"), durations("at month 12")
    ([5.519507186858316, 12.0], [])
    """
    return _each_once(re.findall(_BEFORE, text.casefold()))


def named_times(text: str) -> list[float]:
    """The same, and visits, as in month 12.

    >>> named_times("at month 12"), named_times("12 months (month 12)")
    ([12.0], [12.0])
    """
    behind = [(number, unit) for unit, number in re.findall(_BEHIND, text.casefold())]
    return _each_once([*re.findall(_BEFORE, text.casefold()), *behind])


def _each_once(found: list[tuple[str, str]]) -> list[float]:
    return list(dict.fromkeys(float(number) * _MONTHS[unit] for number, unit in found))
