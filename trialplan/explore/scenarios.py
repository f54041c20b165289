"""What n, or what power, would be if assumptions were otherwise: a grid over any design."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from trialplan.design import Design, Sized
from trialplan.errors import ParameterError, TrialplanError, did_you_mean
from trialplan.explore.vary import check_cells, parse_vary
from trialplan.fields import POWER
from trialplan.numerics.lazy import np
from trialplan.parameter import Parameter, parameters

__all__ = ["Grid", "parse_vary", "scenarios", "variable"]

_BLANK = (math.nan, math.nan, None)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The answers over crossed axes: one cell for each combination, the last axis varying fastest.

    `n` and `power` are nan where a cell has no answer, and `reason` then says why.
    """

    design: Sized
    axes: Mapping[str, tuple[Any, ...]]
    target: float | None
    asked_n: int | None
    n: Any = field(repr=False)
    power: Any = field(repr=False)
    reason: Any = field(repr=False)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One dict a cell: the varied assumptions, n, arms, power, reason."""
        cells = zip(product(*self.axes.values()), self.n.flat, self.power.flat, self.reason.flat, strict=True)
        for values, n, power, reason in cells:
            yield {
                **dict(zip(self.axes, values, strict=True)),
                **self._sizes(n, values),
                "power": None if math.isnan(power) else float(power),
                "reason": reason,
            }

    def as_json(self) -> dict[str, Any]:
        """The grid under the keys `axes` and `rows`."""
        return {"axes": {name: list(values) for name, values in self.axes.items()}, "rows": list(self.rows())}

    def _sizes(self, n: float, values: Sequence[Any]) -> dict[str, Any]:
        if math.isnan(n):
            return {"n": None, "arms": None}
        arms = zip(self.design.arm_names, self._of(values).split(round(n)), strict=True)
        return {"n": round(n), "arms": {name: round(share) for name, share in arms}}

    def _of(self, values: Sequence[Any]) -> Sized:
        """The design with the cell's allocation, which is what splits n."""
        varied = dict(zip(self.axes, values, strict=True))
        return self.design.replace(allocation=varied["allocation"]) if "allocation" in varied else self.design


def scenarios(
    design: Sized, axes: Mapping[str, Sequence[Any]], target: float | None = None, n: int | None = None
) -> Grid:
    """n at power `target`, or the power of n participants, for every combination of the axes' values.

    Numbers of a smooth design become arrays, one call for the whole grid; choices, and tests whose
    power is a saw-tooth, go cell by cell. A combination that is not defined has a reason, not an n.

    >>> from trialplan import TwoProportions
    >>> grid = scenarios(TwoProportions(control=0.3, treatment=0.5), {"control": [0.3, 0.6]}, target=0.8)
    >>> [row["n"] for row in grid.rows()]
    [186, None]
    """
    declared = variable(design)
    _check_question(design, axes, target, n)
    checked = {name: _checked(design, declared, name, values) for name, values in axes.items()}
    shape = tuple(map(len, checked.values()))
    check_cells(math.prod(shape))
    question = _Question(design, target, n)
    found = _filled(question, checked, declared)
    return Grid(
        design=design,
        axes=checked,
        target=target,
        asked_n=n,
        n=found[0].reshape(shape),
        power=found[1].reshape(shape),
        reason=found[2].reshape(shape),
    )


def variable(design: Sized) -> dict[str, Parameter]:
    """The assumptions of a design that can be varied, by name; through a wrapper, the inner design's."""
    inner = getattr(design, "design", None)
    own = {name: one for name, one in parameters(type(design)).items() if name not in ("design", "looks")}
    return own if inner is None else dict(parameters(type(inner))) | own


def _check_question(design: Sized, axes: Mapping[str, Any], target: float | None, n: int | None) -> None:
    """Raise before any work is done if no cell could be answered."""
    owner = type(design).__name__
    if not isinstance(design, Design):
        if n is not None or target is not None:
            raise ParameterError(f"{owner}: power and n have no meaning, for there is no test; vary its own numbers")
    elif (n is None) == (target is None):
        raise ParameterError(f"{owner}: power or n must be given, and not both")
    elif target is not None:
        POWER.check(owner, "power", target)
    elif n is not None and "allocation" not in axes:
        design.check_n(n)


