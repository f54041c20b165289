"""`trialplan compare`: n, power and actual size under every test that applies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from trialplan.cli.options import design as options
from trialplan.cli.options.output import output_options, show
from trialplan.design import Design
from trialplan.design_facts import assumed, head, level
from trialplan.page import Page, Table, facts, plain
from trialplan.parameter import with_role
from trialplan.text import number

if TYPE_CHECKING:
    from trialplan.analyses.compare import ComparedTest

_NONE = "—"


def for_design(cls: type[Design]) -> click.Command:
    """The verb for one design: the test is what varies, so it is no option, and neither are looks."""
    left_out = (*with_role(cls, "method"), *options.MONITORING)
    own = [option for option in options.of_design(cls, without=with_role(cls, "method")) if option.name not in left_out]
    return options.verb(
        cls,
        _compare,
        "Answers with n, attained power and actual size under every test that applies.",
        [*own, options.power_option(), *output_options()],
        f"trialplan compare {cls.slug()} {options.example(cls)}",
    )


def _compare(cls: type[Design], power: Any, as_json: bool, output: Any, **given: Any) -> None:
    from trialplan.analyses.compare import compare

    design = cast("Design", options.build(cls, given))
    target = options.DEFAULT_POWER if power is None else power
    with options.typed(cls):
        rows = compare(design, target)
        if all(row.n is None for row in rows):
            design.sample_size(target)  # raises and says why: its own test is among those without an answer
    show(_page(design, target, rows), as_json, output)


def _page(design: Design, target: float, rows: Sequence[ComparedTest]) -> Page:
    shown = ("test", "n", "arms", "power", "actual_size", "why")
    records = [
        {name: getattr(row, name) for name in shown} | ({"reason": row.reason} if row.reason else {}) for row in rows
    ]
    varied = tuple(with_role(type(design), "method"))
    assumptions = head(design, varied)
    held = {"target_power": target, "alpha": design.alpha, "sides": design.sides}
    without_test = [fact for fact in level(design) if fact[0] != "test"]
    return Page(
        data=plain(assumptions | held | {"rows": records}),
        headline=_headline(rows, target),
        tables=[_table(design, rows), facts([*assumed(design, varied), *without_test])],
        notes=_notes(design, rows),
        records=lambda: records,
    )


def _headline(rows: Sequence[ComparedTest], target: float) -> str:
    sized = sorted(((row.n, row.test) for row in rows if row.n is not None), key=lambda pair: pair[0])
    (least, by), (most, by_most) = sized[0], sized[-1]
    if len(rows) == 1:
        return f"{least:,} participants in all by the one test that there is, at power {number(target)}"
    span = f"{least:,} ({by}) to {most:,} ({by_most})" if least < most else f"{most:,}"
    return f"{len(sized)} tests at power {number(target)}: {span} participants in all"


def _table(design: Design, rows: Sequence[ComparedTest]) -> Table:
    arms = design.arm_names if len(design.arm_names) > 1 else ()
    columns = ("test", "n", *(f"n {name}" for name in arms), "power", "actual size", "why")
    numbers = frozenset(range(1, len(columns) - 1))
    return Table(columns, [_line(row, arms) for row in rows], right=numbers)


def _line(row: ComparedTest, arms: Sequence[str]) -> list[str]:
    sizes = [row.n, *((row.arms or {}).get(name) for name in arms)]
    shown = [_NONE if n is None else f"{n:,}" for n in sizes]
    size = _NONE if row.actual_size is None else f"{row.actual_size:.4f}"
    return [row.test, *shown, _NONE if row.power is None else f"{row.power:.3f}", size, row.reason or row.why]


def _notes(design: Design, rows: Sequence[ComparedTest]) -> list[str]:
    """What the columns are, and which tests do not keep their level."""
    if all(row.actual_size is None for row in rows):
        return []
    above = [row.test for row in rows if row.actual_size is not None and row.actual_size > design.alpha]
    words = "actual size is the largest type I error over the rates of the null, every outcome counted"
    broken = f"; it exceeds the level with {', '.join(above)}" if above else ""
    return [f"{words}{broken}"]


command = options.DesignGroup(
    "compare",
    command_for=for_design,
    kind=Design,
    help="The same assumptions through every test that applies to them: n, attained power, the level that each test "
    "really keeps with that n, and why they differ. For counts the actual size is enumerated, not simulated.",
    short_help="What would each applicable test ask for?",
    subcommand_metavar="DESIGN [OPTIONS]",
    epilog=options.examples(
        "trialplan compare two-proportions --control 0.3 --treatment 0.6",
        "trialplan compare one-proportion --null 0.1 --expected 0.3 --json",
    ),
)
