"""What is asked of every scenario, and how a stretch of them is answered: by arrays where the design allows."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from trialplan.analyses.scenarios import by_effect
from trialplan.analyses.scenarios.vary import ends_short, vector
from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, TrialplanError, did_you_mean, field
from trialplan.fields import POWER
from trialplan.numerics.lazy import np
from trialplan.parameter import Parameter, as_whole
from trialplan.text import quoted

Resolve = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a scenario's values, in whatever words they were varied, to the numbers of the design."""

N, TARGET = "n", "power"
"""What may be varied beside a design's own numbers: the participants, or the power asked for."""

_BY_ARRAYS, _ONE_BY_ONE = 65_536, 4
"""Scenarios in a stretch: where one call answers many, and where each is a search of its own."""


@dataclass(frozen=True)
class AnsweredCells:
    """The answers of a stretch of scenarios: n, power and success, nan where there is none, and why by position.

    `derived` are the design's numbers that follow from what was varied: the treatment rate behind a discount.
    """

    n: Any
    power: Any
    success: Any
    reasons: Mapping[int, str]
    derived: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GridSpec:
    """n at power `target`, or the power of `n` participants, at every combination of the axes' values.

    The last axis varies fastest. `resolve`, where there is one, turns varied values into the design's numbers.
    """

    design: Sized
    axes: Mapping[str, tuple[Any, ...]]
    target: float | None = None
    n: int | None = None
    resolve: Resolve | None = None
    short: tuple[str, ...] = ()
    """Of each range whose steps do not reach its end, where it ends."""

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(map(len, self.axes.values()))

    @property
    def cells(self) -> int:
        """How many scenarios there are."""
        return math.prod(self.shape)

    @property
    def asks_power(self) -> bool:
        """Whether the answer sought is a power."""
        return self.n is not None or N in self.axes

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """The axes that are numbers, and may be asked as one array."""
        declared = variable(self.design)
        return tuple(
            name
            for name, values in self.axes.items()
            if not (name in declared and declared[name].choices) and all(map(_is_number, values))
        )

    @cached_property
    def by_arrays(self) -> bool:
        """Whether a stretch of scenarios is answered in one call: normal theory, whatever is chosen."""
        names = [name for name in self.axes if name not in self.numeric]
        choices = product(*(self.axes[name] for name in names))
        return all(self._smooth(dict(zip(names, values, strict=True))) for values in choices)

    @property
    def stretch(self) -> int:
        """Scenarios that are answered together, as one task."""
        return _BY_ARRAYS if self.by_arrays else _ONE_BY_ONE

    @property
    def stretches(self) -> int:
        """How many stretches there are; the last one may be shorter."""
        return math.ceil(self.cells / self.stretch)

    def ends(self, position: int) -> tuple[int, int]:
        """The first scenario of a stretch, and the first after it."""
        start = position * self.stretch
        return start, min(start + self.stretch, self.cells)

    def values(self, start: int, stop: int) -> dict[str, Any]:
        """The values of each axis at the scenarios from `start` up to `stop`: positions along the axis."""
        return dict(zip(self.axes, np.unravel_index(np.arange(start, stop), self.shape), strict=True))

    def ask(self, given: Mapping[str, Any], shape: tuple[int, ...] = ()) -> tuple[tuple[Any, ...], Any, Any]:
        """n with power and success, reason, derived numbers for given values; of `shape` where these are arrays."""
        n, target = given.get(N, self.n), given.get(TARGET, self.target)
        numbers, derived = self.resolved(given)
        declared = variable(self.design)
        vectors = [name for name in numbers if name in declared and declared[name].axis]
        # an array has a value for each cell, which is then the same all along the vector's own axis
        along = {name: numbers[name][..., None] for name in vectors if isinstance(numbers[name], np.ndarray)}
        design = self.design.replace(**{**numbers, **along})
        if n is not None:
            design.arms(n)  # raises where n is not whole blocks
            chances = design.power(n), design.success(n)  # type: ignore[attr-defined]
            whole = np.asarray(n, dtype=float)
            return tuple(np.broadcast_to(one, shape) for one in (whole, *chances)), None, derived
        answer = design.sample_size(*(() if target is None else (target,)))
        sized = answer.n, answer.power, answer.success
        return tuple(np.broadcast_to(one, shape) for one in sized), answer.reason, derived

    def resolved(self, given: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, Any]]:
        """The design's numbers behind given values, and those of them that follow from what was varied."""
        varied = {name: value for name, value in given.items() if name not in (N, TARGET)}
        numbers = varied if self.resolve is None else self.resolve(varied)
        return numbers, {name: value for name, value in numbers.items() if name not in varied}

    def _smooth(self, choice: Mapping[str, Any]) -> bool:
        own = {name: value for name, value in choice.items() if name in variable(self.design)}
        try:
            design = self.design.replace(**own)
        except ParameterError:
            return True  # not defined, which costs nothing to find out
        return design.smooth and not design.members


def grid_spec(
    design: Sized,
    axes: Mapping[str, Sequence[Any]],
    target: float | None = None,
    n: int | None = None,
    resolve: Resolve | None = None,
    known: Mapping[str, Parameter] | None = None,
) -> GridSpec:
    """The question, checked before any work is done; `known` are further names that `resolve` understands."""
    cls = type(design.fixed)
    own = variable(design)
    declared = {name: one for name, one in by_effect.declared(cls).items() if name not in own} | own | dict(known or {})
    if {*axes} & {*by_effect.ways(cls)} - {*own, *(known or {})}:
        by_effect.check_axes(cls, axes)
        resolve = by_effect.ByEffect(cls=cls, planned=design.fixed.assumptions(), first=resolve)
    checked = {name: _checked(design, declared, name, values) for name, values in axes.items()}
    _check(design, checked, target, n)
    return GridSpec(design=design, axes=checked, target=target, n=n, resolve=resolve, short=ends_short(axes))