def _checked(design: Sized, declared: Mapping[str, Parameter], name: str, values: Sequence[Any]) -> tuple[Any, ...]:
    owner = type(design).__name__
    if name not in declared:
        raise ParameterError(f"{owner}: there is no {name!r} to vary; {did_you_mean(name, declared)}")
    return tuple(declared[name].check(owner, name, value) for value in values)


@dataclass(frozen=True)
class _Question:
    """What is asked of every cell: n at a target, or the power at n."""

    base: Sized
    target: float | None
    n: int | None

    def ask(self, numbers: Mapping[str, Any], shape: tuple[int, ...] = ()) -> tuple[Any, Any, Any]:
        """n, power and reason for the design with these numbers; arrays of `shape` where they are arrays."""
        design = self.base.replace(**numbers)
        if self.n is not None:
            design.check_n(self.n)
            power = design.power(self.n)  # type: ignore[attr-defined]
            return (
                np.full(shape, float(self.n)),
                np.broadcast_to(power, shape),
                np.full(shape, None, dtype=object),
            )
        answer = design.sample_size(*(() if self.target is None else (self.target,)))
        reason = np.full(shape, None, dtype=object) if answer.reason is None else answer.reason
        return (
            np.broadcast_to(answer.n, shape),
            np.broadcast_to(answer.power, shape),
            np.broadcast_to(reason, shape),
        )

    def one(self, numbers: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        """The answer of one cell; what cannot be answered has its reason."""
        try:
            return tuple(one.item() for one in map(np.asarray, self.ask(numbers)))
        except TrialplanError as why:
            return (*_BLANK[:2], str(why).partition(": ")[2] or str(why))


def _filled(question: _Question, axes: Mapping[str, tuple[Any, ...]], declared: Mapping[str, Parameter]) -> Any:
    """n, power and reason, flat, the last axis varying fastest."""
    if getattr(question.base, "smooth", True):
        return _by_arrays(question, axes, declared)
    return _columns([question.one(dict(zip(axes, cell, strict=True))) for cell in product(*axes.values())])


def _by_arrays(question: _Question, axes: Mapping[str, tuple[Any, ...]], declared: Mapping[str, Parameter]) -> Any:
    """One call for each combination of choices, with every number an array."""
    shape = tuple(map(len, axes.values()))
    found = [np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, None, dtype=object)]
    names = list(axes)
    numeric = [name for name in names if not declared[name].choices and all(map(_is_number, axes[name]))]
    choices = [name for name in names if name not in numeric]
    inner = tuple(len(axes[name]) for name in numeric)
    arrays = dict(zip(numeric, np.meshgrid(*(axes[name] for name in numeric), indexing="ij"), strict=True))
    for chosen in product(*(enumerate(axes[name]) for name in choices)):
        at = dict(zip(choices, chosen, strict=True))
        index = tuple(at[name][0] if name in at else slice(None) for name in names)
        fixed = {name: value for name, (_, value) in at.items()}
        for whole, part in zip(found, _block(question, fixed, arrays, inner), strict=True):
            whole[index] = part[()]  # of a block without numbers, the one cell
    return found


def _block(question: _Question, fixed: Mapping[str, Any], arrays: Mapping[str, Any], shape: tuple[int, ...]) -> Any:
    """The answers over all numbers at fixed choices; cell by cell where some combination is not defined."""
    try:
        if shape:
            return question.ask({**fixed, **arrays}, shape)
    except ParameterError:
        pass
    cells = [
        question.one({**fixed, **{name: float(array[cell]) for name, array in arrays.items()}})
        for cell in np.ndindex(shape)
    ]
    return [column.reshape(shape) for column in _columns(cells)]


def _columns(cells: Sequence[tuple[Any, Any, Any]]) -> list[Any]:
    n, power, reason = zip(*cells, strict=True)
    return [np.array(n, dtype=float), np.array(power, dtype=float), _objects(reason)]


def _objects(values: Sequence[Any]) -> Any:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))
