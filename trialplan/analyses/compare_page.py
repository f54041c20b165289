"""The comparison of tests as a page: one row a test, what is assumed below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from trialplan.design import Design
from trialplan.design_facts import assumed, head, level
from trialplan.page import Page, Table, facts, plain
from trialplan.parameter import with_role
from trialplan.text import NONE, decimals, error_rate, number, percent, spoken

if TYPE_CHECKING:
    from trialplan.analyses.compare import ComparedTest


def page(design: Design, target: float, rows: Sequence[ComparedTest]) -> Page:
    """n, power and actual size under each test, for a power of `target`."""
    records = [asdict(row) for row in rows]
    for record in records:
        if record["reason"] is None:
            del record["reason"]
    varied = tuple(with_role(type(design), "method"))
    held = {"target_power": target, "alpha": design.alpha, "sides": design.sides}
    arms = design.arm_names if len(design.arm_names) > 1 else ()
    differ = any(decimals(row.success) != decimals(row.power) for row in rows)
    chances = ("success", "power") if differ else ("power",)
    columns = ("test", "n", *(f"n {name}" for name in arms), *chances, "actual size", "why")
    without_test = [fact for fact in level(design) if fact[0] != "test"]
    return Page(
        data=plain(head(design, varied) | held | {"rows": records}),
        headline=_headline(design, rows, target),
        tables=[
            Table(columns, [_line(row, arms, chances) for row in rows], right=frozenset(range(1, len(columns) - 1))),
            facts([*assumed(design, varied), *without_test]),
        ],
        notes=_notes(design, rows),
        records=lambda: records,
    )


def _headline(design: Design, rows: Sequence[ComparedTest], target: float) -> str:
    sized = sorted(((row.n, row.test) for row in rows if row.n is not None), key=lambda pair: pair[0])
    (least, by), (most, by_most) = sized[0], sized[-1]
    if len(rows) == 1:
        return f"{least:,} {design.counted_in} in all by the one test that there is, at power {number(target)}"
    span = f"{least:,} ({by}) to {most:,} ({by_most})" if least < most else f"{most:,}"
    return f"{len(sized)} tests at power {number(target)}: {span} {design.counted_in} in all"


def _line(row: ComparedTest, arms: Sequence[str], chances: Sequence[str]) -> list[str]:
    sizes = [row.n, *((row.arms or {}).get(name) for name in arms)]
    shown = [NONE if n is None else f"{n:,}" for n in sizes]
    shown += [decimals(asdict(row)[name]) for name in chances]
    size = NONE if row.actual_size is None else error_rate(row.actual_size)
    at = "" if row.actual_size_at is None else f" at {percent(row.actual_size_at)}"
    return [row.test, *shown, f"{size}{at}", row.reason or row.why]


def _notes(design: Design, rows: Sequence[ComparedTest]) -> list[str]:
    """What the columns are, and which tests do not keep their level."""
    if all(row.actual_size is None for row in rows):
        return ["actual size is not told: outcomes of this design cannot be counted one by one; verify simulates it"]
    above = [row.test for row in rows if row.actual_size is not None and row.actual_size > design.alpha]
    broken = f"; it exceeds the level with {', '.join(above)}" if above else ""
    comparator = design.field("comparator")
    at = ""
    if comparator is not None and any(row.actual_size_at is not None for row in rows):
        at = f", with that rate of {spoken(comparator)} where it was sought, which may be far from the planned one"
    none = f"; {NONE}: not counted for this test" if any(row.actual_size is None and row.n for row in rows) else ""
    size = "actual size is the largest type I error over the rates of the null at the test's own n"
    return [f"{size}, every outcome counted{at}{none}{broken}"]