def variable(design: Sized) -> dict[str, Parameter]:
    """The assumptions of a design that can be varied, by the name that `replace` takes."""
    return {name: one for name, one in design.declarations().items() if name != "looks"}


def evaluate(asked: GridSpec, position: int) -> AnsweredCells:
    """The answers of one stretch."""
    start, stop = asked.ends(position)
    index = asked.values(start, stop)
    numbers = np.full((3, stop - start), np.nan)
    reasons: dict[int, str] = {}
    derived: dict[str, Any] = {}
    for choice, at in _by_choice(asked, index):
        arrays = {name: np.array(asked.axes[name], dtype=float)[index[name][at]] for name in asked.numeric}
        for positions, found in _asked(asked, choice, arrays, at):
            numbers[:, positions] = np.reshape(found[0], (3, -1))
            reasons |= _reasons(positions, found[1])
            for name, value in found[2].items():
                column = derived.setdefault(name, np.full(stop - start, np.nan))
                column[positions] = value
    n, power, success = numbers
    return AnsweredCells(n=n, power=power, success=success, reasons=reasons, derived=derived)


def _by_choice(asked: GridSpec, index: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each combination of choices that occurs, with the positions where it does."""
    names = [name for name in asked.axes if name not in asked.numeric]
    count = len(next(iter(index.values())))
    if not names:
        yield {}, np.arange(count)
        return
    key = np.ravel_multi_index([index[name] for name in names], [len(asked.axes[name]) for name in names])
    for one in np.unique(key):
        at = np.flatnonzero(key == one)
        yield {name: asked.axes[name][index[name][at[0]]] for name in names}, at


def _asked(asked: GridSpec, choice: Mapping[str, Any], arrays: Mapping[str, Any], at: Any) -> Iterator[tuple[Any, Any]]:
    """One call for all positions; where some combination is not defined, halves, down to the one that is not."""
    if len(at) > 1 and asked.by_arrays and arrays:
        try:
            yield at, asked.ask({**choice, **arrays}, at.shape)
            return
        except TrialplanError:
            middle = len(at) // 2
        for half in (slice(None, middle), slice(middle, None)):
            yield from _asked(asked, choice, {name: values[half] for name, values in arrays.items()}, at[half])
        return
    for i in range(len(at)):
        yield at[i : i + 1], _one(asked, {**choice, **{name: float(values[i]) for name, values in arrays.items()}})


def _one(asked: GridSpec, given: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """The answer of one scenario; one that has none has its reason, and the numbers behind it where they can be had."""
    derived: Mapping[str, Any] = {}
    try:
        _, derived = asked.resolved(given)
        return asked.ask(given)
    except TrialplanError as why:
        return (math.nan,) * 3, why.sentence, derived


def _reasons(positions: Any, reason: Any) -> dict[int, str]:
    if reason is None:
        return {}
    if isinstance(reason, str):
        return {int(positions[0]): reason}
    return {int(positions[i]): reason[i] for i in np.flatnonzero(reason.astype(bool))}


def _check(design: Sized, axes: Mapping[str, Any], target: float | None, n: int | None) -> None:
    """Raise before any work is done if no scenario could be answered."""
    owner = type(design).__name__
    if not isinstance(design, Design):
        if n is not None or target is not None or {N, TARGET} & set(axes):
            reason = "power and n have no meaning, for there is no test"
            raise ParameterError(reason, owner=design, way_out="vary its own numbers")
        return
    asked = [name for name, given in ((N, n), (TARGET, target)) if given is not None or name in axes]
    if len(asked) != 1 or (n is not None and N in axes):
        raise ParameterError(f"{field(TARGET)} or {field(N)} must be given, and not both", owner=design)
    if target is not None:
        POWER.check(owner, TARGET, target)
    elif n is not None and "allocation" not in axes:
        design.check_n(n)


def _checked(design: Sized, declared: Mapping[str, Parameter], name: str, values: Sequence[Any]) -> tuple[Any, ...]:
    owner = type(design).__name__
    if name == N:
        return participants(owner, values)
    if name == TARGET and isinstance(design, Design):
        return tuple(POWER.check(owner, name, value) for value in values)
    if name not in declared:
        nearest = did_you_mean(name, declared)
        raise ParameterError(f"there is no {name!r} to vary", owner=owner, value=name, way_out=nearest)
    return tuple(_value(owner, declared[name], name, value) for value in values)


def _value(owner: str, declared: Parameter, name: str, value: Any) -> Any:
    """One value, checked; a text that is no number may be meant as a range, and is told how one is written."""
    read = vector(value) if declared.axis else value
    try:
        return declared.check(owner, name, read)
    except ParameterError as why:
        if isinstance(value, str) and not declared.choices and not why.way_out and re.search(r"\d\D+\d", value):
            way_out = "a range is written first:last:step, as in 0.1:0.3:0.05"
            raise ParameterError(why.reason, owner=owner, parameter=name, value=value, way_out=way_out) from None
        raise


def participants(owner: str, values: Sequence[Any]) -> tuple[int, ...]:
    """Whole numbers of participants, or the sentence that says which is none."""
    values = [as_whole(value) for value in values]
    for value in values:
        if not _is_number(value) or not value >= 1 or not math.isfinite(value) or value != round(value):
            reason = f"must be a whole number of participants in all, not {quoted(value)}"
            raise ParameterError(reason, owner=owner, parameter="n", value=value)
    return tuple(map(round, values))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
