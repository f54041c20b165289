"""The unit that a design's times are in, where somebody says it: what the design's words then call a unit of time."""

from __future__ import annotations

import re
from typing import Literal, get_args

from trialplan.text import of_one

TimeUnit = Literal["minutes", "hours", "days", "weeks", "months", "years"]
TIME_UNITS: tuple[str, ...] = get_args(TimeUnit)

UNNAMED = "units of time"
"""How a declaration writes its times, for a design does not know what they are in: "12 units of time"."""

_ONE = UNNAMED.replace("units", "unit")
_NAMED = re.compile(rf"\b(?:{UNNAMED}|(?:a )?{_ONE}|{'|'.join(f'{unit}?' for unit in TIME_UNITS)})\b")


def in_time(words: str, unit: str | None) -> str:
    """Declared words, with the unit of time by its name; as they are where nobody says it.

    >>> in_time("events per unit of time", "years"), in_time("events in a unit of time", "hours")
    ('events per year', 'events in an hour')
    >>> in_time("units of time", "months"), in_time("units of time", None)
    ('months', 'units of time')
    """
    if unit is None:
        return words
    one = unit.removesuffix("s")
    article = "an" if one == "hour" else "a"  # the only one whose first letter is not heard
    return words.replace(UNNAMED, unit).replace(f"a {_ONE}", f"{article} {one}").replace(_ONE, one)


def of_time(unit: str) -> bool:
    """Whether a unit is one of time, or of something in a time, with or without its name.

    >>> of_time("units of time"), of_time("events per month"), of_time("participants")
    (True, True, False)
    """
    return _NAMED.search(unit) is not None


def with_time(told: str, unit: str) -> str:
    """A number as it is told, with its unit where that is a time, or is per time, that has a name.

    >>> with_time("1", "years"), with_time("1.5", "events per month"), with_time("2", "units of time")
    ('1 year', '1.5 events per month', '2')
    """
    if not (of_time(unit) and named(unit)):
        return told
    return f"{told} {of_one(unit) if told == '1' else unit}"


def named(unit: str) -> bool:
    """Whether what a unit says of time has a name."""
    return UNNAMED not in unit and _ONE not in unit
