"""Numbers that a user writes in rows, as in 0,10,20 or 0.2,0.8/0.4,0.6: lists in a plan, text on a command line."""

from __future__ import annotations

import math
from typing import Any

from trialplan.errors import ParameterError


def row(value: Any, example: str) -> tuple[float, ...]:
    """One row of finite numbers, from text, a list or a tuple."""
    parts: Any = value.split(",") if isinstance(value, str) else value
    if isinstance(parts, (int, float)) and not isinstance(parts, bool):
        parts = [parts]
    if not isinstance(parts, (list, tuple)) and type(parts).__name__ != "ndarray":
        raise ParameterError(f"must be numbers, as in {example}, not {value!r}")
    typed = isinstance(value, str)
    return tuple(_number(part, typed, value, example) for part in parts)


def rows(value: Any, example: str) -> tuple[tuple[float, ...], ...]:
    """Rows of finite numbers, from text with a / between them, or a list of lists."""
    if isinstance(value, str):
        return tuple(row(part, example) for part in value.split("/"))
    if not isinstance(value, (list, tuple)) or not value:
        raise ParameterError(f"must be rows of numbers, as in {example}, not {value!r}")
    if not any(isinstance(part, (list, tuple)) for part in value):
        return (row(value, example),)
    return tuple(row(part, example) for part in value)


def _number(part: Any, typed: bool, value: Any, example: str) -> float:
    """One number; text only where the whole is."""
    try:
        if isinstance(part, (bool, complex)) or part is None or isinstance(part, str) is not typed:
            raise TypeError
        number = float(part)
    except (TypeError, ValueError):
        raise ParameterError(f"must be numbers, as in {example}, not {value!r}") from None
    if not math.isfinite(number):
        raise ParameterError(f"must be finite numbers, as in {example}, not {value!r}")
    return number


_COMPLETE = 1e-6
"""How near to 1 probabilities must add up that are typed, and so rounded."""


def distributions(value: Any, example: str, one: str, between: tuple[int, int], many: str) -> str:
    """Rows of as many probabilities each, which add up to 1, as they are written; `one` is what a row stands for.

    There are from the first to the last of `between` of them, which `many` says in words.
    """
    found = rows(value, example)
    way_out = f"write them as in {example}"
    if not between[0] <= len(found) <= between[1] or len({len(each) for each in found}) > 1 or len(found[0]) < 2:
        raise ParameterError(f"must be as many probabilities, two or more, in each of {many}", way_out=way_out)
    for each in found:
        if min(each) <= 0 or max(each) >= 1 or abs(sum(each) - 1) > _COMPLETE:
            reason = f"must be probabilities in (0, 1) that add up to 1 in each {one}, not {sum(each):.6g}"
            raise ParameterError(reason, way_out=way_out)
    return "/".join(",".join(f"{p:.12g}" for p in each) for each in found)
