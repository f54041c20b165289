"""Scenarios: n or power over any two assumptions, as a map whose cells become the plan; curves; what damages most."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from trialplan import progress
from trialplan.analyses.scenarios.cells import TARGET, N, variable
from trialplan.analyses.scenarios.figures import quantity
from trialplan.analyses.scenarios.grid import Grid
from trialplan.design import Design
from trialplan.errors import ParameterError, TrialplanError
from trialplan.parameter import Interval, Parameter, parameters
from trialplan.plan.variation import CALLED, CONTROL_ARM, DISCOUNT, NO_BLINDING, READING, varied
from trialplan.text import stated_apart
from trialplan.verbs.exploring import scenarios, tornado
from trialplan.web.controls import CHOICE, TEXT, Control, read, shown
from trialplan.web.pages import PageKind
from trialplan.web.part import Cell, Map, Part, without_last
from trialplan.web.state import State
from trialplan.web.subject import OF_MEMBER, Subject
from trialplan.web.told import told

_STEPS = 4
"""Values on either side of the planned one."""

_STEP = 0.1
"""How far they lie apart, as a share of the planned value, before the step is made a round one."""

_LARGEST = 400
"""Cells of a map on a page: twenty by twenty still fit a screen."""

_TONES = 10
"""Shades of a map: the classes of the style sheet, by rank, so that one huge number does not make all others pale."""

_NOTHING = "none"
"""What is chosen where one assumption alone is varied."""


def grid_of(subject: Subject, state: State) -> Grid:
    """The scenarios over the one or two assumptions that are looked at."""
    axes = axes_of(subject, state)
    cells = math.prod(_count(values) for values in axes.values())
    if cells > _LARGEST:
        raise ParameterError(f"{cells} scenarios are asked for; a page holds {_LARGEST}: take fewer or larger steps")
    asked = tuple((name, tuple(values) if not isinstance(values, str) else values) for name, values in axes.items())
    if asked not in subject.kept:
        subject.kept.clear()  # whoever looks on has no use for the last one
        subject.kept[asked] = _answered(subject, axes)
    grid: Grid = subject.kept[asked]
    return grid


def _answered(subject: Subject, axes: dict[str, Any]) -> Grid:
    told = partial(progress.tell, "scenarios")
    if subject.is_plan:
        return scenarios(subject.trial, axes, progress=told)
    answer, asked = subject.answer, subject.asked
    target = float(answer.target) if asked.has_level and answer.target == answer.target else None
    return scenarios(asked, axes, power=None if N in axes else target, progress=told)


def _count(values: Any) -> int:
    from trialplan.analyses.scenarios.vary import parse_values

    return len(parse_values("values", values)) if isinstance(values, str) else len(values)


def axes_of(subject: Subject, state: State) -> dict[str, Any]:
    """The one or two assumptions that are varied, each with its values; of two the one that runs down is first."""
    seen, across, down = state.looked_at, *_varied(subject, state)
    return {
        name: seen.get(f"{place}-values") or _around(subject, name)
        for place, name in (("y", down), ("x", across))
        if name
    }


def _varied(subject: Subject, state: State) -> tuple[str, str]:
    """What runs across and what runs down; nothing where only one is varied."""
    seen, known = state.looked_at, [*_numbers(subject)]
    first = seen.get("x") or next(iter(known), "")
    usual = CONTROL_ARM if first in (DISCOUNT, READING, NO_BLINDING) else _NOTHING if first == CONTROL_ARM else ""
    second = seen.get("y") or usual or next((name for name in known[1:] if _is_assumed(subject, name)), _NOTHING)
    return first, "" if second in (_NOTHING, first) else second


def _is_assumed(subject: Subject, name: str) -> bool:
    """Whether it is assumed of the participants, and not chosen, as the size of a stratum is."""
    return _role(subject, name) in ("comparator", "effect", "spread", "association")


def _role(subject: Subject, name: str) -> str:
    """What a number is asked for as; one of several designs as the design has it."""
    own, members = OF_MEMBER.fullmatch(name), _inner(subject).members
    if own is None or not 0 < int(own[2]) <= len(members):
        return _declared(subject)[name].role
    declared = parameters(type(members[int(own[2]) - 1])).get(own[1])
    return "" if declared is None else declared.role


def _declared(subject: Subject) -> dict[str, Parameter]:
    """What can be varied, by name: of several designs together the numbers of each."""
    return variable(_inner(subject))


def _numbers(subject: Subject) -> dict[str, Any]:
    """The numbers among it, each with its planned value."""
    declared, planned = _declared(subject), _inner(subject).assumptions()
    own = {
        name: planned[name]
        for name, one in declared.items()
        if isinstance(one.domain, Interval) and isinstance(planned.get(name), (int, float)) and name != "alpha"
    }
    roles = {name: _role(subject, name) for name in own}
    first = ("comparator", "effect", "spread")
    ordered = sorted(own, key=lambda name: first.index(roles[name]) if roles[name] in first else len(first))
    return {name: own[name] for name in ordered}


def _around(subject: Subject, name: str) -> Any:
    """The planned value and round ones on either side, as far as the number may be so; else all that is listed."""
    planned = _numbers(subject).get(name)
    if name == DISCOUNT:
        return subject.trial.plan.content.scenarios.discounts
    if planned is None:
        return "all"
    if not planned:
        return (0.0,)
    step = _round(abs(planned) * _STEP)
    middle = round(planned / step)
    rounded = [float(f"{step * (middle + place):.12g}") for place in range(-_STEPS, _STEPS + 1)]
    declared = _declared(subject)[name].domain
    domain = declared if isinstance(declared, Interval) else Interval()
    apart = [one for one in rounded if abs(one - planned) > step / 5 and one in domain and one * planned > 0]
    return tuple(sorted([float(planned), *apart]))


def _round(step: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is no larger."""
    power = 10.0 ** math.floor(math.log10(step))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= step * (1 + 1e-9))


