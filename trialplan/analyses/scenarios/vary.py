"""How an assumption is varied, as it is typed: control=0.10:0.36:0.02 or test=score,wald."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from trialplan.errors import ParameterError
from trialplan.parameter import of_percent

LARGEST_GRID = 5_000_000
"""Scenarios in a grid that is held in memory, and values of one axis."""

LARGEST_FILE = 1_000_000_000
"""Scenarios in a grid that is written to a file; more than this is a slip of the keyboard."""

_FORMS = "write it as first:last:step or value,value"


class Steps(tuple[float, ...]):
    """The values of a range, and what is to be said where its steps do not reach its end."""

    short = ""


def parse_vary(text: str) -> tuple[str, tuple[Any, ...]]:
    """The name and its values: an inclusive range in exact decimal steps, or a list.

    >>> parse_vary("control=0.1:0.3:0.1")
    ('control', (0.1, 0.2, 0.3))
    >>> parse_vary("test=score,wald")
    ('test', ('score', 'wald'))
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    if not (name and equals and values):
        way_out = "write it as name=first:last:step or name=value,value"
        raise ParameterError(f"cannot be {text!r}", parameter="vary", value=text, way_out=way_out)
    name = name.lstrip("-").replace("-", "_")
    return name, parse_values(name, values)


def parse_values(name: str, text: str) -> tuple[Any, ...]:
    """The values of what is called `name`: an inclusive range in exact decimal steps, or a list."""
    if text.count(":") and "," not in text and not re.fullmatch(r"\d+:\d+", text):
        return _range(name, text)
    listed = tuple(value(part.strip()) for part in text.split(","))
    if "" in listed:
        raise ParameterError(f"has an empty value in {text!r}", parameter=name, value=text, way_out=_FORMS)
    return listed


def value(text: str) -> Any:
    """A whole number, a number, or the text itself."""
    if re.fullmatch(r"[+-]?\d{1,15}", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def vector(typed: Any) -> Any:
    """A value of a vector, with strokes between its numbers as --vary takes it; whatever else it is stays that.

    >>> vector("0.1/0.33"), vector(0.1)
    ((0.1, 0.33), 0.1)
    """
    if not isinstance(typed, str):
        return typed
    parts = tuple(value(part.strip()) for part in typed.split("/"))
    return parts if len(parts) > 1 and not any(isinstance(part, str) for part in parts) else typed


def ends_short(axes: Mapping[str, Any]) -> tuple[str, ...]:
    """Of each range whose steps do not reach its end, where it ends."""
    ranges = {name: values for name, values in axes.items() if isinstance(values, Steps)}
    return tuple(f"{name} {values.short}" for name, values in ranges.items() if values.short)


def check_cells(cells: int, most: int = LARGEST_GRID) -> None:
    """Raise if a grid has more cells than there is room for."""
    if cells > most:
        file = ", or write them to a file from the command line, as in -o FILE.csv" if cells <= LARGEST_FILE else ""
        reason, way_out = f"{cells:,} scenarios are asked for", f"use larger steps or fewer values{file}"
        raise ParameterError(f"{reason}, more than {most:,}", value=cells, way_out=way_out)


def _range(name: str, text: str) -> tuple[float, ...]:
    first, last, step = _three(name, text)
    if step <= 0:
        reason = f"needs a step above 0, not {step}, as in {first}:{last}:0.05"
        raise ParameterError(reason, parameter=name, value=text)
    if last < first:
        way_out = f"write the lower end first, {last}:{first}:{step}"
        raise ParameterError(f"runs from {first} down to {last}", parameter=name, value=text, way_out=way_out)
    # as floats first: the quotient of two decimals may have more digits than a decimal holds
    if float(last) - float(first) > LARGEST_GRID * float(step):
        reason = f"asks for more than {LARGEST_GRID:,} values"
        raise ParameterError(reason, parameter=name, value=text, way_out=f"use a larger step than {step}")
    count = int((last - first) / step) + 1
    made = Steps(float(first + i * step) for i in range(count))
    reached = first + (count - 1) * step
    made.short = f"{text} ends at {reached}, for its steps do not reach {last}" if reached < last else ""
    return made


def _three(name: str, text: str) -> tuple[Decimal, Decimal, Decimal]:
    parts = text.split(":")
    try:
        numbers = [Decimal(part.strip()) for part in parts]
    except InvalidOperation:
        numbers = []
    if len(numbers) != 3 or not all(n.is_finite() and abs(n.adjusted()) < 100 for n in numbers):
        reason = f"cannot be {text!r}: a range is first:last:step in numbers"
        percent = next(filter(None, map(of_percent, parts)), "")
        raise ParameterError(
            reason, parameter=name, value=text, way_out=f"{percent} where it is a share" if percent else _FORMS
        )
    return numbers[0], numbers[1], numbers[2]
