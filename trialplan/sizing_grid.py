"""The fewest participants for arrays of numbers: in stretches where power is smooth, else each cell by itself.

Memory that a process has not touched before costs about as much as what a formula computes in it. So a grid is answered
in stretches whose arrays stay in a processor's cache, all numbers of its answer lie in one block, and what follows from
n is computed when it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from trialplan.answers import Later, SampleSize
from trialplan.errors import UnreachableError
from trialplan.numerics.lazy import np
from trialplan.parameter import Numbers
from trialplan.sizing import (
    LARGEST,
    beyond_people,
    named_arms,
    size_scalar,
    stretch_of,
    unreachable,
    whole,
    whole_arms,
    whole_blocks,
)

if TYPE_CHECKING:
    from trialplan.design import Design

_STRETCH = 16_384
"""Cells that are computed together: an array of them has 128 KiB, and eight of those fit the second cache of a core."""


def size_grid(design: Design, target: Numbers) -> SampleSize:
    """The answers for arrays of numbers; impossible cells are nan, with the reason beside them."""
    return _smooth(design, target) if design.smooth else _cell_by_cell(design, target)


def _smooth(design: Design, target: Numbers) -> SampleSize:
    answers = _Numbers.of(design, shape := design.shape(target))
    n, total, possible = answers.n, answers.total, np.empty(shape, dtype=bool)
    for place, part, asked in _stretches(design, target, shape):
        possible[place] = part.reachable()
        with np.errstate(all="ignore"):
            total[place] = _only(possible[place], part.unrounded(asked))
            n[place] = whole_blocks(part, total[place], asked)
    there = total < LARGEST  # not nan
    if not there.all():
        total[~there] = np.nan
        n = np.where(there, n, np.nan)
    reasons, beyond = _reasons(design, possible), possible & ~there
    if beyond.any():
        reasons = np.array(reasons)  # where all are possible it is one None for all
    for cell in zip(*np.nonzero(beyond), strict=True):
        reasons[cell] = beyond_people(design.cell(cell, shape), float(np.broadcast_to(target, shape)[cell])).sentence
    chances = Later(partial(answers.chances, n))
    return SampleSize(
        design=design,
        target=target,
        n=n,
        arms=cast("Any", Later(partial(answers.arms, n))),
        arms_unrounded=cast("Any", Later(answers.arms_unrounded)),
        power=chances,
        success=chances,
        reason=reasons,
    )


@dataclass(frozen=True)
class _Numbers:
    """The numbers of a grid's answer, as rows of one block, some of them not yet computed.

    A block is given back whole. What else an answer takes, and gives back, is less than it, and so the C library's
    malloc, which returns to the system what is free beyond twice the largest block so far, keeps the memory for the
    next answer.
    """

    design: Design
    block: Any

    @classmethod
    def of(cls, design: Design, shape: tuple[int, ...]) -> _Numbers:
        """Rows for n, its real value, both chances, and for each arm a whole number and a real one."""
        return cls(design, np.empty((4 + 2 * len(design.arm_names), *shape)))

    @property
    def n(self) -> Any:
        """Whole participants in all."""
        return self.block[0].view(np.int64)

    @property
    def total(self) -> Any:
        """Participants in all as real numbers."""
        return self.block[1]

    def chances(self, n: Any) -> dict[str, Any]:
        """What n participants attain; nan where there is no n."""
        success, power = self.block[2:4]
        for place, part, participants in _stretches(self.design, n, n.shape):
            with np.errstate(all="ignore"):
                success[place], power[place] = part.success_and_power(participants.astype(float))
        if n.dtype.kind == "f":
            success[np.isnan(n)] = power[np.isnan(n)] = np.nan
        return {"success": success, "power": power}

    def arms(self, n: Any) -> dict[str, Any]:
        """The whole participants of each arm; floats with nan where a cell has no n."""
        shares = whole_arms(self.design, n)
        rows = self.block[4 : 4 + len(shares)]
        return {"arms": _copied(shares, rows if n.dtype.kind == "f" else rows.view(np.int64))}

    def arms_unrounded(self) -> dict[str, Any]:
        """The same as real numbers."""
        shares = named_arms(self.design, self.total)
        return {"arms_unrounded": _copied(shares, self.block[4 + len(shares) :])}


def _copied(values: dict[str, Any], rows: Any) -> dict[str, Any]:
    for row, value in zip(rows, values.values(), strict=True):
        row[...] = value
    return dict(zip(values, rows, strict=True))


def _stretches(design: Design, values: Any, shape: tuple[int, ...]) -> Iterator[tuple[Any, Design, Any]]:
    """A grid cut along its longest axis: where each stretch lies in it, the design there, and the values there."""
    axis = max(range(len(shape)), key=shape.__getitem__)
    step = max(_STRETCH * shape[axis] // max(math.prod(shape), 1), 1)
    if step >= shape[axis] or design.members:
        yield ..., design, values
        return
    from_last = axis - len(shape)
    for start in range(0, shape[axis], step):
        cut = slice(start, start + step)
        yield (*(slice(None),) * axis, cut), design.stretch(from_last, cut), stretch_of(values, from_last, cut)


def _only(possible: Any, values: Any) -> Any:
    """The values where a cell is possible, elsewhere nan; of the shape of all cells."""
    if possible.all() and np.shape(values) == possible.shape:
        return values
    return np.where(possible, values, np.nan)


def _reasons(design: Design, possible: Any) -> Any:
    """None where a cell is possible, elsewhere the sentence that says why it is not."""
    if possible.all():
        return np.broadcast_to(np.array(None), possible.shape)
    reasons = np.full(possible.shape, None, dtype=object)
    # several effects, or more than that the null is excluded: each cell says what cannot be shown
    if design.field("effect") is None or design.asks_for_more:
        for cell in zip(*np.nonzero(~possible), strict=True):
            reasons[cell] = design.cell(cell, possible.shape).unreachable().sentence
        return reasons
    value = np.broadcast_to(design.effect_value(), possible.shape)
    bounds = [np.broadcast_to(bound, possible.shape) for bound in design.null_values()]
    for cell in zip(*np.nonzero(~possible), strict=True):
        at = tuple(float(bound[cell]) for bound in bounds)
        reasons[cell] = unreachable(design, float(value[cell]), at).sentence
    return reasons


def _cell_by_cell(design: Design, target: Numbers) -> SampleSize:
    """A grid of a test whose power is a saw-tooth, each cell searched on its own."""
    shape = design.shape(target)
    targets = np.broadcast_to(target, shape)
    n, power, success = (np.full(shape, np.nan) for _ in range(3))
    reasons = np.full(shape, None, dtype=object)
    for cell in np.ndindex(shape):
        try:
            answer = size_scalar(design.cell(cell, shape), float(targets[cell]))
            n[cell], power[cell], success[cell] = answer.n, answer.power, answer.success
        except UnreachableError as why:
            reasons[cell] = why.sentence
    arms = whole_arms(design, whole(n))
    return SampleSize(design=design, target=target, n=whole(n), arms=arms, power=power, success=success, reason=reasons)