def _inner(subject: Subject) -> Any:
    design = subject.asked
    return design.fixed if isinstance(design, Design) else design


def _asks(subject: Subject, state: State) -> Iterator[Part]:
    yield Part(title="What is varied", form=tuple(_form(subject, state)))


def _parts(subject: Subject, state: State) -> Iterator[Part]:
    try:
        grid = grid_of(subject, state)
    except TrialplanError as why:
        yield Part(title="The map", wrong=told(why))
        return
    counted = _counted(subject)
    if len(grid.axes) == 2 and not {N, TARGET} & {*grid.axes}:
        yield Part(title=f"{counted}, for each pair", map=_map(subject, state, grid))
    else:
        yield Part(title="For each value", page=without_last(grid.page()))
    yield Part(title=f"As a picture: {quantity(grid)}", figure="grid")
    if subject.is_plan:
        from trialplan.protocol.content.figures import swings

        try:
            yield Part(title="One assumption at a time, the most damaging first", page=tornado(subject.trial).page())
            if swings(subject.trial) is not None:
                yield Part(title="As a picture: the most damaging first", figure="swings")
        except TrialplanError as why:
            yield Part(title="One assumption at a time", wrong=told(why))


def _form(subject: Subject, state: State) -> Iterator[Control]:
    seen, known = state.looked_at, _numbers(subject)
    called = {name: subject.called(name) for name in known} | (varied(subject.trial) if subject.is_plan else {})
    names = tuple(called)
    across, down = _varied(subject, state)
    for place, words, name in (("x", "across", across), ("y", "down", down or _NOTHING)):
        choices = names if place == "x" else (*names, _NOTHING)
        yield Control(path=f"view.{place}", label=words, kind=CHOICE, value=name, choices=choices, called=called)
        hint = "first:last:step with the end included, or values with commas; empty: around the planned value"
        label = f"values {words}"
        yield Control(
            path=f"view.{place}-values", label=label, hint=hint, kind=TEXT, value=seen.get(f"{place}-values", "")
        )


def _map(subject: Subject, state: State, grid: Grid) -> Map:
    (down, rows), (across, columns) = grid.axes.items()
    n, reasons = grid.n.astype(float), grid.reason
    there = sorted({one for one in n.ravel().tolist() if one == one})
    heads, sides = stated_apart(columns), stated_apart(rows)
    planned, counted = _numbers(subject), _counted(subject).lower()

    def called(name: str) -> str:
        return CALLED.get(name) or subject.called(name)

    def cell(i: int, j: int) -> Cell:
        value = float(n[j, i])
        where = f"{called(across)} {heads[i]}, {called(down)} {sides[j]}"
        here = planned.get(across) == columns[i] and planned.get(down) == rows[j]
        if value != value:
            return Cell("—", f"{where}: no answer, {reasons[j, i]}", here=here)
        tone = min(_TONES - 1, _TONES * there.index(value) // len(there))
        return Cell(
            f"{value:,.0f}",
            f"{where}: {value:,.0f} {counted}",
            tone,
            _leads_to(subject, state, {across: columns[i], down: rows[j]}),
            here,
        )

    numeric = all(isinstance(one, (int, float)) for one in rows)
    order = reversed(range(len(rows))) if numeric else range(len(rows))  # numbers grow upwards, as in the picture
    body = tuple((sides[j], tuple(cell(i, j) for i in range(len(columns)))) for j in order)
    return Map(called(across), tuple(heads), called(down), body)


def _counted(subject: Subject) -> str:
    """What a cell counts: those who are analysed, which are not all where some are lost."""
    loses = subject.answer.dropout or (subject.is_plan and subject.endpoint.section.dropout)
    return f"{subject.design.counted_in.capitalize()} {'with the outcome, ' if loses else ''}in all"


def _leads_to(subject: Subject, state: State, values: dict[str, Any]) -> State | None:
    """The state in which these are the planned values; None where no control holds one, or its range does not."""
    by_path = {one.path: one for one in subject.controls}
    own = f"{subject.primary}.assumptions." if subject.is_plan else ""
    for name, value in values.items():
        path = f"{own}{name}.value" if own else name
        if path not in by_path or not _within(by_path.get(f"{own}{name}.range"), value):
            return None
        state = state.changed(path, shown(value))
    if subject.is_plan:
        return _with_target(subject, state, values)
    # what was an example is now stated
    stated = {one.path: one.value for one in subject.controls if one.value and one.group == "numbers"}
    return replace(state, changes=tuple(sorted((stated | dict(state.changes)).items())))


def _within(control: Control | None, value: float) -> bool:
    """Whether a value lies in the range that the plan states, if it states one."""
    ends = read(control.value) if control is not None and control.value else None
    return not isinstance(ends, tuple) or ends[0] <= value <= ends[-1]


def _with_target(subject: Subject, state: State, values: dict[str, Any]) -> State | None:
    """The state with the target that these values plan for; a plan that states another is refused."""
    try:
        moved, rates = _inner(subject).replace(**values), subject.endpoint.rates
        target = moved.outcome.target(moved)
        if rates is not None:  # of two rates a plan states their difference
            effect, comparator = (moved.assumptions()[one.name] for one in rates)
            target = effect - comparator
        return state.changed("target_difference.value", f"{target:.6g}")
    except TrialplanError:
        return None


PAGE = PageKind(
    name="scenarios",
    place=4,
    title="Scenarios",
    question="What if the assumptions are otherwise?",
    takes=lambda control: False,
    asks=_asks,
    parts=_parts,
)
