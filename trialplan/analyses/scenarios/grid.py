"""What n, or what power, would be if assumptions were otherwise: a grid over any design.

A grid is cut into stretches whose ends depend on the question alone. They are answered in this process, in others
or on a cluster, in any order, and kept in memory or in a journal: the answers are the same bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialplan.analyses.executors import Executor, Serial
from trialplan.analyses.scenarios.cells import AnsweredCells, GridSpec, evaluate, grid_spec, variable
from trialplan.analyses.scenarios.vary import check_cells, parse_vary
from trialplan.design import Sized
from trialplan.files import as_path, replacing
from trialplan.numerics.lazy import np
from trialplan.page import Answer, Page, as_frame
from trialplan.sizing import whole

if TYPE_CHECKING:
    from trialplan.analyses.scenarios.journal import Journal
    from trialplan.answers import SampleSize
    from trialplan.figures.canvas import Figure

__all__ = ["Grid", "Memory", "answered", "grid_spec", "parse_vary", "scenarios", "variable"]

Memory = dict[int, AnsweredCells]
"""Finished stretches by position, as a journal keeps them on disk."""


@dataclass(frozen=True, repr=False)
class Grid(Answer):
    """The answers over crossed axes: one cell for each combination, the last axis varying fastest."""

    asked: GridSpec
    kept: Memory | Journal
    planned: SampleSize | None = field(default=None, compare=False)
    """The answer of the plan that is varied, which its picture marks; None of a design."""

    @property
    def design(self) -> Sized:
        """The design whose numbers are varied."""
        return self.asked.design

    @property
    def axes(self) -> Mapping[str, tuple[Any, ...]]:
        """The values of each axis, by name."""
        return self.asked.axes

    def figure(self, kind: str | None = None) -> Figure:
        """One or two axes as curves, a heat-map or a contour, of what the page prints: n in all, or power.

        `kind` is one of these; unless given, curves over one axis or over n, else a heat map. A ParameterError says why
        these axes make no such picture.
        """
        from trialplan.analyses.scenarios.figures import figure

        drawn: Figure = figure(self, kind, self.planned)
        return drawn

    def save(self, path: str | Path, kind: str | None = None, *, command: str = "", force: bool = False) -> Path:
        """Write all scenarios (.csv, .json, .parquet), the page (.txt, .md) or a picture (.svg, .png, .pdf) of a kind.

        `.html` is page and picture in one file to mail, with read-outs and with the `command` that makes it, if one
        does. The file is written whole or not at all, over one that is there only by `force`, and its path given back.
        """
        from trialplan.analyses.scenarios import files as grid_files

        grid_files.check_kind(path := as_path(path), self.asked, kind)
        with replacing(force):
            grid_files.write(self, path, kind, self.planned, command)
        return path

    def blocks(self) -> Iterator[tuple[int, AnsweredCells]]:
        """(first cell, answers) of each stretch, in order."""
        for position in range(self.asked.stretches):
            yield position * self.asked.stretch, self.kept[position]

    @cached_property
    def n(self) -> Any:
        """Participants in all, an array with an axis for each varied assumption.

        Whole numbers where every scenario has an answer, else floats, with nan where there is none.
        """
        return whole(np.concatenate([block.n for _, block in self.blocks()]).reshape(self.asked.shape))

    @cached_property
    def power(self) -> Any:
        """The chance that these participants reject, either way, likewise."""
        return np.concatenate([block.power for _, block in self.blocks()]).reshape(self.asked.shape)

    @cached_property
    def success(self) -> Any:
        """The chance that these participants reject in the treatment's favour, likewise."""
        return np.concatenate([block.success for _, block in self.blocks()]).reshape(self.asked.shape)

    @cached_property
    def reason(self) -> Any:
        """Why a cell has no answer; None where it has one."""
        reasons = np.full(self.asked.cells, None, dtype=object)
        for start, block in self.blocks():
            for position, why in block.reasons.items():
                reasons[start + position] = why
        return reasons.reshape(self.asked.shape)

    def columns(self) -> Iterator[dict[str, list[Any]]]:
        """Each stretch as lists by name: varied and derived numbers, n, n of each arm, what is attained, reason."""
        for start, block in self.blocks():
            yield _columns(self.asked, start, block)

    def cell(self, number: int) -> dict[str, Any]:
        """One cell as a row, by its number."""
        position, offset = divmod(number, self.asked.stretch)
        columns = _columns(self.asked, number - offset, self.kept[position])
        return {name: column[offset] for name, column in columns.items()}

    def rows(self) -> Iterator[dict[str, Any]]:
        """One dict a cell: the varied assumptions, what follows from them, n, arms, power and success, reason.

        A design that has no test has `attained` in place of the two.
        """
        for columns in self.columns():
            for cell in zip(*columns.values(), strict=True):
                row = dict(zip(columns, cell, strict=True))
                sizes = {name: row.pop(f"n_{name}") for name in self.design.arm_names}
                last = {name: row.pop(name) for name in (*chances_of(self.design), "reason")}
                yield {**row, "arms": None if None in sizes.values() else sizes, **last}

    def page(self) -> Page:
        """What was varied and what came out, for a screen: no more cells than fit one."""
        from trialplan.analyses.scenarios.page import page

        return page(self)

    def to_dict(self) -> dict[str, Any]:
        """What is the same for every scenario, the `axes`, and the `rows`: one for each scenario."""
        from trialplan.analyses.scenarios.page import about

        return about(self) | {"rows": list(self.rows())}

    def to_frame(self) -> Any:
        """One scenario a row, as in its CSV."""
        stretches = ((part, zip(*part.values(), strict=True)) for part in self.columns())
        return as_frame([dict(zip(part, cell, strict=True)) for part, cells in stretches for cell in cells])


