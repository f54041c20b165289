"""Scenarios of an effect on another scale than the design's own: control × difference of rates, or their odds ratio.

How an effect may be stated instead of by the design's number, the design says itself (`stated_effects`): here such a
statement is an axis, and the design's number follows from it and the comparator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trialplan.design import Sized
from trialplan.errors import ParameterError, field
from trialplan.numerics.lazy import np
from trialplan.numerics.search import bracket, increasing_root
from trialplan.parameter import Parameter, parameters, with_role
from trialplan.stated import StatedEffect


def ways(cls: type[Sized]) -> dict[str, StatedEffect]:
    """The scales on which the effect can be varied beside the design's own number for it, by name."""
    own = parameters(cls)
    return {way.name: way for way in cls.stated_effects if way.name not in own} if _effect(cls) else {}


def declared(cls: type[Sized], time_unit: str | None = None) -> dict[str, Parameter]:
    """What is to be known of each as an axis, with its times in a unit."""
    told = {name: Parameter(way.meaning, domain=way.domain, unit=way.unit) for name, way in ways(cls).items()}
    return {name: one.in_time(time_unit) for name, one in told.items()}


def check_axes(cls: type[Sized], axes: Iterable[str]) -> None:
    """Raise where the effect is varied twice."""
    twice = [name for name in axes if name in {*ways(cls), _effect(cls)}]
    if len(twice) > 1:
        reason = f"{field(twice[0])} and {field(twice[1])} both are the effect, which is then varied twice"
        raise ParameterError(reason, owner=cls, way_out="keep one, and vary what it is held against")


def planned(design: Sized, name: str) -> float:
    """The design's own effect as it is stated on this scale, against its own comparator; nan where it cannot be."""
    cls = type(design)
    way, numbers = ways(cls)[name], ByEffect(cls=cls, planned=design.assumptions())
    own = float(getattr(design, _effect(cls)))
    ends = way.domain.searched
    turned = numbers({name: 0.5})[_effect(cls)] < numbers({name: 0.25})[_effect(cls)]

    def surplus(stated: float) -> float:
        reached = float(numbers({name: stated})[_effect(cls)]) - own
        return -reached if turned else reached

    low, high = ends.low, ends.high
    if math.isinf(low):
        low = -bracket(lambda below: -surplus(-below), 1.0)
    if math.isinf(high):
        high = bracket(surplus, 1.0)
    return float(increasing_root(surplus, low, high))


@dataclass(frozen=True, kw_only=True)
class ByEffect:
    """The design's numbers where its effect is varied on another scale; `first` resolves what a plan is varied by.

    `planned` are the design's own numbers, of which the comparator is taken where it is not varied.
    """

    cls: type[Sized]
    planned: Mapping[str, Any]
    first: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None

    def __call__(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The numbers, with the effect that follows from comparator and statement."""
        numbers = dict(values if self.first is None else self.first(values))
        for name, way in ways(self.cls).items():
            if name not in numbers:
                continue
            against = way.beside or self._comparator(numbers)
            known = numbers.get(against, self.planned.get(against))
            if known is None:
                reason = f"{field(name)} is told from {field(against)}, which is needed"
                raise ParameterError(reason, owner=self.cls, way_out=f"give {field(against)}")
            with np.errstate(all="ignore"):  # what is no number is refused by the design
                numbers[_effect(self.cls)] = way.apply(known, numbers.pop(name))
        return numbers

    def _comparator(self, numbers: Mapping[str, Any]) -> str:
        names = with_role(self.cls, "comparator")
        there = {**self.planned, **numbers}
        return next((name for name in names if there.get(name) is not None), names[0])


def _effect(cls: type[Sized]) -> str:
    """The number of the design that is its effect; none where that is a vector, or is held against nothing."""
    own = parameters(cls)
    names = (name for name in with_role(cls, "effect") if not own[name].axis)
    return next(names, "") if with_role(cls, "comparator") else ""
