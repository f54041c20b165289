"""The page of a sample size that is a grid: one row for each cell of its arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from trialplan.design_facts import assumed, level, source
from trialplan.numerics.lazy import np
from trialplan.page import Page, Table, facts, plain
from trialplan.text import NONE, decimals, plural, stated

if TYPE_CHECKING:
    from trialplan.answers import SampleSize

_MOST = 200
"""Cells that a page shows; its records are all of them."""


def page_of_grid(answer: SampleSize) -> Page:
    """What varies, and what came out, cell by cell; what is the same for all below it."""
    design, varied = answer.design, _varied(answer)
    shown = list(islice(records(answer), _MOST))
    arms = list(answer.arms) if len(answer.arms) > 1 else []
    attains = "power" if design.has_level else "attained"
    columns = [*varied, "n", *(f"n {name}" for name in arms), attains]
    lines = [
        [
            *(stated(row[name]) for name in varied),
            *(NONE if n is None else f"{n:,}" for n in (row["n"], *(row["arms"][name] for name in arms))),
            decimals(row[attains]),
        ]
        for row in shown
    ]
    why = next((row["reason"] for row in records(answer) if row.get("reason")), None)
    total = int(np.size(answer.n))
    return Page(
        data=answer.as_json(),
        headline=_headline(answer),
        tables=[
            Table(columns, lines, right=frozenset(range(len(columns)))),
            facts([*assumed(design, tuple(varied)), *level(design), *source(design)]),
        ],
        notes=[
            *([f"The first {_MOST:,} of {total:,} cells are shown."] if total > _MOST else []),
            *([f"A cell without an answer: {why}."] if why else []),
        ],
        records=lambda: list(records(answer)),
    )


def records(answer: SampleSize) -> Iterator[dict[str, Any]]:
    """One dict a cell: what varies, n, arms, what is attained and, where there is no answer, why."""
    shape, attains = np.shape(answer.n), "power" if answer.design.has_level else "attained"
    columns = {**_varied(answer), attains: answer.power}
    flat = {name: np.broadcast_to(values, shape).ravel() for name, values in columns.items()}
    sizes = {name: np.broadcast_to(size, shape).ravel() for name, size in {"n": answer.n, **answer.arms}.items()}
    reasons = None if answer.reason is None else np.broadcast_to(answer.reason, shape).ravel()
    for cell in range(int(np.prod(shape))):
        whole = {name: cells(column[cell]) for name, column in sizes.items()}
        told = plain({name: column[cell] for name, column in flat.items()})
        n = whole.pop("n")
        why = {} if reasons is None else {"reason": reasons[cell]}
        yield (
            {name: told[name] for name in told if name != attains}
            | {"n": n, "arms": whole, attains: told[attains]}
            | why
        )


def cells(values: Any) -> Any:
    """Whole numbers as ints, in nested lists for an array; None where a cell has none."""
    if isinstance(values, int):
        return values
    if isinstance(values, (list, tuple)):
        return [cells(value) for value in values]
    if np.ndim(values):
        return cells(values.tolist())
    return None if values != values else int(values)


def _varied(answer: SampleSize) -> Mapping[str, Any]:
    """The numbers that are arrays, by name, and the target where it is one."""
    own = {name: value for name, value in answer.design.assumptions().items() if hasattr(value, "shape")}
    return own | ({"target": answer.target} if np.ndim(answer.target) else {})


def _headline(answer: SampleSize) -> str:
    n = np.asarray(answer.n, dtype=float)
    missing = int(np.isnan(n).sum())
    if missing == n.size:
        return f"{n.size:,} sample sizes, none of which exists"
    without = f"; {missing:,} without an answer" if missing else ""
    return f"{plural(n.size, 'sample size')}: {np.nanmin(n):,.0f} to {np.nanmax(n):,.0f} participants in all{without}"