def scenarios(
    design: Sized,
    axes: Mapping[str, Sequence[Any]],
    target: float | None = None,
    n: int | None = None,
    executor: Executor | None = None,
) -> Grid:
    """n at power `target`, or the power of n participants, for every combination of the axes' values.

    Numbers of a smooth design become arrays, one call for many scenarios; choices, and tests whose
    power is a saw-tooth, go cell by cell. A combination that is not defined has a reason, not an n.

    >>> from trialplan import TwoProportions
    >>> grid = scenarios(TwoProportions(control=0.3, treatment=0.5), {"control": [0.3, 0.6]}, target=0.8)
    >>> [row["n"] for row in grid.rows()]
    [186, None]
    """
    asked = grid_spec(design, axes, target, n)
    check_cells(asked.cells)
    return answered(asked, executor=executor)


def answered(
    asked: GridSpec,
    kept: Memory | Journal | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Grid:
    """The grid of a question; what `kept` holds already is not asked again.

    `progress` is told, first and after each stretch, how many scenarios are done, and of how many.
    """
    kept = Memory() if kept is None else kept
    done = set(kept)
    left = [position for position in range(asked.stretches) if position not in done]
    finished = sum(stop - start for start, stop in map(asked.ends, done))
    if progress is not None:
        progress(finished, asked.cells)
    with closing((executor or Serial()).run(partial(evaluate, asked), left)) as results:  # type: ignore[type-var]
        for i, block in results:
            kept[left[i]] = block
            finished += len(block.n)
            if progress is not None:
                progress(finished, asked.cells)
    return Grid(asked, kept)


def chances_of(design: Sized) -> tuple[str, ...]:
    """What the columns of the answers are called: a design without a test attains a width or the like, no power."""
    return ("power", "success") if design.attains == "power" else ("attained",)


def _columns(asked: GridSpec, start: int, block: AnsweredCells) -> dict[str, list[Any]]:
    count = len(block.n)
    index = asked.values(start, start + count)
    varied = {name: _taken(values, index[name]) for name, values in asked.axes.items() if name not in ("n", "power")}
    derived = {name: column.tolist() for name, column in block.derived.items()}
    sizes = {
        name: [None if value != value else round(value) for value in column.tolist()]
        for name, column in _sizes(asked, index, block).items()
    }
    reasons = [block.reasons.get(position) for position in range(count)]
    target = {"target_power": _taken(asked.axes["power"], index["power"])} if "power" in asked.axes else {}
    columns = zip(chances_of(asked.design), (block.power, block.success), strict=False)
    chances = {name: [None if value != value else value for value in column.tolist()] for name, column in columns}
    return varied | derived | target | sizes | chances | {"reason": reasons}


def _sizes(asked: GridSpec, index: Mapping[str, Any], block: AnsweredCells) -> dict[str, Any]:
    """n and the arms' shares of it, as each cell's allocation splits it; an n that cannot be split has none."""
    design, allocations = asked.design, asked.axes.get("allocation")
    n = block.n
    if allocations is None:
        shares = design.split(n)
    else:
        weights = np.array([design.replace(allocation=one).weights for one in allocations])[index["allocation"]]
        shares = tuple((n * weights[:, arm] / weights.sum(axis=1)) for arm in range(weights.shape[1]))
    whole = np.array(asked.axes["n"], dtype=float)[index["n"]] if "n" in asked.axes else n
    return {"n": whole} | {f"n_{name}": share for name, share in zip(design.arm_names, shares, strict=True)}


def _taken(values: tuple[Any, ...], index: Any) -> list[Any]:
    return [values[i] for i in index.tolist()]
