"""A boundary's name with its numbers, as it is typed, wang-tsiatis(0.25) or z(0,none,0.5), and what either has."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from trialplan.errors import ParameterError, did_you_mean
from trialplan.numerics.lazy import np
from trialplan.sequential.boundaries.spending import SPENDING

Numbers = tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class BoundaryRule:
    """A boundary by its name, over looks at these information fractions; `in_force` says at which it may stop.

    Cumulative error, which has no name of its own, goes by "given".
    """

    rule: str | tuple[float, ...]
    fractions: tuple[float, ...]
    in_force: tuple[bool, ...]

    @property
    def named(self) -> tuple[str, Any]:
        """The name, and its numbers."""
        return split(self.rule) if isinstance(self.rule, str) else ("given", self.rule)

    @property
    def spends(self) -> bool:
        """Whether the rule says how much error each planned look may use."""
        return self.by_function or self.named[0] == "given"

    @property
    def by_function(self) -> bool:
        """Whether a spending function does, so that the rule applies at looks that were not planned too."""
        return self.named[0] in SPENDING

    def increments(self, cumulative: Any) -> Any:
        """What each look may use of error that accumulates; a look without a boundary leaves its part to the next."""
        kept = np.asarray(cumulative)[..., list(self.in_force)]
        steps = np.zeros((*kept.shape[:-1], len(self.in_force)))
        steps[..., list(self.in_force)] = np.diff(kept, axis=-1, prepend=0.0)
        return steps


def read_rule(value: Any, known: Collection[str]) -> str | tuple[float, ...]:
    """A name in its plain form, or a tuple of cumulative error; for a parameter's own `read`."""
    if isinstance(value, str):
        name, numbers = split(value)
        if name not in known:
            nearest = did_you_mean(name, known) if name else ""
            near = nearest if nearest.endswith("?") else ""  # all of them stand there already
            raise ParameterError(f"is {value!r}, which is not one of {', '.join(known)}", way_out=near)
        plain = ("none" if number is None else repr(float(number)).removesuffix(".0") for number in numbers)
        return f"{name}({','.join(plain)})" if numbers else name
    if isinstance(value, tuple) and value and all(map(_is_number, value)):
        return tuple(map(float, value))
    named = f"must be a name such as {next(iter(known))}"
    raise ParameterError(f"{named}, or cumulative error as in 0.005,0.025, not {value!r}")


def split(text: str) -> tuple[str, Numbers]:
    """The name, and the numbers in its brackets; `none` skips a look."""
    match = re.fullmatch(r"\s*([a-z][a-z-]*)\s*(?:\(([^()]*)\))?\s*", text)
    if not match:
        return "", ()
    inside = match[2]
    return match[1], () if inside is None else tuple(_read(part.strip(), text) for part in inside.split(","))


def check_count(name: str, numbers: Numbers, allowed: Collection[int]) -> None:
    """Refuse a name that has too many or too few numbers."""
    if len(numbers) not in allowed:
        raise ParameterError(
            f"{name} takes {' or '.join(map(str, sorted(allowed)))} number{'s' * (max(allowed) != 1)} in brackets, "
            f"not {len(numbers)}"
        )


def _read(part: str, text: str) -> float | None:
    if part == "none":
        return None
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        way_out = "write one as in 0.25, or none to skip a look"
        raise ParameterError(f"has {part!r} in {text!r}, which is no number", way_out=way_out)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
